import { numberOf } from './route.ts';
import type { AnswerSheet } from './answer-sheet.ts';
import type { Notice } from './channel.ts';
import type { Delivery } from './delivery.ts';
import type { Entry } from './entry.ts';
import type { Lessons } from './lesson.ts';
import type { Link } from './link.ts';
import type { KnownKey } from './match.ts';
import type { Closing, Lane } from './lane.ts';
import type { Misdirection } from './misdirection.ts';
import type { AttemptId, Document, DocumentId, EntryId, Message, MessageId, PracticeId, Urgency } from './message.ts';
import type { Outcome, Receipt } from './outcome.ts';
import type { Pause } from './pause.ts';
import type { Page } from './page.ts';
import type { KnownRecipient } from './recipient.ts';
import type { Referral } from './referral.ts';
import type { Standing } from './standing.ts';
import type { Task } from './task.ts';

export type Stage = 'extract' | 'route' | 'deliver' | 'settle' | 'remind' | 'acknowledge' | 'purge';

export const stages: readonly Stage[] = ['extract', 'route', 'deliver', 'settle', 'remind', 'acknowledge', 'purge'];

/** Something to do, once, at or after `dueAt`. At most one per stage and subject. */
export interface Work {
  readonly stage: Stage;
  readonly subject: string;
  readonly dueAt: number;
  /** Who goes first of what is due. Absent: routine. */
  readonly urgency?: Urgency | undefined;
  /** Whose width it takes up. Absent: nobody's. */
  readonly lane?: Lane | undefined;
  /** The number that it rings, E.164. It waits while another call to it is under way. Absent: it rings nobody. */
  readonly number?: string | undefined;
  /** Until when it may wait for a lane that is closed, epoch ms. Absent: as long as that takes. */
  readonly latest?: number | undefined;
}

/** Everything one step wants written. The store applies all of it or none. */
export interface Change {
  readonly received?: Message;
  readonly documents?: readonly SealedDocument[];
  /** `hash`: to find the page again by what it looked like; it names the practice too. */
  readonly pages?: readonly { readonly page: Page; readonly png: Uint8Array; readonly hash?: string }[];
  /** Pages that were read again as a person turned them. */
  readonly turned?: readonly Page[];
  /** By which an entry's pages are found when they come again. */
  readonly marks?: readonly { readonly entry: EntryId; readonly message: MessageId; readonly mark: string }[];
  /** By which `entry` is found when the patient or sender of a referral that was accepted in it comes again. */
  readonly known?: readonly KnownKey[];
  readonly deliveries?: readonly Delivery[];
  readonly attempt?: Attempt;
  readonly receipt?: Receipt;
  readonly acknowledgement?: Acknowledgement;
  readonly referral?: Referral;
  readonly entry?: Entry;
  /** Another entry, when pages move between two. */
  readonly partner?: Entry;
  readonly lessons?: Lessons;
  readonly recipient?: KnownRecipient;
  /** A recipient who is to be forgotten. */
  readonly leaving?: KnownRecipient;
  readonly link?: Link;
  readonly task?: Task;
  readonly sheet?: AnswerSheet;
  readonly standing?: Standing;
  readonly misdirection?: Misdirection;
  readonly quarantined?: {
    readonly document: DocumentId;
    readonly channel: string;
    readonly token: string;
    readonly reasons: readonly string[];
    readonly at: number;
  };
  /** What we know of a fax that lies at its company. Null: nothing is left to do there. */
  readonly pickup?: Pickup | (Omit<Pickup, 'phase'> & { readonly phase: null });
  /** Message whose sealed content is to be erased. */
  readonly erase?: MessageId;
  /** Of a restored store: every open delivery knows of the gap; a person lets things leave again. */
  readonly hold?: 'ready' | 'lifted';
  readonly work?: readonly Work[];
  /** A lane is closed to routine work, or opens again. */
  readonly lane?: Closing | { readonly lane: Lane; readonly until: null };
  /** A person pauses a channel, or a lane of it; null: lets it send again. */
  readonly pause?: { readonly place: Lane; readonly at: number; readonly pause: Pause | null };
  /** What a person says to work that was given up: try it again, or let it lie. */
  readonly deadLetter?: {
    readonly stage: Stage;
    readonly subject: string;
    readonly word: 'retry' | 'aside';
    readonly at: number;
  };
  readonly events: readonly Event[];
}

/** An arrival that its company told us of. `seen`: we do not have it yet; `kept`: ours is safe, theirs is to be erased. */
export interface Pickup {
  /** Channel and account. */
  readonly place: string;
  /** The company's own name for it. */
  readonly fax: string;
  readonly phase: 'seen' | 'kept';
}

/** A file on its way into the vault. `role` tells what a person asked us to carry from what we keep as proof. */
export interface SealedDocument {
  readonly document: Document;
  readonly message: MessageId | null;
  readonly role: 'carried' | 'raw' | 'evidence' | 'quarantined';
  readonly bytes: Uint8Array;
}

export interface Attempt {
  readonly id: AttemptId;
  readonly delivery: Delivery['id'];
  readonly channel: string;
  readonly address: string;
  /** The way it took, where its channel has several. */
  readonly via?: string;
  /** The first of the tries that go out under one name: this one, or the one it repeats. */
  readonly family: AttemptId;
  readonly openedAt: number;
  /** `handed`: from here on the far side may hold it. */
  readonly phase: 'started' | 'handed';
  readonly closedAt: number | null;
  /** Known before it is closed when its channel had more to do after the far side's yes. */
  readonly outcome: Outcome | null;
  /** The far side's own name for it, where a later outcome does not tell it any more. */
  readonly reference?: string;
}

/** A notice we gave to the one who sent us a message. Given once per kind. */
export interface Acknowledgement {
  readonly message: MessageId;
  readonly notice: Notice;
  readonly outcome: Outcome;
  readonly at: number;
}

/** One line of the permanent record: who did what to which subject. `facts` are ids, codes and counts only. */
export interface Event {
  /** The message it belongs to, or another subject when there is none. */
  readonly message: MessageId | null;
  /** Whose record it belongs to when there is no message. Absent: the gateway's own. */
  readonly practice?: PracticeId | undefined;
  readonly subject: string;
  readonly what: string;
  /** `gateway`, or the user or API key that asked for it. */
  readonly who: string;
  readonly at: number;
  readonly facts: Readonly<Record<string, string | number | boolean>>;
  /** A person's own words, for instance why they stopped a delivery. May name a patient: sealed at rest. */
  readonly note?: string;
}

/** A delivery's state says what must happen next; nothing else schedules work for it. */
export function workFor(delivery: Delivery): Work[] {
  const { state, id, message, routes, route, urgency } = delivery;
  const dueAt = delivery.dueAt ?? 0;
  switch (state) {
    case 'pending': {
      if (routes.length === 0) return [{ stage: 'route', subject: message, dueAt, urgency }];
      const way = routes[route];
      const number = way ? numberOf(way) : null;
      const { lane, latest } = way ?? {};
      return [{ stage: 'deliver', subject: id, dueAt, urgency, lane, latest, ...(number === null ? {} : { number }) }];
    }
    case 'sending':
    case 'sent':
      return [{ stage: 'settle', subject: id, dueAt, urgency }];
    case 'delivered':
    case 'failed':
    case 'held':
    case 'cancelled':
      return [{ stage: 'acknowledge', subject: message, dueAt: 0, urgency }];
  }
}
