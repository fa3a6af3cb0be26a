/** Fits what tells pens from print (src/intake/hand.ts) to packets whose truth is known, and writes src/intake/hand-weights.ts.
 *    node bench/intake/fit-hand.ts FOLDER WORDS.json [FOLDER WORDS.json …] */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { upright } from '../../src/core/turn.ts';
import { candidatesOf, sheetOf } from '../../src/intake/candidates.ts';
import { latestDay } from '../../src/intake/fields.ts';
import { handTraits } from '../../src/intake/hand.ts';
import { kindOf } from '../../src/intake/kind.ts';
import { fitted, heldOut, type Row } from './logistic.ts';
import type { Truth } from './score.ts';
import type { Words } from './words.ts';

/** A page; right: it was filled in by pen. */
type Filled = Row<'page'> & { readonly level: string };

const rows: Filled[] = [];
for (const [at, folder] of process.argv.slice(2).entries()) {
  if (at % 2 === 1) continue;
  const words = JSON.parse(readFileSync(process.argv[at + 3] ?? '', 'utf8')) as Words;
  for (const [packet, pages] of Object.entries(words.packets)) {
    const file = join(folder, `${packet}.json`);
    // Forms without a truth of their pages are printed.
    const truth = existsSync(file) ? (JSON.parse(readFileSync(file, 'utf8')) as Truth) : null;
    const group = (rows.at(-1)?.group ?? 0) + 1;
    const today = latestDay(pages);
    pages.forEach((page, index) => {
      const sheet = sheetOf(upright(page), index, kindOf(page), today);
      const traits = handTraits(sheet, candidatesOf(sheet));
      const right = truth?.pages[index]?.lines.some(({ hw }) => hw === 1) ?? false;
      if (traits) rows.push({ name: 'page', traits, right, group, level: truth?.level ?? 'own' });
    });
  }
}

/** Which way each of `handTraits` may speak. */
const directions = [1, 1, -1, 1];
const judged = heldOut<'page', Filled>(rows, directions).toSorted((a, b) => b.chance - a.chance);

/** The least chance from which at most this share of printed pages is taken for pens. */
function least(falsely: number): number {
  const printed = judged.filter(({ row }) => !row.right);
  const from = (printed[Math.floor(printed.length * falsely)]?.chance ?? 0) + 0.0001;
  const [pens, found] = [judged.filter(({ row }) => row.right), printed.filter(({ chance }) => chance >= from)];
  const caught = pens.filter(({ chance }) => chance >= from).length;
  console.log(
    `from ${from.toFixed(4)}: pens ${caught} of ${pens.length}, falsely ${found.length} of ${printed.length}`,
  );
  return from;
}

const { slopes, offsets } = fitted(rows, directions);
const list = slopes.map((slope) => String(Number(slope.toFixed(3)))).join(', ');
const [perhaps, surely] = [least(0.06), least(0.02)].map((each) => String(Number(each.toFixed(4))));
writeFileSync(
  new URL('../../src/intake/hand-weights.ts', import.meta.url),
  `/** Written by bench/intake/fit-hand.ts: do not change by hand. */
export const slopes = [${list}];
export const base = ${String(Number((offsets.get('page') ?? 0).toFixed(3)))};
export const from = { perhaps: ${perhaps ?? '1'}, surely: ${surely ?? '1'} };
`,
);
