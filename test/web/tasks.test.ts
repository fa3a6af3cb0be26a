import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, Locator, Page } from 'playwright-core';
import { pdf } from '../harness.ts';
import { addUser } from '../http/house.ts';
import { keepHarbor, openSite, type Site } from './seed.ts';
import { complaintsOf, loaded, signIn, startBrowser, violations } from './visit.ts';

/** The same work by every way in: find a delivery and why it went as it did, settle a doubt, find out what a person
 *  did, review a fax, send a referral, and answer one as its recipient. */

let browser: Browser;
beforeAll(async () => {
  browser = await startBrowser();
});
afterAll(() => browser.close());

/** How somebody follows a link or presses a button, and writes into a field. */
interface Hands {
  press(page: Page, role: 'link' | 'button', name: string | RegExp): Promise<void>;
  write(page: Page, label: string, text: string): Promise<void>;
  choose(page: Page, name: RegExp): Promise<void>;
  /** One of several round buttons. */
  mark(page: Page, label: string): Promise<void>;
}

const pointer: Hands = {
  press: (page, role, name) => page.getByRole(role, { name }).last().click(),
  write: (page, label, text) => page.getByLabel(label).first().fill(text),
  choose: (page, name) => page.getByRole('option', { name }).click(),
  mark: (page, label) => page.getByLabel(label).check(),
};

/** What has the focus and lies wholly under something else, or out of sight (WCAG 2.2, 2.4.11); null: it is seen. */
const unseenFocus = `(() => {
  const focused = document.activeElement;
  if (!focused || focused === document.body) return null;
  const box = focused.getBoundingClientRect();
  const parts = [0.02, 0.25, 0.5, 0.75, 0.98];
  const seen = parts.some((across) => parts.some((down) => {
    const on = document.elementFromPoint(box.left + box.width * across, box.top + box.height * down);
    return on !== null && (focused.contains(on) || on.contains(focused) && on.tagName === 'LABEL');
  }));
  return seen ? null : location.pathname + ': ' + focused.outerHTML.slice(0, 120);
})()`;

/** Tab until it has the focus, as somebody without a mouse does, and see where it is all the way. */
async function tabTo(page: Page, wanted: Locator): Promise<void> {
  await wanted.first().waitFor();
  for (let step = 0; step < 150; step++) {
    if (await wanted.and(page.locator(':focus')).count()) return;
    await page.keyboard.press('Tab');
    const unseen = (): Promise<string | null> => page.evaluate<string | null>(unseenFocus);
    // A dialog that opens takes the focus a moment after it lies over what had it.
    for (let look = 0; look < 20 && (await unseen()) !== null; look++) await page.waitForTimeout(50);
    expect(await unseen()).toBeNull();
  }
  throw new Error(`the Tab key does not come to ${String(wanted)}`);
}

const keyboard: Hands = {
  async press(page, role, name) {
    await tabTo(page, page.getByRole(role, { name }));
    await page.keyboard.press('Enter');
  },
  async write(page, label, text) {
    await tabTo(page, page.getByLabel(label));
    await page.keyboard.type(text.replace(/^(\d{4})-(\d\d)-(\d\d)$/, '$2$3$1'));
  },
  async choose(page, name) {
    await page.getByRole('option', { name }).waitFor();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Enter');
  },
  async mark(page, label) {
    const all = page.getByRole('radio');
    await tabTo(page, all);
    const wanted = page.getByLabel(label).and(page.locator(':focus'));
    for (let step = await all.count(); step > 0 && (await wanted.count()) === 0; step--)
      await page.keyboard.press('ArrowDown');
    await page.keyboard.press('Space');
  },
};

const toHarbor = { text: 'Harbor', number: null, patients: false };

/** As far as the pages that have to be looked at, as no fax came to that number yet and one of them is blank. */
async function sendReferral(page: Page, hands: Hands): Promise<void> {
  await hands.press(page, 'button', /^Send$/);
  await page.getByText('Choose who gets it').waitFor();
  await hands.write(page, 'Recipient', 'harb');
  await hands.choose(page, /Harbor Orthopaedic/);
  await hands.write(page, 'Last name', 'Canary-Quist');
  await hands.write(page, 'Date of birth', '1961-04-09');
  await hands.write(page, 'Reason', 'palpitations');
  const chooser = page.waitForEvent('filechooser');
  await hands.press(page, 'button', 'Add documents…');
  await (await chooser).setFiles({ name: 'letter.pdf', mimeType: 'application/pdf', buffer: pdf });
  await page.getByText('letter.pdf').waitFor();
  await hands.press(page, 'button', /^Send$/);
  // Who draws the pages stands behind everybody else on a busy machine.
  await page.getByText('look at the pages first').waitFor({ timeout: 75_000 });
  await page.getByText('This page is blank').waitFor();
}

