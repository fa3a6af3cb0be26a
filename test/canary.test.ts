import { readdirSync, readFileSync, watch, writeFileSync, type FSWatcher } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { PDFDocument, StandardFonts } from 'pdf-lib';
import sharp from 'sharp';
import { readIdentities } from '../channels/direct/files.ts';
import { seal } from '../channels/direct/seal.ts';
import { readCertificates } from '../channels/direct/trust/certificate.ts';
import { openHouse } from './channels/efax/setup.ts';
import { readCodes } from '../src/documents/qr.ts';
import { run, whole } from './channels/direct/support.ts';
import { neighbourhood, type Neighbourhood, type Submitted } from './e2e/neighbourhood.ts';
import { until } from './harness.ts';

/** One patient goes in by every door and out by every channel; afterwards nothing that lies open knows her. */

const family = 'Zzyzxquill';
const given = 'Marigoldine';
const patient = {
  name: { family, given: [given] },
  birthDate: '1937-02-13',
  phone: '+16465550173',
  identifiers: [{ system: 'urn:oid:1.2.3', value: 'MRN-7731904-QX' }],
  coverage: { payer: 'Moonlit Mutual', memberId: 'MBR-55120-ZQ' },
};
const reason = 'palpitations under moonlight';
const page = `Patient: ${given} ${family}  DOB: 02/13/1937  MRN-7731904-QX  (646) 555-0173  ${reason}`;
const canary =
  /zzyzxquill|marigoldine|1937-02-13|19370213|02\/13\/1937|6465550173|555-0173|mrn-7731904|moonlit mutual|mbr-55120|under moonlight/i;

let town: Neighbourhood;
const tempNames: string[] = [];
let watcher: FSWatcher;
beforeAll(async () => {
  town = await neighbourhood();
  watcher = watch(join(town.folder, 'tmp'), { recursive: true }, (_, name) => tempNames.push(String(name)));
  await town.start();
  await everythingHappens();
});
afterAll(async () => {
  watcher.close();
  await town.close();
});

/** In by API, Direct, fax and portal; out by Direct, fax and portal; and some of it wrong, as errors like to quote. */
async function everythingHappens(): Promise<void> {
  const messages = [
    await submit('direct', town.partner.address('ok')),
    await submit('efax', '+13122000077'),
    await submit('portal', 'clinic@mail.example'),
  ];
  const byFax = await submit('portal', 'fax:+13122000078');

  await refusedByApi();
  await mail(plainMail());
  await mail(await sealedMail());
  for (const file of [await faxedPdf(), await faxedTiff()]) {
    await town.company.receive({ to: '+12125550101', from: '+13122000101', file });
  }
  await visitPortal(messages[2] ?? '');
  await until('the page with the link lies there', () => town.company.printedAt('+13122000078'));
  await visit(await linkOn(town.company.printedAt('+13122000078')), byFax);
  messages.push(byFax);
  for (const message of messages) {
    await until('it is delivered', async () => (await storyOf(message)).deliveries[0]?.state === 'delivered', 30_000);
  }
  const entries = () => town.api<{ rows: { id: string }[] }>('/intake?state=waiting');
  await until('three arrivals wait', async () => (await entries()).rows.length === 3, 60_000);
  for (const { id } of (await entries()).rows) await decide(id);
  await town.ask(`/deliveries?q=${family}`);
}

interface Story {
  readonly deliveries: readonly { readonly state: string; readonly link: { readonly code: string } | null }[];
}
const storyOf = (message: string): Promise<Story> => town.api<Story>(`/messages/${message}`);

function form(endpoint: { channel: string; address: string }, more: object = {}): FormData {
  const data = new FormData();
  const service = { specialty: 'cardiology', reason };
  const recipient = { name: 'Far Side Clinic', endpoints: [endpoint] };
  data.set('referral', JSON.stringify({ patient, service, recipient, ...more }));
  data.append('document', new File([page], `${family}-letter.txt`, { type: 'text/plain' }));
  return data;
}

async function submit(channel: string, address: string): Promise<string> {
  const body = form({ channel, address });
  const headers = { 'idempotency-key': `${family}-${address}` };
  return (await town.api<Submitted>('/referrals', { method: 'POST', body, headers })).message;
}

