/** The measures of reading: as scorers of faxed packets take them, with copies and foreign pages besides. */

import { fewestEdits } from '../../test/intake/truth.ts';

export interface Truth {
  readonly packet: string;
  readonly resolution: string;
  readonly level: string;
  readonly foreign: readonly boolean[];
  readonly pages: readonly {
    readonly type: string;
    readonly rotation: number;
    readonly lines: readonly { readonly t: string; readonly hw: number; readonly dmg: boolean }[];
    readonly checkboxes: readonly { readonly value: string; readonly checked: boolean }[];
  }[];
  readonly referrals: readonly {
    readonly pages: readonly number[];
    readonly is_referral: boolean;
    readonly fields: Readonly<
      Record<string, { readonly value: unknown; readonly shown: readonly { readonly hw: boolean }[] }>
    >;
  }[];
}

export interface Read {
  readonly pages: readonly {
    readonly text: string;
    readonly type?: string;
    readonly rotation?: number;
    readonly foreign?: boolean;
  }[];
  readonly referrals: readonly {
    readonly pages: readonly number[];
    readonly fields: Readonly<Record<string, unknown>>;
  }[];
}

class Tally {
  readonly counts = new Map<string, [number, number]>();
  add(name: string, hit: number, of = 1): void {
    const [a, b] = this.counts.get(name) ?? [0, 0];
    this.counts.set(name, [a + hit, b + of]);
  }
  lines(): string[] {
    return [...this.counts]
      .sort()
      .map(([name, [a, b]]) => `${name.padEnd(44)} ${((100 * a) / Math.max(1, b)).toFixed(2).padStart(6)} %  of ${b}`);
  }
}

/** One line for each measure. */
export function scored(truths: readonly Truth[], reads: ReadonlyMap<string, Read>): string[] {
  const tally = new Tally();
  const offered: { readonly confidence: number; readonly right: boolean }[] = [];
  for (const truth of truths) {
    const read = reads.get(truth.packet);
    if (!read) continue;
    pagesOf(truth, read, tally);
    const asked = truth.referrals.filter(({ is_referral }) => is_referral);
    const same =
      JSON.stringify(asked.map(({ pages }) => pages).sort()) ===
      JSON.stringify(read.referrals.map(({ pages }) => pages).sort());
    tally.add('packets split exactly', Number(same));
    for (const referral of asked) fieldsOf({ ...referral, resolution: truth.resolution }, read, tally, offered);
  }
  return [...tally.lines(), ...f1Of(tally), ...certain(offered)];
}

function pagesOf(truth: Truth, read: Read, tally: Tally): void {
  truth.pages.forEach((page, index) => {
    const got = read.pages[index];
    if (!got) {
      tally.add('pages lost', 1, 0);
      return;
    }
    const text = plain(got.text);
    for (const { t, hw, dmg } of page.lines)
      if (hw === 0 && !dmg)
        tally.add(`line CER ${truth.resolution} ${truth.level}`, fewestEdits(plain(t), text), plain(t).length);
    if (got.type !== undefined) tally.add('page type', Number(got.type === page.type));
    if (got.rotation !== undefined && page.type !== 'blank')
      tally.add('orientation', Number(got.rotation === page.rotation));
    if (truth.foreign[index]) tally.add('foreign page flagged', Number(got.foreign === true));
    else if (got.foreign !== undefined) tally.add('foreign page flagged falsely', Number(got.foreign));
  });
}

function fieldsOf(
  referral: Truth['referrals'][number] & Pick<Truth, 'resolution'>,
  read: Read,
  tally: Tally,
  offered: { confidence: number; right: boolean }[],
): void {
  const shared = (pages: readonly number[]): number => pages.filter((page) => referral.pages.includes(page)).length;
  const [best] = read.referrals.toSorted((a, b) => shared(b.pages) - shared(a.pages));
  for (const [name, { value, shown }] of Object.entries(referral.fields)) {
    const got = best?.fields[name] as
      { readonly value: unknown; readonly confidence: number; readonly sure?: boolean } | undefined;
    const right = got !== undefined && value !== null && matches(name, value, got.value);
    if (got) offered.push({ confidence: got.confidence, right });
    if (got) tally.add('marked sure, of fields offered', Number(got.sure === true));
    if (got?.sure) tally.add('marked sure and wrong (aim 0.5 %)', Number(!right));
    if (value === null) {
      tally.add('invented where the paper has none', Number(got !== undefined));
      continue;
    }
    const hand = shown.every(({ hw }) => hw) ? 'pen' : 'print';
    const exact = hand === 'print' ? (exactly.exec(name)?.slice(0, 1) ?? []) : [];
    for (const kind of [hand, `${hand} ${name}`, ...exact.map((short) => `${referral.resolution} ${short}`)]) {
      tally.add(`recall ${kind}`, Number(right));
      if (got) tally.add(`precision ${kind}`, Number(right));
    }
  }
}

