import { distance } from 'fastest-levenshtein';
import type { PageKind } from '../core/entry.ts';
import type { Page } from '../core/page.ts';
import { likeness } from './copies.ts';
import { identityOf, sameness, type Identity } from './identity.ts';
import { understood } from './packet.ts';

/** Pages of one arrival that came in another. */
export interface Shared {
  readonly pages: number;
  /** All that tells one arrival from another: no blank pages, covers or preprinted consents. */
  readonly whole: boolean;
}

/** The same words whoever the patient is. */
const alikeForAll: ReadonlySet<PageKind> = new Set(['blank', 'cover', 'consent']);

interface Told {
  readonly page: Page;
  readonly kind: PageKind;
  readonly identity: Identity;
  /** When it was written, ISO dates. */
  readonly days: readonly string[];
}

/** How much of an arrival came before; null: none of it. */
export function sharedWith(pages: readonly Page[], earlier: readonly Page[]): Shared | null {
  const before = told(earlier);
  const own = told(pages).filter(({ kind }) => !alikeForAll.has(kind));
  const found = own.filter((each) => before.some((other) => isCopy(each, other))).length;
  return found === 0 ? null : { pages: found, whole: found === own.length };
}

function told(pages: readonly Page[]): Told[] {
  const { sheets, found } = understood(pages);
  return pages.map((page, index) => {
    const { kind = 'other', part = null, foreign = false } = sheets[index] ?? {};
    // What noise left no name on is of the patient whom the other pages of its referral name.
    const own = part === null || foreign;
    const near = found.filter((_, at) => (own ? at === index : sheets[at]?.part === part && !sheets[at].foreign));
    return {
      page,
      kind,
      identity: identityOf(near.flat()),
      days: (found[index] ?? []).flatMap(({ name, value }) => (name === 'service.date' ? [value] : [])),
    };
  });
}

/** Two bad copies of one page have little more in common than two patients' copies of one form: how much they must have
 *  depends on whether they name the same patient. Another day's referral of the same patient is no copy. */
function isCopy(a: Told, b: Told): boolean {
  const { words, figures, enough, tell } = likeness(a.page, b.page);
  if (!enough) return false;
  const same = sameness(a.identity, b.identity);
  if (!tell) return words > 0.95 || (same > 0 && words > 0.75 && figures > 0.6);
  switch (same) {
    case 1:
      return a.kind === b.kind && words + figures > 1 && isSameDay(a.days, b.days);
    case -1:
      return false;
    default:
      return (words > 0.75 && figures > 0.75) || (words > 0.5 && figures > 0.85);
  }
}

/** Unless both say their day, and all of one differ from all of the other in more than a slip of the reader. */
const isSameDay = (a: readonly string[], b: readonly string[]): boolean =>
  a.length === 0 || b.length === 0 || a.some((x) => b.some((y) => distance(x, y) <= 1));
