import type { Certificate } from './certificate.ts';

/** A certificate that we trust, and for what. */
export interface Anchor {
  readonly certificate: Certificate;
  /** Our own domains that trust it, lower case; null: all. */
  readonly domains: readonly string[] | null;
  readonly direction: Direction | 'both';
  /** OIDs of policies of which a path to it must assert one; empty: none. */
  readonly policies: readonly string[];
  /** The file or the bundle that it came from. */
  readonly from: string;
}

/** `in`: to believe senders; `out`: to send to recipients (facts C4). */
export type Direction = 'in' | 'out';

/** Whom one of our domains trusts in one direction. */
export const anchorsFor = (anchors: readonly Anchor[], domain: string, direction: Direction): Certificate[] =>
  anchors
    .filter((each) => each.direction === 'both' || each.direction === direction)
    .filter(({ domains }) => domains === null || domains.includes(domain.toLowerCase()))
    .map(({ certificate, policies }) => (policies.length === 0 ? certificate : { ...certificate, asks: policies }));
