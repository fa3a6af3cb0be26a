import type { OpenBox } from './box.ts';
import type { CoverStyle } from './cover-template.ts';
import type { Entry } from './entry.ts';
import type { Link } from './link.ts';
import type { AttemptId, DocumentId, Endpoint, Message, Origin, PracticeId, Recipient, Urgency } from './message.ts';
import type { Network } from './network.ts';
import type { Outcome, Reason, ReasonCode, Receipt } from './outcome.ts';
import type { Draft, Press, Preview } from './press.ts';
import type { ReferralRequest } from './referral.ts';
import type { Trust } from './trust.ts';

/** A way to reach people: Direct, fax, portal. Two duties, and options. */
export interface Channel {
  readonly name: string;
  readonly capabilities: Capabilities;

  /** Why nothing ever goes to an address of the right form (a premium number), in words for whoever typed it. Null: it may. */
  objection?(endpoint: Endpoint): string | null;

  /** What an attempt shares its fate by: the far host, or the account that carries it; never a person's address.
   *  Absent: all of the channel is one lane. */
  lane?(endpoint: Endpoint, practice: PracticeId, way?: string): string;

  /** The ways to one endpoint that share no fate (accounts at fax companies), best first: each becomes a route of its
   *  own. Absent or empty: there is one, and it has no name. */
  ways?(practice: PracticeId): readonly string[];

  /** Where another channel goes for it with nothing but a link: a page on somebody's fax. What is held of that number, and
   *  the accounts that ring it, count here too. Null: it goes there itself. */
  carried?(endpoint: Endpoint): Endpoint | null;

  /** It takes parcels of other channels, and brings the link published for them on a page of its own, never their
   *  documents. Its report that it arrived is evidence of the page: nobody has read anything yet. */
  readonly carriesLinks?: true;

  /** Where a practice reads what arrives for one of its own addresses, when that is not our intake queue. Null: there. */
  home?(practice: PracticeId, own: Endpoint): Endpoint | null;

  /** Carry one parcel to one endpoint. Resolves to an Outcome whatever happens out there;
   *  a rejection means a bug in this adapter, and the pipeline treats it as `unknown`. */
  send(parcel: Parcel, signal: AbortSignal): Promise<Outcome>;

  /** Tell a recipient once more, by the way it went, of a link that nobody has opened. Resolves as `send` does. */
  remind?(parcel: Parcel, link: Link, signal: AbortSignal): Promise<Outcome>;

  /** What a draft would look like at the far side. Nothing leaves.
   *  @throws Unprintable */
  preview?(draft: Draft): Promise<Preview>;

  /** Who it is and whom it trusts, from memory. */
  trust?(): Trust;

  /** Prove that credentials, certificates and peers are usable. Sends nothing. */
  check(signal: AbortSignal): Promise<Health>;

  /** Ask the far side what became of an attempt whose answer or receipt never came. Null: it cannot say (yet).
   *  What it knows beyond the hand-over (delivered, failed) goes to the inbox as a receipt. */
  inquire?(question: Question, inbox: Inbox, signal: AbortSignal): Promise<Outcome | null>;

  /** Accept arrivals until the signal aborts. Resolves once it listens. */
  listen?(inbox: Inbox, signal: AbortSignal): Promise<void>;

  /** Answer one provider callback: authenticate, translate, hand over. */
  webhook?(request: Request, inbox: Inbox): Promise<Response>;

  /** Read its section of the settings, and the files that it names, again. Resolves to what puts them in force, at once;
   *  rejects when they cannot be used, and nothing has changed. What a running channel cannot change is left as it is. */
  reload?(section: unknown): Promise<() => void>;

  /** Tell the original sender what became of its message (an MDN, a DSN). Null: this sender is not owed that notice.
   *  @param reason with `failed`: why, as far as one reason says it */
  acknowledge?(origin: Origin, notice: Notice, reason: Reason | null, signal: AbortSignal): Promise<Outcome | null>;
}

/** What we owe a sender. `processed`: we have it safely; `delivered`: it lies where its reader looks; `failed`: neither
 *  will happen; `unanswered`, `undispatched`: no proof came in time that the far gateway has it, or that its reader does,
 *  and a person must decide. */
export type Notice = 'processed' | 'delivered' | 'failed' | 'unanswered' | 'undispatched';

