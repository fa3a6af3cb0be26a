import type { AnswerSheet } from '../core/answer-sheet.ts';
import type { Acknowledgement, Attempt, Change, Event, Pickup, Stage, Work } from '../core/change.ts';
import type { Delivery, DeliveryState, OpenState } from '../core/delivery.ts';
import type { Entry } from '../core/entry.ts';
import type { Closing } from '../core/lane.ts';
import type { Lessons } from '../core/lesson.ts';
import type { Link } from '../core/link.ts';
import type {
  AttemptId,
  DeliveryId,
  Document,
  DocumentId,
  Endpoint,
  EntryId,
  Message,
  MessageId,
  PracticeId,
  RecipientId,
  ReferralId,
  Urgency,
} from '../core/message.ts';
import type { Misdirection, MisdirectionId } from '../core/misdirection.ts';
import type { Receipt } from '../core/outcome.ts';
import type { Pause } from '../core/pause.ts';
import type { Page } from '../core/page.ts';
import type { KnownRecipient } from '../core/recipient.ts';
import type { Referral, ReferralState } from '../core/referral.ts';
import type { Standing } from '../core/standing.ts';
import type { Task } from '../core/task.ts';
import type { Turn } from '../core/turn.ts';
import type { People } from './people-shapes.ts';
import type { RecordStore } from './record-shapes.ts';

export type * from './people-shapes.ts';
export type * from './record-shapes.ts';

/** The only memory of the gateway: one write, a dozen reads. Reads of one thing throw NotFound. */
export interface Store {
  /** All or none. A resolved promise means it is on disk.
   *  @throws Conflict when something in it changed since it was loaded; Duplicate when an arrival was taken before. */
  commit(change: Change): Promise<void>;
  /** Reads within `run` find nothing of other practices, whatever they ask for: beneath the code's own check, where the
   *  engine can (PostgreSQL). Writes are not touched. */
  onBehalfOf<T>(practices: readonly PracticeId[], run: () => Promise<T>): Promise<T>;

  message(id: MessageId): Promise<Message>;
  /** The message that arrived under this name on this channel, if it did. */
  messageByToken(channel: string, token: string): Promise<Message | null>;
  delivery(id: DeliveryId): Promise<Delivery>;
  deliveriesOf(message: MessageId): Promise<Delivery[]>;
  attempt(id: AttemptId): Promise<Attempt | null>;
  attemptsOf(delivery: DeliveryId): Promise<Attempt[]>;
  receiptsOf(delivery: DeliveryId): Promise<Receipt[]>;
  acknowledgementsOf(message: MessageId): Promise<Acknowledgement[]>;
  pickupsAt(place: string): Promise<Pickup[]>;
  /** Everything that is not the carried content: raw arrivals and the evidence behind receipts. */
  proofsOf(message: MessageId): Promise<Document[]>;
  documentInfo(
    id: DocumentId,
  ): Promise<{ readonly document: Document; readonly message: MessageId | null; readonly practice: PracticeId | null }>;
  /** The bytes, opened. */
  document(id: DocumentId): Promise<Uint8Array>;
  pagesOf(message: MessageId): Promise<Page[]>;
  /** The pages of an entry as they lie: where people put them, else in the order of the arrival's documents. Pages that
   *  are erased are left out. */
  pagesIn(entry: Entry): Promise<Page[]>;
  /** One page as it was read turned clockwise by a person, or (0) as it came; null: it was not read that way, or is erased. */
  page(document: DocumentId, number: number, turn: Turn): Promise<Page | null>;
  /** A page that was read before from the same image. `hash`: as in `Change`. */
  pageLike(hash: string): Promise<{ readonly page: Page; readonly png: Uint8Array } | null>;
  /** Entries that share most of these marks, at most `limit`, their pages not erased. */
  entriesLike(marks: readonly string[], limit: number): Promise<Entry[]>;
  /** Entries whose accepted referrals were kept under most of these keys, the newest first of those with as many, and
   *  which referral it is. */
  entriesKnown(keys: readonly string[], limit: number): Promise<{ readonly entry: Entry; readonly part: number }[]>;
  /** One page image, PNG. */
  pageImage(document: DocumentId, number: number): Promise<Uint8Array>;
  referral(id: ReferralId): Promise<Referral>;
  /** What we turned away, newest first. */
  quarantined(cursor: string | null, limit: number): Promise<Listed<Quarantined>>;
  entry(id: EntryId): Promise<Entry>;
  entryOf(message: MessageId): Promise<Entry | null>;
  /** Entries of other arrivals that were given pages of this one. */
  borrowersOf(message: MessageId): Promise<Entry[]>;
  /** What corrections taught about a sender's forms; empty, of version 0, when nothing did. */
  lessonsOf(practice: PracticeId, sender: string): Promise<Lessons>;
  /** Of all senders. `practices`: null for all. */
  lessonsIn(practices: readonly PracticeId[] | null): Promise<Lessons[]>;
  /** Those whom these practices keep. `practices`: null for all. */
  recipientsIn(practices: readonly PracticeId[] | null): Promise<KnownRecipient[]>;
  recipient(id: RecipientId): Promise<KnownRecipient>;
  /** Those of a practice who have this NPI. */
  recipientsByNpi(practice: PracticeId, npi: string): Promise<KnownRecipient[]>;
  link(token: string): Promise<Link | null>;
  linkOf(attempt: AttemptId): Promise<Link | null>;
  answerSheet(id: string): Promise<AnswerSheet | null>;
  /** Keyed hash that only this store can make, hex; the same for ever. For what must be told from a forgery. */
  signature(text: string): Promise<string>;
  history(message: MessageId): Promise<Event[]>;
  /** What a practice holds of an endpoint; of one that it never dealt with, nothing (version 0). */
  standing(practice: PracticeId, endpoint: Endpoint): Promise<Standing>;
  /** The latest changed first. */
  standings(query: StandingQuery): Promise<Listed<Standing>>;
  misdirection(id: MisdirectionId): Promise<Misdirection>;
  /** Newest first. */
  misdirections(query: MisdirectionQuery): Promise<Listed<Misdirection>>;

