/** Fits the chances of src/intake/chance-weights.ts to packets whose truth is known, and writes that file.
 *    node bench/intake/words.ts FOLDER WORDS.json
 *    node bench/intake/fit.ts FOLDER WORDS.json [FOLDER WORDS.json …] [--pen]
 *  --pen: print stays as it was fitted, to packets without handwriting. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { outside } from '../../src/cli/intake-read.ts';
import { fieldNames, type FieldName } from '../../src/core/entry.ts';
import * as before from '../../src/intake/chance-weights.ts';
import { qualityOf, traits } from '../../src/intake/chance.ts';
import { won } from '../../src/intake/fields.ts';
import { byPart, understood } from '../../src/intake/packet.ts';
import { matches, type Truth } from './score.ts';
import type { Words } from './words.ts';

interface Row {
  readonly name: FieldName;
  readonly traits: readonly number[];
  readonly right: boolean;
  readonly doubtful: boolean;
  readonly pen: boolean;
  /** Packets are held out whole. */
  readonly group: number;
}

interface Model {
  readonly slopes: readonly number[];
  readonly offsets: ReadonlyMap<FieldName, number>;
}

function rowsOf(truth: Truth, words: Words, group: number): Row[] {
  const pages = words.packets[truth.packet];
  if (!pages) return [];
  const { sheets, found } = understood(pages);
  const kinds = sheets.map(({ kind }) => kind);
  const parts = byPart(sheets, found).map(({ part, candidates }) => ({
    pages: sheets.flatMap((sheet, index) => (sheet.part === part ? [index] : [])),
    won: won(candidates, kinds, pages.map(qualityOf)),
  }));
  return truth.referrals
    .filter(({ is_referral }) => is_referral)
    .flatMap((referral) => {
      const shared = (own: readonly number[]): number => own.filter((page) => referral.pages.includes(page)).length;
      const [best] = parts.toSorted((a, b) => shared(b.pages) - shared(a.pages));
      return (best?.won ?? []).flatMap(({ name, best: { value }, evidence }) => {
        const said = referral.fields[outside[name]]?.value ?? null;
        const got = name === 'service.diagnoses' ? value.split(', ') : value;
        const right = said !== null && matches(outside[name], said, got);
        const doubtful = evidence.doubtful || evidence.rival > 0.4;
        return value === '' ? [] : { name, traits: traits(evidence), right, doubtful, pen: evidence.pen, group };
      });
    });
}

const [slopePenalty, offsetPenalty] = [0.3, 1.5];

/** Which way each trait may speak, in the order of `traits`: what few packets show otherwise is chance. 0: either way. */
const directions = [1, -1, 1, -1, 1, -1, 1, -1, -1, -1];

/** Logistic regression with ridge, by gradient descent on standardised traits. */
function fitted(rows: readonly Row[]): Model {
  const size = rows[0]?.traits.length ?? 0;
  const at = Array.from({ length: size }, (_, i) => i);
  const mean = at.map((i) => rows.reduce((sum, { traits: t }) => sum + (t[i] ?? 0), 0) / rows.length);
  const spread = at.map((i) =>
    Math.max(
      1e-6,
      Math.sqrt(rows.reduce((sum, { traits: t }) => sum + ((t[i] ?? 0) - (mean[i] ?? 0)) ** 2, 0) / rows.length),
    ),
  );
  const scaled = rows.map((row) => ({
    ...row,
    x: at.map((i) => ((row.traits[i] ?? 0) - (mean[i] ?? 0)) / (spread[i] ?? 1)),
  }));
  const weights = at.map(() => 0);
  const offsets = new Map<FieldName, number>(fieldNames.map((name) => [name, 0]));
  let base = 1;
  for (let round = 0; round < 4_000; round++) {
    const down = at.map((i) => slopePenalty * (weights[i] ?? 0));
    const fall = new Map<FieldName, number>([...offsets].map(([name, value]) => [name, offsetPenalty * value]));
    let all = 0;
    for (const { x, name, right } of scaled) {
      const sum = x.reduce((total, value, i) => total + value * (weights[i] ?? 0), base + (offsets.get(name) ?? 0));
      const off = 1 / (1 + Math.exp(-sum)) - Number(right);
      for (const i of at) down[i] = (down[i] ?? 0) + off * (x[i] ?? 0);
      fall.set(name, (fall.get(name) ?? 0) + off);
      all += off;
    }
    const step = 4 / rows.length;
    for (const i of at) weights[i] = allowed((weights[i] ?? 0) - step * (down[i] ?? 0), directions[i] ?? 0);
    for (const [name, value] of offsets) offsets.set(name, value - step * 4 * (fall.get(name) ?? 0));
    base -= step * all;
  }
  const slopes = at.map((i) => (weights[i] ?? 0) / (spread[i] ?? 1));
  const shift = at.reduce((sum, i) => sum + (slopes[i] ?? 0) * (mean[i] ?? 0), 0);
  return { slopes, offsets: new Map([...offsets].map(([name, value]) => [name, value + base - shift])) };
}

