import { connect as connectTls } from 'node:tls';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { dial, dialAndQuit } from './dial.ts';
import { oaep, strangersMessage } from './strangers.ts';
import {
  authority,
  crlf,
  day,
  hisp,
  letter,
  now,
  pdf,
  person,
  run,
  scratch,
  until,
  type Hisp,
  type Person,
} from './support.ts';

const ca = authority();
const alice = person(ca, 'alice@a.example');
const bob = person(ca, 'bob@b.example');
const inner = letter(alice.address, bob.address, ['Disposition-Notification-To: alice@a.example']);

let folder: Awaited<ReturnType<typeof scratch>>;
let gateway: Hisp;

const start = async (limits: object = {}): Promise<Hisp> => {
  const anchors = [await folder.file('ca.pem', ca.certificate)];
  gateway = await hisp(bob, { anchors, identity: await folder.file('bob.pem', bob.identity), limits });
  return gateway;
};

beforeAll(async () => {
  folder = await scratch();
});
afterEach(() => {
  gateway.stop();
});
afterAll(() => folder.remove());

/** Send with swaks over STARTTLS; the server's last reply before goodbye. */
async function swaks(raw: Buffer, from = alice.address, to = bob.address): Promise<string> {
  const file = await folder.file('mail.eml', raw);
  const args = ['--tls', '--server', '127.0.0.1', '--port', String(gateway.port), '--from', from, '--to', to];
  const transcript = await run('swaks', [...args, '--data', `@${file}`], { maxBuffer: 1 << 26 }).then(
    ({ stdout }) => stdout,
    (failure: unknown) => (failure as { stdout: string }).stdout + (failure as { stderr: string }).stderr,
  );
  expect(transcript).toContain('TLS started');
  const replies = transcript.match(/^<~\*? +\d{3} .*$/gm) ?? [];
  return (replies.findLast((line) => !line.includes(' 221 ')) ?? transcript).replace(/^<~\*? +/, '');
}

const made = (signer: Person, how: object = {}): Promise<Buffer> =>
  strangersMessage(folder.path, inner, { signers: [signer], to: bob, ...how });

