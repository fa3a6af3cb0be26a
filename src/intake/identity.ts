import { distance } from 'fastest-levenshtein';
import { folded } from './lexicon.ts';
import type { Candidate } from './sheet.ts';

/** Whose page it is, as far as it says. */
export interface Identity {
  readonly names: readonly string[];
  readonly births: readonly string[];
  readonly charts: readonly string[];
  /** A name was read without trouble. */
  readonly firm: boolean;
}

/** From here on a name was read without trouble. */
const firmly = 0.75;

export function identityOf(candidates: readonly Candidate[]): Identity {
  const of = (name: Candidate['name'], least = 0.45): string[] => [
    ...new Set(candidates.filter((each) => each.name === name && each.confidence > least).map(({ value }) => value)),
  ];
  // Figures that are hardly made out would make the patient's own pages foreign.
  return {
    names: of('patient.name'),
    births: of('patient.birthDate'),
    charts: of('patient.mrn', 0.6),
    firm: of('patient.name', firmly).length > 0,
  };
}

/** 1: the same person by birth date, chart number or name; -1: another by them; 0: nothing to tell. */
export function sameness(a: Identity, b: Identity): number {
  const named = compared(a.names, b.names, namesAgree);
  // Half of a name that was hardly made out is not another's.
  const names = named < 0 && !(a.firm && b.firm) && compared(a.names, b.names, shareOne) > 0 ? 0 : named;
  const births = compared(a.births, b.births, (x, y) => distance(x, y) <= 1);
  const charts = compared(a.charts, b.charts, (x, y) => distance(x, y) <= 1);
  const sum = names * 2 + births * 2 + charts;
  return Math.sign(sum);
}

function compared(a: readonly string[], b: readonly string[], agree: (x: string, y: string) => boolean): number {
  if (a.length === 0 || b.length === 0) return 0;
  return a.some((x) => b.some((y) => agree(x, y))) ? 1 : -1;
}

/** Some part of both is the same, but for a slip in every third letter. */
function shareOne(x: string, y: string): boolean {
  const [a, b] = [folded(x).split(' '), folded(y).split(' ')];
  return a.some((p) => b.some((q) => p.length > 3 && distance(p, q) <= Math.floor(Math.max(p.length, q.length) / 3)));
}

/** First and last parts agree but for slips of the reader, in either order. */
export function namesAgree(x: string, y: string): boolean {
  const [a, b] = [folded(x).split(' '), folded(y).split(' ')];
  const close = (p = '', q = ''): boolean => distance(p, q) <= Math.floor(Math.max(p.length, q.length) / 4);
  const [f, l, g, m] = [a[0], a.at(-1), b[0], b.at(-1)];
  return (close(f, g) && close(l, m)) || (close(f, m) && close(l, g));
}
