import type { PageKind, Sheet } from '../core/entry.ts';
import { sameness, type Identity } from './identity.ts';

export interface Told {
  readonly kind: PageKind;
  readonly identity: Identity;
  readonly copyOf: number | null;
}

/** Pages that open a referral, and pages that only come along. */
const opens: ReadonlySet<PageKind> = new Set(['referral']);
const loose: ReadonlySet<PageKind> = new Set(['junk', 'answer_sheet']);

/** Which referral each page belongs to. A referral form opens one, unless it is a further page about the same patient;
 *  pages around it join by the patient they name, else the one before them; a page that names nobody's patient is foreign
 *  and belongs to none. Without any form the whole call is one bundle of records. */
export function divided(pages: readonly Told[]): Sheet[] {
  const parts: { readonly first: number; identity: Identity }[] = [];
  const part: (number | null)[] = pages.map(() => null);
  pages.forEach(({ kind, identity }, index) => {
    if (!opens.has(kind)) return;
    const known = parts.findIndex((each) => sameness(each.identity, identity) > 0);
    const near = known < 0 && parts.length > 0 && bare(identity) && part[index - 1] === parts.length - 1;
    if (known >= 0 || near) part[index] = known >= 0 ? known : parts.length - 1;
    else {
      part[index] = parts.length;
      parts.push({ first: index, identity });
    }
    const joined = parts[part[index] ?? -1];
    if (joined) joined.identity = united(joined.identity, identity);
  });
  for (const [at, each] of parts.entries())
    if (bare(each.identity)) each.identity = usualAmong(pages.slice(each.first + 1, parts[at + 1]?.first)) ?? nobody;
  if (parts.length === 0) return pages.map(({ kind, copyOf }) => ({ kind, part: null, foreign: false, copyOf }));
  const foreign = new Set<number>();
  pages.forEach((page, index) => {
    if (part[index] !== null || loose.has(page.kind)) return;
    const fits = parts.map((each) => sameness(each.identity, page.identity));
    const agreeing = fits.flatMap((fit, at) => (fit > 0 ? [at] : []));
    if (agreeing.length > 0) {
      const before = part[index - 1] ?? null;
      part[index] = before !== null && agreeing.includes(before) ? before : (agreeing[0] ?? 0);
      // What a face sheet says of the patient tells whose a badly read note is.
      const joined = parts[part[index]];
      if (joined) joined.identity = united(joined.identity, page.identity);
    } else if (fits.every((fit) => fit < 0) && !['cover', 'blank'].includes(page.kind)) foreign.add(index);
  });
  joinedByPlace(pages, part, parts, foreign);
  return pages.map(({ kind, copyOf }, index) => ({
    kind,
    part: part[index] ?? null,
    foreign: foreign.has(index),
    copyOf,
  }));
}

/** A page that names nobody goes with the pages around it: a cover with what follows, everything else with what it
 *  follows, or with what comes after when nothing came before. A cover before another cover speaks of the whole call. */
function joinedByPlace(
  pages: readonly Told[],
  part: (number | null)[],
  parts: readonly { readonly first: number }[],
  foreign: ReadonlySet<number>,
): void {
  const open = (index: number): boolean =>
    part[index] === null && !foreign.has(index) && !loose.has(pages[index]?.kind ?? 'other');
  for (let index = pages.length - 1; index >= 0; index--) {
    if (!open(index) || pages[index]?.kind !== 'cover') continue;
    const whole = index === 0 && parts.length > 1;
    if (!whole && pages[index + 1]?.kind !== 'cover') part[index] = part[index + 1] ?? following(pages, part, index);
  }
  pages.forEach((page, index) => {
    if (!open(index) || page.kind === 'cover') return;
    // Nobody knows what it is, and behind it comes somebody else's: it may be theirs, and a person decides.
    if (page.kind === 'other' && foreign.has(index + 1)) return;
    // An empty page behind somebody else's is nobody's: it goes with what was sent.
    const before = page.kind === 'blank' ? part.slice(0, index).findLast((each) => each !== null) : part[index - 1];
    part[index] = before ?? following(pages, part, index);
  });
}

const following = (pages: readonly Told[], part: readonly (number | null)[], index: number): number | null =>
  part.find((each, at) => at > index && each !== null && pages[at]?.kind !== 'junk') ?? null;

/** Whom the pages behind a form name that itself names nobody: more of them than name anybody else. */
function usualAmong(pages: readonly Told[]): Identity | null {
  const named: { identity: Identity; pages: number }[] = [];
  for (const { identity } of pages) {
    if (bare(identity) && identity.charts.length === 0) continue;
    const same = named.find((each) => sameness(each.identity, identity) > 0);
    if (same) Object.assign(same, { identity: united(same.identity, identity), pages: same.pages + 1 });
    else named.push({ identity, pages: 1 });
  }
  const [most, second] = named.toSorted((a, b) => b.pages - a.pages);
  return most && most.pages > (second?.pages ?? 0) ? most.identity : null;
}

const nobody: Identity = { names: [], births: [], charts: [], firm: false };

const bare = ({ names, births }: Identity): boolean => names.length === 0 && births.length === 0;

const united = (a: Identity, b: Identity): Identity => ({
  names: [...new Set([...a.names, ...b.names])],
  births: [...new Set([...a.births, ...b.births])],
  charts: [...new Set([...a.charts, ...b.charts])],
  firm: a.firm || b.firm,
});
