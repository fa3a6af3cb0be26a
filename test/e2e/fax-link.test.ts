import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import sharp from 'sharp';
import { readCodes } from '../../src/documents/qr.ts';
import { openSandbox } from '../../src/documents/sandbox.ts';
import { keptLog, read } from '../documents/tools.ts';
import { until } from '../harness.ts';
import { neighbourhood, referralForm, type Neighbourhood, type Submitted } from './neighbourhood.ts';

/** A portal link on a page by fax, with the real gateway and a fax company on loopback: what came out of the far machine
 *  is read as a person and a telephone would read it, and followed. */

const patient = /canary|quist|wilhelmina|1961-04-09|palpitations/i;

let town: Neighbourhood;
beforeAll(async () => {
  town = await neighbourhood();
  await town.start();
});
afterAll(() => town.close());

interface Shown {
  readonly state: string;
  readonly summary: string;
  readonly link: { readonly code: string; readonly wrongCodes?: number } | null;
  readonly receipts: readonly { readonly kind: string }[];
}

const sendTo = async (number: string): Promise<string> => {
  const body = referralForm([{ channel: 'portal', address: `fax:${number}` }], 'Wilhelmina has palpitations.\n');
  return (await town.api<Submitted>('/referrals', { method: 'POST', body })).message;
};
const deliveryOf = async (message: string): Promise<Shown> =>
  (await town.api<{ deliveries: Shown[] }>(`/messages/${message}`)).deliveries[0]!;
const arrived = (message: string) =>
  until('the page is known to have arrived', async () => {
    const delivery = await deliveryOf(message);
    return delivery.summary.includes('lies at') && delivery;
  });

const pageAt = (number: string): Uint8Array => {
  const bytes = town.company.printedAt(number);
  if (!bytes) throw new Error('no page came out');
  return bytes;
};

/** The link in the square, as the camera of a telephone has it. */
async function scanned(page: Uint8Array): Promise<string> {
  const { data, info } = await sharp(page).toColourspace('b-w').raw().toBuffer({ resolveWithObject: true });
  const found = await readCodes({ data, width: info.width, height: info.height }, false);
  expect(found).toHaveLength(1);
  return found[0] ?? '';
}

const tryCode = (link: string, code: string): Promise<Response> =>
  fetch(link, { method: 'POST', body: new URLSearchParams({ code }), redirect: 'manual' });

describe('a link by fax', () => {
  const number = '+13122000088';
  let message: string;
  let link: string;

  test('is one page, and its report proves that the page arrived and nothing more', async () => {
    message = await sendTo(number);
    const delivery = await arrived(message);
    expect(delivery.state).toBe('sent');
    expect(delivery.summary).toBe(`A page with the portal link lies at ${number}. Waiting until somebody opens it.`);
    expect(town.company.ledger.filter(({ to }) => to === number)).toMatchObject([{ pages: 1, whole: true }]);
  });

  test('shows where to look, whom to call and nothing of the patient, nor the code', async () => {
    const { code } = (await deliveryOf(message)).link!;
    const { log } = keptLog();
    const sandbox = openSandbox({ log });
    const { pages } = await read(sandbox, 'fax.tif', pageAt(number));
    await sandbox.close();
    link = await scanned(pageAt(number));
    expect(link).toMatch(new RegExp(`^${town.url}/portal/(?:[0-9A-HJKMNP-TV-Z]{4}-){4}[0-9A-HJKMNP-TV-Z]{4}$`));
    const plain = pages.flatMap(({ page }) => page.words.map(({ text }) => text)).join(' ');
    expect(plain).toContain('Riverside Family Practice has documents for you');
    expect(plain).toMatch(/six-digit code.*Call Riverside Family Practice at \+1 212 555 0100/);
    expect(plain).toMatch(/En espa.ol Riverside Family Practice tiene documentos para usted/);
    // Our reader may take one letter of a word that is none for another.
    const typed = /\d\/\w+\/([\w-]{24})/.exec(plain)?.[1] ?? '';
    const printed = link.split('/').at(-1) ?? '';
    expect(Array.from(printed).filter((letter, at) => typed[at] !== letter).length).toBeLessThan(3);
    expect(plain).not.toMatch(patient);
    expect(plain).not.toContain(code);
  });

  test('changes nothing when it is looked at, also when it is typed by hand', async () => {
    const before = await deliveryOf(message);
    const typed = link.replace(/[^/]+$/, (secret) => secret.replaceAll('-', '').toLowerCase().replaceAll('0', 'o'));
    for (const each of [link, typed]) {
      const page = await fetch(each);
      expect([page.status, await page.text()]).toEqual([200, expect.stringContaining('six-digit code')]);
    }
    expect((await fetch(`${link.slice(0, -1)}${link.endsWith('7') ? '8' : '7'}`)).status).toBe(404);
    expect(await deliveryOf(message)).toEqual(before);
  });

  test('opens with the code that staff read out; only that is proof, and the answer comes back', async () => {
    const { code } = (await deliveryOf(message)).link!;
    const opened = await tryCode(link, code);
    expect(opened.status).toBe(303);
    const cookie = opened.headers.get('set-cookie')?.split(';')[0] ?? '';
    expect(await (await fetch(link, { headers: { cookie } })).text()).toContain('letter.txt');
    const proven = await until('it is delivered', async () => {
      const delivery = await deliveryOf(message);
      return delivery.state === 'delivered' && delivery;
    });
    expect(proven.summary).toContain('the recipient opened it');
    const answer = { method: 'POST', body: new URLSearchParams({ kind: 'accepted' }), headers: { cookie } };
    expect((await fetch(`${link}/answer`, answer)).status).toBe(200);
    const told = await town.api<{ referral: string }>(`/messages/${message}`);
    expect((await town.api<{ state: string }>(`/referrals/${told.referral}`)).state).toBe('accepted');
  });
});

test('five wrong codes lock a link that came by fax, for the right one too', async () => {
  const number = '+13122000089';
  const message = await sendTo(number);
  const { code } = (await arrived(message)).link!;
  const link = await scanned(pageAt(number));
  const wrong = code === '000000' ? '000001' : '000000';
  for (let tries = 1; tries <= 5; tries++) expect((await tryCode(link, wrong)).status).toBe(403);
  expect((await tryCode(link, code)).status).toBe(404);
  expect((await deliveryOf(message)).state).toBe('sent');
});

test('a reply of the company that is lost makes no second call', async () => {
  const number = '+13122000090';
  town.company.behave(number, 'drops the reply');
  const message = await sendTo(number);
  await arrived(message);
  expect(town.company.ledger.filter(({ to }) => to === number)).toHaveLength(1);
});
