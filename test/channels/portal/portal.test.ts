import { createHash } from 'node:crypto';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { SMTPServer } from 'smtp-server';
import type { Channel, Parcel } from '../../../src/core/channel.ts';
import type { Link } from '../../../src/core/link.ts';
import { practice } from '../../harness.ts';
import { anyParcel, openPortal, telnyx } from './setup.ts';

/** A mail server that keeps what it takes and answers as told. */
interface Mailbox {
  readonly port: number;
  readonly letters: string[];
  refuse: { at: 'rcpt' | 'data'; code: number } | null;
  close(): Promise<void>;
}

async function mailbox(): Promise<Mailbox> {
  const letters: string[] = [];
  const box: Mailbox = {
    port: 0,
    letters,
    refuse: null,
    close: () =>
      new Promise((done) => {
        server.close(done);
      }),
  };
  const complaint = (at: 'rcpt' | 'data') =>
    box.refuse?.at === at ? Object.assign(new Error('5.1.1 no'), { responseCode: box.refuse.code }) : null;
  const server = new SMTPServer({
    disabledCommands: ['STARTTLS'],
    authOptional: true,
    onAuth: ({ password }, _, done) => {
      if (password === 'right') done(null, { user: 'us' });
      else done(new Error('no'));
    },
    onRcptTo: (_, __, done) => {
      done(complaint('rcpt'));
    },
    onData: (stream, _, done) => {
      let text = '';
      stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
      stream.on('end', () => {
        const problem = complaint('data');
        if (!problem) letters.push(text);
        done(problem);
      });
    },
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve((server.server.address() as AddressInfo).port);
    });
  });
  return Object.assign(box, { port });
}

let box: Mailbox;
let published: Omit<Link, 'delivery'>[];
let handed: number;

beforeEach(async () => {
  clock = at;
  box = await mailbox();
  published = [];
  handed = 0;
});
afterEach(() => box.close());

const at = Date.UTC(2026, 10, 23);
let clock = at;
const mail = (over: object = {}) => ({
  host: '127.0.0.1',
  port: box.port,
  from: 'links@riverside.example',
  tls: 'none',
  ...over,
});

const open = (config: object = {}): Promise<Channel> =>
  openPortal({ mail: mail(), ...config }, { now: () => clock, publish: (link) => published.push(link) });
const parcel = (over: Partial<Parcel> = {}): Parcel =>
  anyParcel({ handingOver: () => Promise.resolve(void (handed += 1)), ...over });

const never = new AbortController().signal;
const plain = (letter: string): string => letter.replace(/=\r\n/g, '').replace(/=3D/g, '=');

describe('a link by mail', () => {
  test('carries a token of 256 bits whose hash alone is published, with the code beside it', async () => {
    const channel = await open();
    expect(await channel.send(parcel(), never)).toMatchObject({ kind: 'accepted' });
    const letter = plain(box.letters[0] ?? '');
    const token = /https:\/\/gate\.example\/portal\/([\w-]{43})\r\n/.exec(letter)?.[1] ?? '';
    expect(Buffer.from(token, 'base64url')).toHaveLength(32);
    const [link] = published;
    expect(link?.token).toBe(createHash('sha256').update(token).digest('hex'));
    expect(link?.code).toMatch(/^\d{6}$/);
    expect(link?.expiresAt).toBe(at + 14 * 24 * 3_600_000);
    expect(letter).not.toContain(link?.code);
    expect(letter).toContain('Riverside Family Practice');
    expect(letter).not.toMatch(/canary|palpitations/i);
    expect(handed).toBe(1);
  });

  test('says so when it may be the second', async () => {
    await (await open()).send(parcel({ possibleDuplicate: true }), never);
    expect(plain(box.letters[0] ?? '')).toContain('may have received these documents before');
  });

  test('takes no header from a practice name', async () => {
    const name = 'Riverside\r\nBcc: all@evil.example';
    await (await open()).send(parcel({ practice: { ...practice, name } }), never);
    expect(box.letters[0]).not.toMatch(/^Bcc:/im);
  });
});

