import type { Hours } from './hours.ts';
import type { Lane } from './lane.ts';
import type { Endpoint } from './message.ts';
import type { ReasonCode } from './outcome.ts';

/** An endpoint chosen for this delivery, with its share of patience. */
export interface Route extends Endpoint {
  /** What counts as proof here: the far side's yes, its gateway's receipt, or a receipt from the end. */
  readonly proof: 'acceptance' | 'processed' | 'receipt';
  /** Which of the channel's ways it takes (`Channel.ways`). */
  readonly via?: string;
  /** Its endpoint is a telephone: one call at a time goes there, whoever makes it. */
  readonly rings?: true;
  /** That telephone, where the address is not just its number. */
  readonly number?: string;
  /** Only a link is carried there: once it is known to have arrived, so long and so patiently is its opening waited for. */
  readonly opening?: { readonly within: number; readonly onSilence: Route['onSilence'] };
  /** Shortest milliseconds before try 2, 3, … after a failure of that kind; what is not named here waits by `delays`. */
  readonly waits?: Readonly<Partial<Record<ReasonCode, readonly number[]>>>;
  /** When people may be rung by mistake: after a voice answered, nothing is tried again outside of them. */
  readonly hours?: Hours;
  /** Longest milliseconds before try 2, 3, …: its length bounds the tries. */
  readonly delays: readonly number[];
  /** Milliseconds to wait for proof after the far side took it. */
  readonly receiptWithin: number;
  /** Whose fate it shares. Absent in routes of older gateways, as is `latest`. */
  readonly lane?: Lane;
  /** When its share of the time to the deadline is over, epoch ms. */
  readonly latest?: number;
  /** What to do when no proof comes: try the next route, or ask a person. */
  readonly onSilence: 'fallback' | 'hold';
  /** The same for an attempt in doubt: a second copy is worth its price only when it is urgent. */
  readonly onDoubt: 'fallback' | 'hold';
}

/** The telephone that it rings, E.164. Null: none. */
export const numberOf = ({ rings, number, address }: Pick<Route, 'rings' | 'number' | 'address'>): string | null =>
  rings ? (number ?? address) : null;
