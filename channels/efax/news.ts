import type { Inbox, Tools } from '../../src/core/channel.ts';
import type { AttemptId } from '../../src/core/message.ts';
import type { Account } from './config.ts';
import { fetchMedia, judged, type Fetched, type FetchRules } from './fetch-media.ts';
import type { Arrived, FaxEvent, FaxName, FaxProvider } from './provider.ts';

/** Events remembered as done. A company repeats itself for minutes, some for days; the inbox knows what we forget. */
const remembered = 10_000;

type Report = Extract<FaxEvent, { type: 'report' }>;

/** What becomes of news, whether a company called or was asked. */
export interface NewsDesk {
  /** HTTP status for whoever told us: 200 only when it is kept. */
  heard(event: FaxEvent, raw: Uint8Array | null, inbox: Inbox): Promise<number>;
  /** Somebody rang for this fax: ask the company. */
  rung(name: FaxName, inbox: Inbox, signal: AbortSignal): Promise<number>;
  knows(event: FaxEvent): boolean;
}

/** News of one account. Copies that come at the same time share one piece of work, and its answer. */
export function newsDesk(
  tools: Tools,
  place: string,
  account: Account,
  provider: FaxProvider,
  rules: FetchRules,
  ours: ReadonlyMap<string, AttemptId>,
): NewsDesk {
  const done = new Set<string>();
  const underWay = new Map<string, Promise<number>>();

  function once(key: string, work: () => Promise<number>): Promise<number> {
    const running = underWay.get(key);
    if (running) return running;
    const started = work().finally(() => underWay.delete(key));
    underWay.set(key, started);
    return started;
  }

  function remember(key: string): void {
    done.add(key);
    for (const oldest of done) {
      if (done.size <= remembered) break;
      done.delete(oldest);
    }
  }

  async function heard(event: FaxEvent, raw: Uint8Array | null, inbox: Inbox): Promise<number> {
    const key = keyOf(event);
    if (done.has(key)) return 200;
    const status = await once(key, () => handle(event, raw, inbox));
    if (status === 200) remember(key);
    return status;
  }

  function handle(event: FaxEvent, raw: Uint8Array | null, inbox: Inbox): Promise<number> {
    switch (event.type) {
      case 'report':
        return report(event, raw, inbox);
      case 'arrival':
        return arrival(event, raw, inbox);
      case 'other':
        return Promise.resolve(200);
    }
  }

  async function report(event: Report, raw: Uint8Array | null, inbox: Inbox): Promise<number> {
    const { fax: reference, failure, at } = event;
    const family = event.family ?? ours.get(reference) ?? null;
    const parcel = family && (await tools.reopen(family));
    // The company vouches for this account's faxes, not for another practice's.
    if (family === null || (parcel && parcel.practice.id !== account.practice)) {
      tools.log.warn('receipt.unmatched', { channel: 'efax', practice: account.practice });
      return 200;
    }
    const result = await inbox.receipt({
      channel: 'efax',
      receipt: { attempt: family, kind: failure ? 'failed' : 'delivered', reason: failure, at },
      reference,
      author: null,
      evidence: { mediaType: 'application/json', bytes: event.evidence ?? raw ?? new Uint8Array() },
    });
    if (result === 'unmatched') tools.log.warn('receipt.unmatched', { channel: 'efax', attempt: family });
    return 200;
  }

  /** Fetch, then keep, then say yes, then have it erased there. While we cannot fetch, the company is told to call
   *  again; when it will not, a person is told. */
  async function arrival(event: Arrived, raw: Uint8Array | null, inbox: Inbox): Promise<number> {
    const { fax, from, to, csid, lastCall } = event;
    if (provider.erase) await tools.pickups.note(place, fax, 'seen');
    const media = await mediaOf(event);
    if (!media.ok) {
      tools.log.warn('media.refused', { channel: 'efax', reason: media.why });
      const reasons = [`fax ${fax} arrived, but its pages could not be fetched: ${media.why}`];
      if (media.forbidden || lastCall)
        await inbox.quarantine({
          channel: 'efax',
          token: fax,
          reasons,
          raw: media.bytes ?? event.evidence ?? raw ?? new Uint8Array(),
        });
      return 502;
    }
    const { bytes, mediaType } = media;
    const remarks = remarksOn(event, bytes);
    await inbox.message({
      origin: {
        channel: 'efax',
        token: fax,
        from,
        details: { ...(csid ? { csid } : {}), ...(remarks.length > 0 ? { remarks: remarks.join('\n') } : {}) },
      },
      subject: null,
      urgency: 'routine',
      to: [{ channel: 'efax', address: to ?? account.from }],
      documents: [{ name: mediaType === 'image/tiff' ? 'fax.tif' : 'fax.pdf', mediaType, bytes }],
      raw: event.evidence ?? raw,
    });
    await clear(fax, event, bytes);
    return 200;
  }

  async function mediaOf(event: Arrived): Promise<Fetched> {
    if (event.media !== 'by the API' && 'url' in event.media) return fetchMedia(event.media.url, rules);
    if (event.media !== 'by the API') return judged(Buffer.from(event.media.bytes));
    const bytes = (await provider.pages?.(event, AbortSignal.timeout(rules.timeoutMs))) ?? null;
    return bytes === null
      ? { ok: false, forbidden: false, why: 'the company did not give them', bytes: null }
      : judged(Buffer.from(bytes));
  }

  /** What the company holds is a patient's too. Ours is whole as far as it can be told: then theirs goes. */
  async function clear(fax: string, { pageCount }: Arrived, bytes: Uint8Array): Promise<void> {
    if (!provider.erase) return;
    const counted = missingOf(pageCount, bytes);
    if (counted !== null && typeof pageCount === 'number') {
      tools.log.warn('media.incomplete', { channel: 'efax', pages: counted, count: pageCount });
      await tools.pickups.done(place, fax);
      return;
    }
    await tools.pickups.note(place, fax, 'kept');
    if (await provider.erase(fax, AbortSignal.timeout(patience))) await tools.pickups.done(place, fax);
  }

  return {
    heard,
    knows: (event) => done.has(keyOf(event)),
    rung: (name, inbox, signal) =>
      once(`bell ${name.direction} ${name.fax}`, async () => {
        const event = (await provider.reread?.(name, signal)) ?? null;
        return event ? heard(event, null, inbox) : 200;
      }),
  };
}

