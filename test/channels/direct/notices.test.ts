import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { contentsOf } from '../../../channels/direct/content/contents.ts';
import { freePort } from '../../../demo/free-port.ts';
import { receive, type Fate, type Reception } from '../../../channels/direct/arrival.ts';
import { composeFailure, type Failure } from '../../../channels/direct/edge/dsn.ts';
import { composeReport, dispatchedOption } from '../../../channels/direct/mdn.ts';
import { allOf, decodedBody, firstOf, mediaTypeOf, partsOf, readEntity } from '../../../channels/direct/mime/entity.ts';
import { readNotification } from '../../../channels/direct/mime/notification.ts';
import { seal } from '../../../channels/direct/seal.ts';
import { openSources } from '../../../channels/direct/trust/sources.ts';
import { openNetwork } from '../../../src/net/network.ts';
import {
  authority,
  certificate,
  crlf,
  day,
  hisp,
  judge,
  letter,
  memoryInbox,
  now,
  parcel,
  person,
  scratch,
  type Hisp,
  type MemoryInbox,
  type Person,
  whole,
} from './support.ts';

/** The receiver's side of delivery notification, by the numbers of its rules. The sender's side (N10 to N13, N15, N17)
 *  is in test/pipeline/notices.test.ts; how strangers write theirs (N14) in vectors.test.ts. */
const ca = authority();
const alice = person(ca, 'alice@a.example');
const bob = person(ca, 'bob@b.example');
const expired = person(ca, 'expired@e.example', { notBefore: now - 9 * day, notAfter: now - 2 * day });
const mallory = person(authority('Other CA'), 'mallory@m.example');
const signal = new AbortController().signal;
const attempt = `att_${'7'.repeat(26)}`;

let folder: Awaited<ReturnType<typeof scratch>>;
let inbox: MemoryInbox;
beforeAll(async () => {
  folder = await scratch();
});
afterAll(() => folder.remove());
beforeEach(() => {
  inbox = memoryInbox();
});

const anchor = (direction: 'in' | 'out' | 'both', of = ca) => ({
  certificate: certificate(of.certificate),
  domains: null,
  policies: [],
  direction,
  from: 'test',
});

const reception = (anchors = [anchor('both')]): Reception => ({
  keyring: { identities: [bob.own], anchors, bundled: [], crls: [], partners: [] },
  inbox,
  log: { info: () => undefined, warn: () => undefined, error: () => undefined },
  now: () => now,
  sources: openSources(openNetwork({ allow: [], resolvers: [] }, { now: () => now }), () => now),
  revocation: { unknown: 'refuse', graceMs: 0 },
  contents: contentsOf,
});

const sealed = async (message: Buffer, from: Person): Promise<Buffer> =>
  whole(
    await seal({
      message: [message],
      from: from.address,
      to: [bob.address],
      identity: from.own,
      recipients: [{ certificate: bob.cert, transport: 'oaep' }],
      at: now,
    }),
  );

/** What bob's gateway does with a message. */
async function arrives(message: Buffer, from: Person = alice, by = reception()): Promise<Fate> {
  return receive({ raw: await sealed(message, from), mailFrom: from.address, rcpts: [bob.address] }, by);
}

