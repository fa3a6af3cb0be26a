import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { expect } from '@jest/globals';
import { PDFDocument, StandardFonts } from 'pdf-lib';
import sharp from 'sharp';
import { readIdentities } from '../../channels/direct/files.ts';
import { seal } from '../../channels/direct/seal.ts';
import { readCertificates } from '../../channels/direct/trust/certificate.ts';
import { readCodes } from '../../src/documents/qr.ts';
import { run, whole } from '../channels/direct/support.ts';
import type { Neighbourhood, Submitted } from '../e2e/neighbourhood.ts';
import { until } from '../harness.ts';

/** One patient goes in by every door and out by every channel; what the tests beside this look for afterwards. */

export const family = 'Zzyzxquill';
export const given = 'Marigoldine';
const patient = {
  name: { family, given: [given] },
  birthDate: '1937-02-13',
  phone: '+16465550173',
  identifiers: [{ system: 'urn:oid:1.2.3', value: 'MRN-7731904-QX' }],
  coverage: { payer: 'Moonlit Mutual', memberId: 'MBR-55120-ZQ' },
};
const reason = 'palpitations under moonlight';
const page = `Patient: ${given} ${family}  DOB: 02/13/1937  MRN-7731904-QX  (646) 555-0173  ${reason}`;
/** What belongs to her alone, word by word. */
export const words = [
  ...[family, given, patient.birthDate, '02/13/1937', '19370213', '6465550173', '(646) 555-0173'],
  ...['MRN-7731904', 'MBR-55120', 'Moonlit Mutual', 'under moonlight'],
];
/** What nobody may find. */
export const canary =
  /zzyzxquill|marigoldine|1937-02-13|19370213|02\/13\/1937|6465550173|555-0173|mrn-7731904|moonlit mutual|mbr-55120|under moonlight/i;

/** In by API, Direct, fax and portal; out by Direct, fax and portal; and some of it wrong, as errors like to quote. */
export async function everythingHappens(town: Neighbourhood): Promise<void> {
  const messages = [
    await submit(town, 'direct', town.partner.address('ok')),
    await submit(town, 'efax', '+13122000077'),
    await submit(town, 'portal', 'clinic@mail.example'),
  ];
  const byFax = await submit(town, 'portal', 'fax:+13122000078');

  await refusedByApi(town);
  await mail(town, plainMail());
  await mail(town, await sealedMail(town));
  for (const file of [await faxedPdf(), await faxedTiff(town)]) {
    await town.company.receive({ to: '+12125550101', from: '+13122000101', file });
  }
  await visitPortal(town, messages[2] ?? '');
  await until('the page with the link lies there', () => town.company.printedAt('+13122000078'));
  await visit(town, await linkOn(town.company.printedAt('+13122000078')), byFax);
  messages.push(byFax);
  for (const message of messages) {
    await until(
      'it is delivered',
      async () => (await storyOf(town, message)).deliveries[0]?.state === 'delivered',
      30_000,
    );
  }
  const entries = () => town.api<{ rows: { id: string }[] }>('/intake?state=waiting');
  await until('three arrivals wait', async () => (await entries()).rows.length === 3, 60_000);
  for (const { id } of (await entries()).rows) await decide(town, id);
  // Whoever looks for her types what is found nowhere else.
  for (const text of [family, `${given} ${family}`, patient.phone, 'MRN-7731904-QX'])
    for (const list of ['deliveries', 'recipients']) {
      const { status } = await town.ask(`/${list}?q=${encodeURIComponent(text)}`);
      expect(status).toBe(200);
    }
}

interface Story {
  readonly deliveries: readonly { readonly state: string; readonly link: { readonly code: string } | null }[];
}
const storyOf = (town: Neighbourhood, message: string): Promise<Story> => town.api<Story>(`/messages/${message}`);

export function referralOf(endpoint: { channel: string; address: string }, more: object = {}): FormData {
  const data = new FormData();
  const service = { specialty: 'cardiology', reason };
  const recipient = { name: 'Far Side Clinic', endpoints: [endpoint] };
  data.set('referral', JSON.stringify({ patient, service, recipient, ...more }));
  data.append('document', new File([page], `${family}-letter.txt`, { type: 'text/plain' }));
  return data;
}

async function submit(town: Neighbourhood, channel: string, address: string): Promise<string> {
  const body = referralOf({ channel, address });
  const headers = { 'idempotency-key': `${family}-${address}` };
  return (await town.api<Submitted>('/referrals', { method: 'POST', body, headers })).message;
}

async function refusedByApi(town: Neighbourhood): Promise<void> {
  const wrong = referralOf({ channel: 'direct', address: town.partner.address('ok') }, { [family]: reason });
  const html = referralOf({ channel: 'direct', address: town.partner.address('ok') });
  html.append('document', new File([`<html>${page}`], `${family}.pdf`, { type: 'application/pdf' }));
  for (const body of [wrong, html]) {
    expect((await town.ask('/referrals', { method: 'POST', body })).status).toBe(400);
  }
}

const lines = (...text: readonly string[]): Buffer => Buffer.from(text.join('\r\n'), 'latin1');
const head = ['From: <silent@far.example>', 'To: <referrals@riverside.example>', `Subject: ${given} ${family}`];
const plainMail = (): Buffer => lines(...head, '', page, '');

async function sealedMail(town: Neighbourhood): Promise<Buffer> {
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
async function mail(town: Neighbourhood, raw: Buffer): Promise<void> {
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
export async function faxedTiff(town: Neighbourhood): Promise<Uint8Array> {
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

async function visitPortal(town: Neighbourhood, message: string): Promise<void> {
  await visit(town, (await until('the mail with the link', () => town.mails[0])).link, message);
}

async function visit(town: Neighbourhood, link: string, message: string): Promise<void> {
  const code = await until('the code', async () => (await storyOf(town, message)).deliveries[0]?.link?.code);
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

async function decide(town: Neighbourhood, id: string): Promise<void> {
  const corrections = { 'patient.name': `${given} ${family}`, 'service.reason': reason };
  const headers = { 'content-type': 'application/json' };
  await town.api(`/intake/${id}/accept`, { method: 'POST', headers, body: JSON.stringify({ corrections }) });
}

export const filesUnder = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((each) => each.isFile())
    .map((each) => join(each.parentPath, each.name));