describe('a reminder', () => {
  test('carries the same link by another letter, says that it is the only one, and nothing of the patient', async () => {
    const channel = await open();
    await channel.send(parcel(), never);
    const [link] = published;
    expect(link?.remindAt).toBe(at + 8 * 3_600_000);
    expect(await channel.remind?.(parcel(), link as Link, never)).toMatchObject({ kind: 'accepted' });
    const [first = '', second = ''] = box.letters.map(plain);
    const named = (letter: string) => /^Message-ID: <(.*)@/im.exec(letter)?.[1];
    expect([named(first), named(second)]).toEqual(['att_1', 'att_1.reminder']);
    expect(second).toContain(`https://gate.example/portal/${link?.secret}`);
    expect(second).toMatch(/nobody has opened it yet.*This is the only reminder.*nadie lo ha abierto/s);
    expect(second).not.toMatch(new RegExp(`${link?.code}|canary|palpitations`, 'i'));
    expect(handed).toBe(2);
  });

  test('comes sooner for urgent work, and never where the settings say so', async () => {
    const message = { ...parcel().message, urgency: 'urgent' as const };
    await (await open()).send(parcel({ message }), never);
    await (await open({ remindAfter: { urgent: null } })).send(parcel({ message }), never);
    expect(published.map(({ remindAt }) => remindAt)).toEqual([at + 20 * 60_000, undefined]);
  });
});

describe('what the mail server says', () => {
  test.each([
    ['rcpt', 550, { kind: 'refused', reason: { code: 'bad-address' } }],
    ['rcpt', 450, { kind: 'deferred', reason: { code: 'throttled' } }],
    ['data', 554, { kind: 'refused', reason: { code: 'rejected' } }],
    ['data', 451, { kind: 'deferred', reason: { code: 'throttled' } }],
  ] as const)('at %s with %i is what we report', async (where, code, outcome) => {
    box.refuse = { at: where, code };
    expect(await (await open()).send(parcel(), never)).toMatchObject(outcome);
    expect(box.letters).toEqual([]);
    expect(handed).toBe(where === 'data' ? 1 : 0);
  });

  test('or does not say after the letter left: nobody knows', async () => {
    const mute = await hangUpAfterData();
    const channel = await open({ mail: mail({ port: mute.port }) });
    expect(await channel.send(parcel(), never)).toMatchObject({ kind: 'unknown', reason: { code: 'interrupted' } });
    await mute.close();
  });

  test('or nobody listens: deferred, and nothing was handed over', async () => {
    await box.close();
    expect(await (await open()).send(parcel(), never)).toMatchObject({
      kind: 'deferred',
      reason: { code: 'unreachable' },
    });
    expect(handed).toBe(0);
    box = await mailbox();
  });

  test('or it has no TLS though we ask for it: deferred, never in the clear', async () => {
    const channel = await open({ mail: mail({ tls: 'starttls' }) });
    expect(await channel.send(parcel(), never)).toMatchObject({ kind: 'deferred' });
    expect(box.letters).toEqual([]);
  });

  test('or our own crash guard fails: the letter stays here', async () => {
    const handingOver = () => Promise.reject(new Error('disk full'));
    expect(await (await open()).send(parcel({ handingOver }), never)).toMatchObject({ kind: 'deferred' });
    expect(box.letters).toEqual([]);
  });

  test('or we are told to stop before anything left: deferred', async () => {
    expect(await (await open()).send(parcel(), AbortSignal.abort())).toMatchObject({ kind: 'deferred' });
    expect(box.letters).toEqual([]);
  });
});

