import type { Page } from '../core/page.ts';

/** For each page the earlier page of the same arrival that it is a copy of, or null. */
export function copiesAmong(pages: readonly Page[]): (number | null)[] {
  return pages.map((page, index) => {
    const at = pages.findIndex((other, before) => before < index && isCopy(other, page));
    return at < 0 ? null : at;
  });
}

/** The same page twice: nearly all of its words are the same, however it was scanned. The image alone does not tell two
 *  patients' copies of one form apart, so numbers and names must agree too. */
export function isCopy(a: Page, b: Page): boolean {
  const [x, y] = [shingles(a), shingles(b)];
  if (Math.min(x.size, y.size) < 8) return false;
  return overlap(x, y) > 0.8 && overlap(figures(a), figures(b)) > 0.8;
}

function overlap(a: ReadonlySet<string>, b: ReadonlySet<string>): number {
  if (a.size === 0 && b.size === 0) return 1;
  let both = 0;
  for (const each of a) if (b.has(each)) both += 1;
  return (2 * both) / Math.max(1, a.size + b.size);
}

const tokens = ({ text }: Page): string[] => text.toLowerCase().match(/[a-z0-9]{2,}/g) ?? [];
const shingles = (page: Page): Set<string> => new Set(tokens(page).filter((token) => token.length > 2));
const figures = (page: Page): Set<string> => new Set(tokens(page).filter((token) => /\d{3}/.test(token)));
