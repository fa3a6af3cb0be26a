import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import type { EntryId } from '../../src/core/message.ts';
import { fileSeveral, openSite, type Site } from './seed.ts';
import { complaintsOf, loaded, signIn, startBrowser, violations } from './visit.ts';

let browser: Browser;
let context: BrowserContext;
let page: Page;
let site: Site;
let complaints: string[];

beforeAll(async () => {
  [browser, site] = await Promise.all([startBrowser(), openSite()]);
});
afterAll(async () => {
  await browser.close();
  await site.close();
});

beforeEach(async () => {
  context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
  page = await context.newPage();
  page.setDefaultTimeout(30_000);
  complaints = complaintsOf(page);
  await page.goto(site.url);
  await signIn(page);
  await page.getByRole('heading', { name: 'What needs a person now' }).waitFor();
});
afterEach(() => context.close());

const heading = () => page.getByRole('heading', { level: 1 }).waitFor();
test('somebody takes what is in doubt, and puts it off until tomorrow', async () => {
  await page.goto(`${site.url}/worklist?kind=doubt`);
  await page.getByRole('link', { name: /St\. Bartholomew/ }).waitFor();
  await page.getByRole('button', { name: 'Take' }).click();
  await page.getByRole('button', { name: 'Give back' }).waitFor();
  await page.getByRole('button', { name: 'More' }).click();
  await page.getByRole('menuitem', { name: 'tomorrow at 8' }).first().click();
  await page.getByText('✓ Every attempt has its answer.').waitFor();
  await page.getByLabel('Put off').check();
  await page.getByRole('link', { name: /St\. Bartholomew/ }).waitFor();
  expect(complaints).toEqual([]);
});

test('pages at the wrong place are written down, and their number is on the list of those never dialled', async () => {
  await page.goto(`${site.url}/deliveries`);
  await page.getByRole('link', { name: /Hillside/ }).click();
  await page.getByRole('button', { name: 'Wrong place…' }).click();
  await page.getByLabel(/Who told us/).fill('the flower shop, 212 555 0177');
  await page.getByLabel('What became of the pages?').selectOption('destroyed');
  await page.getByLabel('What happened?').fill('three pages came out of their machine');
  await page.getByRole('button', { name: 'Write it down' }).click();
  await page.getByText(/Its pages were reported at the wrong place\./).waitFor();
  await page.goto(`${site.url}/numbers?only=suppressed`);
  await page.locator('.tag', { hasText: 'must not be dialled' }).waitFor();
  await page.getByText(/told by the flower shop/).waitFor();
  const saving = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Letter to the patient (PDF)' }).click();
  expect((await saving).suggestedFilename()).toMatch(/^letter-patient-mis_\w+\.pdf$/);
  await page.getByRole('button', { name: /^Dial again/ }).click();
  await page.getByLabel('Why?').fill('the number was moved to the right office');
  await page.getByRole('button', { name: 'Dial it again' }).click();
  await page.getByText('No number here').waitFor();
  expect(complaints).toEqual([]);
});

