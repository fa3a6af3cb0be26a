import { createHash } from 'node:crypto';
import type { Inbox, Tools } from '../../src/core/channel.ts';
import type { Account } from './config.ts';
import type { NewsDesk } from './news.ts';
import type { FaxProvider, Reading } from './provider.ts';

const usualCall = 256 * 1024;
const patience = 25_000;

const answer = (status: number): Response => new Response(null, { status });

/** Answers the company's calls for one account: authenticate, translate, hand over, and only then say 200. A call that
 *  nobody signed is a doorbell: the fax that it names is read anew at the company, and only that is believed. */
export function webhookDesk(
  tools: Tools,
  account: Account,
  provider: FaxProvider,
  news: NewsDesk,
  url: string,
): (request: Request, inbox: Inbox) => Promise<Response> {
  const refuse = (reason: string, status: number): Response => {
    tools.log.warn('webhook.refused', { channel: 'efax', practice: account.practice, reason });
    return answer(status);
  };

  const thanked = (status: number): Response =>
    status === 200 ? new Response(provider.thanks ?? null) : answer(status);

  async function unreadable(raw: Uint8Array, inbox: Inbox): Promise<Response> {
    await inbox.quarantine({
      channel: 'efax',
      token: createHash('sha256').update(raw).digest('hex'),
      reasons: ['signed by the fax company, but not in a form that we know'],
      raw,
    });
    return answer(200);
  }

  async function judged(reading: Reading, raw: Uint8Array, inbox: Inbox): Promise<Response> {
    switch (reading.kind) {
      case 'forged':
        return refuse('signature', 401);
      case 'unreadable':
        return unreadable(raw, inbox);
      case 'doorbell':
        return thanked(await news.rung(reading.name, inbox, AbortSignal.timeout(patience)));
      case 'event': {
        if (news.knows(reading.event)) return thanked(200);
        // A late copy of what we know is the company being slow; a late piece of news may be a recording, played back.
        if (reading.late) return refuse('late', 400);
        return thanked(await news.heard(reading.event, raw, inbox));
      }
    }
  }

  return async (request, inbox) => {
    if (!provider.read) return answer(404);
    const raw = await bodyOf(request, provider.maxCall ?? usualCall);
    if (raw === null) return answer(413);
    return judged(await provider.read({ headers: request.headers, raw, url }), raw, inbox);
  };
}

/** The body as it came, or null when it is larger than any call. */
async function bodyOf(request: Request, most: number): Promise<Uint8Array | null> {
  if (Number(request.headers.get('content-length') ?? 0) > most) return null;
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of (request.body ?? []) as AsyncIterable<Uint8Array>) {
    size += chunk.length;
    if (size > most) return null;
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}
