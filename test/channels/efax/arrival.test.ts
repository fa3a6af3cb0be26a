import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answerTo, call, event, faxTiff, type House, openHouse, ours, there, until } from './setup.ts';

/** A place for received files where the test decides about every answer. */
let files: Server;
let give: RequestListener;
let fetched: number;
let house: House;

beforeEach(async () => {
  fetched = 0;
  give = (_request, response) => response.end('%PDF-1.7 pages');
  files = createServer((request, response) => {
    fetched++;
    give(request, response);
  });
  await new Promise<void>((resolve) => files.listen(0, '127.0.0.1', resolve));
  house = await openHouse({ mediaHosts: [host()] });
});
afterEach(async () => {
  await house.close();
  files.closeAllConnections();
  await new Promise((resolve) => files.close(resolve));
});

const host = (): string => `127.0.0.1:${(files.address() as AddressInfo).port}`;
const received = (changes: Record<string, unknown> = {}, attempt = 1): unknown =>
  event(
    'fax.received',
    {
      direction: 'inbound',
      status: 'received',
      from: there,
      to: ours,
      page_count: 1,
      media_url: `http://${host()}/f.pdf?X-Amz-Signature=5ecre7`,
      ...changes,
    },
    attempt,
  );

describe('a fax that arrives', () => {
  test('from the company is a message with its file, its caller and its webhook', async () => {
    const company = await openHouse();
    const file = await faxTiff(2);
    const fax = await company.company.receive({ to: ours, from: there, file });
    expect(company.inbox.messages).toMatchObject([
      {
        origin: { channel: 'efax', token: fax, from: there },
        to: [{ channel: 'efax', address: ours }],
        urgency: 'routine',
        documents: [{ name: 'fax.tif', mediaType: 'image/tiff' }],
      },
    ]);
    const [message] = company.inbox.messages;
    expect(file.equals(message?.documents[0]?.bytes ?? Buffer.alloc(0))).toBe(true);
    expect(JSON.parse(Buffer.from(message?.raw ?? []).toString())).toMatchObject({
      data: { event_type: 'fax.received' },
    });
    expect(company.company.calls.map(({ status }) => status)).toEqual([200, 200, 200]);
    await company.close();
  });

  test('as PDF, from a caller who hides the number', async () => {
    expect(await answerTo(house, call(house, received({ from: null })))).toBe(200);
    expect(house.inbox.messages).toMatchObject([
      { origin: { from: null }, documents: [{ mediaType: 'application/pdf' }] },
    ]);
  });

  test('a hundred times at once is fetched once and is one message', async () => {
    const news = received();
    const statuses = await Promise.all(Array.from({ length: 100 }, () => answerTo(house, call(house, news))));
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect([house.inbox.messages.length, house.inbox.handed, fetched]).toEqual([1, 1, 1]);
    expect(await answerTo(house, call(house, news))).toBe(200);
    expect(fetched).toBe(1);
  });

  test('by a hundred connections is one message too', async () => {
    const text = JSON.stringify(received());
    const statuses = await Promise.all(
      Array.from({ length: 100 }, () =>
        fetch(`${house.url}/webhooks/efax/main`, {
          method: 'POST',
          body: text,
          headers: house.company.sign(text, house.clock.at),
        }).then((reply) => reply.status),
      ),
    );
    expect(new Set(statuses)).toEqual(new Set([200]));
    expect([house.inbox.messages.length, fetched]).toEqual([1, 1]);
  });

  test('under two event ids is one message', async () => {
    expect(await answerTo(house, call(house, received()))).toBe(200);
    expect(await answerTo(house, call(house, received()))).toBe(200);
    expect(house.inbox.messages).toHaveLength(1);
  });

  test('again after a restart is known to the inbox', async () => {
    const news = received();
    await answerTo(house, call(house, news));
    const channel = await house.reborn();
    const reply = await channel.webhook?.(call(house, news), house.inbox);
    expect([reply?.status, house.inbox.messages.length, house.inbox.handed]).toEqual([200, 1, 2]);
  });

  test('is not answered 200 before it is kept', async () => {
    house.inbox.broken = true;
    await expect(answerTo(house, call(house, received()))).rejects.toThrow('disk full');
    house.inbox.broken = false;
    expect(await answerTo(house, call(house, received()))).toBe(200);
    expect(house.inbox.messages).toHaveLength(1);
  });

  test('whose file cannot be had is asked for again', async () => {
    give = (_request, response) => response.writeHead(503).end();
    const news = received();
    expect(await answerTo(house, call(house, news))).toBe(502);
    expect([house.inbox.messages, house.inbox.refused]).toEqual([[], []]);
    give = (_request, response) => response.end('%PDF-1.7 pages');
    expect(await answerTo(house, call(house, news))).toBe(200);
    expect(house.inbox.messages).toHaveLength(1);
  });

  test('and never was a fax is told to a person after the last call, with what came instead', async () => {
    give = (_request, response) => response.end('<html>try later</html>');
    expect(await answerTo(house, call(house, received({}, 3)))).toBe(502);
    expect(house.inbox.refused).toMatchObject([
      { channel: 'efax', reasons: [expect.stringMatching(/^fax \S+ arrived, but .*: neither PDF nor TIFF$/)] },
    ]);
    expect(Buffer.from(house.inbox.refused[0]?.raw ?? []).toString()).toBe('<html>try later</html>');
  });

  test.each(['http://169.254.169.254/latest', 'https://evil.example/f.pdf', 'file:///etc/passwd'])(
    'with its file at %s is not fetched, and told to a person once',
    async (media_url) => {
      expect(await answerTo(house, call(house, received({ media_url })))).toBe(502);
      expect(await answerTo(house, call(house, received({ media_url })))).toBe(502);
      expect([house.inbox.messages.length, house.inbox.refused.length, fetched]).toEqual([0, 1, 0]);
    },
  );

  test('leaves no number, link or key in the log', async () => {
    give = (_request, response) => response.writeHead(500).end();
    await answerTo(house, call(house, received()));
    expect(house.logged).toHaveLength(1);
    for (const secret of ['5ecre7', there, ours, host()]) expect(house.logged.join()).not.toContain(secret);
  });

  test('and is told of three times by a company that repeats itself is one message', async () => {
    const company = await openHouse();
    company.company.behave(there, 'duplicates');
    await company.company.receive({ to: ours, from: there, file: await faxTiff() });
    await until('every call is answered', () => company.company.calls.length === 9);
    expect(company.inbox.messages).toHaveLength(1);
    await company.close();
  });

  test('while nobody here answered is found in the list, by a new link, and once', async () => {
    const h = await openHouse();
    h.company.callAt('http://127.0.0.1:9/gone');
    const file = await faxTiff(2);
    const fax = await h.company.receive({ to: ours, from: there, file });
    h.clock.at += 60 * 60_000;
    const stop = new AbortController();
    await h.channel.listen?.(h.inbox, stop.signal);
    await until('it is kept here and erased there', () => h.company.faxes.length === 0);
    stop.abort();
    expect(h.inbox.messages).toMatchObject([
      { origin: { channel: 'efax', token: fax, from: there, details: {} }, to: [{ address: ours }] },
    ]);
    expect(file.equals(h.inbox.messages[0]?.documents[0]?.bytes ?? Buffer.alloc(0))).toBe(true);
    await h.close();
  });

  test('whose pages could not be had is forgotten when it is gone at the company', async () => {
    give = (_request, response) => response.writeHead(500).end();
    expect(await answerTo(house, call(house, received()))).toBe(502);
    const noted = (): Promise<readonly unknown[]> => house.pickups.list('efax main');
    expect(await noted()).toHaveLength(1);
    const stop = new AbortController();
    await house.channel.listen?.(house.inbox, stop.signal);
    await until('it is forgotten', async () => (await noted()).length === 0);
    stop.abort();
    expect(house.inbox.messages).toEqual([]);
  });

  test('is erased at the company when ours is safe, and later when it does not answer', async () => {
    const h = await openHouse();
    await h.company.receive({ to: ours, from: there, file: await faxTiff() });
    expect(h.company.faxes).toEqual([]);
    const fax = await h.company.receive({ to: ours, from: there, file: Buffer.from('%PDF-1.7 two') });
    expect(h.inbox.messages.map(({ origin }) => origin.token)).toContain(fax);
    expect(h.company.faxes).toEqual([]);
    await h.close();
  });
});
