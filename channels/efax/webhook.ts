import { createHash } from 'node:crypto';
import type { Inbox, Tools } from '../../src/core/channel.ts';
import type { Account } from './config.ts';
import { fetchMedia, type FetchRules } from './fetch-media.ts';
import type { FaxEvent, FaxProvider } from './provider.ts';

const maxBody = 256 * 1024;
/** Events remembered as done. A company repeats itself within minutes; the inbox knows what we forget. */
const remembered = 10_000;

type Arrived = Extract<FaxEvent, { type: 'arrival' }>;
type Report = Extract<FaxEvent, { type: 'report' }>;

const answer = (status: number): Response => new Response(null, { status });

/** Answers the company's calls for one account: authenticate, translate, hand over, and only then say 200.
 *  Copies of one event that come at the same time share one piece of work, and its answer. */
export function webhookDesk(
  tools: Tools,
  account: Account,
  provider: FaxProvider,
  rules: FetchRules,
): (request: Request, inbox: Inbox) => Promise<Response> {
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

  return async (request, inbox) => {
    const raw = await bodyOf(request);
    if (raw === null) return answer(413);
    const reading = provider.read(request.headers, raw);
    switch (reading.kind) {
      case 'forged':
        tools.log.warn('webhook.refused', { channel: 'efax', practice: account.practice, reason: 'signature' });
        return answer(401);
      case 'unreadable':
        await inbox.quarantine({
          channel: 'efax',
          token: createHash('sha256').update(raw).digest('hex'),
          reasons: ['signed by the fax company, but not in a form that we know'],
          raw,
        });
        return answer(200);
      case 'event': {
        const { event, late } = reading;
        const key = event.type === 'arrival' ? `fax ${event.fax}` : `event ${event.id}`;
        if (done.has(key)) return answer(200);
        // A late copy of what we know is the company being slow; a late piece of news may be a recording, played back.
        if (late) {
          tools.log.warn('webhook.refused', { channel: 'efax', practice: account.practice, reason: 'late' });
          return answer(400);
        }
        const status = await once(key, () => handle(tools, account, rules, event, raw, inbox));
        if (status === 200) remember(key);
        return answer(status);
      }
    }
  };
}

function handle(
  tools: Tools,
  account: Account,
  rules: FetchRules,
  event: FaxEvent,
  raw: Uint8Array,
  inbox: Inbox,
): Promise<number> {
  switch (event.type) {
    case 'report':
      return report(tools, account, event, raw, inbox);
    case 'arrival':
      return arrival(tools, rules, event, raw, inbox);
    case 'other':
      return Promise.resolve(200);
  }
}

async function report(tools: Tools, account: Account, event: Report, raw: Uint8Array, inbox: Inbox): Promise<number> {
  const { family, fax: reference, failure, at } = event;
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
    evidence: { mediaType: 'application/json', bytes: raw },
  });
  if (result === 'unmatched') tools.log.warn('receipt.unmatched', { channel: 'efax', attempt: family });
  return 200;
}

/** Fetch, then keep, then say yes. While we cannot, the company is told to call again; when it will not, a person is told. */
async function arrival(
  tools: Tools,
  rules: FetchRules,
  { fax, from, to, mediaUrl, lastCall }: Arrived,
  raw: Uint8Array,
  inbox: Inbox,
): Promise<number> {
  const media = await fetchMedia(mediaUrl, rules);
  if (!media.ok) {
    tools.log.warn('media.refused', { channel: 'efax', reason: media.why });
    const reasons = [`fax ${fax} arrived, but its pages could not be fetched: ${media.why}`];
    if (media.forbidden || lastCall)
      await inbox.quarantine({ channel: 'efax', token: fax, reasons, raw: media.bytes ?? raw });
    return 502;
  }
  const { bytes, mediaType } = media;
  await inbox.message({
    origin: { channel: 'efax', token: fax, from, details: {} },
    subject: null,
    urgency: 'routine',
    to: [{ channel: 'efax', address: to }],
    documents: [{ name: mediaType === 'image/tiff' ? 'fax.tif' : 'fax.pdf', mediaType, bytes }],
    raw,
  });
  return 200;
}

/** The body as it came, or null when it is larger than any event. */
async function bodyOf(request: Request): Promise<Uint8Array | null> {
  if (Number(request.headers.get('content-length') ?? 0) > maxBody) return null;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > maxBody) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
