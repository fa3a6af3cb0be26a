import { timingSafeEqual } from 'node:crypto';
import axios, { type AxiosInstance } from 'axios';
import type { z } from 'zod';
import type { Health } from '../../src/core/channel.ts';
import { deferred, type Outcome, unknown } from '../../src/core/outcome.ts';
import { retryAfter } from '../../src/core/retry-after.ts';
import { watchedAgents } from './watched-agents.ts';

const patience = 20_000;

export interface Ask {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'DELETE';
  /** Added to the base address. */
  readonly path: string;
  readonly params?: Readonly<Record<string, string | number>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** An object goes out as JSON, a form as multipart, text as it is. */
  readonly body?: FormData | URLSearchParams | string | Readonly<Record<string, unknown>>;
}

export type Answer =
  | {
      readonly kind: 'reply';
      readonly status: number;
      readonly headers: Readonly<Record<string, unknown>>;
      readonly body: Buffer;
    }
  /** None came. `connected`: the request may have left. */
  | {
      readonly kind: 'silence';
      readonly connected: boolean;
      readonly cancelled: boolean;
      readonly untrusted: boolean;
      readonly code: string;
    };

/** Talks to one company over HTTP: no proxies, no redirects, nothing repeated, no answer larger than it must be. */
export interface Talk {
  ask(question: Ask, signal: AbortSignal): Promise<Answer>;
}

export function talk(baseURL: string, headers: Readonly<Record<string, string>>, maxAnswer = 5_000_000): Talk {
  const http: AxiosInstance = axios.create({
    baseURL,
    headers,
    adapter: 'http',
    proxy: false,
    maxRedirects: 0,
    maxContentLength: maxAnswer,
    maxBodyLength: Infinity,
    responseType: 'arraybuffer',
    validateStatus: () => true,
  });
  return {
    async ask({ method, path, params, headers: more = {}, body }, signal) {
      const { connected, ...agents } = watchedAgents();
      const sent = body === undefined ? null : await encoded(body);
      try {
        const reply = await http.request<Buffer>({
          method,
          url: path,
          ...(params ? { params } : {}),
          headers: { ...(sent ? { 'content-type': sent.type } : {}), ...more },
          ...(sent ? { data: sent.bytes } : {}),
          ...agents,
          signal: AbortSignal.any([signal, AbortSignal.timeout(patience)]),
        });
        return { kind: 'reply', status: reply.status, headers: reply.headers, body: reply.data };
      } catch (error) {
        if (!axios.isAxiosError(error) && !axios.isCancel(error)) throw error;
        const cancelled = axios.isCancel(error);
        const untrusted = isBadCertificate(error);
        return { kind: 'silence', connected: connected(), cancelled, untrusted, code: errorCode(error) };
      }
    },
  };
}

async function encoded(body: NonNullable<Ask['body']>): Promise<{ bytes: Buffer; type: string }> {
  const isPlain = !(body instanceof FormData) && !(body instanceof URLSearchParams) && typeof body !== 'string';
  if (isPlain) return { bytes: Buffer.from(JSON.stringify(body)), type: 'application/json' };
  const made = new Response(body);
  const type = made.headers.get('content-type') ?? 'application/octet-stream';
  return { bytes: Buffer.from(await made.arrayBuffer()), type };
}

/** What an answer to a hand-over means when it is neither a clear yes nor a clear no. A 5xx is no clear no: a gateway in
 *  front may say it while the company works on; only a 503 that names the time to come back was certainly not taken.
 *  Null: a yes or a no, for whoever knows the company's words. */
export function unclear(company: string, answer: Answer, now: number): Outcome | null {
  if (answer.kind === 'silence') return afterSilence(company, answer);
  const { status, headers } = answer;
  const wish = retryAfter(headers['retry-after'], now);
  if (status === 429) return deferred('throttled', `${company} 429`, wish);
  if (status === 503 && wish !== undefined) return deferred('throttled', `${company} 503`, wish);
  if (status >= 500 || status === 408) return unknown('interrupted', `${company} ${status}`);
  return null;
}

/** Only a connection that never stood proves that nothing was taken. */
function afterSilence(
  company: string,
  { connected, cancelled, untrusted, code }: Extract<Answer, { kind: 'silence' }>,
): Outcome {
  const detail = `${company} ${code}`;
  if (connected) return unknown(cancelled ? 'timeout' : 'interrupted', detail);
  return deferred(untrusted ? 'untrusted' : 'unreachable', detail);
}

/** The health that an answer to a harmless question shows. */
export function healthBy(answer: Answer, isGood = answer.kind === 'reply' && answer.status === 200): Health {
  if (isGood) return { ok: true };
  if (answer.kind === 'silence') {
    return { ok: false, problem: `the fax company cannot be reached (${answer.code})` };
  }
  const { status } = answer;
  const why = [200, 401, 403].includes(status) ? 'does not accept our API key' : 'answers with an error';
  return { ok: false, problem: `the fax company ${why} (${status})` };
}

/** The JSON of a good answer in the given shape, or null. */
export function read<Shape extends z.ZodType>(shape: Shape, answer: Answer): z.output<Shape> | null {
  if (answer.kind === 'silence' || answer.status < 200 || answer.status > 299) return null;
  return parsed(shape, answer.body.toString('utf8'));
}

export function parsed<Shape extends z.ZodType>(shape: Shape, text: string): z.output<Shape> | null {
  try {
    return shape.safeParse(JSON.parse(text)).data ?? null;
  } catch {
    return null;
  }
}

export const basic = (user: string, password: string): string =>
  `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`;

/** Compared in constant time. */
export function same(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}

interface Fault {
  readonly code?: string;
  readonly cause?: unknown;
  readonly errors?: readonly unknown[];
}

/** Node's codes for a certificate that did not verify. */
const badCertificate =
  /^(CERT_|ERR_TLS_CERT_|DEPTH_ZERO_SELF_SIGNED_CERT$|SELF_SIGNED_CERT_IN_CHAIN$|UNABLE_TO_)|_IN_CERT$/;

const isBadCertificate = (error: unknown): boolean =>
  faults(error).some((fault) => badCertificate.test(fault.code ?? ''));

/** The code of an error, for a detail that is safe to show. */
export const errorCode = (error: unknown): string =>
  faults(error).find((fault) => /^[A-Z][A-Z0-9_]{2,40}$/.test(fault.code ?? ''))?.code ?? 'no code';

/** An error, what caused it, and the parts of an AggregateError (several addresses tried). */
function faults(error: unknown, depth = 0): Fault[] {
  if (typeof error !== 'object' || error === null || depth > 4) return [];
  const fault: Fault = error;
  return [fault, ...[fault.cause, ...(fault.errors ?? [])].flatMap((each) => faults(each, depth + 1))];
}