async function reviewFax(page: Page, hands: Hands): Promise<void> {
  await hands.press(page, 'button', 'Review the next one');
  await page.locator('input[name="patient.name"]:focus').waitFor();
  await hands.press(page, 'button', /^Accept/);
  await page.getByText('✓ Accepted').waitFor();
}

/** As the recipient of a portal link. */
async function answerReferral(page: Page, hands: Hands): Promise<void> {
  await hands.write(page, 'Code', '042137');
  await hands.press(page, 'button', 'Show the documents');
  await page.getByRole('heading', { name: /^Your answer to/ }).waitFor();
  await hands.mark(page, 'The patient has an appointment on the day below');
  await hands.write(page, 'Day of the appointment', '2027-01-04');
  await hands.press(page, 'button', 'Send the answer');
  await page.getByText('Your answer has been recorded').waitFor();
}

async function portalLink({ url, pipeline }: Site) {
  const { rows } = await pipeline.store.deliveries({ practices: null, channel: 'portal', limit: 1 });
  const attempt = rows[0]!.delivery.attempt!;
  const link = () => pipeline.store.linkOf(attempt);
  return { link, url: `${url}/portal/${(await link())!.secret}` };
}

const icd = 'http://hl7.org/fhir/sid/icd-10-cm';

/** Whoever would lose what is typed is asked first. */
async function staysWhereItIs(page: Page, away: () => Promise<unknown>): Promise<void> {
  await away();
  await page.getByText('Leave this page?').waitFor();
  await page.getByRole('button', { name: 'Stay' }).press('Enter');
  await page.getByText('Leave this page?').waitFor({ state: 'detached' });
  expect(new URL(page.url()).pathname).toBe('/send');
  expect(await page.getByLabel('Last name').inputValue()).toBe('Canary-Quist');
}

const loseTheAnswer = (page: Page): Promise<unknown> =>
  page.route(
    '**/api/v1/referrals?*',
    async (route) => {
      await route.fetch();
      await route.abort();
    },
    { times: 1 },
  );

/** It is on disk, but nobody is told: whoever presses again sends nothing more. */
async function sendThoughTheAnswerIsLost(page: Page, hands: Hands): Promise<void> {
  await loseTheAnswer(page);
  await hands.press(page, 'button', /^Send$/);
  await page.getByText('it goes out only once').waitFor();
  await hands.press(page, 'button', /^Send$/);
  await page.getByRole('heading', { name: 'To Harbor Orthopaedic Institute' }).waitFor();
}

test.each([
  ['by mouse', pointer, { width: 1280, height: 800 }],
  ['by keyboard alone', keyboard, { width: 1280, height: 800 }],
  ['by keyboard alone in a narrow window', keyboard, { width: 360, height: 740 }],
  ['on a phone', pointer, { width: 360, height: 740 }],
  ['at 200 %', pointer, { width: 640, height: 400 }],
] as const)(
  'a delivery is found and explained, a doubt settled, a person audited, a fax accepted, a referral sent and answered %s',
  async (_, hands, viewport) => {
    const site = await openSite();
    const context = await browser.newContext({ viewport, reducedMotion: 'reduce' });
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    const complaints = complaintsOf(page);
    const fits = async (): Promise<void> => {
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(viewport.width);
    };
    await page.goto(`${site.url}/deliveries`);
    await signIn(page);

    await hands.write(page, 'Search', '+1 212 555 0199');
    await page.waitForURL((url) => url.searchParams.has('q'));
    await loaded(page);
    await fits();
    await hands.press(page, 'link', 'Hillside Cardiology');
    await page.getByText('Arrived by fax at +12125550199: delivery was confirmed.').first().waitFor();
    await fits();

    await page.goto(`${site.url}/worklist?kind=doubt`);
    await hands.press(page, 'link', /St\. Bartholomew/);
    await page.getByText('It may have arrived', { exact: true }).waitFor();
    await fits();
    await hands.press(page, 'button', 'It arrived');
    await hands.write(page, 'How do you know?', 'phoned, they have it');
    await hands.press(page, 'button', 'It arrived');
    await page.getByText('Said to have arrived, by user anna: phoned, they have it.').waitFor();

    await page.goto(`${site.url}/audit`);
    await hands.write(page, 'Who', 'user:anna');
    await page.keyboard.press('Enter');
    await page.waitForURL((url) => url.searchParams.get('who') === 'user:anna');
    await page.getByText('phoned, they have it').waitFor();
    await fits();

    await page.goto(`${site.url}/intake`);
    await reviewFax(page, hands);
    await fits();
    expect(complaints).toEqual([]);

    const portal = await portalLink(site);
    await page.goto(portal.url);
    await answerReferral(page, hands);
    await fits();
    expect((await portal.link())?.answer).toMatchObject({ kind: 'scheduled', on: '2027-01-04' });
    expect(complaints).toEqual([]);

    await keepHarbor(site.pipeline);
    await page.goto(`${site.url}/send`);
    await sendReferral(page, hands);
    await fits();
    expect(await violations(page)).toEqual([]);
    await sendThoughTheAnswerIsLost(page, hands);
    const { rows } = await site.pipeline.store.deliveries({ practices: ['main'], search: toHarbor, limit: 10 });
    expect(rows).toHaveLength(1);
    expect(await page.evaluate('document.title + location.href + JSON.stringify(localStorage)')).not.toContain('Quist');
    await context.close();
    await site.close();
  },
);