async function refusedByApi(): Promise<void> {
  const wrong = form({ channel: 'direct', address: town.partner.address('ok') }, { [family]: reason });
  const html = form({ channel: 'direct', address: town.partner.address('ok') });
  html.append('document', new File([`<html>${page}`], `${family}.pdf`, { type: 'application/pdf' }));
  for (const body of [wrong, html]) {
    expect((await town.ask('/referrals', { method: 'POST', body })).status).toBe(400);
  }
}

const lines = (...text: readonly string[]): Buffer => Buffer.from(text.join('\r\n'), 'latin1');
const head = ['From: <silent@far.example>', 'To: <referrals@riverside.example>', `Subject: ${given} ${family}`];
const plainMail = (): Buffer => lines(...head, '', page, '');

async function sealedMail(): Promise<Buffer> {
  const [identity] = readIdentities(Buffer.from(town.partner.identity));
  const [certificate] = readCertificates(Buffer.from(town.certificate));
  if (!identity || !certificate) throw new Error('the neighbourhood has no keys');
  const message = lines(
    ...head,
    `Message-ID: <${family}@far.example>`,
    'MIME-Version: 1.0',
    'Content-Type: multipart/mixed; boundary="b"',
    '',
    '--b',
    'Content-Type: text/plain',
    `Content-Disposition: attachment; filename="${given} ${family}.txt"`,
    '',
    page,
    '--b--',
    '',
  );
  const [from, to] = ['silent@far.example', ['referrals@riverside.example']];
  return whole(
    await seal({
      message: [message],
      from,
      to,
      identity,
      recipients: [{ certificate, transport: 'oaep' }],
      at: Date.now(),
    }),
  );
}

/** Over plain SMTP, without a library; resolves when the server has said its last word. */
async function mail(raw: Buffer): Promise<void> {
  const socket = connect(town.directPort, '127.0.0.1');
  let text = '';
  socket.on('data', (piece: Buffer) => (text += piece.toString('latin1')));
  const turns = [
    'EHLO far.example\r\n',
    'MAIL FROM:<silent@far.example>\r\n',
    'RCPT TO:<referrals@riverside.example>\r\n',
    'DATA\r\n',
    Buffer.concat([raw, Buffer.from('\r\n.\r\n')]),
  ];
  for (const [said, turn] of turns.entries()) {
    await until('a reply', () => (text.match(/^\d{3} .*\r$/gm) ?? []).length > said);
    socket.write(turn);
  }
  await until('the last reply', () => (text.match(/^\d{3} .*\r$/gm) ?? []).length > turns.length);
  socket.destroy();
}

async function faxedPdf(): Promise<Uint8Array> {
  const pdf = await PDFDocument.create();
  const font = await pdf.embedFont(StandardFonts.Helvetica);
  pdf.addPage([612, 792]).drawText(page, { x: 30, y: 700, size: 10, font });
  return pdf.save();
}

/** The same as a scan, so that it has to be read by OCR. */
async function faxedTiff(): Promise<Uint8Array> {
  const file = join(town.folder, 'scan.pdf');
  writeFileSync(file, await faxedPdf());
  await run('pdftoppm', ['-r', '204', '-mono', '-tiff', '-singlefile', file, join(town.folder, 'scan')]);
  return readFileSync(join(town.folder, 'scan.tif'));
}

/** The link in the square on a page. */
async function linkOn(page: Uint8Array | null): Promise<string> {
  const { data, info } = await sharp(page ?? undefined)
    .toColourspace('b-w')
    .raw()
    .toBuffer({ resolveWithObject: true });
  return (await readCodes({ data, width: info.width, height: info.height }, false))[0] ?? '';
}

async function visitPortal(message: string): Promise<void> {
  await visit((await until('the mail with the link', () => town.mails[0])).link, message);
}

async function visit(link: string, message: string): Promise<void> {
  const code = await until('the code', async () => (await storyOf(message)).deliveries[0]?.link?.code);
  const body = (fields: Record<string, string>): RequestInit => ({
    method: 'POST',
    body: new URLSearchParams(fields),
    redirect: 'manual',
  });
  const opened = await fetch(link, body({ code }));
  expect(opened.status).toBe(303);
  const cookie = opened.headers.get('set-cookie')?.split(';')[0] ?? '';
  expect(await (await fetch(link, { headers: { cookie } })).text()).toContain(family);
  const decline = { kind: 'declined', reason: `${given} ${family} is seen elsewhere for ${reason}` };
  expect((await fetch(`${link}/answer`, { ...body(decline), headers: { cookie } })).status).toBe(200);
}

