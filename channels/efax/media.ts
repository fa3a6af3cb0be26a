import type { Tools } from '../../src/core/channel.ts';
import type { Account } from './config.ts';
import type { mediaLinks } from './links.ts';
import type { Pages, pressroom } from './pages.ts';

const chunkSize = 65_536;

/** One answer for a wrong name, an old one, a used one and somebody else's: there is nothing to learn from it. */
export const notFound = (): Response => new Response('not found', { status: 404 });

/** Gives the fax company the pages that a signed link names. A link works until one download came to its end;
 *  a download that broke off may be tried again until the link expires. That is remembered in memory:
 *  after a restart a used link works again for what is left of its ten minutes. */
export function mediaDesk(
  tools: Tools,
  account: Account,
  links: ReturnType<typeof mediaLinks>,
  room: ReturnType<typeof pressroom>,
): (name: string) => Promise<Response> {
  const spent = new Map<string, number>();

  return async (name) => {
    const now = tools.now();
    for (const [old, expires] of spent) if (expires <= now) spent.delete(old);
    const link = links.read(name, now);
    if (!link || spent.has(name)) return notFound();
    const parcel = await tools.reopen(link.attempt);
    if (parcel?.practice.id !== account.practice) return notFound();
    const { tiff, pages } = await room.press(parcel, account);
    const downloaded = (): void => {
      spent.set(name, link.expires);
      room.drop(link.attempt);
      tools.log.info('media.fetched', { channel: 'efax', attempt: link.attempt, bytes: tiff.length, pages });
    };
    return new Response(stream(tiff, downloaded), {
      headers: {
        'content-type': 'image/tiff',
        'content-length': String(tiff.length),
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
      },
    });
  };
}

/** Piece by piece, as the reader asks: so we know whether it read to the end. */
function stream(bytes: Pages['tiff'], done: () => void): ReadableStream<Uint8Array> {
  let sent = 0;
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        if (sent < bytes.length) {
          controller.enqueue(bytes.slice(sent, sent + chunkSize));
          sent += chunkSize;
          return;
        }
        controller.close();
        done();
      },
    },
    { highWaterMark: 0 },
  );
}
