import type { Asked } from './asked.ts';
import type { SheetSays } from './answer-sheet.ts';
import type { Match } from './match.ts';
import type { DocumentId, EntryId, MessageId, PracticeId, ReferralId } from './message.ts';
import type { Box, Leaf } from './page.ts';
import type { AnswerKind } from './referral.ts';

export const fieldNames = [
  'patient.name',
  'patient.birthDate',
  'patient.sex',
  'patient.phone',
  'patient.address',
  'patient.mrn',
  'coverage.payer',
  'coverage.memberId',
  'coverage.group',
  'referrer.name',
  'referrer.npi',
  'referrer.practice',
  'referrer.phone',
  'referrer.fax',
  'service.specialty',
  'service.reason',
  'service.urgency',
  'service.date',
  'service.authorization',
  'service.diagnoses',
] as const;

export type FieldName = (typeof fieldNames)[number];

/** What a page is. `other`: none of these with any certainty. */
export const pageKinds = [
  'cover',
  'referral',
  'note',
  'labs',
  'imaging',
  'facesheet',
  'insurance_card',
  'consent',
  'answer_sheet',
  'junk',
  'blank',
  'other',
] as const;

export type PageKind = (typeof pageKinds)[number];

/** One page among those of an entry. */
export interface Sheet {
  readonly kind: PageKind;
  /** Belongs to the referral of this number, from 0; null: to none that we know of. */
  readonly part: number | null;
  /** Names another patient than the referral it came with. */
  readonly foreign: boolean;
  /** The earlier page (index into the entry's pages) that it is a copy of. */
  readonly copyOf: number | null;
}

