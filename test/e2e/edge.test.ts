import { spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { zipSync } from 'fflate';
import { SMTPServer } from 'smtp-server';
import { ownTls } from '../../channels/direct/doorstep.ts';
import { freePort } from '../../demo/free-port.ts';
import { dial } from '../channels/direct/dial.ts';
import { until } from '../harness.ts';
import { neighbourhood, type Neighbourhood } from './neighbourhood.ts';

const own = 'referrals@riverside.example';
const stranger = 'untrusted@untrusted.com';
const password = 'correct horse battery';

let town: Neighbourhood;
let port: number;
let clinic: SMTPServer;
let clinicIsFull = false;
/** What the practice's own mail server was given: envelope and message. */
const notices: { readonly from: string; readonly to: string; readonly text: string }[] = [];

beforeAll(async () => {
  clinic = new SMTPServer({
    ...ownTls(Date.now()),
    authOptional: true,
    onData(stream, { envelope }, done) {
      const pieces: Buffer[] = [];
      stream.on('data', (piece: Buffer) => pieces.push(piece));
      stream.on('end', () => {
        const from = envelope.mailFrom === false ? '' : envelope.mailFrom.address;
        if (clinicIsFull) {
          done(Object.assign(new Error('5.2.2 Mailbox is full'), { responseCode: 552 }));
          return;
        }
        notices.push({ from, to: envelope.rcptTo[0]?.address ?? '', text: Buffer.concat(pieces).toString() });
        done();
      });
    },
  });
  const mailPort = await freePort();
  await new Promise<void>((resolve) => clinic.listen(mailPort, '127.0.0.1', resolve));
  port = await freePort();
  const edge = {
    listen: { port },
    users: { ehr: { password, practice: 'main' } },
    perMinute: 120,
    notices: { host: '127.0.0.1', port: mailPort },
    forward: { main: { host: '127.0.0.1', port: mailPort, tls: 'encrypted', to: 'front-desk@clinic.example' } },
  };
  town = await neighbourhood({}, { channels: { edge } });
  await town.start();
});
afterAll(async () => {
  await town.close();
  await new Promise<void>((resolve) => clinic.close(() => resolve()));
});

interface Swaks {
  readonly to: readonly string[];
  readonly from?: string;
  readonly more?: readonly string[];
}

/** Hand a message in with swaks, as a stranger's system would. */
async function handIn(message: string, { to, from = own, more = signIn() }: Swaks): Promise<string> {
  const file = join(town.folder, 'hand-in.eml');
  writeFileSync(file, message);
  const words = ['--server', `127.0.0.1:${port}`, '--from', from, '--to', to.join(','), ...more, '--data', `@${file}`];
  const child = spawn('swaks', words, { stdio: ['ignore', 'pipe', 'pipe'] });
  let talk = '';
  const hear = (piece: Buffer): void => void (talk += piece.toString());
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  await new Promise((gone) => child.once('close', gone));
  return talk;
}

const signIn = (word = password): string[] => [
  '--tls',
  ...['--auth', 'PLAIN', '--auth-user', 'ehr', '--auth-password', word],
];

const letter = (text: string, head: readonly string[] = []): string =>
  [`From: Dr Quist <${own}>`, 'To: hidden', 'Subject: A synthetic referral', ...head, '', text, ''].join('\r\n');

const vector = (name: string): string =>
  readFileSync(join(import.meta.dirname, '../fixtures/direct/ri', name), 'latin1')
    .replaceAll('llindsey@messaging.cernerdemos.com', own)
    .replaceAll('highlandclinic@securehealthemail.com', town.partner.address('ok'));

const arrived = (text: string): number =>
  town.partner.arrivals.filter(({ documents }) =>
    documents.some(({ bytes }) => Buffer.from(bytes).toString().includes(text)),
  ).length;

interface Row {
  readonly id: string;
  readonly message: string;
  readonly state: string;
  readonly direction: string;
}

const rowsFor = async (address: string): Promise<readonly Row[]> =>
  (await town.api<{ rows: Row[] }>(`/deliveries?q=${encodeURIComponent(address)}`)).rows;

const failuresFor = (recipient: string) => notices.filter(({ text }) => text.includes(`rfc822; ${recipient}`));

describe('a practice’s own system', () => {
  test('hands in a message that is delivered like any other, and hears nothing more', async () => {
    const talk = await handIn(letter('Please see this synthetic patient.', ['Message-ID: <one@ehr>']), {
      to: [town.partner.address('ok')],
    });
    expect(talk).toContain('250');
    await until('it arrived', () => town.partner.arrivals.at(-1)?.subject === 'A synthetic referral', 20_000);
    const [row] = await until('it is proven', async () => {
      const rows = await rowsFor(town.partner.address('ok'));
      return rows.every(({ state }) => state === 'delivered') ? rows : null;
    });
    expect(row).toMatchObject({ state: 'delivered', direction: 'outgoing' });
    expect(notices).toEqual([]);
  });

  test('that hands in the same message twice has it sent once', async () => {
    const twice = letter('Sent twice by a nervous system.', ['Message-ID: <two@ehr>']);
    const to = [town.partner.address('ok')];
    expect(await handIn(twice, { to })).toContain('250 OK');
    expect(await handIn(twice, { to })).toContain('250 OK');
    await until('it arrived', () => arrived('nervous system') === 1, 20_000);
    const again = await town.api<{ events: { what: string }[] }>(
      `/messages/${(await rowsFor(to[0] ?? '')).at(0)?.message ?? ''}`,
    );
    expect(again.events.map(({ what }) => what)).toContain('message.repeated');
    expect(arrived('nervous system')).toBe(1);
  });

  test('of several recipients, the trusted get it and each other is reported (MessageWithAUntrustedRecipient)', async () => {
    const before = town.partner.arrivals.length;
    const to = [town.partner.address('ok'), stranger, 'nobody@else.example'];
    expect(await handIn(vector('MessageWithAUntrustedRecipient.txt'), { to })).toContain('250');
    const failed = await until('both failures are told', () => {
      const told = [...failuresFor(stranger), ...failuresFor('nobody@else.example')];
      return told.length === 2 ? told : null;
    });
    for (const { from, to: told, text } of failed) {
      expect([from, told]).toEqual(['', own]);
      expect(text).toMatch(/Action: failed\r\nStatus: 5\.7\.31/);
      expect(text).toContain('9501051053.aa04167@IETF.CNR I.Reston.VA.US');
      expect(text).not.toContain('draft-ietf-mailext-pipeline');
    }
    await until('the trusted one has it', () => town.partner.arrivals.length === before + 1);
    expect(town.partner.arrivals.at(-1)?.subject).toBe('I-D ACTION:draft-ietf-mailext-pipeline-01.txt');
  });

  test('with no trusted recipient has nothing sent, and hears so (MessageWithAllUntrustedRecipients)', async () => {
    const [arrivals, before] = [town.partner.arrivals.length, failuresFor(stranger).length];
    expect(
      await handIn(vector('MessageWithAllUntrustedRecipients.txt').replace('9501051053', '9501051054'), {
        to: [stranger],
      }),
    ).toContain('250');
    await until('the failure is told', () => failuresFor(stranger).length === before + 1);
    expect(town.partner.arrivals).toHaveLength(arrivals);
  });
});

describe('what arrives for a practice with a mailbox of its own', () => {
  const file = (text: string) => ({ name: 'letter.txt', mediaType: 'text/plain', bytes: Buffer.from(text) });
  const kinds = (): string[] => town.partner.notices.map(({ receipt }) => receipt.kind);
  const waiting = async (): Promise<number> => (await town.api<{ rows: unknown[] }>('/intake')).rows.length;

  test('is handed over to it, and only then said to be delivered', async () => {
    expect(await town.partner.refer(own, file('Handed over to the clinic.'))).toMatchObject({ kind: 'accepted' });
    const mail = await until('the clinic has it', () =>
      notices.find(({ to, text }) => to === 'front-desk@clinic.example' && text.includes('letter.txt')),
    );
    expect(mail.from).toBe('');
    expect(mail.text).toMatch(/^From: ok@far\.example\r\nTo: front-desk@clinic\.example/m);
    expect(mail.text).toContain(Buffer.from('Handed over to the clinic.').toString('base64'));
    await until('its sender heard both', () => kinds().length === 2);
    expect(kinds()).toEqual(['processed', 'delivered']);
    expect(await waiting()).toBe(0);
  });

  test('lies in the intake queue when the mailbox takes nothing', async () => {
    clinicIsFull = true;
    try {
      expect(await town.partner.refer(own, file('For the queue.'))).toMatchObject({ kind: 'accepted' });
      await until('it lies in the queue', async () => (await waiting()) === 1);
      await until('its sender heard both', () => kinds().length === 4);
      expect(kinds().slice(2)).toEqual(['processed', 'delivered']);
    } finally {
      clinicIsFull = false;
    }
  });
});

/** An XDM package of one text for each of the patients. */
function xdmOf(patients: readonly string[]): string {
  const objects = patients.map(
    (patient, index) =>
      `<ExtrinsicObject id="d${index}" mimeType="text/plain"><Slot name="URI"><ValueList><Value>${index}.TXT</Value></ValueList></Slot><Slot name="sourcePatientId"><ValueList><Value>${patient}</Value></ValueList></Slot></ExtrinsicObject>`,
  );
  const texts = patients.map((patient, index) => [`IHE_XDM/SUBSET01/${index}.TXT`, Buffer.from(`About ${patient}.`)]);
  const archive = zipSync({
    'IHE_XDM/SUBSET01/METADATA.XML': Buffer.from(`<SubmitObjectsRequest>${objects.join('')}</SubmitObjectsRequest>`),
    ...(Object.fromEntries(texts) as Record<string, Buffer>),
  });
  const body = Buffer.from(archive).toString('base64').replace(/.{76}/g, '$&\r\n');
  return letter(body, [
    'MIME-Version: 1.0',
    'Content-Type: application/octet-stream; name="XDM.ZIP"',
    'Content-Disposition: attachment; filename="XDM.ZIP"',
    'Content-Transfer-Encoding: base64',
  ]);
}

describe('an XDM package that is handed in', () => {
  test('goes on as the documents in it', async () => {
    expect(await handIn(xdmOf(['patient-one-4711']), { to: [town.partner.address('ok')] })).toContain('250 OK');
    await until('it arrived', () => arrived('About patient-one-4711') === 1, 20_000);
  });

  test('of several patients is refused: one message for each', async () => {
    const talk = await handIn(xdmOf(['patient-one', 'patient-two']), { to: [town.partner.address('ok')] });
    expect(talk).toMatch(/554 5\.6\.0 the package is about 2 patients: send one message for each\. Nothing was sent/);
  });
});

describe('nothing is handed in', () => {
  const to = (): string[] => [town.partner.address('ok')];
  const cases: [string, () => Promise<string>, RegExp][] = [
    ['without TLS', () => handIn(letter('x'), { to: to(), more: signIn().slice(1) }), /538 .*STARTTLS/],
    ['without a sign-in', () => handIn(letter('x'), { to: to(), more: ['--tls'] }), /530/],
    [
      'with a wrong password',
      () => handIn(letter('x'), { to: to(), more: signIn('wrong horse battery') }),
      /535 5\.7\.8/,
    ],
    [
      'from another practice’s address',
      () => handIn(letter('x'), { to: to(), from: 'referrals@hillside.example' }),
      /553 5\.7\.1/,
    ],
    [
      'under another name than the envelope’s practice',
      () => handIn(letter('x').replace(own, 'someone@hillside.example'), { to: to() }),
      /554 5\.7\.1/,
    ],
    ['for what is no address', () => handIn(letter('x'), { to: ['"a b"@far.example'] }), /553 5\.1\.3|501/],
    [
      'that is cut off',
      () =>
        handIn(
          letter('II*\0\b\0\0\0', [
            'MIME-Version: 1.0',
            'Content-Type: image/tiff; name="a.tif"',
            'Content-Disposition: attachment; filename="a.tif"',
          ]),
          { to: to() },
        ),
      /554 5\.6\.1 file 1: .*Nothing was sent/,
    ],
  ];
  test.each(cases)('%s', async (_name, go, answer) => {
    const before = (await rowsFor(to()[0] ?? '')).length;
    expect(await go()).toMatch(answer);
    expect(await rowsFor(to()[0] ?? '')).toHaveLength(before);
  });
});

test('a system gone mad is told to come again', async () => {
  const client = await dial(port);
  await client.say('EHLO ehr\r\n');
  await client.say('STARTTLS\r\n');
  const secure = connectTls({ socket: client.socket, rejectUnauthorized: false });
  let heard = '';
  secure.on('data', (piece: Buffer) => (heard += piece.toString()));
  const say = async (line: string): Promise<string> => {
    heard = '';
    secure.write(`${line}\r\n`);
    await until('it answers', () => /^\d{3} .*\r\n$/m.test(heard), 10_000);
    return heard;
  };
  await say('EHLO ehr');
  expect(await say(`AUTH PLAIN ${Buffer.from(`\0ehr\0${password}`).toString('base64')}`)).toMatch(/^235/);
  const mail = async (): Promise<string> => {
    const answer = await say(`MAIL FROM:<${own}>`);
    await say('RSET');
    return answer;
  };
  let answer = '250';
  for (let tries = 0; tries < 200 && answer.startsWith('250'); tries++) answer = await mail();
  expect(answer).toMatch(/^451 4\.7\.1 More than 120 messages in a minute: come again in 1 s/);
  secure.destroy();
});