const patience = 20_000;

/** What a person who reads it must know: it may not be all. */
function remarksOn({ broken, pageCount }: Arrived, bytes: Uint8Array): string[] {
  const counted = missingOf(pageCount, bytes);
  return [
    ...(broken ? ['the call broke: pages may be missing at the end'] : []),
    ...(counted === null ? [] : [`the fax company counts ${pageCount ?? 0} pages, but ${counted} came`]),
  ];
}

/** How many pages came, when the company counts more. */
function missingOf(pageCount: Arrived['pageCount'], bytes: Uint8Array): number | null {
  const counted = tiffPages(bytes);
  return typeof pageCount === 'number' && counted !== null && counted < pageCount ? counted : null;
}

const keyOf = (event: FaxEvent): string => (event.type === 'arrival' ? `fax ${event.fax}` : `event ${event.id}`);

/** Pages of a TIFF by its directory chain, or null where there is none to be counted. */
function tiffPages(bytes: Uint8Array): number | null {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (bytes.length < 8) return null;
  const little = bytes[0] === 0x49;
  if (!little && bytes[0] !== 0x4d) return null;
  let pages = 0;
  const seen = new Set<number>();
  for (let at = view.getUint32(4, little); at > 0 && at + 2 <= bytes.length && !seen.has(at); pages++) {
    seen.add(at);
    const next = at + 2 + 12 * view.getUint16(at, little);
    at = next + 4 <= bytes.length ? view.getUint32(next, little) : 0;
  }
  return pages;
}