  deliveries(query: DeliveryQuery): Promise<Listed<DeliveryRow>>;
  /** Oldest first. */
  worklist(query: WorklistQuery): Promise<Listed<WorklistRow>>;
  task(subject: Task['subject']): Promise<Task | null>;
  /** @param stretch milliseconds of one stretch */
  overview(query: {
    readonly practices: readonly PracticeId[] | null;
    readonly since: number;
    readonly now: number;
    readonly stretch: number;
  }): Promise<Overview>;
  entries(query: EntryQuery): Promise<Listed<Entry>>;
  referrals(query: ReferralQuery): Promise<Listed<Referral>>;
  /** The record, oldest first, after the given cursor; each event carries its own. */
  eventsAfter(
    cursor: number,
    limit: number,
    practices: readonly PracticeId[] | null,
  ): Promise<{ readonly cursor: number; readonly event: Event }[]>;
  lastEvent(): Promise<number>;

  /** Take due work of these stages for a while; nobody else gets it until the lease runs out. Urgent work comes first,
   *  and of one lane or channel never more at once than its width, whoever holds it. `urgent`: nothing but that. */
  claim(stages: readonly Stage[], limit: number, leaseMs: number, only?: 'urgent'): Promise<Leased[]>;
  /** Keep it for another while. False: the lease ran out and somebody else has it, or it is done or rescheduled. */
  renew(work: Leased, leaseMs: number): Promise<boolean>;
  /** It is done. Changes nothing when the lease is no longer ours. */
  finish(work: Leased): Promise<void>;
  /** Give it back unfinished: due again at `at`. Changes nothing when the lease is no longer ours. */
  release(work: Leased, at: number, failure?: string): Promise<void>;
  /** Give it back as if it had never been claimed. Changes nothing when the lease is no longer ours. */
  unclaim(work: Leased): Promise<void>;
  depth(): Promise<Record<Stage, number>>;
  /** Lanes that are closed to routine work, or on trial. */
  closings(): Promise<readonly Closing[]>;
  /** What people have paused, and its end; also those whose end has come. */
  pauses(): Promise<readonly Pause[]>;
  /** Work that was claimed so often without finishing that our own code must be at fault. */
  deadLetters(): Promise<readonly DeadLetter[]>;

  /** Not null: this was restored from a backup, and nothing may leave until a person lifts the hold. */
  held(): Promise<Hold | null>;
  /** What is open now, counted for those who watch. */
  census(): Promise<Census>;

  /** Calls back after every commit, so that queues and live views need not poll. Returns how to stop it. */
  onCommit(listener: (change: Change) => void): () => void;

  readonly people: People;
  readonly record: RecordStore;
  /** A write that reaches the disk, and a read of it: throws when the store cannot keep its promise. */
  probe(): Promise<void>;
  close(): Promise<void>;
}

export interface DeadLetter extends Leased {
  /** Class and place of the last error. Null: none was caught, so its process died or froze. */
  readonly failure: string | null;
  /** Since when a person lets it lie, epoch ms. */
  readonly asideAt: number | null;
}

export interface Hold {
  /** When the backup was made, epoch ms. */
  readonly mark: number;
  /** When it was restored. */
  readonly at: number;
  /** Every open delivery knows of the gap. */
  readonly ready: boolean;
}

/** A claimed piece of work. `generation` keeps the finishing of old work from deleting new work; `claims` counts the
 *  leases, so that a holder who slept through the end of his cannot touch the next one's (a fencing token). */