describe('by keyboard alone', () => {
  test('a fax of one referral, one field of it by hand, is accepted in five keystrokes, and the decision taken back in one', async () => {
    let strokes = 0;
    const press = async (key: string): Promise<void> => {
      strokes++;
      await page.keyboard.press(key);
    };
    await page.goto(`${site.url}/intake`);
    await page.locator('button:focus', { hasText: 'Review the next one' }).waitFor();
    await press('Enter');
    await page.locator('input[name="patient.name"]:focus').waitFor();
    const reviewed = new URL(page.url()).pathname;
    await press('Enter');
    await page.locator('input[name="patient.birthDate"]:focus').waitFor();
    await press('Enter');
    await page.locator('input[name="patient.phone"]:focus').waitFor();
    await press('Enter');
    await page.locator('button:focus', { hasText: 'Accept' }).waitFor();
    await press('Enter');
    await page.getByText('✓ Accepted').waitFor();
    expect(strokes).toBe(5);
    const { rows } = await site.pipeline.store.entries({ practices: null, state: 'accepted', limit: 5 });
    expect(rows.map(({ id }) => `/intake/${id}`)).toEqual([reviewed]);

    // The next fax has come up, with its first field in focus: there the keys would take back typing.
    await page.waitForURL((url) => url.pathname !== reviewed);
    await page.locator('input[name="patient.name"]:focus').waitFor();
    await page.locator('main').press('Control+z');
    await page.waitForURL((url) => url.pathname === reviewed);
    await page.getByRole('button', { name: 'Accept' }).waitFor();
    expect((await site.pipeline.store.entries({ practices: null, state: 'accepted', limit: 5 })).rows).toEqual([]);
    expect(complaints).toEqual([]);
  });

  test('rows are walked and chosen, and a decision on them is planned, confirmed and done', async () => {
    const before = await site.pipeline.store.lastEvent();
    await page.goto(`${site.url}/deliveries`);
    await page.locator('[data-index] a').first().focus();
    await page.keyboard.press('j');
    await page.locator('[data-index="1"] a:focus').waitFor();
    await page.keyboard.press('x');
    await page.getByText('1 chosen').waitFor();
    await page.getByLabel('all that match the filter').press('Space');
    await page.getByRole('button', { name: 'Cancel…' }).press('Enter');
    const said = (await page.getByText(/^It applies to \d+ deliver/).textContent()) ?? '';
    const count = /\d+/.exec(said)?.[0] ?? '';
    const cancelled = async () =>
      (await site.pipeline.store.deliveries({ practices: null, limit: 20, state: 'cancelled' })).rows.length;
    expect(await cancelled()).toBe(0);
    expect(await site.pipeline.store.lastEvent()).toBe(before);
    await page.getByLabel('Why?').fill('sent by mistake');
    await page.getByRole('button', { name: 'Cancel them' }).press('Enter');
    await page.getByText(/Nothing has happened yet/).waitFor();
    await page.getByRole('button', { name: 'Do it now' }).press('Enter');
    await page.getByText(`${count} of ${count} done.`).waitFor();
    expect(String(await cancelled())).toBe(count);
    expect(complaints).toEqual([]);
  });
});

test('a view is kept by name and forgotten; it holds no name that was looked for', async () => {
  await page.goto(`${site.url}/deliveries?state=delivered&channel=efax`);
  await page.getByRole('button', { name: 'Save this view…' }).click();
  await page.getByLabel('Name of the view').fill('Faxes that arrived');
  await page.keyboard.press('Enter');
  await page.getByLabel('Search').fill('Canary-Quist');
  await page.waitForResponse((answer) => answer.url().endsWith('/deliveries/search'));
  expect(await page.evaluate<string>('JSON.stringify(localStorage)')).not.toMatch(/canary/i);
  await page.goto(`${site.url}/deliveries`);
  await page.getByRole('link', { name: 'Faxes that arrived' }).click();
  await page.getByRole('link', { name: 'Hillside Cardiology' }).waitFor();
  await page.locator('[data-index="1"]').waitFor({ state: 'detached' });
  expect(new URL(page.url()).search).toBe('?state=delivered&channel=efax');
  await page.getByRole('button', { name: 'Forget “Faxes that arrived”' }).click();
  await page.reload();
  await page.getByRole('link', { name: 'Hillside Cardiology' }).waitFor();
  expect(await page.getByRole('link', { name: 'Faxes that arrived' }).count()).toBe(0);
  expect(complaints).toEqual([]);
});

test('hostile names are words and nothing more; a name that is looked for stays out of the address', async () => {
  const hostile = `"><img src=x onerror="window.pwned=1"><script>window.pwned=1</script>{{7*7}}`;
  const message = await site.send(hostile);
  const { store } = site.pipeline;
  const { rows } = await store.entries({ practices: null, state: 'waiting', limit: 1 });
  const entry = rows[0]!;
  const fields = entry.fields.map((field) => (field.name === 'patient.name' ? { ...field, value: hostile } : field));
  await store.commit({ entry: { ...entry, fields, warnings: [hostile], version: entry.version + 1 }, events: [] });
  for (const path of ['/deliveries', '/referrals', `/messages/${message}`, '/intake', `/intake/${entry.id}`]) {
    await page.goto(site.url + path);
    await heading();
    await loaded(page);
    expect(await page.evaluate('window.pwned')).toBeUndefined();
  }
  await page.goto(`${site.url}/deliveries`);
  await page.getByLabel('Search').fill('Canary-Quist');
  await page.waitForResponse((answer) => answer.url().endsWith('/deliveries/search'));
  await page.getByRole('link', { name: /Hillside/ }).waitFor();
  expect(page.url()).not.toMatch(/canary/i);
  // A page policy that had to step in would have said so here.
  expect(complaints).toEqual([]);
});

