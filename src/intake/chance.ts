import type { FieldName } from '../core/entry.ts';
import type { Page } from '../core/page.ts';
import { models, sureFrom } from './chance-weights.ts';

/** What is known of a field's best reading. */
export interface Evidence {
  /** 0 to 1: label, validator, surest letters, agreeing pages. */
  readonly strength: number;
  /** The same of the second best value; 0 when there is none. */
  readonly rival: number;
  /** Pages that say the same. */
  readonly pages: number;
  readonly doubtful: boolean;
  /** How surely its least sure word was read, 0 to 1. */
  readonly sure: number;
  /** How far the printed form proves it, 0 to 1. */
  readonly worth: number;
  /** Letters of the value. */
  readonly length: number;
  /** How sure one engine was of something else than the other read, 0 to 1. */
  readonly torn: number;
  /** Written by hand, perhaps: such readings are judged by what became of others like them, not by print. */
  readonly pen: boolean;
  readonly page: PageQuality;
}

/** How well a page was read. */
export interface PageQuality {
  /** Mean of its words' confidence, 0 to 1. */
  readonly legible: number;
  /** Fewer than 150 lines an inch: a standard fax. */
  readonly coarse: boolean;
}

/** How well a page was read. */
export const qualityOf = ({ words, cleaning }: Page): PageQuality => ({
  legible: words.reduce((sum, { confidence }) => sum + confidence, 0) / Math.max(1, words.length),
  coarse: (cleaning?.ydpi ?? 300) < 150,
});

/** The evidence as numbers, in the order of `slopes`. */
export const traits = ({ strength, rival, pages, doubtful, sure, worth, length, torn, page }: Evidence): number[] => {
  const bounded = Math.min(0.995, Math.max(0.02, strength));
  return [
    Math.log(bounded / (1 - bounded)),
    rival,
    Math.min(pages, 3) - 1,
    Number(doubtful),
    // Between 0.9 and 0.97 lies more than between 0.5 and 0.6.
    -Math.log(1.01 - sure),
    Math.max(0, 1 - worth),
    page.legible,
    Number(page.coarse),
    Math.min(length, 40) / 20,
    torn,
  ];
};

/** Whatever speaks for it, a reading may be wrong. */
const mostCertain = 0.9999;

export type Kind = 'print' | 'pen' | 'penOfFew';

/** Of a pen's letters few are read surely; where the value is one of few, as payers and specialties are, that says little
 *  against it. */
export function modelFor(name: FieldName, pen: boolean): Kind {
  if (!pen) return 'print';
  return ofFew.has(name) ? 'penOfFew' : 'pen';
}

const ofFew: ReadonlySet<FieldName> = new Set([
  'patient.sex',
  'coverage.payer',
  'service.specialty',
  'service.urgency',
]);

/** The chance that a reading is right: a logistic model over the evidence with an offset for each field, fitted to
 *  packets whose truth is known (bench/intake/fit.ts). */
export function chanceOf(name: FieldName, evidence: Evidence): number {
  const { slopes, offsets } = models[modelFor(name, evidence.pen)];
  const sum = traits(evidence).reduce((total, trait, at) => total + trait * (slopes[at] ?? 0), offsets[name]);
  return Math.min(mostCertain, Number((1 / (1 + Math.exp(-sum))).toFixed(4)));
}

/** Sure enough to be taken without a look: of readings like it, at most one in 200 was wrong. */
export const isSure = (chance: number, doubt: string | null): boolean => doubt === null && chance >= sureFrom;