describe('two gateways', () => {
  let a: Hisp;
  let b: Hisp;
  beforeEach(async () => {
    const anchors = [await folder.file('ca.pem', ca.certificate)];
    const port = await freePort();
    const certificates = [await folder.file('bob-cert.pem', bob.certificate)];
    const peers = [{ match: 'b.example', host: '127.0.0.1', port, certificates }];
    a = await hisp(alice, { anchors, identity: await folder.file('alice.pem', alice.identity), peers });
    const identity = await folder.file('bob.pem', bob.identity);
    const back = [{ match: 'a.example', host: '127.0.0.1', port: a.port }];
    b = await hisp(bob, { anchors, identity, peers: back, more: { listen: { port } } });
  });
  afterEach(() => {
    a.stop();
    b.stop();
  });

  /** The notifications that alice's gateway got, opened. */
  async function reports() {
    const raws = a.inbox.news.map(({ evidence }) => Buffer.from(evidence.bytes));
    const verdicts = await Promise.all(raws.map((raw) => judge(raw, alice, [ca])));
    expect(verdicts.flatMap(({ reasons }) => reasons)).toEqual([]);
    return verdicts.flatMap(({ message }) => message ?? []);
  }

  test('N1, N3, N5: processed comes unasked, wrapped, signed by the recipient’s address and encrypted', async () => {
    const sent = parcel(a.practice, bob.address);
    await a.channel.send(sent, signal);
    const [arrival] = b.inbox.messages;
    if (!arrival) throw new Error('nothing arrived');
    for (const notice of ['processed', 'delivered'] as const)
      await b.channel.acknowledge?.(arrival.origin, notice, null, signal);
    expect(a.inbox.news.map(({ author }) => author)).toEqual([[bob.address], [bob.address]]);
    const found = await reports();
    expect(new Set(found.map((report) => firstOf(report, 'message-id'))).size).toBe(2);
    for (const report of found) {
      expect(mediaTypeOf(report).type).toBe('multipart/report');
      expect(mediaTypeOf(report).parameters.get('report-type')).toBe('disposition-notification');
      expect(allOf(report, 'disposition-notification-to')).toEqual([]);
      expect(firstOf(report, 'subject')).not.toContain('synthetic');
      expect(readNotification(report)).toMatchObject({
        finalRecipient: `rfc822; ${bob.address}`,
        about: [`${sent.family}@a.example`],
      });
    }
  });

  test('N6: dispatched carries its extension field in the report part, and processed does not', async () => {
    await a.channel.send(parcel(a.practice, bob.address), signal);
    const [arrival] = b.inbox.messages;
    if (!arrival) throw new Error('nothing arrived');
    for (const notice of ['processed', 'delivered'] as const)
      await b.channel.acknowledge?.(arrival.origin, notice, null, signal);
    const texts = (await reports()).map((report) =>
      partsOf(report).map((part) => decodedBody(readEntity(part)).toString()),
    );
    expect(texts.map((parts) => parts.map((text) => text.includes('X-DIRECT-FINAL-DESTINATION-DELIVERY:')))).toEqual([
      [false, false],
      [false, true],
    ]);
    expect(texts[1]?.[1]).toContain('Disposition: automatic-action/MDN-sent-automatically;dispatched\r\n');
  });

  test('N9: trusted but not to be delivered is processed, then failed', async () => {
    await a.channel.send(parcel(a.practice, bob.address), signal);
    const [arrival] = b.inbox.messages;
    if (!arrival) throw new Error('nothing arrived');
    for (const notice of ['processed', 'failed'] as const)
      await b.channel.acknowledge?.(arrival.origin, notice, null, signal);
    expect(a.inbox.news.map(({ receipt }) => receipt.kind)).toEqual(['processed', 'failed']);
  });

  test('nobody hears of a proof that did not come to us: that is between us and our own practices', async () => {
    const origin = { channel: 'direct', token: 't', from: alice.address, details: {} };
    for (const notice of ['unanswered', 'undispatched'] as const)
      expect(await b.channel.acknowledge?.(origin, notice, null, signal)).toBeNull();
  });
});

test.each<[string, () => Promise<Buffer>, Person]>([
  ['untrusted', () => sealed(letter(mallory.address, bob.address), mallory), mallory],
  ['expired', () => sealed(letter(expired.address, bob.address), expired), expired],
  ['for somebody else', () => sealed(letter(alice.address, 'else@b.example'), alice), alice],
  ['altered', async () => altered(await sealed(letter(alice.address, bob.address), alice)), alice],
])(
  'N2: %s is answered with silence: 250, nothing that could be acknowledged, every reason kept',
  async (_name, make, from) => {
    const mail = { raw: await make(), mailFrom: from.address, rcpts: [bob.address] };
    expect(await receive(mail, reception())).toBe('taken');
    expect([inbox.messages, inbox.news]).toEqual([[], []]);
    expect(inbox.refused[0]?.reasons.length).toBeGreaterThan(1);
  },
);

