import type { ArrangeWord } from '../core/arrange.ts';
import type { Asked } from '../core/asked.ts';
import type { Delivery } from '../core/delivery.ts';
import type { AskWord, Entry, EntryWord } from '../core/entry.ts';
import type { Answer, Link, LinkState } from '../core/link.ts';
import type { DeliveryId, EntryId, Message, MessageId, PracticeId, RecipientId, ReferralId } from '../core/message.ts';
import type { Misdirection, MisdirectionId, WrongPlace } from '../core/misdirection.ts';
import type { Preview } from '../core/press.ts';
import type { Barred, NumberWord, Standing } from '../core/standing.ts';
import type { KnownRecipient, RecipientWord, RequestedReferral } from '../core/recipient.ts';
import type { DeadLetter } from '../store/store.ts';
import type { Task } from '../core/task.ts';
import type { Referral, ReferralState } from '../core/referral.ts';

/** What people and programs may ask the pipeline to do. Each resolves when its effect is durable and writes its own
 *  event. `practices`: those the asker may touch (null: all); anything of another practice is NotFound. */
export interface Actions {
  /** The same `key` of the same practice within 24 h answers with the first submission.
   *  @throws Conflict when the key came with something else before; Invalid when a document cannot be taken. */
  submit(submission: Submission): Promise<Submitted>;
  /** The fax that a submission would become. Nothing is kept.
   *  @throws Invalid when it cannot be faxed */
  preview(draft: Omit<Submission, 'who' | 'key'>): Promise<Previewed>;
  /** The cover sheet of a practice with a sample recipient, PNG.
   *  @throws Invalid when the practice does not fax */
  drawCover(practice: PracticeId): Promise<Uint8Array>;
  /** @throws NotFound; Conflict when the decision does not apply (any more) to its state. */
  decideDelivery(decision: DeliveryDecision): Promise<Delivery>;
  /** @throws NotFound; Conflict when somebody decided already. */
  decideEntry(decision: EntryWord): Promise<Entry>;
  /** Take back one's own decision on an entry, or what one did to its pages.
   *  @throws NotFound; Conflict when it is too late, or somebody else decided. */
  undoEntry(word: Asked & { readonly id: EntryId }): Promise<Entry>;
  /** Lay the pages of an entry anew, or move some to another.
   *  @throws NotFound; Conflict when the entry has changed since or is decided; Invalid when it cannot be done. */
  arrangeEntry(word: ArrangeWord): Promise<Entry>;
  /** Ask the sender of an entry for what its referral lacks, by the route that it came by.
   *  @throws NotFound; Conflict when it is decided or its sender is not known; Invalid when nothing is missing. */
  askSender(word: AskWord): Promise<Entry>;
  /** Forget what corrections taught about a sender.
   *  @throws NotFound */
  forgetLessons(word: Asked & { readonly id: string }): Promise<void>;
  /** Keep a recipient: a new one (`id` null), or one anew. `version`: what the asker saw; null when he saw none.
   *  @throws NotFound; Conflict when somebody changed it since; Invalid when there are too many. */
  keepRecipient(word: RecipientWord): Promise<KnownRecipient>;
  /** Forget one; what went to him stays as it is.
   *  @throws NotFound */
  removeRecipient(word: Asked & { readonly id: RecipientId }): Promise<void>;
  /** @throws NotFound */
  recordStep(record: StepRecord): Promise<Referral>;
  /** @throws NotFound; Conflict when somebody else changed it meanwhile. */
  keepTask(word: TaskWord): Promise<Task>;
  /** After a restore: let things leave again.
   *  @throws Conflict when nothing is held */
  resume(word: { readonly who: string; readonly reason: string }): Promise<void>;
  /** Read the settings again; what can change while the gateway runs is in force then.
   *  @throws ConfigError when anything in them is wrong: nothing has changed then. */
  reload(who: string): Promise<{ readonly changed: readonly string[]; readonly restart: readonly string[] }>;
  /** Try a code on a link. `token` is the hex SHA-256 of the token in the URL, as in `Link`. Counts wrong codes
   *  atomically; the right code records `opened` as a receipt. */
  openLink(trial: { readonly token: string; readonly code: string }): Promise<Opening>;
  /** The recipient's word, kept on the link and as a step of the referral.
   *  @throws NotFound when there is no such link or it was not opened. */
  answerLink(word: { readonly token: string; readonly answer: Wording }): Promise<Link>;
  /** A report from the recipient, along an open link.
   *  @throws NotFound as before; Invalid when a file cannot be taken; Conflict when there were enough. */
  attachReport(word: { readonly token: string; readonly files: readonly Upload[] }): Promise<Link>;
  listDeadLetters(): Promise<readonly (DeadLetter & { readonly message: MessageId | null })[]>;
  /** @throws NotFound; Conflict when it is not given up (any more). */
  decideDeadLetter(word: DeadLetterWord): Promise<void>;
  /** Pause a channel, or a lane of it, until then (epoch ms), or let it send again (null).
   *  @throws NotFound; Invalid when the time will not do; Conflict when it is not paused. */
  pauseChannel(word: {
    readonly who: string;
    readonly place: string;
    readonly reason: string;
    readonly until: number | null;
  }): Promise<void>;
  /** A person's word on a number that is dialled; `released`: deliveries that waited for it.
   *  @throws Conflict when it does not apply to what is held of the number */
  decideNumber(word: NumberWord): Promise<{ readonly standing: Standing; readonly released: number }>;
  /** Pages of a delivery came to the wrong place: kept, and the number is not dialled again.
   *  @throws NotFound; Conflict when nothing of it can have come out of a fax machine. */
  reportMisdirected(word: WrongPlace): Promise<Misdirection>;
  /** The letter about it, PDF.
   *  @throws NotFound */
  drawLetter(word: Asked & { readonly id: MisdirectionId; readonly to: 'holder' | 'patient' }): Promise<Uint8Array>;
  /** The sender takes the link of a delivery back.
   *  @throws NotFound; Conflict when it opens nothing any more. */
  revokeLink(word: Asked & { readonly delivery: DeliveryId; readonly reason: string }): Promise<Link>;
}

