/** Copies across arrivals: of packets that came before, faxed anew, how many are found, and how many others are taken for
 *  copies.
 *    node test/intake/generator/packets.ts FOLDER 81 60 8 0.5     # half of 60 packets came before
 *    node bench/intake/words.ts FOLDER WORDS.json
 *    node bench/intake/copies.ts FOLDER WORDS.json */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '../../src/core/page.ts';
import { marksFor } from '../../src/intake/copies.ts';
import { sharedWith } from '../../src/intake/repeats.ts';
import type { Truth } from './score.ts';
import type { Words } from './words.ts';

/** As the gateway does it (pipeline/extract.ts): the likeliest by their marks, then their words. */
const likeliest = 3;

type Sent = Truth & { readonly kind: string; readonly duplicate_of: string | null };

interface Arrived {
  readonly origin: string;
  readonly pages: readonly Page[];
  readonly marks: ReadonlySet<string>;
}

const shares = (a: ReadonlySet<string>, b: ReadonlySet<string>): number => [...a].filter((each) => b.has(each)).length;

/** One line for each measure. */
export function copiesIn(truths: readonly Sent[], packets: Words['packets']): string[] {
  const before: Arrived[] = [];
  const counts = { copies: 0, found: 0, whole: 0, others: 0, falsely: 0 };
  for (const { packet, kind, duplicate_of } of truths) {
    const pages = packets[packet];
    // One advertisement is another's copy, whoever sent it.
    if (!pages || kind === 'junk') continue;
    const origin = duplicate_of ?? packet;
    const marks = new Set(pages.flatMap(marksFor));
    const near = before
      .map((each) => ({ each, share: shares(marks, each.marks) }))
      .filter(({ share }) => share > 0)
      .toSorted((a, b) => b.share - a.share)
      .slice(0, likeliest);
    const claimed = near.flatMap(({ each }) => {
      const shared = sharedWith(pages, each.pages);
      return shared ? [{ right: each.origin === origin, whole: shared.whole }] : [];
    });
    const known = before.some((each) => each.origin === origin);
    counts.copies += Number(known);
    counts.found += Number(known && claimed.some(({ right }) => right));
    counts.whole += Number(known && claimed.some(({ right, whole }) => right && whole));
    counts.others += before.filter((each) => each.origin !== origin).length;
    counts.falsely += claimed.filter(({ right }) => !right).length;
    before.push({ origin, pages, marks });
  }
  const line = (name: string, a: number, b: number): string =>
    `${name.padEnd(44)} ${((100 * a) / Math.max(1, b)).toFixed(2).padStart(6)} %  of ${b}`;
  return [
    line('copies across arrivals found (aim 95 %)', counts.found, counts.copies),
    line('… known to be whole copies', counts.whole, counts.copies),
    line('pairs falsely taken for copies (aim 0.5 %)', counts.falsely, counts.others),
  ];
}

export const sentIn = (folder: string): Sent[] =>
  readdirSync(folder)
    .filter((name) => /^packet_.*\.json$/.test(name))
    .sort()
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Sent);

if (import.meta.main) {
  const [folder = '', file = ''] = process.argv.slice(2);
  const { packets } = JSON.parse(readFileSync(file, 'utf8')) as Words;
  for (const line of copiesIn(sentIn(folder), packets)) console.log(line);
}