async function decide(id: string): Promise<void> {
  const corrections = { 'patient.name': `${given} ${family}`, 'service.reason': reason };
  const headers = { 'content-type': 'application/json' };
  await town.api(`/intake/${id}/accept`, { method: 'POST', headers, body: JSON.stringify({ corrections }) });
}

const filesUnder = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name));

describe('no patient stands', () => {
  test('in what the gateway prints', () => {
    expect(town.output()).toContain('attempt.closed');
    expect(town.output()).not.toMatch(canary);
  });

  test('in what it tells those who watch', async () => {
    const metrics = await (await fetch(`${town.watchUrl}/metrics`)).text();
    expect(metrics).toMatch(/^loopgate_messages_received_total\{channel="efax"\} [1-9]/m);
    expect(metrics).toMatch(/^loopgate_proof_seconds_count\{channel="portal",urgency="routine"\} 2$/m);
    expect(metrics + (await (await fetch(`${town.watchUrl}/readyz`)).text())).not.toMatch(canary);
  });

  test('in any file it keeps, nor in their names', () => {
    const files = [...filesUnder(join(town.folder, 'data')), ...filesUnder(join(town.folder, 'data-keys'))];
    expect(files.length).toBeGreaterThan(2);
    for (const file of files) {
      expect(file).not.toMatch(canary);
      const bytes = readFileSync(file);
      const found = (['latin1', 'utf16le'] as const).map((encoding) => canary.exec(bytes.toString(encoding))?.[0]);
      expect([file, ...found]).toEqual([file, undefined, undefined]);
    }
  });

  test('in temporary files, nor in the names of any that ever were', () => {
    const left = filesUnder(join(town.folder, 'tmp'));
    expect([...tempNames, ...left].join('\n')).not.toMatch(canary);
    for (const file of left) expect(readFileSync(file, 'latin1')).not.toMatch(canary);
  });

  test('in any address that it called or published', () => {
    // What was received is erased at the company once it is safe here.
    expect(town.company.faxes).toHaveLength(2);
    const told = town.company.faxes.map((fax) => JSON.stringify(fax) + atob(fax.client_state ?? ''));
    expect([...told, ...town.mails.map(({ link }) => link)].join('\n')).not.toMatch(canary);
  });

  test('outside the envelope of what went by Direct', () => {
    const [sent] = town.partner.arrivals;
    expect(sent?.documents[0]?.name).toContain(family);
    expect(Buffer.from(sent?.raw ?? []).toString('latin1')).toMatch(/^Content-Type: application\/pkcs7-mime/m);
    expect(Buffer.from(sent?.raw ?? []).toString('latin1')).not.toMatch(canary);
  });

  test('in the portal’s mail', () => {
    expect(town.mails).toHaveLength(1);
    const mail = town.mails[0]?.mail.replaceAll('=\r\n', '') ?? '';
    expect(mail).toMatch(/^Subject: Documents from Riverside/m);
    expect(mail).not.toMatch(canary);
    const blocks = mail.match(/^[A-Za-z0-9+/=\r\n]{40,}$/gm) ?? [];
    expect(blocks.map(atob).join('\n')).not.toMatch(canary);
  });

  test('in the facts of the record, nor in the reasons of what was turned away', async () => {
    const { rows } = await town.api<{ rows: { facts: object; subject: string }[] }>('/events?limit=200');
    expect(rows.length).toBeGreaterThan(20);
    expect(JSON.stringify(rows.map(({ facts, subject }) => [facts, subject]))).not.toMatch(canary);
    const quarantine = await town.api<{ rows: object[] }>('/quarantine');
    expect(quarantine.rows).toHaveLength(1);
    expect(JSON.stringify(quarantine)).not.toMatch(canary);
  });
});

test('no patient stands on a fax cover: its maker is not told of one', async () => {
  const house = await openHouse();
  const parcel = house.parcel();
  const [document] = parcel.message.documents;
  const message = {
    ...parcel.message,
    subject: `${given} ${family}`,
    documents: document ? [{ ...document, name: `${family}.pdf` }] : [],
  };
  await house.channel.send(house.parcel({ message }), new AbortController().signal);
  expect(house.covers).toHaveLength(1);
  expect(JSON.stringify(house.covers)).not.toMatch(canary);
  await house.close();
});
