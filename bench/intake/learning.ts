/** How much three corrected packets of a sender help with the rest of his: errors in printed fields before and after.
 *    node bench/intake/words.ts FOLDER WORDS.json
 *    node bench/intake/learning.ts FOLDER WORDS.json */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { outside } from '../../src/cli/intake-read.ts';
import { fieldNames, type Field, type FieldName } from '../../src/core/entry.ts';
import type { KnownForm } from '../../src/core/lesson.ts';
import { readPacket } from '../../src/intake/packet.ts';
import { retaught } from '../../src/intake/teach.ts';
import type { Values } from '../../src/intake/known.ts';
import { withUsual } from '../../src/intake/usual.ts';
import { matches, type Truth } from './score.ts';
import type { Words } from './words.ts';

const lessonsNeeded = 3;

interface Wrong {
  readonly field: FieldName;
  readonly value: string;
  readonly read: Field | undefined;
  readonly part: number;
}

type Sent = Truth & { readonly sender: { readonly fax: string } };

const [folder = '', file = ''] = process.argv.slice(2);
const { packets } = JSON.parse(readFileSync(file, 'utf8')) as Words;
const truths = readdirSync(folder)
  .filter((name) => /^packet_.*\.json$/.test(name))
  .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Sent)
  .filter(({ packet, referrals }) => packets[packet] && referrals.some(({ is_referral }) => is_referral));

/** As a person would type it. */
function typed(field: FieldName, value: unknown): string {
  if (value === null) return '';
  if (Array.isArray(value)) return value.join(', ');
  if (typeof value === 'object') {
    const { first, last } = value as { first: string; last: string };
    return `${first} ${last}`;
  }
  if (typeof value !== 'string') return '';
  return /\.(phone|fax)$/.test(field) ? `+1${value}` : value;
}

const saidOf = ({ fields }: Sent['referrals'][number]): Values =>
  Object.fromEntries(
    fieldNames.flatMap((field) => {
      const value = typed(field, fields[outside[field]]?.value ?? null);
      return value === '' ? [] : [[field, value]];
    }),
  );

/** What is known of a sender: his forms, and what his referrals that people accepted say of him. */
interface Learnt {
  readonly forms: readonly KnownForm[];
  readonly accepted: readonly Values[];
}

function wrongIn({ packet, referrals }: Sent, { forms, accepted }: Learnt): Wrong[] {
  const { sheets, fields: read } = readPacket(packets[packet] ?? [], forms);
  const parts = [...new Set(sheets.flatMap(({ part }) => part ?? []))];
  const all = parts.length === 0 ? [0] : parts;
  const fields = all.reduce<readonly Field[]>((before, part) => withUsual(before, part, accepted), read);
  return referrals
    .filter(({ is_referral }) => is_referral)
    .flatMap((referral) => {
      const shared = (part: number): number =>
        sheets.filter((sheet, page) => sheet.part === part && referral.pages.includes(page)).length;
      const part = parts.toSorted((a, b) => shared(b) - shared(a))[0] ?? 0;
      return fieldNames.flatMap((field): Wrong[] => {
        const said = referral.fields[outside[field]];
        if (!said || said.shown.some(({ hw }) => hw)) return [];
        const read = fields.find((each) => each.name === field && (each.part ?? 0) === part);
        const got = field === 'service.diagnoses' ? read?.value.split(', ') : read?.value;
        const right =
          said.value === null ? !read?.value : read !== undefined && matches(outside[field], said.value, got);
        return right ? [] : [{ field, value: typed(field, said.value), read, part }];
      });
    });
}

let [before, after] = [0, 0];
for (const [sender, sent] of Map.groupBy(truths, (truth) => truth.sender.fax)) {
  if (sent.length <= lessonsNeeded) continue;
  let forms: KnownForm[] = [];
  const accepted: Values[] = [];
  for (const truth of sent.slice(0, lessonsNeeded)) {
    const { sheets } = readPacket(packets[truth.packet] ?? [], forms);
    const mistakes = wrongIn(truth, { forms, accepted });
    for (const part of new Set([0, ...sheets.flatMap((sheet) => sheet.part ?? [])])) {
      const wrong = mistakes.filter((each) => each.part === part);
      const own = (packets[truth.packet] ?? []).map((page, index) =>
        (sheets[index]?.part ?? part) === part ? page : null,
      );
      const right = readPacket(packets[truth.packet] ?? [], forms).fields.filter(
        ({ name, part: its = 0 }) => its === part && !wrong.some(({ field }) => field === name),
      );
      forms = retaught(forms, own, wrong, right);
    }
    accepted.push(...truth.referrals.filter(({ is_referral }) => is_referral).map(saidOf));
  }
  const rest = sent.slice(lessonsNeeded);
  const errors = (learnt: Learnt): number => rest.flatMap((truth) => wrongIn(truth, learnt)).length;
  const [first, then] = [errors({ forms: [], accepted: [] }), errors({ forms, accepted })];
  before += first;
  after += then;
  console.log(`${sender}: ${rest.length} packets after ${lessonsNeeded}, errors ${first} → ${then}`);
}
console.log(`all: ${before} → ${after} (${((100 * (before - after)) / Math.max(1, before)).toFixed(0)} % gone)`);
