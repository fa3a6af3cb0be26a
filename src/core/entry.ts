import type { SheetSays } from './answer-sheet.ts';
import type { DocumentId, EntryId, MessageId, PracticeId, ReferralId } from './message.ts';
import type { Box } from './page.ts';

export type FieldName =
  'patient.name' | 'patient.birthDate' | 'patient.phone' | 'referrer.name' | 'referrer.npi' | 'service.reason';

export const fieldNames: readonly FieldName[] = [
  'patient.name',
  'patient.birthDate',
  'patient.phone',
  'referrer.name',
  'referrer.npi',
  'service.reason',
];

/** One value read from a page, with its place and confidence; or typed by a person, who needs neither. */
export interface Field {
  readonly name: FieldName;
  /** Canonical: ISO dates, E.164 numbers, names as "Given Family". */
  readonly value: string;
  /** 0 to 1: the chance that it is right. */
  readonly confidence: number;
  /** Where it was read; null when a person typed it or a C-CDA carried it. */
  readonly place: Place | null;
  readonly by: 'reading' | 'person';
}

export interface Place {
  /** Index into the entry's pages, from 0, over all documents in order. */
  readonly page: number;
  readonly box: Box;
}

/** An answer sheet among the pages, and what came of it. */
export interface EntryAnswer extends SheetSays {
  /** Index into the entry's pages, from 0. */
  readonly page: number;
  /** `applied`: the referral moved; `confirmed`: a person said what it means; `person`: one must; the others changed nothing. */
  readonly verdict: 'applied' | 'confirmed' | 'person' | 'repeated' | 'expired' | 'forged' | 'foreign' | 'unreadable';
  /** Id of the sheet, and the referral it is about; null: it is none of this practice's. */
  readonly sheet: string | null;
  readonly referral: ReferralId | null;
  /** The crop that shows what was ticked. */
  readonly evidence: DocumentId | null;
  /** Indexes of the pages that follow it: the report. */
  readonly report: readonly number[];
}

/** An arrival waiting for a person to confirm. */
export interface Entry {
  readonly id: EntryId;
  readonly message: MessageId;
  readonly practice: PracticeId;
  /** `read`: its pages are known, but it does not lie in the queue yet. */
  readonly state: 'read' | 'waiting' | 'accepted' | 'rejected';
  readonly channel: string;
  readonly pages: number;
  readonly fields: readonly Field[];
  /** What a person should know before trusting this entry: unreadable files, empty pages. */
  readonly warnings: readonly string[];
  /** Answer sheets of ours that came back with it. */
  readonly answers?: readonly EntryAnswer[];
  /** Made when a person accepts; of answers to a referral, that referral. */
  readonly referral: ReferralId | null;
  readonly reason: string | null;
  readonly arrivedAt: number;
  readonly version: number;
}

export type EntryDecision =
  | {
      readonly type: 'accepted';
      readonly corrections: Readonly<Partial<Record<FieldName, string>>>;
      readonly referral: ReferralId;
    }
  | { readonly type: 'answered'; readonly page: number; readonly referral: ReferralId }
  | { readonly type: 'rejected'; readonly reason: string };

/** Put it where its reader looks. Filing twice is harmless. */
export function file(entry: Entry): Entry {
  return entry.state === 'read' ? { ...entry, state: 'waiting', version: entry.version + 1 } : entry;
}

/** A person's word on an entry. Decided once: a second word changes nothing. */
export function decide(entry: Entry, decision: EntryDecision): Entry {
  if (entry.state !== 'waiting') return entry;
  const version = entry.version + 1;
  switch (decision.type) {
    case 'accepted':
      return {
        ...entry,
        state: 'accepted',
        referral: decision.referral,
        fields: corrected(entry.fields, decision.corrections),
        version,
      };
    case 'answered': {
      const answers = (entry.answers ?? []).map((each) =>
        each.page === decision.page ? { ...each, verdict: 'confirmed' as const } : each,
      );
      const open = answers.some(({ verdict }) => verdict === 'person');
      return { ...entry, answers, state: open ? 'waiting' : 'accepted', referral: decision.referral, version };
    }
    case 'rejected':
      return { ...entry, state: 'rejected', reason: decision.reason, version };
  }
}

/** Taken back, at once, by whoever decided: it waits again, with what was read and what was typed. */
export const reopened = (entry: Entry): Entry => ({
  ...entry,
  state: 'waiting',
  referral: null,
  reason: null,
  version: entry.version + 1,
});

function corrected(
  fields: readonly Field[],
  corrections: Readonly<Partial<Record<FieldName, string>>>,
): readonly Field[] {
  return fieldNames.flatMap((name) => {
    const read = fields.find((field) => field.name === name);
    const value = corrections[name];
    if (value === undefined || value === read?.value) return read ? [read] : [];
    return value === '' ? [] : [{ name, value, confidence: 1, place: null, by: 'person' as const }];
  });
}
