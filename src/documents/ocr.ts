import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { createWorker, OEM, PSM, type Page as TesseractPage, type Worker } from 'tesseract.js';
import type { Word } from '../core/page.ts';
import { prepared } from './prepare.ts';
import type { Reading, Turn } from './protocol.ts';
import { turned, type Raster } from './raster.ts';

export interface Ocr {
  /** Boxes are fractions of the page, 0 to 1, after it was turned by `turn`. */
  read(raster: Raster): Promise<Reading>;
  /** Start afresh: one patient's pages must not teach the engine about another's. Compiled code is kept. */
  forget(): Promise<void>;
}

/** The folder of the language data that the package ships: nothing is fetched at run time. */
export const languageData = join(
  dirname(createRequire(import.meta.url).resolve('@tesseract.js-data/eng/package.json')),
  '4.0.0_best_int',
);

/** Measured shares of surely read letters: upright pages 0.49 and more, turned ones 0.16 and less. */
const legible = 0.72;
const turnedBelow = 0.35;
const turns: Readonly<Record<'upright' | 'sideways', readonly Turn[]>> = {
  upright: [180, 90, 270],
  sideways: [90, 270, 180],
};
const furtherTries = 15_000;
const startWithin = 20_000;

/** @throws when the language data cannot be loaded within 20 s: tesseract.js itself would wait for ever. */
export async function openOcr(): Promise<Ocr> {
  // Without an errorHandler one bad image ends the process although the promise rejects too.
  const options = { langPath: languageData, cacheMethod: 'none', errorHandler: () => undefined };
  const worker = await within(startWithin, createWorker('eng', OEM.LSTM_ONLY, options));
  return {
    read: (raster) => bestReading(worker, raster),
    forget: async () => {
      await worker.reinitialize('eng', OEM.LSTM_ONLY);
    },
  };
}

/** Psm 4 first: psm 3 takes streaks for column rules. A page that makes no sense is tried turned, a poor one as
 *  scattered text, until the time for further tries is spent. */
async function bestReading(worker: Worker, raster: Raster): Promise<Reading> {
  const until = performance.now() + furtherTries;
  const first = await recognised(worker, raster, PSM.SINGLE_COLUMN, 0);
  if (blank(raster)) return first;
  const doubtful = legibility(first) < (sideways(raster) ? legible : turnedBelow);
  const best = doubtful ? await bestTurned(worker, raster, first, until) : first;
  if (legibility(best) >= legible || performance.now() > until) return best;
  const sparse = await recognised(worker, await turned(raster, best.turn), PSM.SPARSE_TEXT, best.turn);
  return gain(sparse) > gain(best) * 1.1 ? sparse : best;
}

async function bestTurned(worker: Worker, raster: Raster, first: Reading, until: number): Promise<Reading> {
  let best = first;
  for (const turn of sideways(raster) ? turns.sideways : turns.upright) {
    if ((best !== first && legibility(best) >= turnedBelow) || performance.now() > until) return best;
    const other = await recognised(worker, await turned(raster, turn), PSM.SINGLE_COLUMN, turn);
    if (gain(other) > gain(best)) best = other;
  }
  return best;
}

/** Lines of print make the ink change more from row to row than from column to column. */
function sideways({ data, width, height, xdpi, ydpi }: Raster): boolean {
  const rows = new Float64Array(height);
  const columns = new Float64Array(width);
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at++) {
      if ((data[at] ?? 255) >= 128) continue;
      rows[y] = (rows[y] ?? 0) + 1 / width;
      columns[x] = (columns[x] ?? 0) + 1 / height;
    }
  return changes(columns) * xdpi > changes(rows) * ydpi;
}

const changes = (sums: Float64Array): number =>
  sums.reduce((total, sum, i) => total + (i > 0 ? (sum - (sums[i - 1] ?? 0)) ** 2 : 0), 0);

/** Share of letters in words that were read with confidence. */
function legibility({ words }: Reading): number {
  const letters = (list: readonly Word[]): number => list.reduce((sum, { text }) => sum + text.length, 0);
  return letters(words.filter(sure)) / Math.max(1, letters(words));
}

/** Letters in sure words of three letters and more: garbage is short and unsure. */
const gain = ({ words }: Reading): number =>
  words.filter(sure).reduce((sum, { text }) => sum + (/[a-z0-9]{3}/i.test(text) ? text.length : 0), 0);

const sure = (word: Word): boolean => word.confidence >= 0.7;

/** Less than 0.1 % ink. */
function blank({ data }: Raster): boolean {
  let ink = 0;
  for (const value of data) if (value < 128) ink += 1;
  return ink < data.length * 0.001;
}

async function recognised(worker: Worker, raster: Raster, mode: PSM, turn: Turn): Promise<Reading> {
  const { png, raster: image } = await prepared(raster);
  await worker.setParameters({ tessedit_pageseg_mode: mode, user_defined_dpi: '300' });
  const { data } = await worker.recognize(Buffer.from(png), {}, { blocks: true });
  return { words: wordsOf(data, image.width, image.height), turn };
}

function wordsOf(page: TesseractPage, width: number, height: number): Word[] {
  const lines = (page.blocks ?? []).flatMap((block) => block.paragraphs).flatMap((paragraph) => paragraph.lines);
  lines.sort((a, b) => a.bbox.y0 + a.bbox.y1 - b.bbox.y0 - b.bbox.y1);
  return lines.flatMap(({ words }, line) =>
    words
      .filter(({ text }) => text.trim() !== '')
      .map(({ text, confidence, bbox }) => ({
        text: text.trim(),
        confidence: Math.min(1, Math.max(0, confidence / 100)),
        line,
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
