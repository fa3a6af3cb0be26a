/** Answer sheets that people filled in and faxed back on the worst of lines: how many are read, how many boxes are right,
 *  how many would have set a wrong status; and pages that are none.   node bench/answer-sheet.ts [sheets] [other pages] */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openPictures, type Raster } from '../src/documents/raster.ts';
import { readSheet } from '../src/documents/sheet-read.ts';
import { trial, wronglySet, type Trial } from '../test/sheets/answers.ts';
import { anyJourney, faxed } from '../test/sheets/paper.ts';
import { chance } from '../test/simulation/chance.ts';

const sheets = Number(process.argv[2] ?? 1_000);
const others = Number(process.argv[3] ?? 10_000);
const share = (part: number, whole: number): string => `${((100 * part) / Math.max(1, whole)).toFixed(2)} %`;

for (const [name, ydpi] of [
  ['fine', 196],
  ['standard', 98],
] as const) {
  const trials: Trial[] = [];
  for (let seed = 1; seed <= sheets; seed++) trials.push(await trial(seed, ydpi));
  const sum = (of: (each: Trial) => number): number => trials.reduce((total, each) => total + of(each), 0);
  const [right, wrong, undecided] = [
    sum((t) => t.boxes.right),
    sum((t) => t.boxes.wrong),
    sum((t) => t.boxes.undecided),
  ];
  const plain = trials.filter(({ meant }) => meant.kind !== null);
  const decided = plain.filter(({ says }) => says !== null && says.kind !== null && says.doubts.length === 0);
  console.log(
    [
      `${name}: ${sheets} sheets`,
      `token read ${share(trials.filter(({ token }) => token === 'right').length, sheets)}`,
      `wrong tokens ${trials.filter(({ token }) => token === 'wrong').length}`,
      `boxes right of those decided ${share(right, right + wrong)}, undecided ${share(undecided, right + wrong + undecided)}`,
      `plain sheets left to a person ${share(plain.length - decided.length, plain.length)}`,
      `wrong status set ${trials.filter(wronglySet).length}`,
      `${Math.round(sum((t) => t.ms) / sheets)} ms a sheet`,
    ].join(' · '),
  );
}

/** Pages of the fixtures, each time askew, worn and turned in another way; half of them with squares drawn on. */
const folder = join(import.meta.dirname, '..', 'test', 'fixtures', 'fax');
const pages: Raster[] = [];
for (const name of readdirSync(folder).filter((each) => each.endsWith('.tif'))) {
  const pictures = await openPictures('image/tiff', readFileSync(join(folder, name)));
  for (let page = 0; page < pictures.pages; page++) pages.push(await pictures.draw(page));
}
let [found, named, ms] = [0, 0, 0];
for (let seed = 1; seed <= others; seed++) {
  const draw = chance(seed);
  const base = draw.pick(pages);
  const page = seed % 5 === 0 ? faxed(base, anyJourney(draw, 196), draw) : { ...base, data: base.data.slice() };
  if (draw.yes(0.5)) squares(page, draw.between(1, 12));
  const start = performance.now();
  const reading = await readSheet(page);
  ms += performance.now() - start;
  if (reading) found++;
  if (reading?.token) named++;

  function squares({ data, width, height, xdpi, ydpi }: Raster, count: number): void {
    for (let i = 0; i < count; i++) {
      const [w, h] = [Math.round((7 * xdpi) / 25.4), Math.round((7 * ydpi) / 25.4)];
      const [left, top] = [draw.below(width - w), draw.below(height - h)];
      for (let y = top; y < top + h; y++) data.fill(0, y * width + left, y * width + left + w);
    }
  }
}
console.log(
  `other pages: ${others} · false tokens ${named} · taken for a sheet ${found} · ${(ms / others).toFixed(1)} ms a page`,
);
