import { afterEach, describe, expect, test } from '@jest/globals';
import fc from 'fast-check';
import { createServer, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { createServer as createTcpServer } from 'node:net';
import type { AddressInfo } from 'node:net';
import efax from '../../../channels/efax/index.ts';
import type { Behaviour } from '../../../demo/fax-company.ts';
import type { Link } from '../../../src/core/link.ts';
import { Unprintable, type SheetLink } from '../../../src/core/press.ts';
import {
  apiKey,
  clientState,
  type House,
  type HouseOptions,
  never,
  elm,
  faxTiff,
  openHouse,
  ours,
  patient,
  selfSigned,
  there,
  until,
} from './setup.ts';

const open: House[] = [];
const house = async (options?: HouseOptions): Promise<House> => {
  const made = await openHouse(options);
  open.push(made);
  return made;
};
const servers: { close(): void }[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((each) => each.close()));
  servers.splice(0).forEach((each) => {
    each.close();
  });
});

/** A peer that is not our fax company. */
async function peer(answer: Parameters<typeof createServer>[1]): Promise<string> {
  const server: Server = createServer(answer);
  servers.push({ close: () => (server.closeAllConnections(), server.close()) });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

describe('a parcel of another channel', () => {
  test('goes as its link or not at all: its documents are not even opened', async () => {
    const h = await house();
    const parcel = h.parcel({
      endpoint: { channel: 'portal', address: `fax:${there}` },
      open: () => Promise.reject(new Error('opened')),
    });
    expect(await h.channel.send(parcel, never)).toMatchObject({ kind: 'refused', reason: { code: 'unsupported' } });
    expect([h.company.faxes, h.covers, parcel.handed]).toEqual([[], [], []]);
  });

  test('is printed as its link, at an address that people can type, also for a company that fetches after a restart', async () => {
    const printed: SheetLink[] = [];
    const link = { secret: '7K3M9QPX2HTWB4DN01Z2', expiresAt: Date.UTC(2027, 0, 1) } as Link;
    const sheet = await faxTiff();
    const h = await house({
      link,
      press: {
        link: (_, about) => {
          printed.push(about);
          return Promise.resolve({ tiff: sheet, pages: 1 });
        },
      },
    });
    const parcel = h.parcel({ endpoint: { channel: 'portal', address: `fax:${there}` } });
    expect(await h.channel.send(parcel, never)).toMatchObject({ kind: 'accepted' });
    await until('the page came out', () => h.company.printedAt(there));
    await h.reborn();
    const again = await fetch(h.company.faxes[0]?.media_url ?? '');
    expect(Buffer.from(await again.arrayBuffer()).equals(sheet)).toBe(true);
    const page = { url: `${h.url}/portal/7K3M-9QPX-2HTW-B4DN-01Z2`, until: link.expiresAt };
    expect([printed, h.covers]).toEqual([[page, page], []]);
    expect(h.company.faxes[0]?.to).toBe(there);
  });
});

describe('a fax on its way out', () => {
  test('is handed over, fetched once by its link, and reported delivered', async () => {
    const h = await house({ pages: 3 });
    const parcel = h.parcel();
    const outcome = await h.channel.send(parcel, never);
    const fax = h.company.faxes[0];
    expect(outcome).toEqual({ kind: 'accepted', reference: fax?.id });
    const news = await until('the receipt is in', () => h.inbox.news[0]);
    expect(news).toMatchObject({
      channel: 'efax',
      author: null,
      receipt: { attempt: parcel.attempt, kind: 'delivered', reason: null },
      evidence: { mediaType: 'application/json' },
    });
    expect(JSON.parse(Buffer.from(news.evidence.bytes).toString())).toMatchObject({
      data: { event_type: 'fax.delivered' },
    });
    expect(h.company.ledger).toMatchObject([{ state: parcel.attempt, to: there, from: ours, pages: 3, whole: true }]);
    expect(fax).toMatchObject({ client_state: clientState(parcel.attempt), quality: 'ultra_dark', store_media: false });
    expect(parcel.handed).toEqual(['handing over']);
    expect(h.renders()).toBe(1);
  });

  test('has a cover with names and numbers of practices, and nothing of the patient', async () => {
    const h = await house();
    await h.channel.send(h.parcel({ urgency: 'stat', possibleDuplicate: true }), never);
    const [cover] = h.covers;
    expect(cover).toMatchObject({
      from: { name: 'maple Family Practice', phone: '+13105550111', fax: ours },
      to: { name: 'Harbor Cardiology', fax: there },
      urgency: 'stat',
      possibleDuplicate: true,
    });
    await until('the receipt is in', () => h.inbox.news[0]);
    const said = JSON.stringify([h.covers, h.company.faxes, h.logged]);
    for (const word of Object.values(patient)) expect(said).not.toContain(word);
  });

  test('waits for the hand-over to be durable before the first byte leaves', async () => {
    const h = await house();
    let faxesAtHandOver = -1;
    let release = (): void => undefined;
    const durable = new Promise<void>((resolve) => (release = resolve));
    const parcel = h.parcel({
      handingOver: () => {
        faxesAtHandOver = h.company.faxes.length;
        return durable;
      },
    });
    const sending = h.channel.send(parcel, never);
    await until('it asks', () => faxesAtHandOver === 0);
    expect(h.company.faxes).toHaveLength(0);
    release();
    expect(await sending).toMatchObject({ kind: 'accepted' });
  });

  const faxed = (number: string) => async (): Promise<void> => {
    const h = await house();
    const parcel = h.parcel({ endpoint: { channel: 'efax', address: number } });
    expect(await h.channel.send(parcel, never)).toMatchObject({ kind: 'refused', reason: { code: 'bad-address' } });
    expect([parcel.handed, h.company.faxes]).toEqual([[], []]);
  };
  test('does not go to a premium number', faxed('+19005550123'));
  test('does not go to ourselves', faxed(ours));

  test('is refused when a document cannot be printed, before anything leaves', async () => {
    const h = await house({ press: { fax: () => Promise.reject(new Unprintable('PDF asks for a password')) } });
    const parcel = h.parcel();
    expect(await h.channel.send(parcel, never)).toEqual({
      kind: 'refused',
      reason: { code: 'unsupported', detail: 'PDF asks for a password' },
    });
    expect([parcel.handed, h.company.faxes]).toEqual([[], []]);
  });

  test('is refused when it has more pages than the company takes', async () => {
    const h = await house({ press: { fax: () => Promise.resolve({ tiff: Buffer.from('II*\0'), pages: 351 }) } });
    expect(await h.channel.send(h.parcel(), never)).toMatchObject({ kind: 'refused', reason: { code: 'too-large' } });
  });

  test('is refused when its practice has no account', async () => {
    const h = await house();
    const outcome = await h.channel.send(h.parcel({ practice: elm }), never);
    expect(outcome).toMatchObject({ kind: 'refused', reason: { code: 'unauthorized' } });
  });

  test('is not sent when the gateway is stopping', async () => {
    const h = await house();
    const parcel = h.parcel();
    const outcome = await h.channel.send(parcel, AbortSignal.abort());
    expect(outcome).toMatchObject({ kind: 'deferred', reason: { code: 'interrupted' } });
    expect(parcel.handed).toEqual([]);
  });
});

describe('the answer to a hand-over', () => {
  const answers: readonly (readonly [Behaviour, unknown])[] = [
    ['rejects', { kind: 'refused', reason: { code: 'bad-address', detail: 'telnyx 422 10015 /to' } }],
    ['forbids', { kind: 'refused', reason: { code: 'unauthorized' } }],
    ['breaks', { kind: 'unknown', reason: { code: 'interrupted', detail: 'telnyx 500' } }],
    ['garbles the reply', { kind: 'unknown', reason: { code: 'interrupted' } }],
    ['drops the reply', { kind: 'unknown', reason: { code: 'interrupted' } }],
  ];
  test.each(answers)('%s: what is not proven is unknown', async (behaviour, expected) => {
    const h = await house();
    h.company.behave(there, behaviour);
    expect(await h.channel.send(h.parcel(), never)).toMatchObject(expected as object);
  });

  test.each(['throttles', 'unavailable'] as const)('%s: names the time to come back', async (behaviour) => {
    const h = await house();
    h.company.behave(there, behaviour);
    const outcome = await h.channel.send(h.parcel(), never);
    expect(outcome).toMatchObject({
      kind: 'deferred',
      reason: { code: 'throttled' },
      retryAt: h.clock.at + 30_000,
    });
  });

  test.each<[string, number, (at: number) => string, number | undefined]>([
    ['429 with a date', 429, (at) => new Date(at + 60_000).toUTCString(), 60_000],
    ['429 with more than a day', 429, () => '999999', 86_400_000],
    ['429 with nonsense', 429, () => 'later', undefined],
    ['503 with seconds', 503, () => '60', 60_000],
  ])('%s is obeyed within reason', async (_, status, retryAfter, wait) => {
    const clock = { at: 0 };
    const url = await peer((_request, response) =>
      response.writeHead(status, { 'retry-after': retryAfter(clock.at) }).end(),
    );
    const h = await house({ account: { baseUrl: url } });
    clock.at = h.clock.at = Math.floor(h.clock.at / 1_000) * 1_000;
    const outcome = await h.channel.send(h.parcel(), never);
    expect(outcome).toMatchObject({ kind: 'deferred', reason: { code: 'throttled' } });
    expect('retryAt' in outcome ? outcome.retryAt : undefined).toBe(wait === undefined ? undefined : clock.at + wait);
  });

  test('faxes share the fate of their account, and have its width and rate', async () => {
    const { channel } = await house();
    const to = { channel: 'efax', address: there };
    expect(channel.lane?.(to, 'maple')).toBe('main');
    expect(channel.lane?.(to, 'oak')).not.toBe('main');
    expect(channel.capabilities).toMatchObject({ width: 8, perLane: { width: 4, perMinute: 120 } });
  });

  test('each account of a practice is a way of its own, and carries what its route names', async () => {
    const h = await house();
    expect(h.channel.ways?.('maple')).toEqual(['main']);
    expect(h.channel.ways?.('elm')).toEqual([]);
    expect(await h.channel.send(h.parcel({ via: 'main' }), never)).toMatchObject({ kind: 'accepted' });
    const outcome = await h.channel.send(h.parcel({ via: 'other' }), never);
    expect(outcome).toMatchObject({ kind: 'refused', reason: { code: 'unauthorized' } });
  });

  test('401 is a refusal, and the check says so too', async () => {
    const h = await house({ account: { apiKey: 'WRONG' } });
    expect(await h.channel.send(h.parcel(), never)).toMatchObject({ reason: { code: 'unauthorized' } });
    expect(await h.channel.check(never)).toEqual({
      ok: false,
      problem: expect.stringMatching(
        /^account main: the fax company does not accept our API key \(401\); account other/,
      ),
    });
  });

  test.each([
    ['400 without a body we know', 400, 'no', 'rejected'],
    ['404 for the connection', 404, '{"errors":[{"code":"10005"}]}', 'unauthorized'],
    ['413', 413, '', 'too-large'],
    ['422 about the file', 422, '{"errors":[{"code":10015,"source":{"pointer":"/media_url"}}]}', 'unsupported'],
    ['a redirect', 302, '', 'rejected'],
  ] as const)('%s is refused', async (_name, status, body, code) => {
    const url = await peer((_request, response) =>
      response.writeHead(status, { location: 'http://127.0.0.1:1/' }).end(body),
    );
    const h = await house({ account: { baseUrl: url } });
    expect(await h.channel.send(h.parcel(), never)).toMatchObject({ kind: 'refused', reason: { code } });
  });

  test('a detail never repeats what the company wrote', async () => {
    const body = JSON.stringify({
      errors: [{ code: '10015', detail: patient.family, source: { pointer: `/${patient.family} x` } }],
    });
    const url = await peer((_request, response) => response.writeHead(422).end(body));
    const h = await house({ account: { baseUrl: url } });
    expect(JSON.stringify(await h.channel.send(h.parcel(), never))).not.toContain(patient.family);
  });

  test('nobody listening is deferred: nothing can have left', async () => {
    const h = await house({ account: { baseUrl: 'http://127.0.0.1:1' } });
    const outcome = await h.channel.send(h.parcel(), never);
    expect(outcome).toEqual({ kind: 'deferred', reason: { code: 'unreachable', detail: 'telnyx ECONNREFUSED' } });
    expect(await h.channel.check(never)).toMatchObject({ ok: false });
  });

  test('a name that does not resolve is deferred', async () => {
    const h = await house({ account: { baseUrl: 'http://fax.invalid' } });
    expect(await h.channel.send(h.parcel(), never)).toMatchObject({
      kind: 'deferred',
      reason: { code: 'unreachable' },
    });
  });

  test('a connection that breaks after the request is unknown', async () => {
    const server = createTcpServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const h = await house({ account: { baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}` } });
    expect(await h.channel.send(h.parcel(), never)).toMatchObject({ kind: 'unknown', reason: { code: 'interrupted' } });
  });

  test('a certificate that nobody vouches for is deferred, and never talked past', async () => {
    const { key, cert } = selfSigned();
    let asked = 0;
    const server = createTlsServer({ key, cert }, (_request, response) => {
      asked++;
      response.end();
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const h = await house({ account: { baseUrl: `https://127.0.0.1:${(server.address() as AddressInfo).port}` } });
    const outcome = await h.channel.send(h.parcel(), never);
    expect(outcome).toMatchObject({ kind: 'deferred', reason: { code: 'untrusted' } });
    expect(await h.channel.check(never)).toMatchObject({ ok: false });
    expect(asked).toBe(0);
  });

  test('a handshake that never ends is deferred: nothing can have left', async () => {
    const stop = new AbortController();
    const server = createTcpServer((socket) => {
      servers.push({ close: () => socket.destroy() });
      stop.abort();
    });
    servers.push(server);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const h = await house({ account: { baseUrl: `https://127.0.0.1:${(server.address() as AddressInfo).port}` } });
    expect(await h.channel.send(h.parcel(), stop.signal)).toMatchObject({ kind: 'deferred' });
  });

  test('stopping while the company is silent is unknown', async () => {
    const stop = new AbortController();
    const url = await peer(() => {
      stop.abort();
    });
    const h = await house({ account: { baseUrl: url } });
    expect(await h.channel.send(h.parcel(), stop.signal)).toMatchObject({ kind: 'unknown' });
  });

  test('from a peer that answers anything at all is always an outcome, and a proven one or unknown', async () => {
    let next = { status: 200, body: '' };
    const url = await peer((_request, response) => response.writeHead(next.status).end(next.body));
    const h = await house({ account: { baseUrl: url } });
    const body = fc.oneof(fc.json(), fc.string(), fc.constant('{"data":{"id":"f1"}}'), fc.constant('{"errors":[{}]}'));
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 200, max: 599 }), body, async (status, text) => {
        next = { status, body: text };
        const { kind } = await h.channel.send(h.parcel(), never);
        if (kind === 'accepted') expect([status < 300, text]).toEqual([true, '{"data":{"id":"f1"}}']);
        if (kind === 'refused') expect(status).toBeLessThan(500);
        if (kind === 'refused') expect(status).toBeGreaterThanOrEqual(300);
        if (kind === 'deferred') expect(status).toBe(429);
      }),
      { numRuns: 100 },
    );
  });

  test('is asked for once: nothing is posted again', async () => {
    let posts = 0;
    const url = await peer((request, response) => {
      posts++;
      request.socket.destroy();
      response.destroy();
    });
    const h = await house({ account: { baseUrl: url } });
    await h.channel.send(h.parcel(), never);
    expect(posts).toBe(1);
  });
});

describe('the settings', () => {
  const account = {
    provider: 'telnyx',
    apiKey,
    connectionId: '1',
    publicKey: Buffer.alloc(32).toString('base64'),
    from: ours,
    practice: 'maple',
  };
  test('are checked', () => {
    expect(efax.config.parse({ accounts: { main: account } }).accounts['main']).toMatchObject({
      baseUrl: 'https://api.telnyx.com/v2',
    });
    for (const wrong of [{ publicKey: 'short' }, { from: '555' }, { provider: 'other' }, { extra: 1 }]) {
      expect(() => efax.config.parse({ accounts: { main: { ...account, ...wrong } } })).toThrow();
    }
  });

  test('must name a practice that exists', async () => {
    await expect(house({ account: { practice: 'birch' } })).rejects.toThrow(/birch/);
  });

  test('say what the channel can carry', async () => {
    const { channel } = await house();
    expect(channel.capabilities.address.test(there)).toBe(true);
    expect(channel.capabilities.address.test('2125550123')).toBe(false);
    expect(channel.capabilities.proof).toBe('receipt');
    expect(await channel.check(never)).toEqual({ ok: true });
  });
});
