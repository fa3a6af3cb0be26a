import type { ClinicalHeader } from '../core/clinical.ts';
import { readClinical } from './ccda.ts';
import { clinicalView } from './ccda-view.ts';
import { readContext } from './context.ts';
import { sniff, type ReadableType } from './media-type.ts';
import { openPdf, type OwnWord } from './pdfium.ts';
import { Unreadable } from './protocol.ts';
import { openPictures, type Raster } from './raster.ts';
import { textPdf } from './text-pdf.ts';

/** Any readable file as pages. Lives in the process that opens hostile files. */
export interface OpenFile {
  readonly pages: number;
  readonly warnings: readonly string[];
  readonly clinical: ClinicalHeader | null;
  /** Scans come in their own raster; text is drawn at these densities, in `into` where it has room there. */
  draw(page: number, xdpi: number, ydpi: number, into?: Uint8Array): Promise<Raster>;
  words(page: number): readonly OwnWord[] | null;
  /** A page of HTML, of documents that are better read so. */
  view?(): string;
  close(): void;
}

/** @throws Unreadable */
export async function openFile(mediaType: ReadableType, bytes: Uint8Array): Promise<OpenFile> {
  switch (mediaType) {
    case 'application/pdf':
      return fromPdf(bytes);
    case 'text/plain':
      return fromText(decoded(bytes), readContext(decoded(bytes)));
    case 'text/xml':
      return fromClinical(bytes);
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

/** An unstructured document is the file in it, with the document's head. */
async function fromClinical(bytes: Uint8Array): Promise<OpenFile> {
  const { header, text, body } = readClinical(bytes);
  const view = (): string => clinicalView(bytes);
  const mediaType = body && sniff(body);
  if (body === null || mediaType === 'text/xml') return { ...(await fromText(text, header)), view };
  if (mediaType === null) throw new Unreadable('the clinical document carries a file of a kind that we cannot read');
  return { ...(await openFile(mediaType, body)), clinical: header, view };
}

async function fromPdf(bytes: Uint8Array): Promise<OpenFile> {
  const pdf = await openPdf(bytes);
  return {
    pages: pdf.pages,
    warnings: [],
    clinical: null,
    draw: (page, xdpi, ydpi, into) => Promise.resolve(pdf.draw(page, xdpi, ydpi, into)),
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

const decoded = (bytes: Uint8Array): string => new TextDecoder('utf-8').decode(bytes);
