import type { Authority } from '../../channels/direct/authority.ts';

/** What the honest side tells the attacker: where it lives, that it is ready for the gateway to start, to attack with
 *  a case every so many milliseconds, to do the same to a sink, to try one case alone, and to end. */
export type ToAttacker =
  | { readonly say: 'found'; readonly peer: Record<string, unknown> }
  | { readonly say: 'start' }
  | { readonly say: 'attack'; readonly every: number; readonly at: 'gateway' | 'sink' }
  | { readonly say: 'alone'; readonly case: number }
  | { readonly say: 'end' };

/** And what it hears. */
export type FromAttacker =
  | {
      readonly say: 'around';
      readonly certificate: string;
      readonly directPort: number;
      readonly authority: Authority;
    }
  | ({ readonly say: 'ready' } & Ready)
  | { readonly say: 'acted'; readonly acts: readonly Act[] };

/** The gateway that started, and how many cases the list has. */
export interface Ready {
  readonly url: string;
  readonly watchUrl: string;
  readonly folder: string;
  readonly cases: number;
  readonly pid: number;
}

/** One hostile act: when it began and ended (Unix ms), and why it could not even be tried. */
export interface Act {
  readonly name: string;
  readonly start: number;
  readonly end: number;
  readonly failed: string | null;
}

/** One honest referral: when it was handed in (Unix ms), milliseconds until it was kept (202), and from then until its
 *  proof was on record. */
export interface Honest {
  readonly start: number;
  readonly kept: number;
  readonly proven: number;
}
