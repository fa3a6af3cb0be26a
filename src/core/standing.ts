import type { Asked } from './asked.ts';
import type { AttemptId, Endpoint, PracticeId } from './message.ts';
import type { Reason, Receipt } from './outcome.ts';

/** What a practice holds of one endpoint that is dialled: what people said of it, and what calls there told. */
export interface Standing {
  readonly practice: PracticeId;
  readonly endpoint: Endpoint;
  /** Who vouched that the right office stands at its other end. */
  readonly confirmed: { readonly by: string; readonly at: number } | null;
  /** When it first took something whole, epoch ms. */
  readonly reachedAt: number | null;
  readonly suppressed: Suppression | null;
  /** Calls that spoke against the number itself, since it last took anything or was confirmed; oldest first. */
  readonly strikes: readonly Strike[];
  readonly changedAt: number;
  readonly version: number;
}

export const suppressedBecause = ['misdirected', 'wrong-number', 'asked', 'other'] as const;

/** A number that must not be dialled. */
export interface Suppression {
  /** `asked`: whoever is called there wants no more faxes. */
  readonly why: (typeof suppressedBecause)[number];
  /** In the words of whoever suppressed it. May name a patient: sealed at rest. */
  readonly note: string;
  readonly by: string;
  readonly at: number;
  /** Epoch ms. Null: until somebody lifts it. */
  readonly until: number | null;
}

/** A person's word on a number. The reason may name people: it is kept sealed. */
export interface NumberWord extends Asked {
  readonly practice: PracticeId;
  readonly endpoint: Endpoint;
  readonly reason: string;
  readonly word:
    | { readonly type: 'confirm' | 'lift' }
    | { readonly type: 'suppress'; readonly why: Suppression['why']; readonly until: number | null };
}

export interface Strike {
  readonly attempt: AttemptId;
  readonly code: StrikeCode;
  readonly at: number;
}

const strikeCodes = ['not-a-fax', 'bad-address'] as const;
type StrikeCode = (typeof strikeCodes)[number];

/** Why an endpoint must not be dialled now. */
export type Barred =
  | 'must not be dialled'
  | 'the number does not work'
  | 'a voice answers there, not a fax'
  | 'nobody confirmed the number yet';

/** A voice may answer once by chance; twice, with the time between that `redial` leaves, people are being rung. */
const voicesToBar = 2;

export const unknownEndpoint = (practice: PracticeId, endpoint: Endpoint): Standing => ({
  practice,
  endpoint: { channel: endpoint.channel, address: endpoint.address },
  confirmed: null,
  reachedAt: null,
  suppressed: null,
  strikes: [],
  changedAt: 0,
  version: 0,
});

export const isSuppressed = ({ suppressed }: Pick<Standing, 'suppressed'>, now: number): boolean =>
  suppressed !== null && (suppressed.until === null || suppressed.until > now);

/** @param confirmFirst nothing goes to a number that nobody confirmed and that never took anything */
export function barredBy(standing: Standing, confirmFirst: boolean, now: number): Barred | null {
  if (isSuppressed(standing, now)) return 'must not be dialled';
  if (struck(standing, 'bad-address') > 0) return 'the number does not work';
  if (struck(standing, 'not-a-fax') >= voicesToBar) return 'a voice answers there, not a fax';
  const known = standing.confirmed !== null || standing.reachedAt !== null;
  return confirmFirst && !known ? 'nobody confirmed the number yet' : null;
}

const struck = ({ strikes }: Standing, code: StrikeCode): number =>
  strikes.filter((strike) => strike.code === code).length;

export type StandingEvent =
  | { readonly type: 'confirmed'; readonly by: string }
  | { readonly type: 'suppressed'; readonly suppression: Omit<Suppression, 'at'> }
  | { readonly type: 'lifted' }
  | {
      readonly type: 'called';
      readonly attempt: AttemptId;
      readonly kind: Receipt['kind'];
      readonly reason: Reason | null;
    };

/** The same standing when the event tells nothing new. Pure. */
export function learn(standing: Standing, event: StandingEvent, at: number): Standing {
  const next = learned(standing, event, at);
  return next === standing ? standing : { ...next, changedAt: at, version: standing.version + 1 };
}

function learned(standing: Standing, event: StandingEvent, at: number): Standing {
  switch (event.type) {
    // Whoever confirms has looked into what calls told.
    case 'confirmed':
      return { ...standing, confirmed: { by: event.by, at }, strikes: [] };
    case 'suppressed':
      return { ...standing, suppressed: { ...event.suppression, at } };
    case 'lifted':
      return standing.suppressed === null ? standing : { ...standing, suppressed: null };
    case 'called':
      return afterCall(standing, event, at);
  }
}

function afterCall(
  standing: Standing,
  { attempt, kind, reason }: Extract<StandingEvent, { type: 'called' }>,
  at: number,
): Standing {
  if (kind === 'delivered') {
    if (standing.reachedAt !== null && standing.strikes.length === 0) return standing;
    return { ...standing, reachedAt: standing.reachedAt ?? at, strikes: [] };
  }
  const code = strikeCodes.find((each) => each === reason?.code);
  const counted = standing.strikes.some((strike) => strike.attempt === attempt);
  if (kind !== 'failed' || code === undefined || counted) return standing;
  return { ...standing, strikes: [...standing.strikes, { attempt, code, at }] };
}
