import { connect, type Socket } from 'node:net';
import { randomUUID } from 'node:crypto';
import { issue } from '../../channels/direct/authority.ts';
import { composeReport } from '../../channels/direct/mdn.ts';
import { until } from '../harness.ts';
import type { Act, Case } from './cases.ts';
import { entryOf } from './cases.ts';
import { cutPdf, entityBomb, externalEntity } from './files.ts';
import { mailTurns, ours, type HostileTown } from './town.ts';

const lines = (...text: readonly string[]): Buffer => Buffer.from(text.join('\r\n'), 'latin1');

/** A letter with one enclosed file, as its sender writes it. `name` goes into the header as it is. */
const letter = (from: string, file: { name: string; type: string; bytes: Uint8Array }): Buffer =>
  lines(
    `From: <${from}>`,
    `To: <${ours}>`,
    'Subject: referral',
    `Message-ID: <${randomUUID()}@far.example>`,
    'Date: Fri, 20 Nov 2026 12:00:00 +0000',
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary="b"',
    '',
    '--b',
    `Content-Type: ${file.type}`,
    `Content-Disposition: attachment; ${file.name}`,
    'Content-Transfer-Encoding: base64',
    '',
    Buffer.from(file.bytes).toString('base64'),
    '--b--',
    '',
  );

const silent = (town: HostileTown): string => town.partner.address('silent');

/** Send one sealed or plain mail; the last reply. */
async function send(town: HostileTown, raw: Buffer, from = silent(town)): Promise<string> {
  return (await town.smtp(...mailTurns(raw, from))).at(-1) ?? 'closed';
}

async function enclose(town: HostileTown, file: { name: string; type: string; bytes: Uint8Array }): Promise<Act> {
  const answer = await send(town, await town.sealed(letter(silent(town), file)));
  return { answer, original: file.bytes };
}

const enclosed = (name: string, type: string, bytes: () => Uint8Array, entry: RegExp): Case => ({
  name,
  act: (town) => enclose(town, { name: 'filename="a.xml"', type, bytes: bytes() }),
  answer: /^250 /,
  entry,
});

const named = (name: string, parameter: string, shown: string): Case => ({
  name,
  async act(town) {
    const seen = async () => (await town.api<{ rows: { id: string }[] }>('/intake?limit=200')).rows.map(({ id }) => id);
    const before = await seen();
    const act = await enclose(town, { name: parameter, type: 'text/plain', bytes: Buffer.from(name) });
    const id = await until('it waits', async () => (await seen()).find((each) => !before.includes(each)));
    return { ...act, answer: `${act.answer} shown as ${(await entryOf(town, id)).documents[0]?.name}` };
  },
  answer: new RegExp(`^250 .* shown as ${shown}$`),
  entry: /^/,
});

const documents: readonly Case[] = [
  enclosed(
    '52: by Direct, a C-CDA with an external entity',
    'text/xml',
    () => externalEntity('http://169.254.169.254/'),
    /DOCTYPE/,
  ),
  enclosed('53: by Direct, a C-CDA with an entity bomb', 'text/xml', entityBomb, /DOCTYPE/),
  enclosed('37: by Direct, a PDF cut in the middle', 'application/pdf', cutPdf, /cut off/),
  named('15: by Direct, a file name that climbs out', 'filename="../../etc/passwd"', 'passwd'),
  named('15: by Direct, a file name that reads backwards', "filename*=UTF-8''a%E2%80%AEfdp.exe", 'afdp\\.exe'),
  named('70: by Direct, CR LF in a file name', "filename*=UTF-8''a.pdf%0D%0ABcc%3A%20x", 'a\\.pdf *Bcc: x'),
];

const garbage = (bytes: Buffer): Buffer =>
  lines(
    'From: <silent@far.example>',
    `To: <${ours}>`,
    'MIME-Version: 1.0',
    'Content-Type: application/pkcs7-mime; smime-type=enveloped-data; name="smime.p7m"',
    'Content-Transfer-Encoding: base64',
    '',
    bytes.toString('base64'),
    '',
  );