/** Data, not behaviour: the router ranks by it and the console shows it. */
export interface Capabilities {
  readonly address: RegExp;
  /** What one looks like, for whoever typed something else. */
  readonly addressLike?: string;
  readonly mediaTypes: readonly string[];
  readonly maxBytes: number;
  readonly proof: 'acceptance' | 'processed' | 'receipt';
  /** Relative: what one parcel costs, in cents. */
  readonly cost: number;
  /** How many parcels it can carry at once. */
  readonly width: number;
  /** What one lane of it takes: parcels at once (absent: `width`), attempts a minute (absent: as they come), and calls
   *  under way at once, each until its end is known (absent: as many as the far side makes). */
  readonly perLane?: { readonly width: number; readonly perMinute?: number; readonly calls?: number };
  /** Its lanes are far hosts, found by an address there; not accounts of ours. */
  readonly farHosts?: true;
  /** Its endpoints are telephones: one call at a time to each, and what calls tell of a number is remembered.
   *  `confirmFirst`: nothing goes to a number that nobody confirmed and that never took anything. */
  readonly dials?: { readonly confirmFirst: boolean };
  /** Milliseconds for which the far side documents that it ignores a second copy under the same name. Absent: it
   *  promises nothing. */
  readonly repeatWithin?: number;
}

/** What `send` carries. */
export interface Parcel {
  readonly attempt: AttemptId;
  /** Our name for it and for every other try that may be the same copy: put it on the wire, so that far sides can tell
   *  copies from news, and receipts quote it back. */
  readonly family: AttemptId;
  readonly endpoint: Endpoint;
  /** Which of the channel's ways the route takes. Absent: the channel chooses. */
  readonly via?: string;
  readonly message: Message;
  readonly recipient: Recipient;
  readonly practice: Practice;
  /** The referral that the message is, as its sender asked for it. Absent: the message is none. */
  readonly request?: ReferralRequest;
  /** Why the last try by any way failed, where the far side said so. */
  readonly after?: ReasonCode;
  /** An earlier try may have arrived: say so where people read. */
  readonly possibleDuplicate: boolean;
  open(document: DocumentId): Promise<Uint8Array>;
  /** Await this just before the bytes after which the far side may hold the message.
   *  It makes that fact durable; before it, an interrupted attempt is safe to repeat. */
  handingOver(): Promise<void>;
  /** Await this as soon as the far side said yes, when there is more to do before `send` can answer. */
  taken(reference: string): Promise<void>;
}

/** An earlier parcel again, to ask what became of it. */
export interface Question extends Parcel {
  readonly openedAt: number;
  /** The far side's own name for it, if its answer came. */
  readonly reference: string | null;
  /** The far side's own names for our other tries under this name: not what we ask for. */
  readonly others: readonly string[];
}

/** A practice as the channels see it: who we are on a cover sheet, and which addresses are ours. */
export interface Practice {
  readonly id: PracticeId;
  readonly name: string;
  readonly phone: string;
  readonly npi: string | null;
  /** Channel → our own addresses on it. */
  readonly addresses: Readonly<Record<string, readonly string[]>>;
  /** Do its faxes carry a page to answer on? Absent: yes. */
  readonly answerSheet?: boolean;
  /** How its cover sheets look. Absent: English, the one that comes along. */
  readonly cover?: CoverStyle;
}

/** Where arrivals go. A resolved promise means durable: only then may the far side be told "received". */
export interface Inbox {
  message(arrival: Arrival): Promise<'new' | 'duplicate'>;
  /** Mail that one of our own practices hands in, for recipients anywhere. Null: durable. Else why it cannot be sent,
   *  in words for its sender; nothing was kept then. */
  handIn(mail: HandIn): Promise<string | null>;
  receipt(news: News): Promise<'recorded' | 'duplicate' | 'unmatched'>;
  /** Keep what we turn away, sealed, with every reason; a person can look at it. Never parsed again. */
  quarantine(refused: RefusedArrival): Promise<void>;
}

export interface Arrival {
  readonly origin: Origin;
  readonly subject: string | null;
  readonly urgency: Urgency;
  /** Of an arrival: our own addresses that it was sent to; others are ignored. */
  readonly to: readonly Endpoint[];
  readonly documents: readonly { readonly name: string; readonly mediaType: string; readonly bytes: Uint8Array }[];
  /** The bytes as they came off the wire, kept as evidence. */
  readonly raw: Uint8Array | null;
}

export interface HandIn extends Arrival {
  readonly practice: PracticeId;
}