const crlfOf = (raw: Buffer): Buffer => Buffer.from(raw.toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1');

describe('a message made by openssl and sent with swaks', () => {
  test.each([
    ['RSA PKCS#1 v1.5', {}],
    ['RSA-OAEP', { transport: oaep() }],
  ])('with %s is taken, with all that an answer needs', async (_name, how) => {
    const { inbox } = await start();
    const raw = await made(alice, how);
    expect(await swaks(raw)).toMatch(/^250 /);
    expect(inbox.refused).toEqual([]);
    const [arrival] = inbox.messages;
    expect(arrival?.origin).toMatchObject({
      channel: 'direct',
      token: 'one@a.example alice@a.example bob@b.example',
      from: alice.address,
      details: {
        sender: alice.address,
        local: bob.address,
        messageId: 'one@a.example',
        certificate: alice.certificate,
      },
    });
    expect(arrival?.documents.map(({ name, mediaType }) => [name, mediaType])).toEqual([
      ['a.pdf', 'application/pdf'],
      ['message.txt', 'text/plain'],
    ]);
    expect(Buffer.from(arrival?.documents[0]?.bytes ?? []).equals(pdf)).toBe(true);
    expect(arrival?.raw?.length).toBeGreaterThan(1_000);
  });

  test.each([
    [
      'a wish for final delivery',
      'Disposition-Notification-Options: X-DIRECT-FINAL-DESTINATION-DELIVERY=optional,true',
      'asked',
      alice.address,
    ],
    [
      'that wish in lower case',
      'disposition-notification-options: x-direct-final-destination-delivery=optional,true',
      'asked',
      alice.address,
    ],
    [
      'a garbled wish',
      'Disposition-Notification-Options: X-XXXX-FINAL-X-DELXXXX=optioXXX,tXX',
      undefined,
      alice.address,
    ],
    ['a wish to notify a stranger', 'Disposition-Notification-To: victim@elsewhere.example', undefined, alice.address],
  ])('with %s is answered to its author only, and as asked', async (_name, field, dispatched, sender) => {
    const { inbox } = await start();
    const wishing = letter(alice.address, bob.address, [field]);
    await swaks(await strangersMessage(folder.path, wishing, { signers: [alice], to: bob }));
    expect(inbox.messages[0]?.origin.details['dispatched']).toBe(dispatched);
    expect(inbox.messages[0]?.origin.details['sender']).toBe(sender);
  });

  test('that is a notification settles an attempt or nothing, and is never a message', async () => {
    const { inbox } = await start();
    const about = (id: string, disposition: string): Buffer =>
      crlf([
        `From: ${alice.address}`,
        `To: ${bob.address}`,
        'Content-Type: multipart/report; report-type=disposition-notification; boundary=x',
        '',
        '--x',
        'Content-Type: message/disposition-notification',
        '',
        `Original-Message-ID: <${id}>`,
        `Disposition: automatic-action/MDN-sent-automatically;${disposition}`,
        '--x--',
      ]);
    const attempt = `att_${'7'.repeat(26)}`;
    for (const [id, disposition] of [
      [`${attempt}@b.example`, 'processed'],
      [`${attempt}@elsewhere.example`, 'processed'],
      ['unknown@b.example', 'failed'],
      [`${attempt}@b.example`, 'deleted'],
    ] as const) {
      const raw = await strangersMessage(folder.path, about(id, disposition), { signers: [alice], to: bob });
      expect(await swaks(raw)).toMatch(/^250 /);
    }
    expect(inbox.messages).toEqual([]);
    expect(inbox.news).toMatchObject([{ receipt: { attempt, kind: 'processed' }, author: [alice.address] }]);
    expect(inbox.refused.map(({ reasons }) => reasons[1])).toEqual([
      'a notification about no message of ours',
      'a notification about no message of ours',
      'a notification that settles nothing',
    ]);
  });

  test('that comes twice is one arrival', async () => {
    const { inbox } = await start();
    const raw = await made(alice);
    await swaks(raw);
    expect(await swaks(raw)).toMatch(/^250 /);
    expect(inbox.messages).toHaveLength(1);
  });

  test.each([
    ['with another signer', () => made(person(ca, 'mallory@a.example')), 'sender-mismatch'],
    [
      'by an expired certificate',
      () => made(person(ca, alice.address, { notBefore: now - 9 * day, notAfter: now - day })),
      'untrusted',
    ],
    ['from an authority that we do not know', () => made(person(authority('Other'), alice.address)), 'untrusted'],
    [
      'with one byte changed',
      () =>
        made(alice, {
          alter: (signed: Buffer) =>
            Buffer.from(signed.toString('latin1').replace('synthetic patient', 'synthetic Patient'), 'latin1'),
        }),
      'bad-signature',
    ],
    ['that we cannot decrypt', () => made(alice, { to: person(ca, 'carol@b.example') }), 'undecryptable'],
  ])('%s is kept apart with its reasons, and its sender learns nothing', async (_name, make, rule) => {
    const { inbox } = await start();
    expect(await swaks(await make())).toMatch(/^250 /);
    expect(inbox.messages).toEqual([]);
    expect(inbox.news).toEqual([]);
    expect(inbox.refused).toHaveLength(1);
    expect(inbox.refused[0]?.reasons[0]).toBe(rule);
    expect(inbox.refused[0]?.reasons.length).toBeGreaterThan(1);
  });

  test('without encryption is kept apart, and its sender told', async () => {
    const { inbox } = await start();
    expect(await swaks(inner)).toMatch(/^554 .*encrypted/);
    expect(inbox.refused[0]?.reasons).toEqual(['not-encrypted', 'the message is not encrypted']);
  });

  test('for an address that is not here is turned away at once', async () => {
    const { inbox } = await start();
    expect(await swaks(await made(alice), alice.address, 'nobody@b.example')).toMatch(/^550 5\.1\.1/);
    expect(inbox.refused).toEqual([]);
  });

  test('is told to come again while the store fails, and nothing is kept', async () => {
    const { inbox } = await start();
    inbox.before = () => Promise.reject(new Error('disk full'));
    expect(await swaks(await made(alice))).toMatch(/^451 /);
    expect(inbox.messages).toEqual([]);
  });
});

const envelope = async (client: Awaited<ReturnType<typeof dial>>): Promise<string> => {
  await client.say('EHLO a.example\r\n');
  await client.say(`MAIL FROM:<${alice.address}>\r\n`);
  await client.say(`RCPT TO:<${bob.address}>\r\n`);
  return client.say('DATA\r\n');
};

describe('hostile SMTP', () => {
  test.each([
    ['LF.LF', '\n.\n'],
    ['LF.CRLF', '\n.\r\n'],
    ['CRLF.LF', '\r\n.\n'],
    ['CR.CR', '\r.\r'],
    ['CRLF.CR', '\r\n.\r'],
    ['CR.CRLF', '\r.\r\n'],
  ])('%s ends no message and smuggles none', async (_name, trick) => {
    const { port, inbox } = await start();
    const client = await dial(port);
    await envelope(client);
    const smuggled = `MAIL FROM:<eve@evil.example>\r\nRCPT TO:<${bob.address}>\r\nDATA\r\nsmuggled`;
    expect(await client.say(`Subject: x\r\n\r\nbody${trick}${smuggled}\r\n.\r\n`)).toMatch(/^554 /);
    client.socket.destroy();
    expect(inbox.refused).toHaveLength(1);
    expect(inbox.messages).toEqual([]);
    expect(Buffer.from(inbox.refused[0]?.raw ?? []).toString('latin1')).not.toMatch(/[^\r]\n|\r(?!\n)/);
  });

  test('what was said in the clear behind STARTTLS is forgotten (command injection)', async () => {
    const { port, inbox } = await start();
    const client = await dial(port);
    await client.say('EHLO a.example\r\n');
    const injected = `MAIL FROM:<eve@evil.example>\r\nRCPT TO:<${bob.address}>\r\n`;
    expect(await client.say(`STARTTLS\r\n${injected}`)).toMatch(/^220 [^\r]*\r\n$/);
    const secure = connectTls({ socket: client.socket, rejectUnauthorized: false });
    let heard = '';
    secure.on('data', (piece: Buffer) => (heard += piece.toString('latin1')));
    secure.write('DATA\r\n');
    await until(() => heard !== '');
    expect(heard).toMatch(/^503 /);
    secure.destroy();
    expect([inbox.messages, inbox.refused]).toEqual([[], []]);
  });

  test('DATA cut in the middle keeps nothing, and others are served', async () => {
    const { port, inbox } = await start();
    const raw = crlfOf(await made(alice));
    for (const end of ['destroy', 'resetAndDestroy', 'end'] as const) {
      const client = await dial(port);
      await envelope(client);
      client.socket.write(raw.subarray(0, raw.length / 2));
      client.socket[end]();
      await until(() => client.socket.destroyed);
    }
    expect(await swaks(raw)).toMatch(/^250 /);
    expect([inbox.messages.length, inbox.refused.length]).toEqual([1, 0]);
  });

  test('a message larger than allowed is refused, announced or not, and nothing kept', async () => {
    const { port, inbox } = await start({ messageBytes: 10_000 });
    const client = await dial(port);
    await client.say('EHLO a.example\r\n');
    expect(await client.say(`MAIL FROM:<${alice.address}> SIZE=20000\r\n`)).toMatch(/^552 /);
    expect(await envelope(client)).toMatch(/^354/);
    expect(await client.say(`${'x'.repeat(70)}\r\n`.repeat(400) + '.\r\n')).toMatch(/^552 /);
    client.socket.destroy();
    expect(inbox.refused).toEqual([]);
  });

  test('more bytes under way than allowed are put off', async () => {
    const { port } = await start({ arrivingBytes: 5_000 });
    const client = await dial(port);
    await envelope(client);
    expect(await client.say(`${'x'.repeat(70)}\r\n`.repeat(200) + '.\r\n')).toMatch(/^452 /);
    client.socket.destroy();
  });

  test('a command line of 1 MB is cut off', async () => {
    const { port } = await start();
    const client = await dial(port);
    client.socket.write('EHLO '.padEnd(1 << 20, 'x'));
    await until(() => /^[45]\d\d /m.test(client.heard()) || client.socket.destroyed);
    client.socket.destroy();
    expect((await dialAndQuit(port)).startsWith('221')).toBe(true);
  });

  test.each([
    ['a NUL in MAIL FROM', 'MAIL FROM:<alice\u0000@a.example>\r\n'],
    ['a quoted local part', 'MAIL FROM:<"alice@a.example x"@evil.example>\r\n'],
  ])('%s is refused', async (_name, line) => {
    const { port } = await start();
    const client = await dial(port);
    await client.say('EHLO a.example\r\n');
    expect(await client.say(line)).toMatch(/^5\d\d /);
    client.socket.destroy();
  });

  test('recipients beyond the limit are put off', async () => {
    const { port } = await start({ maxRecipients: 1 });
    const client = await dial(port);
    await client.say('EHLO a.example\r\n');
    await client.say(`MAIL FROM:<${alice.address}>\r\n`);
    expect(await client.say(`RCPT TO:<${bob.address}>\r\n`)).toMatch(/^250 /);
    expect(await client.say(`RCPT TO:<${bob.address}>\r\n`)).toMatch(/^452 /);
    client.socket.destroy();
  });

  test('more clients than allowed are told so, and the first ones are served', async () => {
    const { port } = await start({ maxClients: 3 });
    const first = await Promise.all([dial(port), dial(port), dial(port)]);
    const fourth = await dial(port);
    expect(fourth.heard()).toMatch(/^421 /);
    expect(await first[0].say('NOOP\r\n')).toMatch(/^250 /);
    for (const { socket } of [...first, fourth]) socket.destroy();
  });
});