const plain = (...body: readonly string[]): Buffer =>
  lines('From: <silent@far.example>', `To: <${ours}>`, 'Subject: hello', '', ...body, '');

/** What is kept of a mail: its line ends made CRLF, as S/MIME counts them. */
const asKept = (raw: Buffer): Buffer =>
  Buffer.from(`${raw.toString('latin1')}\r\n`.replace(/\r\n|\r|\n/g, '\r\n'), 'latin1');

const keptAside = (name: string, raw: () => Buffer, answer: RegExp, quarantine: RegExp): Case => ({
  name,
  async act(town) {
    const mail = raw();
    return { answer: await send(town, mail), original: asKept(mail) };
  },
  answer,
  quarantine,
});

const untrusted: readonly Case[] = [
  keptAside('a plain, unencrypted mail', () => plain('Dear colleague'), /^554 /, /not-encrypted/),
  keptAside('an envelope of garbage', () => garbage(Buffer.alloc(4000, 'garbage')), /^250 /, /malformed|decrypt/),
  keptAside(
    '32: an envelope that is never closed',
    () => garbage(Buffer.from('30800609', 'hex')),
    /^250 /,
    /malformed|decrypt/,
  ),
  keptAside(
    '27: an envelope nested 100,000 deep',
    () => garbage(Buffer.alloc(200_000, Buffer.from([0x30, 0x80]))),
    /^250 /,
    /malformed|decrypt/,
  ),
  ...['\n.\n', '\n.\r\n', '\r\n.\n', '\r.\r', '\r\n.\r', '\r.\r\n'].map((end) =>
    keptAside(
      `1: ${JSON.stringify(end)} and a smuggled mail behind it`,
      () => plain(`One ${JSON.stringify(end)}${end}MAIL FROM:<x@evil.example>\r\nRCPT TO:<${ours}>\r\nDATA\r\nTwo`),
      /^554 /,
      /not-encrypted/,
    ),
  ),
];

const dialogue = (name: string, turns: readonly string[], answer: RegExp): Case => ({
  name,
  act: async (town) => ({ answer: (await town.smtp(...turns)).slice(1).join(' | ') }),
  answer,
});

const hello = 'EHLO stranger.example\r\n';
const mail = 'MAIL FROM:<silent@far.example>\r\n';

const dialogues: readonly Case[] = [
  dialogue('a recipient who is not here', [hello, mail, 'RCPT TO:<stranger@riverside.example>\r\n'], / \| 550 [^|]*$/),
  dialogue('a relay to somewhere else', [hello, mail, 'RCPT TO:<x@evil.example>\r\n'], / \| 550 [^|]*$/),
  dialogue(
    '18: a quoted local part',
    [hello, mail, 'RCPT TO:<"referrals@riverside.example x"@evil.example>\r\n'],
    / \| 5\d\d [^|]*$/,
  ),
  dialogue('5: NUL in MAIL FROM', [hello, 'MAIL FROM:<a\0b@far.example>\r\n'], / \| 5\d\d [^|]*$/),
  dialogue('4: a command line of 1 MB', [hello, `MAIL FROM:<${'a'.repeat(1_000_000)}`], / \| (421|500) /),
  {
    name: '3: a mail larger than allowed that does not say so',
    act: async (town) => ({ answer: await send(town, plain('x'.repeat(70).concat('\r\n').repeat(40_000))) }),
    answer: /^552 /,
  },
  ...(['resetAndDestroy', 'end'] as const).map((how): Case => ({
    name: `2: DATA cut in the middle by ${how === 'end' ? 'FIN' : 'RST'}`,
    async act(town) {
      const socket = await speaking(town, [hello, mail, `RCPT TO:<${ours}>\r\n`, 'DATA\r\n']);
      socket.write(plain('Half of a mail').subarray(0, -4));
      socket[how]();
      await until('it is cut', () => socket.closed || socket.readableEnded);
      socket.destroy();
      return { answer: (await town.smtp(hello)).at(-1) ?? 'closed' };
    },
    answer: /^250 /,
  })),
];