/** One value read from a page, with its place and confidence; or typed by a person, who needs neither. */
export interface Field {
  readonly name: FieldName;
  /** Empty: it stands there, but is not made out. Canonical: ISO dates, E.164 numbers, names as "Given Family", ICD-10-CM codes with their dots and a comma between. */
  readonly value: string;
  /** 0 to 1: the chance that it is right. */
  readonly confidence: number;
  /** Where it was read; null when a person typed it or a C-CDA carried it. */
  readonly place: Place | null;
  readonly by: 'reading' | 'person';
  /** The referral of this number among those of one arrival, from 0. Absent: the first. */
  readonly part?: number;
  /** The words it came from, as printed. */
  readonly printed?: string;
  /** Why a person should look, in a few words. Absent: nothing speaks against it. */
  readonly doubt?: string;
  /** Read so surely that it may stand without a look at it: at most one such field in 200 is wrong. */
  readonly sure?: boolean;
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

/** A request for what a referral lacks, sent back by the route that it came by. */
export interface Request {
  readonly part: number;
  readonly fields: readonly FieldName[];
  readonly message: MessageId;
  readonly at: number;
  readonly who: string;
}

/** Pages that came in an earlier entry too. */
export interface Repeat {
  readonly entry: EntryId;
  /** How many. */
  readonly pages: number;
  /** All that tells one arrival from another. */
  readonly whole: boolean;
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
  /** One for each page, in order. Absent in entries that were read before pages were told apart. */
  readonly sheets?: readonly Sheet[];
  /** Pages that came before, in earlier entries of the practice. */
  readonly repeats?: readonly Repeat[];
  /** Whom its referrals name, as far as the practice knows them. */
  readonly matches?: readonly Match[];
  /** What its sender was asked for, and by which message. */
  readonly asked?: readonly Request[];
  /** Its pages as a person laid them. Absent: those of its message, in the order of its documents. */
  readonly leaves?: readonly Leaf[];
  /** What was done to its pages and can be taken back for a moment, newest last. */
  readonly undoable?: readonly Undoable[];
  /** What a person should know before trusting this entry: unreadable files, empty pages. */
  readonly warnings: readonly string[];
  /** Answer sheets of ours that came back with it. */
  readonly answers?: readonly EntryAnswer[];
  /** Made when a person accepts, of several the first; of answers to a referral, that referral. */
  readonly referral: ReferralId | null;
  /** Parts that a person accepted, with the referral of each. Absent: none so far. */
  readonly accepted?: readonly { readonly part: number; readonly referral: ReferralId }[];
  readonly reason: string | null;
  readonly arrivedAt: number;
  readonly version: number;
}

/** What an entry is made of that an arrangement changes. */
export type Laid = Pick<
  Entry,
  'leaves' | 'sheets' | 'fields' | 'matches' | 'warnings' | 'answers' | 'pages' | 'state' | 'reason'
>;

/** An arrangement that can still be taken back: how it was before. */
export interface Undoable {
  readonly who: string;
  readonly at: number;
  /** The version that it made, while nothing else was done since. */
  readonly version: number;
  readonly before: Laid;
  /** The other entry that it changed. */
  readonly with: EntryId | null;
}

export type EntryDecision =
  | {
      readonly type: 'accepted';
      readonly part: number;
      readonly corrections: Readonly<Partial<Record<FieldName, string>>>;
      readonly referral: ReferralId;
    }
  | { readonly type: 'answered'; readonly page: number; readonly referral: ReferralId }
  | { readonly type: 'rejected'; readonly reason: string };

/** What a person says of an entry. */
export interface EntryWord extends Asked {
  readonly id: EntryId;
  readonly decision:
    | {
        readonly type: 'accept';
        readonly part?: number | undefined;
        readonly corrections: Readonly<Partial<Record<FieldName, string>>>;
      }
    /** What an answer sheet among its pages means. */
    | {
        readonly type: 'answer';
        /** Index into the entry's pages. */
        readonly page: number;
        readonly kind: AnswerKind;
        readonly date: string | null;
        readonly reason: string | null;
      }
    | { readonly type: 'reject'; readonly reason: string };
}

export interface AskWord extends Asked {
  readonly id: EntryId;
  /** Which referral of the entry; absent: the first that is open. */
  readonly part?: number | undefined;
  /** Absent: what the specialty needs and the pages lack. */
  readonly fields?: readonly FieldName[] | undefined;
}

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
        ...acceptedPart(entry, decision.part, decision.referral),
        fields: corrected(entry.fields, decision.corrections, decision.part),
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

/** Taken back, at once, by whoever decided: it waits again, with what was read and what was typed. Of several referrals
 *  the last that was accepted is open again. */
export function reopened(entry: Entry): Entry {
  const { accepted = [], version } = entry;
  const kept = entry.state === 'rejected' ? accepted : accepted.slice(0, -1);
  return {
    ...entry,
    state: 'waiting',
    referral: kept[0]?.referral ?? null,
    accepted: kept,
    reason: null,
    version: version + 1,
  };
}

/** The referral that the last decision made, if it made one. */
export const lastMade = ({ state, accepted = [], referral }: Entry): ReferralId | null =>
  state === 'rejected' ? null : (accepted.at(-1)?.referral ?? referral);
function acceptedPart(
  entry: Entry,
  part: number,
  referral: ReferralId,
): Pick<Entry, 'state' | 'referral' | 'accepted'> {
  const accepted = [...(entry.accepted ?? []), { part, referral }];
  const open = partsOf(entry).some((each) => !accepted.some((done) => done.part === each));
  return { accepted, referral: entry.referral ?? referral, state: open ? entry.state : 'accepted' };
}

/** The numbers of the referrals in an arrival; papers without any are one all the same. */
export function partsOf({ sheets = [] }: Pick<Entry, 'sheets'>): number[] {
  const parts = [...new Set(sheets.flatMap(({ part }) => part ?? []))].sort((a, b) => a - b);
  return parts.length === 0 ? [0] : parts;
}

/** Those that no person has accepted yet. */
export const openParts = (entry: Entry): number[] =>
  partsOf(entry).filter((part) => !(entry.accepted ?? []).some((done) => done.part === part));

function corrected(
  fields: readonly Field[],
  corrections: Readonly<Partial<Record<FieldName, string>>>,
  part: number,
): readonly Field[] {
  const others = fields.filter((field) => (field.part ?? 0) !== part);
  const own = fieldNames.flatMap((name) => {
    const read = fields.find((field) => field.name === name && (field.part ?? 0) === part);
    const value = corrections[name];
    if (value === undefined || value === read?.value) return read && read.value !== '' ? [read] : [];
    return value === '' ? [] : [{ name, value, confidence: 1, place: null, by: 'person' as const, part }];
  });
  return [...others, ...own].sort((a, b) => (a.part ?? 0) - (b.part ?? 0));
}
