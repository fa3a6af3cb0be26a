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