/** One letter in the middle of the ciphertext. */
function altered(raw: Buffer): Buffer {
  const copy = Buffer.from(raw);
  const at = Math.floor(copy.length / 2);
  copy[at] = copy[at] === 0x41 ? 0x42 : 0x41;
  return copy;
}

const mdn = (disposition: string, about = `${attempt}@b.example`): Buffer =>
  crlf([
    `From: ${alice.address}`,
    `To: ${bob.address}`,
    'Disposition-Notification-To: alice@a.example',
    'Content-Type: multipart/report; report-type=disposition-notification; boundary=x',
    '',
    '--x',
    'Content-Type: message/disposition-notification',
    '',
    `Original-Message-ID: <${about}>`,
    `Disposition: automatic-action/MDN-sent-automatically;${disposition}`,
    '--x--',
  ]);

describe('N4: a notification, whatever it says or asks for, is no message and is not answered', () => {
  test.each([mdn('processed'), mdn('dispatched'), mdn('deleted'), mdn('failed', 'unknown@b.example'), bounce(attempt)])(
    '%#',
    async (message) => {
      expect(await arrives(message)).toBe('taken');
      expect(inbox.messages).toEqual([]);
    },
  );
});

test.each([
  ['N6: not asked', [], undefined],
  ['N6: asked', [`Disposition-Notification-Options: ${dispatchedOption}`], 'asked'],
  ['N6: asked in lower case', [`disposition-notification-options: ${dispatchedOption.toLowerCase()}`], 'asked'],
  ['N7: a word of its own', ['Disposition-Notification-Options: X-XXXX-FINAL-X-DELXXXX=optioXXX,tXX'], undefined],
  ['N7: not true', ['Disposition-Notification-Options: X-DIRECT-FINAL-DESTINATION-DELIVERY=optional,false'], undefined],
  ['N7: cut off', ['Disposition-Notification-Options: X-DIRECT-FINAL-DESTINATION-DELIVERY'], undefined],
])('%s', async (_name, fields, asked) => {
  await arrives(letter(alice.address, bob.address, fields));
  expect(inbox.messages[0]?.origin.details['dispatched']).toBe(asked);
});

test.each([
  ['the sender’s own address', alice.address, alice.address],
  ['a third party', 'victim@v.example', alice.address],
  ['another address of the sender’s domain, for which its certificate does not speak', 'desk@a.example', alice.address],
])('N8: a request to answer to %s', async (_name, wished, answered) => {
  await arrives(letter(alice.address, bob.address, [`Disposition-Notification-To: ${wished}`]));
  expect(inbox.messages[0]?.origin.details['sender']).toBe(answered);
});

describe('N16: whom we only send to', () => {
  test('may answer, and may write no letter', async () => {
    const by = reception([anchor('out')]);
    expect(await arrives(mdn('processed'), alice, by)).toBe('taken');
    expect(inbox.news).toMatchObject([{ receipt: { kind: 'processed', attempt }, author: [alice.address] }]);
    await arrives(letter(alice.address, bob.address), alice, by);
    expect(inbox.messages).toEqual([]);
    expect(inbox.refused[0]?.reasons[0]).toBe('untrusted');
  });

  test('is no excuse for a letter that calls itself a notification', async () => {
    const disguised = Buffer.from(
      letter(alice.address, bob.address)
        .toString('latin1')
        .replace('Content-Type: application/pdf', 'Content-Type: message/delivery-status'),
      'latin1',
    );
    await arrives(disguised, alice, reception([anchor('out')]));
    expect(inbox.messages).toEqual([]);
  });
});

/** As Postfix gives a message back. */
function bounce(about: string, { action = 'failed', status = '5.2.2' } = {}): Buffer {
  return crlf([
    'From: MAILER-DAEMON@mx.a.example',
    `To: ${bob.address}`,
    'Subject: Undelivered Mail Returned to Sender',
    'Auto-Submitted: auto-replied',
    'Content-Type: multipart/report; report-type=delivery-status; boundary="x/y"',
    '',
    '--x/y',
    'Content-Type: text/plain',
    '',
    'I am sorry to have to inform you',
    '--x/y',
    'Content-Type: message/delivery-status',
    '',
    'Reporting-MTA: dns; mx.a.example',
    '',
    `Final-Recipient: rfc822; ${alice.address}`,
    `Action: ${action}`,
    `Status: ${status}`,
    '',
    '--x/y',
    'Content-Type: message/rfc822',
    '',
    `From: ${bob.address}`,
    `Message-ID: <${about}@b.example>`,
    'Content-Type: application/pkcs7-mime',
    '',
    'AAAA',
    '--x/y--',
    '',
  ]);
}

