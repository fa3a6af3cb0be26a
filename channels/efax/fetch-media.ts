import { lookup as dnsLookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import type { Readable } from 'node:stream';
import axios from 'axios';

export interface FetchRules {
  /** See `mediaHosts` in the config. */
  readonly hosts: readonly string[];
  readonly maxBytes: number;
  readonly timeoutMs: number;
  /** Name → addresses, asked once, at the moment of connecting. */
  readonly resolve: (hostname: string) => Promise<readonly string[]>;
}

export const systemResolve = async (hostname: string): Promise<readonly string[]> =>
  (await dnsLookup(hostname, { all: true })).map(({ address }) => address);

export type Fetched =
  | { readonly ok: true; readonly bytes: Uint8Array; readonly mediaType: 'application/pdf' | 'image/tiff' }
  /** `forbidden`: our own rules say no, and will say so again. `bytes`: what came, when it came whole. */
  | { readonly ok: false; readonly forbidden: boolean; readonly why: string; readonly bytes: Uint8Array | null };

const no = (why: string, bytes: Uint8Array | null = null): Fetched => ({ ok: false, forbidden: false, why, bytes });
const forbidden = (why: string): Fetched => ({ ok: false, forbidden: true, why, bytes: null });

/** Fetch a received fax. The address comes from outside, so: named hosts only, public addresses only (judged on the
 *  address that is really connected to, which leaves a rebinding name no gap), no redirects, no proxies, no
 *  compression, and limits on bytes and on the time for all of it. `why` never quotes the address. */
export async function fetchMedia(address: string, rules: FetchRules): Promise<Fetched> {
  const url = URL.parse(address);
  const entry = url && entryFor(url, rules.hosts);
  if (!url || entry === null) return forbidden('address not allowed');
  const deadline = AbortSignal.timeout(rules.timeoutMs);
  try {
    const reply = await axios.get<Readable>(url.href, {
      adapter: 'http',
      responseType: 'stream',
      decompress: false,
      headers: { 'accept-encoding': 'identity' },
      maxRedirects: 0,
      proxy: false,
      signal: deadline,
      validateStatus: () => true,
      lookup: async (hostname: string) => [...(await allowed(hostname, isLoopback(entry), rules.resolve))],
    });
    const body = reply.data;
    const encoded = (reply.headers['content-encoding'] ?? 'identity') !== 'identity';
    if (reply.status !== 200 || encoded) {
      body.destroy();
      return no(encoded ? 'compressed answer' : `status ${reply.status}`);
    }
    return judged(await collect(body, rules.maxBytes));
  } catch (error) {
    if (error instanceof Forbidden) return forbidden(error.message);
    if (!axios.isAxiosError(error) && !axios.isCancel(error) && !isStreamFault(error)) throw error;
    return unwrapped(error) ?? no(deadline.aborted ? 'took too long' : 'connection failed');
  }
}

class Forbidden extends Error {}

/** axios wraps what our lookup threw. */
function unwrapped(error: unknown): Fetched | null {
  const cause = error instanceof Error ? error.cause : null;
  return cause instanceof Forbidden ? forbidden(cause.message) : null;
}

/** What Node's streams throw carries a code. */
const isStreamFault = (error: unknown): boolean => typeof error === 'object' && error !== null && 'code' in error;

/** The entry of the list that lets this address pass. Anything that is neither plain host nor default port must be named. */
function entryFor(url: URL, hosts: readonly string[]): string | null {
  if (url.username !== '' || url.password !== '') return null;
  const entry = hosts.find((each) => each === url.host || (each.startsWith('*.') && url.host.endsWith(each.slice(1))));
  if (entry === undefined) return null;
  const plain = url.protocol === 'http:' && isLoopback(entry);
  return url.protocol === 'https:' || plain ? refuseLiteral(url, entry) : null;
}

/** Node connects to a literal address without asking our lookup. */
function refuseLiteral(url: URL, entry: string): string | null {
  const literal = url.hostname.replace(/^\[|\]$/g, '');
  return isIP(literal) === 0 || isLoopback(entry) || isPublic(literal) ? entry : null;
}

const isLoopback = (entry: string): boolean => /^(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?$/.test(entry);

async function allowed(
  hostname: string,
  loopback: boolean,
  resolve: FetchRules['resolve'],
): Promise<readonly string[]> {
  const addresses = await resolve(hostname);
  const fits = loopback ? (each: string) => each === '127.0.0.1' || each === '::1' : isPublic;
  if (addresses.length === 0 || !addresses.every(fits)) throw new Forbidden('address not public');
  return addresses;
}

/** IANA special-purpose registries: everything that is not somebody's machine on the open internet. */
const special = new BlockList();
for (const range of [
  '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24',
  '192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4',
].flatMap((line) => line.split(' '))) {
  const [net = '', bits] = range.split('/');
  special.addSubnet(net, Number(bits), 'ipv4');
}
for (const range of ['2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20']) {
  const [net = '', bits] = range.split('/');
  special.addSubnet(net, Number(bits), 'ipv6');
}
const globalUnicast = new BlockList();
globalUnicast.addSubnet('2000::', 3, 'ipv6');

export function isPublic(address: string): boolean {
  switch (isIP(address)) {
    case 4:
      return !special.check(address, 'ipv4');
    case 6:
      return globalUnicast.check(address, 'ipv6') && !special.check(address, 'ipv6');
    default:
      return false;
  }
}

/** All of the body, or null when it is larger than allowed. */
async function collect(body: Readable, maxBytes: number): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of body as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > maxBytes) return null; // leaving the loop destroys the stream
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** By its first bytes, whatever the answer called it. */
function judged(bytes: Buffer | null): Fetched {
  if (bytes === null) return no('too large');
  const magic = bytes.subarray(0, 5).toString('latin1');
  if (magic === '%PDF-') return { ok: true, bytes, mediaType: 'application/pdf' };
  if (magic.startsWith('II*\0') || magic.startsWith('MM\0*')) return { ok: true, bytes, mediaType: 'image/tiff' };
  return no('neither PDF nor TIFF', bytes);
}
