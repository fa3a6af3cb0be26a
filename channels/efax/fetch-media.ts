import type { Network } from '../../src/core/network.ts';

export interface FetchRules {
  /** See `mediaHosts` in the config. */
  readonly hosts: readonly string[];
  readonly maxBytes: number;
  readonly timeoutMs: number;
  readonly network: Network;
}

export type Fetched =
  | { readonly ok: true; readonly bytes: Uint8Array; readonly mediaType: 'application/pdf' | 'image/tiff' }
  /** `forbidden`: our own rules say no, and will say so again. `bytes`: what came, when it came whole. */
  | { readonly ok: false; readonly forbidden: boolean; readonly why: string; readonly bytes: Uint8Array | null };

/** Fetch a received fax through the network guard. The address comes from outside, so: named hosts only, and no
 *  redirects. `why` never quotes the address. */
export async function fetchMedia(address: string, rules: FetchRules): Promise<Fetched> {
  const url = URL.parse(address);
  const entry = url && entryFor(url, rules.hosts);
  if (!url || entry === null) return { ok: false, forbidden: true, why: 'address not allowed', bytes: null };
  const { maxBytes, timeoutMs } = rules;
  const also = isLoopback(entry) ? ['127.0.0.1/32', '::1/128'] : [];
  const fetched = await rules.network.get(url.href, { maxBytes, timeoutMs, also, anyPort: true });
  return fetched.ok ? judged(fetched.bytes) : { ...fetched, bytes: null };
}

/** The entry of the list that lets this address pass. Anything that is neither plain host nor default port must be named. */
function entryFor(url: URL, hosts: readonly string[]): string | null {
  const entry = hosts.find((each) => each === url.host || (each.startsWith('*.') && url.host.endsWith(each.slice(1))));
  if (entry === undefined) return null;
  const plain = url.protocol === 'http:' && isLoopback(entry);
  return url.protocol === 'https:' || plain ? entry : null;
}

const isLoopback = (entry: string): boolean => /^(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?$/.test(entry);

/** By its first bytes, whatever the answer called it. */
export function judged(bytes: Buffer): Fetched {
  const magic = bytes.subarray(0, 5).toString('latin1');
  if (magic === '%PDF-') return { ok: true, bytes, mediaType: 'application/pdf' };
  if (magic.startsWith('II*\0') || magic.startsWith('MM\0*')) return { ok: true, bytes, mediaType: 'image/tiff' };
  return { ok: false, forbidden: false, why: 'neither PDF nor TIFF', bytes };
}
