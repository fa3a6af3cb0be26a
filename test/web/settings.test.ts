import { readFileSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { addUser } from '../http/house.ts';
import { openSite, type Site } from './seed.ts';
import { complaintsOf, signIn, startBrowser, violations } from './visit.ts';

let browser: Browser;
let context: BrowserContext;
let page: Page;
let site: Site;
let complaints: string[];

beforeAll(async () => {
  [browser, site] = await Promise.all([startBrowser(), openSite()]);
  await addUser(site.pipeline, 'olaf', 'ops', null);
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
});
afterEach(() => context.close());

const open = async (path: string, name?: string): Promise<void> => {
  await page.goto(site.url + path);
  await signIn(page, name);
  await page.getByRole('button', { name: 'Sign out', exact: true }).waitFor();
};

test('an administrator lets somebody in, makes and revokes a key, and finds it all in the record, by keyboard', async () => {
  await open('/settings');
  await page.getByRole('button', { name: 'Let somebody in…' }).press('Enter');
  await page.getByLabel('Name').fill('bob');
  await page.getByLabel('Role').selectOption('sender');
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Enter');
  await page.getByText('First password of bob').waitFor();
  expect((await page.getByTestId('once').textContent())?.length).toBeGreaterThan(20);
  await page.keyboard.press('Escape');
  await page.getByRole('cell', { name: 'bob', exact: true }).waitFor();

  await page.getByRole('button', { name: 'More on bob' }).press('Enter');
  await page.getByRole('menuitem', { name: 'Disable, out at once' }).press('Enter');
  await page.getByText('disabled').waitFor();

  await page.getByRole('button', { name: 'Make a key…' }).press('Enter');
  await page.getByLabel('Which program?').fill('ehr');
  await page.keyboard.press('Enter');
  await page.getByTestId('once').waitFor();
  expect(await page.getByTestId('once').textContent()).toMatch(/^lg_/);
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Revoke… ehr' }).press('Enter');
  await page.getByRole('button', { name: 'Revoke it' }).press('Enter');
  await page.getByText('revoked').waitFor();

  await page.goto(`${site.url}/audit`);
  await page.getByLabel('What').fill('user.added');
  await page.keyboard.press('Enter');
  await page.getByText('user:bob').waitFor();
  expect(new URL(page.url()).search).toBe('?what=user.added');
  await page.getByRole('link', { name: 'user:anna' }).click();
  await page.waitForURL((url) => url.searchParams.get('who') === 'user:anna');
  await page.getByLabel('What').fill('nothing.such');
  await page.keyboard.press('Enter');
  await page.getByText('Nothing matches').waitFor();
  expect(complaints).toEqual([]);
});

test('all that concerns a practice stands in one place; the settings file is read again', async () => {
  await addUser(site.pipeline, 'olga', 'system-admin', null);
  await open('/settings', 'olga');
  const practice = page.getByRole('region', { name: 'Riverside Family Practice' });
  for (const words of ['referrals@riverside.example', 'Direct, then Fax, then Portal', 'goes along with its faxes'])
    await practice.getByText(words).waitFor();
  await practice.getByText('Cover sheet of its faxes').click();
  await page.getByRole('button', { name: 'Read the settings file again' }).click();
  await page.getByText('Nothing in it changed').waitFor();
  expect(await violations(page)).toEqual([]);
  await page.keyboard.press('Escape');
  await page.route('**/api/v1/reload', (route) =>
    route.fulfill({
      status: 400,
      contentType: 'application/problem+json',
      body: JSON.stringify({
        title: 'The request is wrong',
        detail: 'The settings cannot be used; the old ones stay in force.',
        fields: { 'practices.0.npi': 'ten digits' },
      }),
    }),
  );
  await page.getByRole('button', { name: 'Read the settings file again' }).click();
  await page.getByText('practices.0.npi').waitFor();
  expect(await violations(page)).toEqual([]);
});

test('whom the practice refers to is kept, found, changed and forgotten, by keyboard', async () => {
  await open('/recipients');
  await page.getByText('Nobody is kept here yet').waitFor();
  expect(await violations(page)).toEqual([]);
  const keep = async (name: string, address: string): Promise<void> => {
    await page.goto(`${site.url}/recipients`);
    await page.getByRole('button', { name: 'Keep a recipient…' }).press('Enter');
    await page.getByLabel('Who is it?').fill(name);
    await page.getByLabel('NPI').fill('123');
    await page.getByLabel('Address of way 1').fill(address);
    await page.keyboard.press('Enter');
    await page.getByText('an NPI has ten digits').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.getByLabel('NPI').fill('1234567893');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name, level: 1 }).waitFor();
  };
  await keep('Hillside Heart Clinic', 'nobody@far.example');
  await page.getByText('Nothing went here yet.').waitFor();
  await keep('Brief Practice', 'brief@far.example');
  await page.getByRole('button', { name: 'Change…' }).press('Enter');
  await page.getByRole('button', { name: 'Another way' }).press('Enter');
  await page.getByLabel('Address of way 2').fill('+13122000099');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Fax +13122000099' }).waitFor();
  expect(await violations(page)).toEqual([]);
  await page.getByRole('button', { name: 'Forget…' }).press('Enter');
  await page.getByRole('button', { name: 'Forget them' }).press('Enter');
  await page.getByRole('link', { name: 'Hillside Heart Clinic' }).waitFor();
  await page.getByLabel('Search').fill('zzz');
  await page.getByText('Nobody like that').waitFor();
  await page.getByLabel('Search').fill('heart hill');
  await page.getByRole('link', { name: 'Hillside Heart Clinic' }).waitFor();
  expect(complaints.filter((each) => !each.includes('400'))).toEqual([]);
});

test('all of them fit a small phone', async () => {
  await page.setViewportSize({ width: 360, height: 740 });
  await open('/settings');
  for (const path of ['/settings', '/audit', '/account', '/recipients']) {
    await page.goto(site.url + path);
    await page.locator('.rows tbody tr').first().waitFor();
    expect([path, await page.evaluate<number>('document.documentElement.scrollWidth')]).toEqual([path, 360]);
    expect([path, await violations(page)]).toEqual([path, []]);
  }
});

test('a receipt of a delivery is saved from its message', async () => {
  await open('/deliveries');
  await page.getByRole('link', { name: 'Hillside Cardiology' }).click();
  const saving = page.waitForEvent('download');
  await page.getByRole('link', { name: 'Save the delivery receipt' }).click();
  const saved = await saving;
  expect(saved.suggestedFilename()).toMatch(/^receipt-dlv_.*\.json$/);
  expect(JSON.parse(readFileSync(await saved.path(), 'utf8'))).toMatchObject({
    statement: { format: 'loopgate-receipt/1', provenBy: 'receipt' },
  });
});

test('whoever keeps the gateway running sees what was turned away, and why', async () => {
  await site.pipeline.inbox.quarantine({
    channel: 'direct',
    token: 'turned-away-1',
    reasons: ['no trusted signature'],
    raw: Buffer.from('From: nobody'),
  });
  await open('/worklist?kind=quarantine', 'olaf');
  await page.getByText('no trusted signature').waitFor();
  expect(await violations(page)).toEqual([]);
  expect(complaints).toEqual([]);
});