/** A connection that has come so far and stays. */
async function speaking(town: HostileTown, turns: readonly string[]): Promise<Socket> {
  const socket = connect({ port: town.directPort, host: '127.0.0.1', allowHalfOpen: true });
  socket.on('error', () => undefined);
  let replies = 0;
  socket.on('data', (piece: Buffer) => (replies += piece.toString('latin1').match(/^\d{3} .*$/gm)?.length ?? 0));
  for (const [index, turn] of turns.entries()) {
    await until('a reply', () => replies > index);
    socket.write(turn);
  }
  await until('a reply', () => replies > turns.length);
  return socket;
}

const crowd: Case = {
  name: '8: idle connections by the hundred',
  async act(town) {
    const idle: Socket[] = [];
    let turnedAway = 0;
    const join = (count: number): void => {
      for (let i = 0; i < count; i++) {
        const socket = connect(town.directPort, '127.0.0.1');
        socket.on('error', () => undefined);
        socket.on('data', (piece: Buffer) => (turnedAway += piece.toString().startsWith('421') ? 1 : 0));
        idle.push(socket);
      }
    };
    join(100);
    const message = await town.submit('direct', town.partner.address('ok'), 'Through the crowd');
    await until('mail flows', async () => (await town.story(message)).deliveries[0]?.state === 'delivered');
    join(100);
    await until('the surplus is turned away', () => turnedAway >= 50);
    for (const socket of idle) socket.destroy();
    await until('there is room again', async () => (await town.smtp(hello)).at(-1)?.startsWith('250'));
    return { answer: 'mail flowed, surplus turned away, room again' };
  },
  answer: /room again$/,
};

/** A notification about somebody else's message, by one whom we trust with his own. */
async function forged(town: HostileTown, recipient: string): Promise<Act> {
  const message = await town.submit('direct', silent(town), `Not yours to confirm: ${recipient}`);
  const attempt = await until('it is sent', async () => {
    const [delivery] = (await town.story(message)).deliveries;
    return delivery?.state === 'sent' && delivery.attempts[0]?.id;
  });
  const from = 'doctor@rival.example';
  const { identity } = issue(town.authority, { address: from });
  const about = `${attempt}@riverside.example`;
  const answers: string[] = [];
  for (const notice of ['processed', 'delivered', 'failed'] as const) {
    const report = composeReport({
      notice,
      from,
      to: ours,
      about,
      messageId: `${randomUUID()}@rival.example`,
      at: Date.now(),
    });
    const text = report.toString('latin1').replace(`rfc822; ${from}`, `rfc822; ${recipient}`);
    answers.push(
      (await send(town, await town.sealed(Buffer.from(text, 'latin1'), { from, identity }), from)).slice(0, 3),
    );
  }
  const { deliveries, events } = await town.story(message);
  const refused = events.filter(({ what }) => what === 'receipt.refused').length;
  return {
    answer: `${[...new Set(answers)].join()} ${deliveries[0]?.state} receipts: ${deliveries[0]?.receipts.length} refused: ${refused}`,
  };
}

const notifications: readonly Case[] = [
  {
    name: '22: a notification about our message, signed by another partner',
    act: (town) => forged(town, 'doctor@rival.example'),
    answer: /^250 sent receipts: 0 refused: 3$/,
  },
  {
    name: '22: the same, in the name of the true recipient',
    act: (town) => forged(town, silent(town)),
    answer: /^250 sent receipts: 0 refused: 3$/,
  },
  {
    name: '22: a notification about a message that is not ours',
    async act(town) {
      const from = silent(town);
      const about = 'someone-elses@riverside.example';
      const message = composeReport({
        notice: 'delivered',
        from,
        to: ours,
        about,
        messageId: `${randomUUID()}@far.example`,
        at: Date.now(),
      });
      return { answer: await send(town, await town.sealed(message)) };
    },
    answer: /^250 /,
    quarantine: /about no message of ours/,
  },
];

export const smtpCases: readonly Case[] = [...documents, ...untrusted, ...dialogues, crowd, ...notifications];
