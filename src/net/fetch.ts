import type { Readable } from 'node:stream';
import axios from 'axios';
import { Unreachable, type Fetched, type FetchLimits } from '../core/network.ts';
import { literalOf } from './addresses.ts';

/** Which addresses of a host may be connected to. @throws Unreachable */
export type Judge = (
  host: string,
  wish: { readonly also: readonly string[]; readonly publicToo: boolean },
) => Promise<readonly string[]>;

const no = (why: string, forbidden = false): Fetched => ({ ok: false, forbidden, why });

/** GET without proxies, compression, cookies or more redirects than allowed. The address that is judged is the one that
 *  is connected to, which leaves a name that changes its mind no gap. */
export async function fetchFile(address: string, limits: FetchLimits, judge: Judge): Promise<Fetched> {
  const deadline = AbortSignal.timeout(limits.timeoutMs);
  let url = URL.parse(address);
  for (let redirects = limits.redirects ?? 0; ; redirects--) {
    if (!url || !/^https?:$/.test(url.protocol) || url.username !== '' || url.password !== '') {
      return no('address not allowed', true);
    }
    const step = await getOne(url, limits, judge, deadline);
    if (!('to' in step)) return step;
    if (redirects <= 0) return no(`status ${step.status}`);
    url = URL.parse(step.to, url.href);
  }
}

interface Redirect {
  readonly status: number;
  readonly to: string;
}

async function getOne(url: URL, limits: FetchLimits, judge: Judge, deadline: AbortSignal): Promise<Fetched | Redirect> {
  // Another port is another service: it may be asked only where the settings say so.
  const publicToo = limits.anyPort === true || ['', '80', '443'].includes(url.port);
  const allowed = (host: string): Promise<readonly string[]> => judge(host, { also: limits.also ?? [], publicToo });
  try {
    // Node connects to a literal address without asking `lookup`.
    const literal = literalOf(url.hostname);
    if (literal !== null) await allowed(literal);
    const { data, status, headers } = await axios.get<Readable>(url.href, {
      adapter: 'http',
      responseType: 'stream',
      decompress: false,
      headers: { 'accept-encoding': 'identity' },
      maxRedirects: 0,
      proxy: false,
      signal: deadline,
      validateStatus: () => true,
      lookup: async (host: string) => [...(await allowed(host))],
    });
    const to: unknown = headers['location'];
    const encoded = (headers['content-encoding'] ?? 'identity') !== 'identity';
    if (status !== 200 || encoded) {
      data.destroy();
      if (status >= 300 && status < 400 && typeof to === 'string') return { status, to };
      return no(encoded ? 'compressed answer' : `status ${status}`);
    }
    const bytes = await collect(data, limits.maxBytes);
    return bytes === null ? no('too large') : { ok: true, bytes };
  } catch (error) {
    const cause = unwrapped(error);
    if (cause) return no(cause.message, cause.forbidden);
    if (!axios.isAxiosError(error) && !axios.isCancel(error) && !isStreamFault(error)) throw error;
    return no(deadline.aborted ? 'took too long' : 'connection failed');
  }
}

/** axios wraps what our lookup threw. */
function unwrapped(error: unknown): Unreachable | null {
  if (error instanceof Unreachable) return error;
  return error instanceof Error && error.cause instanceof Unreachable ? error.cause : null;
}

/** What Node's streams throw carries a code. */
const isStreamFault = (error: unknown): boolean => typeof error === 'object' && error !== null && 'code' in error;

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
