import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createWorker, OEM, PSM, type Page as TesseractPage } from 'tesseract.js';
import type { Layout, SeenWord } from './protocol.ts';

export interface Ocr {
  /** Read one page image, PNG at 300 dpi. Boxes are fractions of it. */
  read(png: Uint8Array, size: { readonly width: number; readonly height: number }, layout: Layout): Promise<SeenWord[]>;
  /** Start afresh: one patient's pages must not teach the engine about another's. Compiled code is kept. */
  forget(): Promise<void>;
}

/** The folder of the language data that the package ships: nothing is fetched at run time. */
export const languageData = join(
  dirname(createRequire(import.meta.url).resolve('@tesseract.js-data/eng/package.json')),
  '4.0.0_best_int',
);

const startWithin = 20_000;

const modes: Readonly<Record<Layout, PSM>> = {
  column: PSM.SINGLE_COLUMN,
  scattered: PSM.SPARSE_TEXT,
  block: PSM.SINGLE_BLOCK,
};

/** @throws when the language data cannot be loaded within 20 s: tesseract.js itself would wait for ever. */
export async function openOcr(): Promise<Ocr> {
  // Without an errorHandler one bad image ends the process although the promise rejects too.
  const options = { langPath: languageData, cacheMethod: 'none', errorHandler: () => undefined };
  const worker = await within(startWithin, createWorker('eng', OEM.LSTM_ONLY, options));
  return {
    async read(png, { width, height }, layout) {
      await worker.setParameters({ tessedit_pageseg_mode: modes[layout], user_defined_dpi: '300' });
      const { data } = await worker.recognize(Buffer.from(png), {}, { blocks: true });
      return wordsOf(data, width, height);
    },
    forget: async () => {
      await worker.reinitialize('eng', OEM.LSTM_ONLY);
    },
  };
}

function wordsOf(page: TesseractPage, width: number, height: number): SeenWord[] {
  const lines = (page.blocks ?? []).flatMap((block) => block.paragraphs).flatMap((paragraph) => paragraph.lines);
  return lines.flatMap(({ words }, line) =>
    words
      .filter(({ text }) => text.trim() !== '')
      .map(({ text, confidence, bbox }) => ({
        text: text.trim(),
        confidence: Math.min(1, Math.max(0, confidence / 100)),
        run: String(line),
        box: {
          x: bbox.x0 / width,
          y: bbox.y0 / height,
          width: (bbox.x1 - bbox.x0) / width,
          height: (bbox.y1 - bbox.y0) / height,
        },
      })),
  );
}

async function within<T>(ms: number, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new Error('tesseract did not start'));
    }, ms);
  });
  try {
    return await Promise.race([promise, late]);
  } finally {
    clearTimeout(timer);
  }
}
