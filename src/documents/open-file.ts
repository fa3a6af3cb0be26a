import type { ClinicalHeader } from '../core/clinical.ts';
import { readClinical } from './ccda.ts';
import type { ReadableType } from './media-type.ts';
import { openPdf, type OwnWord } from './pdfium.ts';
import { openPictures, type Raster } from './raster.ts';
import { textPdf } from './text-pdf.ts';

/** Any readable file as pages. Lives in the process that opens hostile files. */
export interface OpenFile {
  readonly pages: number;
  readonly warnings: readonly string[];
  readonly clinical: ClinicalHeader | null;
  /** Scans come in their own raster; text is drawn at these densities. */
  draw(page: number, xdpi: number, ydpi: number): Promise<Raster>;
  words(page: number): readonly OwnWord[] | null;
  close(): void;
}

/** @throws Unreadable */
export async function openFile(mediaType: ReadableType, bytes: Uint8Array): Promise<OpenFile> {
  switch (mediaType) {
    case 'application/pdf':
      return fromPdf(bytes);
    case 'text/plain':
      return fromText(new TextDecoder('utf-8').decode(bytes), null);
    case 'text/xml': {
      const { header, text } = readClinical(bytes);
      return fromText(text, header);
    }
    case 'image/tiff':
    case 'image/png':
    case 'image/jpeg': {
      const pictures = await openPictures(mediaType, bytes);
      return {
        pages: pictures.pages,
        warnings: pictures.warnings,
        clinical: null,
        draw: (page) => pictures.draw(page),
        words: () => null,
        close: () => undefined,
      };
    }
  }
}

async function fromPdf(bytes: Uint8Array): Promise<OpenFile> {
  const pdf = await openPdf(bytes);
  return {
    pages: pdf.pages,
    warnings: [],
    clinical: null,
    draw: (page, xdpi, ydpi) => Promise.resolve(pdf.draw(page, xdpi, ydpi)),
    words: (page) => pdf.words(page),
    close: () => {
      pdf.close();
    },
  };
}

async function fromText(text: string, clinical: ClinicalHeader | null): Promise<OpenFile> {
  const { pdf, altered, cut } = await textPdf(text);
  return {
    ...(await fromPdf(pdf)),
    clinical,
    warnings: [
      ...(altered ? ['some letters of the text cannot be drawn and are shown without their marks or as "?"'] : []),
      ...(cut ? ['the text is very long: only its first 300 pages are shown'] : []),
    ],
  };
}
