import type { Network } from '../../../src/core/network.ts';
import type { ListFacts } from '../../../src/core/trust.ts';
import { Malformed } from '../cms/der.ts';
import { readPublished } from './bundle.ts';
import type { Certificate } from './certificate.ts';
import { readCrl, type Crl } from './crl.ts';
import { questionAt, readAnswer } from './ocsp.ts';

/** What certificates point to, fetched and remembered. A string instead of the thing: why it could not be had, in words
 *  for the operator. */
export interface Sources {
  issuers(url: string): Promise<readonly Certificate[] | string>;
  /** The last good list stays when a newer one cannot be had; `failure` then says why. */
  list(url: string): Promise<{ readonly crl: Crl | null; readonly failure: string | null }>;
  /** What a responder says of a certificate: `good`, `revoked`, or why neither can be had. */
  status(responder: string, certificate: Certificate, issuer: Certificate): Promise<string>;
  /** Lists and responders that were asked, and how that went the last time. */
  facts(): ListFacts[];
}

const fetchMs = 8_000;
const issuerBytes = 200_000;
const listBytes = 10_000_000;
const issuersMs = 86_400_000;
/** Lists say when the next one comes; a revocation should be heard of sooner. */
const listMs = 6 * 3_600_000;
const failureMs = 60_000;
const answerBytes = 100_000;
/** Clocks differ. */
const skewMs = 5 * 60_000;
const maxRemembered = 500;

interface Kept<T> {
  readonly value: T;
  readonly until: number;
}

/** @param now epoch ms */
export function openSources(network: Network, now: () => number): Sources {
  const fetchAs = async <T>(url: string, maxBytes: number, read: (bytes: Buffer) => T): Promise<T | string> => {
    const fetched = await network.get(url, { maxBytes, timeoutMs: fetchMs, redirects: 3 });
    if (!fetched.ok) return `${hostOf(url)}: ${fetched.why}`;
    try {
      return read(fetched.bytes);
    } catch (cause) {
      if (cause instanceof Malformed) return `${hostOf(url)}: ${cause.message}`;
      throw cause;
    }
  };
  const seen = new Map<string, ListFacts>();
  const note = (facts: ListFacts): void => {
    const key = `${facts.kind} ${facts.from}`;
    seen.delete(key);
    seen.set(key, facts);
    const oldest = seen.keys().next();
    if (seen.size > maxRemembered && !oldest.done) seen.delete(oldest.value);
  };
  const issuers = remembering<readonly Certificate[] | string>(now, async (url) => {
    const value = await fetchAs(url, issuerBytes, (bytes) => readPublished(bytes).slice(0, 16));
    return { value, until: now() + (typeof value === 'string' ? failureMs : issuersMs) };
  });
  const list = remembering<{ readonly crl: Crl | null; readonly failure: string | null }>(now, async (url, before) => {
    const fetched = await fetchAs(url, listBytes, readCrl);
    const crl = typeof fetched === 'string' ? before?.crl : fetched;
    const failure = typeof fetched === 'string' ? fetched : fetched.partial;
    note({ kind: 'list', from: url, nextUpdate: crl?.nextUpdate ?? null, failure, at: now() });
    if (typeof fetched === 'string') {
      return { value: { crl: before?.crl ?? null, failure: fetched }, until: now() + failureMs };
    }
    const until = Math.min(now() + listMs, fetched.nextUpdate ?? Infinity);
    return { value: { crl: fetched, failure: null }, until: Math.max(until, now() + failureMs) };
  });
  const asked = new Map<string, { certificate: Certificate; issuer: Certificate }>();
  const answers = remembering<string>(now, async (url) => {
    const about = asked.get(url);
    const said = about
      ? await fetchAs(url, answerBytes, (bytes) => readAnswer(bytes, about.certificate, about.issuer, now()))
      : 'nobody was asked about';
    if (typeof said === 'string') return { value: said, until: now() + failureMs };
    const until = Math.min(now() + listMs, said.nextUpdate ?? said.thisUpdate + listMs);
    if (until < now() || said.thisUpdate > now() + skewMs)
      return { value: `${hostOf(url)}: the answer is not of now`, until: now() + failureMs };
    if (said.status === 'unknown')
      return { value: `${hostOf(url)}: the responder does not know it`, until: now() + failureMs };
    return { value: said.status, until };
  });
  const status: Sources['status'] = async (responder, certificate, issuer) => {
    const url = questionAt(responder, certificate, issuer);
    asked.set(url, { certificate, issuer });
    try {
      const said = await answers(url);
      const failure = said === 'good' || said === 'revoked' ? null : said;
      note({ kind: 'responder', from: responder, nextUpdate: null, failure, at: now() });
      return said;
    } finally {
      asked.delete(url);
    }
  };
  return { issuers, list, status, facts: () => [...seen.values()] };
}

/** One fetch at a time for each address, and its result as long as it lasts. */
function remembering<T>(
  now: () => number,
  load: (url: string, before: T | null) => Promise<Kept<T>>,
): (url: string) => Promise<T> {
  const kept = new Map<string, Kept<T>>();
  const loading = new Map<string, Promise<Kept<T>>>();
  return async (url) => {
    const known = kept.get(url);
    if (known && now() < known.until) return known.value;
    const running = loading.get(url) ?? load(url, known?.value ?? null);
    loading.set(url, running);
    try {
      const loaded = await running;
      kept.delete(url);
      kept.set(url, loaded);
      const oldest = kept.keys().next();
      if (kept.size > maxRemembered && !oldest.done) kept.delete(oldest.value);
      return loaded.value;
    } finally {
      loading.delete(url);
    }
  };
}

const hostOf = (url: string): string => URL.parse(url)?.host ?? 'an address that is none';