export interface Leased extends Work {
  readonly generation: number;
  readonly claims: number;
}

export interface Listed<T> {
  readonly rows: readonly T[];
  readonly next: string | null;
}

/** What is open now, counted. */
export interface Census {
  readonly deliveries: Readonly<Record<OpenState, number>>;
  /** Open deliveries with an attempt that may have arrived, by their state. */
  readonly inDoubt: Readonly<Record<OpenState, number>>;
  /** Open deliveries whose deadline has passed. */
  readonly overdue: Readonly<Record<Urgency, number>>;
  /** Work that is due, and since when the oldest of it is, epoch ms; dead letters apart. */
  readonly due: Readonly<Record<Stage, { readonly count: number; readonly since: number | null }>>;
  readonly dead: Readonly<Record<Stage, number>>;
  /** Arrivals that wait for a person. */
  readonly waiting: number;
  /** Emergency accesses that nobody reviewed, and when the newest of them began, epoch ms. */
  readonly emergencies: { readonly count: number; readonly newest: number | null };
}

/** An arrival that was refused: kept sealed, never parsed again. */
export interface Quarantined {
  readonly document: DocumentId;
  readonly channel: string;
  readonly reasons: readonly string[];
  readonly at: number;
}

export interface DeliveryQuery {
  /** Practices the asker may see; null: all. */
  readonly practices: readonly PracticeId[] | null;
  readonly state?: DeliveryState | undefined;
  readonly channel?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly ids?: readonly DeliveryId[] | undefined;
  readonly urgency?: Urgency | undefined;
  /** Only those with an attempt that may have arrived. */
  readonly doubt?: true | undefined;
  /** Only those whose proof was due before, epoch ms, and has not come. */
  readonly overdueAt?: number | undefined;
  readonly search?: Search | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

/** What somebody looks for in the log. */
export interface Search {
  /** An id of a delivery, message or attempt; a recipient's whole address; or words of a name. */
  readonly text: string;
  /** The same as an E.164 number, if it is one. */
  readonly number: string | null;
  /** Patients' names too. */
  readonly patients: boolean;
}

/** A line of the delivery log: no patient data. */
export interface DeliveryRow {
  readonly delivery: Delivery;
  readonly urgency: Message['urgency'];
  readonly deadline: number;
  readonly receivedAt: number;
  readonly direction: 'outgoing' | 'incoming';
  /** Since when it is in its state, epoch ms; 0: it came to it before that was kept. */
  readonly movedAt: number;
}

/** What waits for a person: deliveries in doubt, held for another reason, or turned down on every way. */
export type WorklistKind = 'doubt' | 'held' | 'undeliverable' | 'intake';

export interface WorklistQuery {
  readonly practices: readonly PracticeId[] | null;
  readonly kind: WorklistKind;
  /** Null: nobody's. Absent: everybody's. */
  readonly owner?: string | null | undefined;
  readonly snoozed: boolean;
  readonly now: number;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

export interface WorklistRow {
  readonly of: Delivery | Entry;
  readonly task: Task;
  readonly urgency: Urgency;
  readonly deadline: number;
  /** Epoch ms. */
  readonly since: number;
}

/** Figures of one channel, of what arrived here since some time. */
export interface ChannelFigures {
  readonly channel: string;
  readonly states: Readonly<Partial<Record<DeliveryState, number>>>;
  /** Those that went on to another route than their first. */
  readonly fallbacks: number;
  /** Those that were not proven by their deadline. */
  readonly missed: number;
  /** Milliseconds from arrival to proof; null: nothing is proven. */
  readonly p50: number | null;
  readonly p95: number | null;
}

export interface Overview {
  readonly needs: Readonly<Record<WorklistKind | 'overdue', number>>;
  readonly channels: readonly ChannelFigures[];
  /** What arrived in each stretch of time, by how it stands now; stretches without any are absent. */
  readonly stretches: readonly { readonly at: number; readonly state: DeliveryState; readonly count: number }[];
}

export interface EntryQuery {
  readonly practices: readonly PracticeId[] | null;
  readonly state?: Entry['state'] | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

export interface StandingQuery {
  readonly practices: readonly PracticeId[] | null;
  /** `suppressed`: must not be dialled now; `doubtful`: calls spoke against the number. */
  readonly only?: 'suppressed' | 'doubtful' | undefined;
  readonly now: number;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

export interface MisdirectionQuery {
  readonly practices: readonly PracticeId[] | null;
  readonly delivery?: DeliveryId | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}

export interface ReferralQuery {
  readonly practices: readonly PracticeId[] | null;
  readonly state?: ReferralState | undefined;
  readonly cursor?: string | undefined;
  readonly limit: number;
}