export interface DeadLetterWord {
  readonly who: string;
  readonly stage: string;
  readonly subject: string;
  /** `aside`: it is left to lie, and counts no more. */
  readonly word: 'retry' | 'aside';
  readonly reason: string;
}

export interface Submission {
  readonly practice: PracticeId;
  readonly who: string;
  readonly key: string | null;
  readonly referral: RequestedReferral;
  readonly documents: readonly Upload[];
}

export interface Previewed extends Preview {
  readonly number: string;
  /** Why the number would not be dialled now. Null: nothing stands in its way. */
  readonly barred: Barred | null;
}

export interface Upload {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

export interface Submitted {
  readonly referral: ReferralId;
  readonly message: MessageId;
  readonly deliveries: readonly { readonly id: DeliveryId; readonly state: Delivery['state'] }[];
}

export interface DeliveryDecision extends Asked {
  readonly id: DeliveryId;
  /** `confirm`: it arrived, by the word of whoever asks. */
  readonly verb: 'retry' | 'cancel' | 'hold' | 'reroute' | 'confirm';
  /** Index into the delivery's routes; with `reroute` only. */
  readonly route?: number;
  readonly reason: string;
}

/** What is absent stays as it is. */
export interface TaskWord extends Asked {
  readonly subject: Task['subject'];
  /** The version that the asker saw. */
  readonly version: number;
  readonly owner?: string | null | undefined;
  readonly dueAt?: number | null | undefined;
  readonly snoozedUntil?: number | null | undefined;
  readonly done?: boolean | undefined;
}

export interface StepRecord extends Asked {
  readonly referral: ReferralId;
  readonly to: ReferralState;
  readonly evidence: string;
  readonly reason: string | null;
}

export type Opening =
  { readonly link: Link; readonly message: Message } | 'wrong' | 'unknown' | Exclude<LinkState, 'usable'>;

/** An answer before the clock stamps it. */
export type Wording = Stamped<Answer>;
type Stamped<A> = A extends Answer ? Omit<A, 'at'> : never;
