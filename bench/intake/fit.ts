/** Fits the chances of src/intake/chance-weights.ts to packets whose truth is known, and writes that file.
 *    node bench/intake/words.ts FOLDER WORDS.json
 *    node bench/intake/fit.ts FOLDER WORDS.json [FOLDER WORDS.json …] [--pen]
 *  --pen: print stays as it was fitted, to packets without handwriting. */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { outside } from '../../src/cli/intake-read.ts';
import { fieldNames, type FieldName } from '../../src/core/entry.ts';
import * as before from '../../src/intake/chance-weights.ts';
import { modelFor, qualityOf, traits, type Kind } from '../../src/intake/chance.ts';
import { won } from '../../src/intake/fields.ts';
import { byPart, understood } from '../../src/intake/packet.ts';
import { fitted, heldOut, threshold, type Judged, type Model, type Row } from './logistic.ts';
import { matches, type Truth } from './score.ts';
import type { Words } from './words.ts';

interface Reading extends Row<FieldName> {
  readonly doubtful: boolean;
  readonly kind: Kind;
}

/** Which way each of `traits` may speak. */
const directions = [1, -1, 1, -1, 1, -1, 1, -1, -1, -1];

function rowsOf(truth: Truth, words: Words, group: number): Reading[] {
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
        return value === ''
          ? []
          : { name, traits: traits(evidence), right, doubtful, kind: modelFor(name, evidence.pen), group };
      });
    });
}

const penOnly = process.argv.includes('--pen');
const args = process.argv.slice(2).filter((each) => each !== '--pen');
const rows: Reading[] = [];
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
function judgedOf(kind: Kind): Judged<Reading>[] {
  const judged = heldOut<FieldName, Reading>(rowsBy(kind), directions);
  for (let from = 0; from < 1; from += 0.1) {
    const inside = judged.filter(({ chance }) => chance >= from && chance < from + 0.1);
    const right = inside.filter(({ row }) => row.right).length;
    const share = ((100 * right) / Math.max(1, inside.length)).toFixed(1);
    console.log(`${kind} chance ${from.toFixed(1)}: right ${share} % of ${inside.length}`);
  }
  return judged;
}

const rowsBy = (wanted: Kind): Reading[] => rows.filter(({ kind }) => kind === wanted);
const asBefore = (): Model<FieldName> => ({
  slopes: before.models.print.slopes,
  offsets: new Map(fieldNames.map((name) => [name, before.models.print.offsets[name]])),
});

function written(kind: Kind): string {
  const { slopes, offsets } = penOnly && kind === 'print' ? asBefore() : fitted(rowsBy(kind), directions);
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
    0.004,
  );
const sureFrom = penOnly ? before.sureFrom : sureOf();
const penFrom = threshold([...judgedOf('pen'), ...judgedOf('penOfFew')], 0.05);
writeFileSync(
  new URL('../../src/intake/chance-weights.ts', import.meta.url),
  `import type { FieldName } from '../core/entry.ts';
import type { Kind } from './chance.ts';

interface Model {
  readonly slopes: readonly number[];
  readonly offsets: Readonly<Record<FieldName, number>>;
}

/** Written by bench/intake/fit.ts: do not change by hand. */
export const models: Readonly<Record<Kind, Model>> = {
${written('print')}
${written('pen')}
${written('penOfFew')}
};
export const sureFrom = ${number(sureFrom)};
export const penFrom = ${number(penFrom)};
`,
);