test('two practices: one is chosen; what is refused is told at its place, and nothing typed is lost', async () => {
  const site = await openSite();
  await keepHarbor(site.pipeline);
  await addUser(site.pipeline, 'olga', 'system-admin', null);
  const page = await browser.newPage();
  page.setDefaultTimeout(30_000);
  await page.goto(site.url);
  await signIn(page, 'olga');
  await page.getByRole('link', { name: 'Send', exact: true }).click();
  await page.getByLabel('Fax number').fill('(212) 555-0166');
  await page.getByLabel('Last name').fill('Canary-Quist');
  await page.getByLabel('Date of birth').fill('1961-04-09');
  const chooser = page.waitForEvent('filechooser');
  await page.getByRole('button', { name: 'Add documents…' }).click();
  await (
    await chooser
  ).setFiles([
    { name: 'letter.txt', mimeType: 'text/plain', buffer: Buffer.from('Please see her soon.') },
    { name: 'scan.pdf', mimeType: 'application/pdf', buffer: Buffer.alloc(0) },
  ]);
  await staysWhereItIs(page, () => page.getByRole('link', { name: 'Worklist' }).click());
  await staysWhereItIs(page, () => page.goBack());
  await page.getByText('Who refers, if that').click();
  await page.getByLabel('Their NPI').fill('1234567893');
  await page.getByLabel('Diagnoses').fill('i4891, E11.9 atrial');
  const send = page.getByRole('button', { name: 'Send', exact: true });
  const link = page.getByLabel('E-mail, for a portal link');
  await link.fill('2125550199');
  await send.click();
  await page.getByText('An e-mail looks like').waitFor();
  for (const reached of ['desk@elm.example', '+12125550199', 'fax:+12125550199', '']) {
    await link.fill(reached);
    await send.click();
    await page.getByText('Choose which practice sends it.').waitFor();
    expect(await page.getByText('An e-mail looks like').count()).toBe(0);
  }
  await page.getByText('“ATRIAL” is no ICD-10-CM code').waitFor();
  await page.getByText('Type the name of whoever refers, too.').waitFor();
  await page.getByLabel('Diagnoses').fill('i4891, E11.9');
  await page.getByLabel('Name of the referring').fill('Ada Lovelace, MD');
  await page.getByLabel('Which practice').selectOption('other');
  await page.getByRole('combobox', { name: 'Recipient' }).fill('harb');
  await page.getByText('Nobody of that name').waitFor();
  await send.click();
  await page.getByRole('listitem').filter({ hasText: 'scan.pdf' }).getByRole('alert').waitFor();
  expect(await page.getByLabel('Last name').inputValue()).toBe('Canary-Quist');
  await page.getByRole('button', { name: 'Take away scan.pdf' }).click();

  await loseTheAnswer(page);
  await send.click();
  await page.getByText('look at the pages first').waitFor();
  await send.click();
  await page.getByText('it goes out only once').waitFor();
  await page.getByLabel('Reason').fill('palpitations');
  await send.click();
  await page.getByText('The first version of this referral was sent after all.').waitFor();
  await page.getByRole('button', { name: 'Send this version too' }).click();
  await page.waitForURL(/\/messages\//);
  const { rows } = await site.pipeline.store.referrals({ practices: null, limit: 20 });
  expect(rows.map(({ request }) => request)).toContainEqual(
    expect.objectContaining({
      requester: { name: 'Ada Lovelace, MD', npi: '1234567893', fax: null, direct: null },
      service: expect.objectContaining({
        diagnoses: [
          { system: icd, code: 'I48.91' },
          { system: icd, code: 'E11.9' },
        ],
      }),
    }),
  );
  await page.close();
  await site.close();
});