test('pages of a fax are turned, moved and parted by mouse and by keyboard; what was typed stays, each step can be taken back', async () => {
  const id = (await fileSeveral(site.pipeline)) as EntryId;
  const lie = async () => {
    const { leaves = [], sheets = [] } = await site.pipeline.store.entry(id);
    return [sheets.map(({ part }) => part), leaves.map(({ turn }) => turn)];
  };
  await page.goto(`${site.url}/intake/${id}`);
  await page.getByRole('button', { name: 'Referral 2: Jonas Okafor (1 page)' }).waitFor();
  await page.getByRole('button', { name: 'It is one referral' }).hover();
  expect(await violations(page)).toEqual([]);
  await page.getByLabel('Reason').fill('typed before');

  const thumb = (number: number) => page.getByRole('toolbar').getByRole('button', { name: `Page ${number},` });
  await thumb(2).click();
  await page.getByRole('button', { name: '↻ Turn right' }).click();
  await page.getByText('✓ Page 2 turned').waitFor();
  expect(await lie()).toEqual([
    [0, 0, 1],
    [0, 90, 0],
  ]);
  expect(await page.getByLabel('Reason').inputValue()).toBe('typed before');
  await page.getByRole('button', { name: 'Belongs to…' }).click();
  await page.getByRole('menuitem', { name: 'No referral' }).waitFor();
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.locator('[style*=rotate]').first().waitFor({ state: 'detached' });
  expect((await lie())[1]).toEqual([0, 0, 0]);
  await thumb(2).click();

  await thumb(1).focus();
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('n');
  await page.getByText('✓ Page 2 now a referral of its own').waitFor();
  expect((await lie())[0]).toEqual([0, 2, 1]);
  await page.keyboard.press('Control+z');
  await page.getByRole('button', { name: /^Referral 3/ }).waitFor({ state: 'detached' });
  expect((await lie())[0]).toEqual([0, 0, 1]);
  await thumb(3).press('[');
  await page.getByText('✓ Page 3 moved').waitFor();
  expect((await lie())[0]).toEqual([0, 1, 0]);
  await page.setViewportSize({ width: 360, height: 740 });
  expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
  await page.setViewportSize({ width: 1280, height: 800 });

  await page.getByLabel('Reason').press('Control+Enter');
  await page.getByRole('button', { name: /^✓ Referral 1/ }).waitFor();
  await page.locator('input[name="patient.name"]:focus').press('Control+Enter');
  await page.waitForURL((url) => !url.pathname.endsWith(id));
  const { state, accepted } = await site.pipeline.store.entry(id);
  expect([state, accepted?.length]).toEqual(['accepted', 2]);
  expect(complaints).toEqual([]);
});

test('a decision on many is taken back before it happens, and stopped while it goes on', async () => {
  for (let one = 0; one < 30; one++) await site.send(`Stop ${one}`);
  // Half an hour went by.
  await page.goto(site.url);
  await signIn(page);
  await page.getByRole('heading', { name: 'What needs a person now' }).waitFor();
  const search = { text: 'Stop', number: null, patients: false };
  const cancelled = async (): Promise<number> =>
    (await site.pipeline.store.deliveries({ practices: null, limit: 50, state: 'cancelled', search })).rows.length;
  const decide = async (): Promise<void> => {
    await page.goto(`${site.url}/deliveries`);
    await page.getByLabel('Search').fill('Stop');
    await page.waitForResponse((answer) => answer.url().endsWith('/deliveries/search'));
    await page.locator('[data-index] [type=checkbox]').first().check();
    await page.getByLabel('all that match the filter').check();
    await page.getByRole('button', { name: 'Cancel…' }).click();
    await page.getByText('It applies to 30 deliveries.').waitFor();
    await page.getByLabel('Why?').fill('sent by mistake');
    await page.getByRole('button', { name: 'Cancel them' }).click();
    await page.getByText(/Nothing has happened yet/).waitFor();
  };
  await decide();
  await page.getByRole('button', { name: 'Undo' }).click();
  await page.getByText('Stopped. 0 of 30 done.').waitFor();
  expect(await cancelled()).toBe(0);

  await decide();
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => (release = resolve));
  await page.route('**/api/v1/deliveries/bulk', async (route) => {
    await held;
    await route.continue();
  });
  await page.getByRole('button', { name: 'Do it now' }).click();
  await page.getByRole('button', { name: 'Stop' }).click();
  release();
  await page.getByText('Stopped. 25 of 30 done.').waitFor();
  expect(await cancelled()).toBe(25);
  expect(complaints).toEqual([]);
});
