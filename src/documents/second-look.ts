import type { Box } from '../core/page.ts';
import type { Reread, SeenWord } from './protocol.ts';
import type { Raster } from './raster.ts';
import type { Place, SecondEngine } from './second-engine.ts';
import { stretches } from './stretches.ts';

/** White around a stretch, of its height. */
const margin = 0.12;
const dark = 140;
/** No gap inside a word is wider, of the height of its line. */
const widestGap = 0.55;
/** Together, in pixels of lines 48 pixels high: a page of garbage must not hold the reader. */
const mostPixels = 12_000;

/** Reads what a first reading left out or was unsure of.
 *  @param raster as the first engine got it, 300 dpi
 *  @param words what that made of it
 *  @returns the stretches in which something was read */
export async function lookedAgain(engine: SecondEngine, raster: Raster, words: readonly SeenWord[]): Promise<Reread[]> {
  const found: Reread[] = [];
  let pixels = 0;
  for (const stretch of stretches(raster, words)) {
    pixels += (stretch.width * 48) / stretch.height;
    if (pixels > mostPixels) break;
    const box = widened(stretch, raster);
    const line = cut(raster, box);
    const read = wordsIn(await engine.read(line), gapsIn(line, stretch.height * widestGap), box, stretch);
    const scaled = (each: Box): Box => ({
      x: each.x / raster.width,
      y: each.y / raster.height,
      width: each.width / raster.width,
      height: each.height / raster.height,
    });
    if (read.some(({ text }) => /[a-z0-9]/i.test(text)))
      found.push({ box: scaled(stretch), words: read.map((word) => ({ ...word, box: scaled(word.box) })) });
  }
  return found;
}

function widened({ x, y, width, height }: Box, page: Raster): Box {
  const more = Math.ceil(height * margin);
  const [left, top] = [Math.max(0, x - more), Math.max(0, y - more)];
  const [right, bottom] = [Math.min(page.width, x + width + more), Math.min(page.height, y + height + more)];
  return { x: left, y: top, width: right - left, height: bottom - top };
}

function cut(raster: Raster, { x, y, width, height }: Box): Raster {
  const data = new Uint8Array(width * height);
  for (let row = 0; row < height; row++) {
    const from = (y + row) * raster.width + x;
    data.set(raster.data.subarray(from, from + width), row * width);
  }
  return { ...raster, data, width, height };
}

interface Letter {
  readonly text: string;
  readonly chance: number;
  readonly at: number;
}

/** The symbols of places, one for each run of the same: the model says a broad letter in several. */
function lettersOf(said: readonly (readonly [text: string, chance: number])[]): Letter[] {
  const letters: Letter[] = [];
  let last = '';
  said.forEach(([text, chance], at) => {
    const before = letters.at(-1);
    if (text === last && before && text !== '') {
      if (chance > before.chance) letters[letters.length - 1] = { ...before, chance };
    } else if (text !== '') letters.push({ text, chance, at });
    last = text;
  });
  return letters;
}

/** A stroke behind a figure is a one, behind a letter another letter. */
const saidIn = (letters: readonly Letter[]): string =>
  letters
    .map(({ text }) => text)
    .join('')
    .trim()
    .replace(/(?<=\d\.?)[!|]/g, '1')
    .replace(/(?<=[a-z])!/g, 'l')
    .replace(/(?<=[A-Z])!/g, 'I');

/** Middles of the white gaps that are wider than `least`, pixels. */
function gapsIn({ data, width, height }: Raster, least: number): number[] {
  const gaps: number[] = [];
  let from = 0;
  for (let x = 0; x <= width; x++) {
    let white = x < width;
    for (let y = 0; white && y < height; y++) white = (data[y * width + x] as number) >= dark;
    if (white) continue;
    if (x - from > least) gaps.push((from + x) / 2);
    from = x + 1;
  }
  return gaps;
}

/** Words end at spaces and at wide gaps. Each has the height of its stretch. */
function wordsIn(places: readonly Place[], gaps: readonly number[], box: Box, stretch: Box): Reread['words'][number][] {
  const step = box.width / Math.max(1, places.length);
  const groups: Letter[][] = [[]];
  for (const letter of lettersOf(places.map(({ letter: text, chance }) => [text, chance]))) {
    const last = groups.at(-1)?.at(-1);
    const apart =
      last !== undefined && gaps.some((gap) => gap > (last.at + 0.5) * step && gap < (letter.at + 0.5) * step);
    if (letter.text === ' ' || apart) groups.push([]);
    if (letter.text !== ' ') groups.at(-1)?.push(letter);
  }
  return groups.flatMap((group) => {
    const [first, last] = [group[0], group.at(-1)];
    if (!first || !last) return [];
    const own = places.slice(first.at, last.at + 1);
    const figures = lettersOf(own.map(({ figure, figureChance }) => [figure, figureChance]));
    const left = Math.max(stretch.x, box.x + (first.at - 0.5) * step);
    const right = Math.min(stretch.x + stretch.width, box.x + (last.at + 1.5) * step);
    return [
      {
        text: saidIn(group),
        confidence: surenessOf(group),
        figures: saidIn(figures),
        box: { x: left, y: stretch.y, width: Math.max(1, right - left), height: stretch.height },
      },
    ];
  });
}

/** The model's chances are far too high: measured on words that tesseract read otherwise, of those of 0.97 four in five are
 *  right, of those of 0.9 one in three; of figures, a few more. To these powers they compare with tesseract's. */
const modesty = { letters: 4, figures: 3 };

/** The mean chance of letters, as products have it. */
function surenessOf(letters: readonly Letter[]): number {
  const power = letters.some(({ text }) => /\d/.test(text)) ? modesty.figures : modesty.letters;
  const sum = letters.reduce((total, { chance }) => total + Math.log(Math.max(1e-6, chance)), 0);
  return Number(Math.exp((power * sum) / letters.length).toFixed(4));
}