describe('N17: a plain DSN', () => {
  const plain = (raw: Buffer, mailFrom = ''): Promise<Fate> =>
    receive({ raw, mailFrom, rcpts: [bob.address] }, reception());

  test.each([
    ['5.2.2', 'rejected'],
    ['5.1.1', 'bad-address'],
    ['5.3.4', 'too-large'],
  ])('from nobody, about a message of ours, is failure and nothing else (%s)', async (status, code) => {
    expect(await plain(bounce(attempt, { status }))).toBe('taken');
    expect(inbox.news).toMatchObject([
      {
        unsigned: true,
        author: null,
        receipt: { attempt, kind: 'failed', reason: { code, detail: `failed ${status}` } },
      },
    ]);
    expect([inbox.messages, inbox.refused]).toEqual([[], []]);
  });

  test.each<[string, () => Promise<Fate>]>([
    ['says delivered', () => plain(bounce(attempt, { action: 'delivered', status: '2.0.0' }))],
    ['says delayed', () => plain(bounce(attempt, { action: 'delayed', status: '4.4.1' }))],
    ['names a message that is not ours', () => plain(bounce('stranger'))],
    ['comes from somebody', () => plain(bounce(attempt), 'mallory@m.example')],
    ['is an MDN', () => plain(mdn('failed'))],
  ])('that %s is turned away like all plain mail', async (_name, go) => {
    expect(await go()).toBe('plain');
    expect(inbox.news).toEqual([]);
    expect(inbox.refused).toHaveLength(1);
  });

  test('that the pipeline has no use for is turned away', async () => {
    inbox.receipt = () => Promise.resolve('unmatched');
    expect(await plain(bounce(attempt))).toBe('plain');
  });
});

const failure: Failure = {
  reporter: 'gw.a.example',
  to: 'ehr@a.example',
  recipient: bob.address,
  about: '1@ehr',
  notice: 'failed',
  reason: null,
  messageId: '2@gw.a.example',
  at: now,
};

test.each<[string, Partial<Failure>, RegExp]>([
  ['5.7.31', { reason: { code: 'no-certificate', detail: '' } }, /no certificate/],
  ['5.7.11', { reason: { code: 'untrusted', detail: '' } }, /not trusted/],
  ['5.4.71', { notice: 'unanswered' }, /did not confirm in time that it has the message/],
  ['5.4.72', { notice: 'undispatched' }, /did not confirm in time that the recipient got it/],
  ['5.1.1', { reason: { code: 'bad-address', detail: '' } }, /no such address/],
  ['5.5.0', { reason: { code: 'rejected', detail: '' } }, /did not take/],
  ['5.5.0', {}, /did not take/],
])('N18: status %s', (status, more, words) => {
  const raw = Buffer.concat(composeFailure({ ...failure, ...more }));
  expect(readNotification(readEntity(raw))).toMatchObject({
    type: 'dsn',
    kind: 'failed',
    words: `failed ${status}`,
    about: ['1@ehr'],
  });
  const text = raw.toString();
  expect(text).toMatch(words);
  // Nobody is told that it certainly did not arrive when it may have.
  expect(text.includes('may have arrived')).toBe(status.startsWith('5.4.7'));
});

test('N5: a notification of ours says all that its reader looks for', () => {
  const made = Buffer.concat(
    composeReport({
      notice: 'failed',
      from: bob.address,
      to: alice.address,
      about: '1@a.example',
      messageId: '2@b.example',
      at: now,
    }),
  );
  expect(made.toString()).toContain('Disposition: automatic-action/MDN-sent-automatically;failed');
  expect(readNotification(readEntity(made))).toMatchObject({ kind: 'failed', about: ['1@a.example'] });
});