/** A receipt as it arrives, before we know whether it is about anything of ours. */
export interface News {
  readonly channel: string;
  /** `attempt`: the attempt, or the name of its family, as it was on the wire. */
  readonly receipt: Omit<Receipt, 'evidence'>;
  /** The far side's own name for what it speaks of, as in its acceptance: tells the tries of a family apart. */
  readonly reference?: string;
  /** Direct addresses, or bare domains, that the author's certificate is bound to. Null: the provider
   *  vouches for every attempt of its channel. A receipt about anybody else's attempt changes nothing. */
  readonly author: readonly string[] | null;
  /** Anybody could have written it: it counts only as failure, and only while nothing else was heard. */
  readonly unsigned?: true;
  readonly evidence: { readonly mediaType: string; readonly bytes: Uint8Array };
}

export interface RefusedArrival {
  readonly channel: string;
  /** The channel's own name for it, so that the same refusal twice is one record. */
  readonly token: string;
  /** For people who run the gateway: rule and reason, no content. */
  readonly reasons: readonly string[];
  readonly raw: Uint8Array;
}

export type Health = ({ readonly ok: true } | { readonly ok: false; readonly problem: string }) & {
  /** When a certificate or credential that it cannot send without ends, epoch ms: renew it before. */
  readonly validUntil?: number;
};

/** What a channel gets from the house. Everything enters here. */
export interface Tools {
  readonly log: Log;
  readonly now: () => number;
  readonly practices: readonly Practice[];
  /** Where the outside reaches our HTTP server, no trailing slash. */
  readonly publicUrl: string;
  readonly press: Press;
  /** Opens what strangers sent, besides documents. */
  readonly openBox: OpenBox;
  readonly desk: Desk;
  /** The way to everything whose address a far side named. */
  readonly network: Network;
  readonly pickups: Pickups;
  /** A channel that carries links and is switched on. Null: there is none of that name. */
  linkCarrier(name: string): LinkCarrier | null;
  /** The parcel of an earlier attempt again, or null when there is no such attempt. */
  reopen(attempt: AttemptId): Promise<Parcel | null>;
}

export type LinkCarrier = Pick<Channel, 'name' | 'send' | 'objection'>;

/** What lies at a company and is not done with. Resolved means durable.
 *  `place`: channel and account. */
export interface Pickups {
  /** Before anything is read there that counts as read afterwards; and again when our own copy is safe. */
  note(place: string, fax: string, phase: 'seen' | 'kept'): Promise<void>;
  done(place: string, fax: string): Promise<void>;
  list(place: string): Promise<readonly { readonly fax: string; readonly phase: 'seen' | 'kept' }[]>;
}

/** What channels that end in our own house ask of the store. Resolved means durable. */
export interface Desk {
  /** Publish a portal link and, beside it, the code for staff to read out; its reminder is looked after from then on.
   *  @returns the link to send: an earlier one for the same delivery and endpoint while it is usable, else the one given */
  publish(link: Omit<Link, 'delivery'>): Promise<Omit<Link, 'delivery'>>;
  /** The link that `publish` gave for this parcel, while it is usable. Null: there is none. */
  linkOf(parcel: Pick<Parcel, 'attempt'>): Promise<Omit<Link, 'delivery'> | null>;
  /** The token of the answer sheet that goes out with this parcel and every copy of it. Null: there is no referral that
   *  an answer could move. */
  answerSheet(parcel: Pick<Parcel, 'family' | 'message'>): Promise<string | null>;
  /** File a message in its practice's intake queue. Repeating it is harmless. */
  file(message: Message): Promise<Entry>;
}

/** What a folder under channels/ exports by default. */
export interface ChannelModule<Config> {
  readonly name: string;
  readonly config: { parse(input: unknown): Config };
  /** Other channels that must be on for these settings. Absent: none. */
  needs?(config: Config): readonly string[];
  create(config: Config, tools: Tools): Channel | Promise<Channel>;
}

export const defineChannel = <Config>(module: ChannelModule<Config>): ChannelModule<Config> => module;

/** Log lines are made of these and nothing else, so patient data has no way in. */
export type Facts = {
  readonly [
    K in
      | 'message'
      | 'delivery'
      | 'attempt'
      | 'entry'
      | 'channel'
      | 'lane'
      | 'stage'
      | 'state'
      | 'outcome'
      | 'reason'
      | 'practice'
      | 'url'
      | 'path'
      | 'version'
  ]?: string;
} & {
  readonly [K in 'tries' | 'bytes' | 'pages' | 'count' | 'ms' | 'status']?: number;
};

export interface Log {
  info(event: string, facts?: Facts): void;
  warn(event: string, facts?: Facts): void;
  /** `cause` is written as its class and stack without message: messages can quote input. */
  error(event: string, facts?: Facts, cause?: unknown): void;
}
