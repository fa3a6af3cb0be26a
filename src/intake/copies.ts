import type { Page } from '../core/page.ts';

/** For each page the earlier page of the same arrival that it is a copy of, or null. */
export function copiesAmong(pages: readonly Page[]): (number | null)[] {
  const marks = pages.map(marksOf);
  return marks.map((own, index) => {
    const at = marks.findIndex((other, before) => before < index && alike(other, own));
    return at < 0 ? null : at;
  });
}

/** What tells pages apart: their longer words, and their numbers. */
interface Marks {
  readonly words: ReadonlySet<string>;
  readonly figures: ReadonlySet<string>;
}

/** The same page twice: nearly all of its words are the same, however it was scanned. The image alone does not tell two
 *  patients' copies of one form apart, so numbers and names must agree too. */
function alike(a: Marks, b: Marks): boolean {
  if (Math.min(a.words.size, b.words.size) < 8) return false;
  return overlap(a.words, b.words) > 0.8 && overlap(a.figures, b.figures) > 0.8;
}

function overlap(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  if (a.size === 0 && b.size === 0) return 1;
  let both = 0;
  for (const each of a) if (b.has(each)) both += 1;
  return (2 * both) / Math.max(1, a.size + b.size);
}

function marksOf({ text }: Page): Marks {
  const tokens = text.toLowerCase().match(/[a-z0-9]{2,}/g) ?? [];
  return {
    words: new Set(tokens.filter((token) => token.length > 2)),
    figures: new Set(tokens.filter((token) => /\d{3}/.test(token))),
  };
}

/** How much two pages have in common, 0 to 1. `enough`: there are words enough on both to compare; `tell`: numbers, too. */
export function likeness(
  a: Page,
  b: Page,
): { readonly words: number; readonly figures: number; readonly enough: boolean; readonly tell: boolean } {
  const [own, other] = [marksOf(a), marksOf(b)];
  return {
    words: overlap(own.words, other.words),
    figures: overlap(own.figures, other.figures),
    enough: Math.min(own.words.size, other.words.size) >= 8,
    tell: Math.min(own.figures.size, other.figures.size) >= leastFigures,
  };
}

const bands = 12;
const rowsInBand = 2;
const leastFigures = 4;

/** Marks by which a page is found among very many when it comes again, scanned anew: minima of hashes of its numbers
 *  (of its words where it has few), two at a time. Two scans that share two tokens of five share a mark in 88 cases of
 *  100, two that share three of five in 99 (Broder 1997; Leskovec, Rajaraman, Ullman: Mining of Massive Datasets, 3.4). They say nothing of the page. */
export function marksFor(page: Page): string[] {
  const { words, figures } = marksOf(page);
  const tokens = [...(figures.size >= leastFigures ? figures : words)].map(hashOf);
  if (tokens.length < leastFigures) return [];
  return Array.from({ length: bands }, (_, band) => {
    const minima = Array.from({ length: rowsInBand }, (_, row) => {
      const salt = Math.imul(band * rowsInBand + row + 1, 0x9e3779b1);
      return Math.min(...tokens.map((token) => mixed(token ^ salt)));
    });
    return `${band}:${minima.join('.')}`;
  });
}

/** FNV-1a, 32 bits. */
export function hashOf(token: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < token.length; at++) hash = Math.imul(hash ^ token.charCodeAt(at), 0x01000193);
  return hash;
}

/** The finisher of MurmurHash3: every bit of the answer depends on every bit. */
function mixed(value: number): number {
  let hash = Math.imul(value ^ (value >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return (hash ^ (hash >>> 16)) >>> 0;
}
