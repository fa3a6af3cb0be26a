import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import tls from 'node:tls';
import { issue } from '../../channels/direct/authority.ts';
import { composeReport } from '../../channels/direct/mdn.ts';
import { until } from '../harness.ts';
import type { Act, Case } from './cases.ts';
import { letterCases } from './letter-cases.ts';
import { lines, send, silent } from './mail.ts';
import { ours, type HostileTown } from './town.ts';

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

const blanks = lines(
  'From: <silent@far.example>',
  `To: <${ours}>`,
  'Content-Type: application/pkcs7-mime; smime-type=enveloped-data',
  'Content-Transfer-Encoding: quoted-printable',
  '',
  `${' \t'.repeat(500_000)}x`,
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
  keptAside('a megabyte of blanks in quoted-printable', () => blanks, /^250 /, /malformed|decrypt/),
  keptAside(
    '13: a header of 2 MiB',
    () => Buffer.concat([lines(`X-Long: ${'x '.repeat(1 << 20)}`, ''), plain('Hello')]),
    /^(250|554) /,
    /header is too large/,
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

/** What is said behind STARTTLS in the same breath stands in the clear: nobody knows who said it. */
const injected: Case = {
  name: '6: commands smuggled in before the encryption',
  async act(town) {
    const open = await speaking(town, [hello]);
    open.removeAllListeners('data');
    open.write(`STARTTLS\r\n${mail}RCPT TO:<${ours}>\r\n`);
    const [ready] = (await once(open, 'data')) as [Buffer];
    const line = tls.connect({ socket: open, rejectUnauthorized: false });
    line.on('error', () => undefined);
    let said = '';
    line.on('data', (piece: Buffer) => (said += piece.toString('latin1')));
    line.write('DATA\r\n');
    await until('a reply', () => line.closed || said.includes('\r\n'));
    line.destroy();
    return { answer: `${ready.toString('latin1').trim()} | ${said.trim()}` };
  },
  // One reply before and one after: none of what was smuggled was heard.
  answer: /^220 [^\r\n|]* \| (503 [^\r\n]*)?$/,
};

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

/** A message of ours whose recipient has not answered yet. */
async function waiting(town: HostileTown, text: string): Promise<{ message: string; attempt: string }> {
  const message = await town.submit('direct', silent(town), text);
  const attempt = await until('it is sent', async () => {
    const [delivery] = (await town.story(message)).deliveries;
    return delivery?.state === 'sent' && delivery.attempts[0]?.id;
  });
  return { message, attempt };
}

/** A notification about somebody else's message, by one whom we trust with his own. */
async function forged(town: HostileTown, recipient: string): Promise<Act> {
  const { message, attempt } = await waiting(town, `Not yours to confirm: ${recipient}`);
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
    const text = Buffer.concat(report).toString('latin1').replace(`rfc822; ${from}`, `rfc822; ${recipient}`);
    answers.push(
      (await send(town, await town.sealed(Buffer.from(text, 'latin1'), { from, identity }), from)).slice(0, 3),
    );
  }
  const look = async (): Promise<string> => {
    const { events } = await town.story(message);
    const refused = events.filter(({ what }) => what === 'receipt.refused').length;
    return `${await standing(town, message)} refused: ${refused}`;
  };
  return { answer: [...new Set(answers)].join(), look };
}

async function standing(town: HostileTown, message: string): Promise<string> {
  const [delivery] = (await town.story(message)).deliveries;
  return `${delivery?.state} receipts: ${delivery?.receipts.length}`;
}

const notifications: readonly Case[] = [
  {
    name: '22: a notification about our message, signed by another partner',
    act: (town) => forged(town, 'doctor@rival.example'),
    answer: /^250$/,
    found: /^sent receipts: 0 refused: 3$/,
  },
  {
    name: '22: the same, in the name of the true recipient',
    act: (town) => forged(town, silent(town)),
    answer: /^250$/,
    found: /^sent receipts: 0 refused: 3$/,
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
      return { answer: await send(town, await town.sealed(Buffer.concat(message))) };
    },
    answer: /^250 /,
    quarantine: /about no message of ours/,
  },
  {
    name: '23: a mail server reports a delay',
    async act(town) {
      const { message, attempt } = await waiting(town, 'Late, but not lost');
      const notice = lines(
        `From: <${silent(town)}>`,
        `To: <${ours}>`,
        `Message-ID: <${randomUUID()}@far.example>`,
        'MIME-Version: 1.0',
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"',
        '',
        '--b',
        'Content-Type: message/delivery-status',
        '',
        'Reporting-MTA: dns; far.example',
        `X-Original-Message-ID: <${attempt}@riverside.example>`,
        '',
        `Final-Recipient: rfc822; ${silent(town)}`,
        'Action: delayed',
        'Status: 4.4.1',
        '',
        '--b--',
        '',
      );
      return { answer: await send(town, await town.sealed(notice)), look: () => standing(town, message) };
    },
    answer: /^250 /,
    found: /^sent receipts: 0$/,
    quarantine: /settles nothing/,
  },
];

export const smtpCases: readonly Case[] = [
  ...letterCases,
  ...untrusted,
  ...dialogues,
  injected,
  crowd,
  ...notifications,
];