const allowed = (weight: number, direction: number): number => (weight * direction < 0 ? 0 : weight);

const chance = ({ slopes, offsets }: Model, { traits: t, name }: Row): number =>
  1 / (1 + Math.exp(-t.reduce((sum, value, i) => sum + value * (slopes[i] ?? 0), offsets.get(name) ?? 0)));

const folds = 5;

/** Each row's chance by a model that never saw its packet. */
const heldOut = (rows: readonly Row[]): { row: Row; chance: number }[] =>
  Array.from({ length: folds }, (_, fold) => {
    const model = fitted(rows.filter(({ group }) => group % folds !== fold));
    return rows.filter(({ group }) => group % folds === fold).map((row) => ({ row, chance: chance(model, row) }));
  }).flat();

/** The least chance above which at most this share was wrong. */
function threshold(judged: readonly { row: Row; chance: number }[], wrongAtMost: number): number {
  const sorted = judged.toSorted((a, b) => b.chance - a.chance);
  let [wrong, least] = [0, 1];
  sorted.forEach((each, i) => {
    wrong += Number(!each.row.right);
    if (wrong / (i + 1) <= wrongAtMost) least = each.chance;
  });
  const taken = sorted.filter((each) => each.chance >= least);
  console.log(
    `from ${least.toFixed(4)}: ${taken.length} of ${judged.length}, wrong ${taken.filter(({ row }) => !row.right).length}`,
  );
  return least;
}

const penOnly = process.argv.includes('--pen');
const args = process.argv.slice(2).filter((each) => each !== '--pen');
const rows: Row[] = [];
for (let i = 0; i + 1 < args.length; i += 2) {
  const [folder = '', file = ''] = args.slice(i, i + 2);
  const words = JSON.parse(readFileSync(file, 'utf8')) as Words;
  for (const name of readdirSync(folder).filter((each) => /^packet_.*\.json$/.test(each))) {
    const truth = JSON.parse(readFileSync(join(folder, name), 'utf8')) as Truth;
    rows.push(...rowsOf(truth, words, rows.length === 0 ? 0 : (rows.at(-1)?.group ?? 0) + 1));
  }
}
const number = (value: number): string => String(Number(value.toFixed(4)));

/** Chances of one kind of readings by models that never saw their packets, as they are told and as they came true. */
function judgedOf(kind: 'print' | 'pen'): { row: Row; chance: number }[] {
  const judged = heldOut(rowsBy(kind));
  for (let from = 0; from < 1; from += 0.1) {
    const inside = judged.filter(({ chance }) => chance >= from && chance < from + 0.1);
    const right = inside.filter(({ row }) => row.right).length;
    const share = ((100 * right) / Math.max(1, inside.length)).toFixed(1);
    console.log(`${kind} chance ${from.toFixed(1)}: right ${share} % of ${inside.length}`);
  }
  return judged;
}

const rowsBy = (kind: 'print' | 'pen'): Row[] => rows.filter(({ pen }) => pen === (kind === 'pen'));
const asBefore = (): Model => ({
  slopes: before.models.print.slopes,
  offsets: new Map(fieldNames.map((name) => [name, before.models.print.offsets[name]])),
});

function written(kind: 'print' | 'pen'): string {
  const { slopes, offsets } = penOnly && kind === 'print' ? asBefore() : fitted(rowsBy(kind));
  return `  ${kind}: {
    slopes: [${slopes.map(number).join(', ')}],
    offsets: {
${fieldNames.map((name) => `      '${name}': ${number(offsets.get(name) ?? 0)},`).join('\n')}
    },
  },`;
}

// Of print at most this share may be wrong of what is taken unseen, where nothing speaks against it; of handwriting, of
// what is shown at all.
const sureOf = (): number =>
  threshold(
    judgedOf('print').filter(({ row }) => !row.doubtful),
    0.003,
  );
const sureFrom = penOnly ? before.sureFrom : sureOf();
const penFrom = threshold(judgedOf('pen'), 0.07);
writeFileSync(
  new URL('../../src/intake/chance-weights.ts', import.meta.url),
  `import type { FieldName } from '../core/entry.ts';

interface Model {
  readonly slopes: readonly number[];
  readonly offsets: Readonly<Record<FieldName, number>>;
}

/** Written by bench/intake/fit.ts: do not change by hand. */
export const models: Readonly<Record<'print' | 'pen', Model>> = {
${written('print')}
${written('pen')}
};
export const sureFrom = ${number(sureFrom)};
export const penFrom = ${number(penFrom)};
`,
);
