import type { Route } from './delivery.ts';
import { opening } from './hours.ts';
import { lot } from './jitter.ts';
import type { ReasonCode } from './outcome.ts';

/** What passes by itself: worth another try on the same route. */
export const passesByItself = (code: ReasonCode, { waits }: Pick<Route, 'waits'>): boolean =>
  passing.includes(code) || waits?.[code] !== undefined;

const passing: readonly ReasonCode[] = ['busy', 'no-answer', 'negotiation', 'throttled', 'unreachable', 'interrupted'];

/** What the far end of the line is guilty of, it will be by any other way too; only what the carrier is guilty of is
 *  another carrier's chance. */
export const isOfTheEndpoint = (code: ReasonCode): boolean => ofTheEndpoint.includes(code);

const ofTheEndpoint: readonly ReasonCode[] = ['busy', 'no-answer', 'not-a-fax', 'bad-address', 'partial'];

/** When the next try is due, epoch ms; null when the route's patience is at its end. The far side may name the time, but
 *  not one so late that the deadline passes meanwhile. Else the wait is drawn between nothing and the delay (full
 *  jitter), so that those who failed together do not come back together. A wait that belongs to the kind of failure is
 *  a shortest one, drawn up to a quarter longer.
 *  @param tries made on this route so far @param name what the lot is drawn for */
export function nextTry(
  { delays, waits = {}, hours, receiptWithin }: Route,
  { code, tries, retryAt, name }: { code: ReasonCode; tries: number; retryAt: number | null; name: string },
  now: number,
): number | null {
  const own = waits[code];
  const delay = (own ?? delays)[tries - 1];
  if (delay === undefined) return null;
  const drawn = lot(name);
  const wait = Math.round(own ? delay * (1 + drawn / 4) : delay * drawn);
  const wished = retryAt === null ? now + wait : Math.min(retryAt, now + receiptWithin);
  return hours && ringsPeople(code, tries) ? opening(hours, wished) : wished;
}

/** Somebody's telephone may stand there. */
const ringsPeople = (code: ReasonCode, tries: number): boolean =>
  code === 'not-a-fax' || (code === 'no-answer' && tries > 2);