describe('the code', () => {
  test('goes by text message when there is a number and a provider', async () => {
    const company = await telnyx(200);
    const channel = await open({ sms: { baseUrl: company.url, apiKey: 'KEY1', from: '+12125550100' } });
    const recipient = { name: null, npi: null, phone: '(212) 736-5000', endpoints: [] };
    await channel.send(parcel({ recipient }), never);
    expect(company.asked).toEqual([
      {
        path: '/v2/messages',
        authorization: 'Bearer KEY1',
        body: {
          from: '+12125550100',
          to: '+12127365000',
          text: `${published[0]?.code} is your code for the documents from Riverside Family Practice.`,
        },
      },
    ]);
    await company.close();
  });

  test('not taken by the provider does not undo the mail: staff can read it out', async () => {
    const company = await telnyx(500);
    const channel = await open({ sms: { baseUrl: company.url, apiKey: 'KEY1', from: '+12125550100' } });
    const recipient = { name: null, npi: null, phone: '+12127365000', endpoints: [] };
    expect(await channel.send(parcel({ recipient }), never)).toMatchObject({ kind: 'accepted' });
    expect(company.asked).toHaveLength(1);
    await company.close();
  });

  test.each([
    ['seconds', '90'],
    ['a date', new Date(at + 90_000).toUTCString()],
  ])('is not texted before the time that the provider named in %s', async (_, retryAfter) => {
    const company = await telnyx(429, { 'retry-after': retryAfter });
    const channel = await open({ sms: { baseUrl: company.url, apiKey: 'KEY1', from: '+12125550100' } });
    const recipient = { name: null, npi: null, phone: '+12127365000', endpoints: [] };
    for (const later of [0, 89_999, 90_000]) {
      clock = at + later;
      expect(await channel.send(parcel({ recipient }), never)).toMatchObject({ kind: 'accepted' });
    }
    expect(company.asked).toHaveLength(2);
    expect(box.letters).toHaveLength(3);
    await company.close();
  });

  test('is not texted to what is no number, nor when the mail was refused', async () => {
    const company = await telnyx(200);
    const channel = await open({ sms: { baseUrl: company.url, apiKey: 'KEY1', from: '+12125550100' } });
    await channel.send(parcel({ recipient: { name: null, npi: null, phone: 'ask Anna', endpoints: [] } }), never);
    box.refuse = { at: 'rcpt', code: 550 };
    await channel.send(parcel({ recipient: { name: null, npi: null, phone: '+12127365000', endpoints: [] } }), never);
    expect(company.asked).toEqual([]);
    await company.close();
  });
});

test('all links by mail share the fate of the server that carries them', async () => {
  const channel = await open();
  expect(channel.lane?.({ channel: 'portal', address: 'desk@hillside.example' }, 'main')).toBe('127.0.0.1');
});

describe('the check', () => {
  test('signs in, and says plainly when it cannot', async () => {
    expect(await (await open({ mail: mail({ user: 'us', pass: 'right' }) })).check(never)).toEqual({ ok: true });
    expect(await (await open({ mail: mail({ user: 'us', pass: 'wrong' }) })).check(never)).toEqual({
      ok: false,
      problem: 'mail server: 535',
    });
    expect(box.letters).toEqual([]);
  });
});

test('an address is an e-mail address and nothing else where no text can be sent', async () => {
  const { address } = (await open()).capabilities;
  expect(
    ['a@b.example', 'a@b.example, c@d.example', '<a@b>', 'a b@c', '+12125550100'].map((each) => address.test(each)),
  ).toEqual([true, false, false, false, false]);
});

async function hangUpAfterData(): Promise<{ port: number; close(): Promise<void> }> {
  const server: Server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.write('220 mute\r\n');
    let inData = false;
    socket.on('data', (chunk) => {
      if (inData) socket.destroy();
      else if (chunk.toString().startsWith('DATA')) {
        inData = true;
        socket.write('354 go on\r\n');
      } else socket.write('250 ok\r\n');
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    port: (server.address() as AddressInfo).port,
    close: () =>
      new Promise((done) =>
        server.close(() => {
          done();
        }),
      ),
  };
}
