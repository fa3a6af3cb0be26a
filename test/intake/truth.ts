import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { outside } from '../../src/cli/intake-read.ts';
import type { Field } from '../../src/core/entry.ts';
import { fixture } from '../documents/tools.ts';

/** What stands on the faxed pages under test/fixtures/fax: all persons invented. */
export interface Truth {
  readonly resolution: string;
  readonly level: string;
  readonly pages: readonly {
    readonly type: string;
    readonly rotation: number;
    readonly lines: readonly { readonly t: string; readonly hw: number; readonly dmg: boolean }[];
  }[];
  readonly referrals: readonly {
    readonly is_referral: boolean;
    readonly fields: Readonly<
      Record<string, { readonly value: unknown; readonly shown: readonly { readonly hw: boolean }[] }>
    >;
  }[];
}

export const packets = readdirSync(join(import.meta.dirname, '..', 'fixtures', 'fax'))
  .filter((name) => !name.endsWith('.json'))
  .map((file) => ({ file, name: file.replace(/\.\w+$/, '') }));

export const truthOf = (name: string): Truth =>
  JSON.parse(new TextDecoder().decode(fixture(`fax/${name}.json`))) as Truth;

const plain = (text: string): string =>
  text.replace(/[‘’]/g, "'").replace(/[“”]/g, '"').replace(/[–—]/g, '-').replace(/\s+/g, ' ').trim();

/** Character error rate of a page: for each printed line the fewest edits that make it of some stretch of the text
 *  (Sellers 1980), so that the order of columns does not count. Handwriting and lines lost on the way are left out. */
export function errorRate(lines: Truth['pages'][number]['lines'], text: string): number | null {
  const read = plain(text);
  const printed = lines.filter(({ hw, dmg }) => !hw && !dmg).map(({ t }) => plain(t));
  const letters = printed.reduce((sum, line) => sum + line.length, 0);
  const edits = printed.reduce((sum, line) => sum + fewestEdits(line, read), 0);
  return letters === 0 ? null : edits / letters;
}

/** Edits that make the pattern of some stretch of the text. */
export function fewestEdits(pattern: string, text: string): number {
  let column = Array.from({ length: pattern.length + 1 }, (_, i) => i);
  let best = pattern.length;
  for (const letter of text) {
    const next = [0];
    for (let i = 1; i <= pattern.length; i++) {
      const same = pattern[i - 1] === letter ? 0 : 1;
      next.push(Math.min((next[i - 1] ?? 0) + 1, (column[i] ?? 0) + 1, (column[i - 1] ?? 0) + same));
    }
    column = next;
    best = Math.min(best, column.at(-1) ?? best);
  }
  return best;
}

const folded = (text: string): string =>
  text
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');

/** Right, wrong and missed among the fields of a packet's first referral, handwriting left out. */
export function judged(truth: Truth, fields: readonly Field[]) {
  const count = { right: 0, wrong: 0, missed: 0 };
  const referral = truth.referrals.find((each) => each.is_referral);
  if (!referral) return count;
  for (const [name, key] of Object.entries(outside)) {
    const { value, shown = [] } = referral.fields[key] ?? { value: null };
    if (shown.length > 0 && shown.every(({ hw }) => hw)) continue;
    const read = fields.find((field) => field.name === name)?.value;
    if (read !== undefined && matches(value, read)) count.right += 1;
    else {
      if (read !== undefined) count.wrong += 1;
      if (value !== null) count.missed += 1;
    }
  }
  return count;
}

function matches(value: unknown, read: string): boolean {
  if (Array.isArray(value)) return folded(read) === folded((value as string[]).toSorted().join(''));
  if (typeof value === 'string') return folded(read).replace(/^1(?=\d{10}$)/, '') === folded(value);
  if (typeof value !== 'object' || value === null) return false;
  const { first, last } = value as { first: string; last: string };
  const name = folded(read);
  return name.startsWith(folded(first)) && name.endsWith(folded(last));
}