/** Of these a wrong figure reaches somebody else (aim 97 % at fine resolution, 93 % at standard). */
const exactly = /(npi|dob|phone|fax|dx)$/;

function f1Of({ counts }: Tally): string[] {
  const kinds = [...counts.keys()].flatMap(
    (name) => /^recall ((?:print|pen|(?:fine|standard) (?:npi|dob|phone|fax|dx)))$/.exec(name)?.[1] ?? [],
  );
  return kinds.sort().map((kind) => {
    const rate = (each: string): number => {
      const [a, b] = counts.get(`${each} ${kind}`) ?? [0, 0];
      return a / Math.max(1, b);
    };
    const [p, r] = [rate('precision'), rate('recall')];
    return `F1 ${kind}`.padEnd(44) + ` ${((100 * 2 * p * r) / Math.max(1e-9, p + r)).toFixed(2).padStart(6)} %`;
  });
}

/** Of all fields offered, how many can be taken unseen at a stated share of wrong ones; and whether chances mean what they say. */
function certain(offered: { readonly confidence: number; readonly right: boolean }[]): string[] {
  const sorted = offered.toSorted((a, b) => b.confidence - a.confidence);
  const shares = [0.005, 0.01, 0.02].map((limit) => {
    let [wrong, best] = [0, 0];
    sorted.forEach(({ right, confidence }, i) => {
      wrong += right ? 0 : 1;
      if (wrong / (i + 1) <= limit && sorted[i + 1]?.confidence !== confidence) best = i + 1;
    });
    return (
      `taken unseen at ${limit * 100} % wrong`.padEnd(44) +
      ` ${((100 * best) / Math.max(1, sorted.length)).toFixed(2).padStart(6)} %  from ${sorted[best - 1]?.confidence ?? '-'}`
    );
  });
  const plot = [0, 0.2, 0.4, 0.6, 0.7, 0.8, 0.9].map((from, i, all) => {
    const inside = offered.filter(({ confidence }) => confidence >= from && confidence < (all[i + 1] ?? 2));
    const right = inside.filter((each) => each.right).length;
    return (
      `chance ${from.toFixed(1)} to ${(all[i + 1] ?? 1).toFixed(1)}`.padEnd(44) +
      ` ${((100 * right) / Math.max(1, inside.length)).toFixed(2).padStart(6)} %  right of ${inside.length}`
    );
  });
  return [...shares, ...plot];
}

const plain = (text: string): string =>
  text.replace(/[‘’]/g, "'").replace(/[“”]/g, '"').replace(/[–—]/g, '-').replace(/\s+/g, ' ').trim();
const bare = (text: unknown): string =>
  String(text)
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9]/g, '');

export function matches(name: string, value: unknown, got: unknown): boolean {
  if (Array.isArray(value)) return Array.isArray(got) && value.map(bare).sort().join() === got.map(bare).sort().join();
  if (typeof value === 'object' && value !== null) {
    const { first, last } = value as { first: string; last: string };
    return bare(got).startsWith(bare(first)) && bare(got).endsWith(bare(last));
  }
  const [a, b] = [bare(value), bare(got)] as const;
  if (/\.(phone|fax)$/.test(name)) return a === b.replace(/^1(?=\d{10}$)/, '');
  const loose = ['referral.reason', 'insurance.payer', 'referring.practice', 'patient.address'].includes(name);
  return loose ? fewestEdits(a, b) + Math.max(0, b.length - a.length) <= a.length * 0.15 : a === b;
}
