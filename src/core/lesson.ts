import type { FieldName } from './entry.ts';
import type { EntryId, PracticeId } from './message.ts';
import type { Box } from './page.ts';

/** Where a person's correction showed that a field stands on a form, or does not. Never the value itself. */
export interface Lesson {
  readonly field: FieldName;
  /** The printed words that announce it, folded; empty: none were near. */
  readonly label: string;
  /** Where the value stands to its label. */
  readonly side: 'right' | 'below';
  /** Where it stood, in fractions of the page. */
  readonly box: Box;
  /** False: what is read there is not this field. */
  readonly holds: boolean;
  /** A person left it as it was read: looked at only where nothing else is found. */
  readonly weak?: boolean;
}

/** One form of a sender: a fingerprint, and what was learnt about it. */
export interface KnownForm {
  /** Hashes of its printed words; what changes from one copy to the next drops out. */
  readonly print: readonly number[];
  /** Copies that it was learnt from. */
  readonly copies: number;
  readonly lessons: readonly Lesson[];
}

/** What corrections taught about the forms of one sender, for one practice. */
export interface Lessons {
  /** Keyed hash of practice and sender. */
  readonly id: string;
  readonly practice: PracticeId;
  /** Fax number or address. */
  readonly sender: string;
  readonly forms: readonly KnownForm[];
  /** The entry that taught last, and the forms before it: its decision may be taken back. */
  readonly last: { readonly entry: EntryId; readonly before: readonly KnownForm[] } | null;
  readonly at: number;
  readonly version: number;
}
