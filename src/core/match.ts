import type { FieldName } from './entry.ts';
import type { ReferralId } from './message.ts';

/** Whom a referral of an arrival names, as far as the practice knows them: what speaks for it, and what is said otherwise. */
export interface Match {
  /** The referral among those of the arrival, from 0. */
  readonly part: number;
  readonly who: 'patient' | 'sender';
  /** The accepted referral that names them too; null: a practice of the directory. */
  readonly referral: ReferralId | null;
  /** When that one arrived, epoch ms; null: the directory has no dates. */
  readonly at: number | null;
  /** Fields that say the same in both. */
  readonly agree: readonly FieldName[];
  /** What the other says of fields that are read otherwise here, or not at all. */
  readonly differ: readonly { readonly field: FieldName; readonly value: string }[];
  /** False: it may be somebody else, and a person must say. */
  readonly certain: boolean;
}

/** By which an accepted referral is found again when its patient or sender comes again. */
export interface KnownKey {
  readonly part: number;
  /** Names the practice too. The store keeps a keyed hash of it. */
  readonly key: string;
}
