import { existsSync } from 'node:fs';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { until } from '../harness.ts';
import { password } from '../http/house.ts';
import { openSite, type Site } from './seed.ts';
import { violations } from './visit.ts';

let browser: Browser;
let context: BrowserContext;
let page: Page;
let site: Site;
let complaints: string[];

beforeAll(async () => {
  expect(existsSync('web/dist/index.html')).toBe(true); // made by `npm run build`
  const args = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'];
  browser = await chromium.launch({ executablePath: '/usr/bin/chromium', args });
});
afterAll(() => browser.close());

beforeEach(async () => {
  site = await openSite();
  complaints = [];
  context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  page = await context.newPage();
  page.setDefaultTimeout(30_000);
  page.on('pageerror', ({ message }) => complaints.push(message));
  page.on('console', (line) => {
    // Before signing in, the page asks who it is and is told 401: that is the answer, not a fault.
    if (line.type() === 'error' && !line.text().includes('401')) complaints.push(line.text());
  });
  await page.goto(`${site.url}/deliveries`);
});
afterEach(async () => {
  await context.close();
  await site.close();
});

async function signIn(secret = password): Promise<void> {
  await page.locator('input[name=name]').fill('anna');
  await page.locator('input[name=password]').fill(secret);
  await page.keyboard.press('Enter');
}

describe('the console in a browser', () => {
  test('signs in, shows a new delivery live without moving the list, and tells its story with the proof', async () => {
    await signIn('wrong');
    await page.getByText('That name and password do not match.').waitFor();
    await signIn();
    await page.getByRole('link', { name: 'Hillside Cardiology' }).waitFor();

    await site.send('Newport Allergy');
    const pill = page.getByRole('button', { name: '1 new' });
    await pill.waitFor();
    expect(await page.getByRole('link', { name: 'Newport Allergy' }).count()).toBe(0);
    await pill.click();
    await page.getByRole('link', { name: 'Newport Allergy' }).waitFor();

    await page.getByRole('link', { name: 'Hillside Cardiology' }).click();
    await page.getByText('Arrived by fax at +12125550199: delivery was confirmed.').first().waitFor();
    await page.getByText('Why this way?').click();
    await page.getByText('left out: channel is off').waitFor();
    const saving = page.waitForEvent('download');
    await page.getByRole('link', { name: 'save the evidence' }).click();
    expect((await saving).suggestedFilename()).toMatch(/receipt/);
    expect(complaints).toEqual([]);
  });

  test('holds the filter in the address, and takes a decision with its reason', async () => {
    await signIn();
    await page.getByLabel('State', { exact: true }).selectOption('held');
    await page.getByRole('link', { name: /St\. Bartholomew/ }).waitFor();
    expect(new URL(page.url()).search).toBe('?state=held');
    await until('others are filtered out', async () => (await page.locator('[data-index]').count()) === 1);
    await page.getByRole('link', { name: /St\. Bartholomew/ }).click();
    await page.getByText('It may have arrived', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByLabel('Why?').fill('phoned: it is there');
    await page.getByRole('dialog').getByRole('button', { name: 'Cancel' }).click();
    await page.getByText('Will be cancelled').waitFor();
    await page.getByRole('button', { name: 'Do it now' }).click();
    await page.getByText('Delivery cancelled by user anna: phoned: it is there.').waitFor();
    await page.getByText('Cancelled; nothing more will be sent.').waitFor();
    expect(complaints).toEqual([]);
  });

  test('says what is known of a doubt, warns before a second copy, and takes the word of a person as just that', async () => {
    await signIn();
    await page.getByRole('link', { name: /St\. Bartholomew/ }).click();
    await page.getByText(/it was being handed over when the answer failed to come/).waitFor();
    await page.getByRole('button', { name: 'Other route' }).click();
    await page.getByText('the recipient may get it twice').waitFor();
    expect(await page.getByLabel('Which way?').inputValue()).toBe('1');
    await page.keyboard.press('Escape');
    await page.getByRole('button', { name: 'It arrived' }).click();
    await page.getByLabel('How do you know?').fill('phoned, they have it');
    await page.getByRole('dialog').getByRole('button', { name: 'It arrived' }).click();
    await page.getByText('Said to have arrived, by user anna: phoned, they have it.').waitFor();
    await page.getByText("Arrived by a person's word (user anna); no machine confirmed it.").waitFor();
    await page.getByText('delivered, by word').waitFor();
    expect(await page.getByRole('link', { name: 'save the evidence' }).count()).toBe(0);
    expect(complaints).toEqual([]);
  });

  test('shows the portal code to read out', async () => {
    await signIn();
    await page.getByRole('link', { name: 'Elm Street Dermatology' }).click();
    await page.getByText('042137').waitFor();
  });

  test('reviews an intake entry by keyboard: the page beside the fields, accept, and on to the next', async () => {
    await signIn();
    await page.getByRole('link', { name: 'Intake' }).click();
    await page.getByRole('link', { name: 'Wilhelmina Canary-Quist' }).first().click();
    await page.locator('.place.focused').waitFor();
    await page.locator('input[name="patient.name"]:focus').waitFor();
    const drawn = "document.querySelector('.sheet img')?.naturalWidth === 850";
    await until('the page image is drawn', () => page.evaluate<boolean>(drawn));
    await page.getByText('! check it against the page').waitFor();
    await page.getByText('handwritten: type what the picture shows').waitFor();
    await page.getByText('✓ Same patient').waitFor();
    await page.getByRole('button', { name: 'Use Phone +12125550142' }).click();
    expect(await page.locator('input[name="patient.phone"]').inputValue()).toBe('+12125550142');
    await page.getByRole('button', { name: /^Ask for what is missing/ }).press('Enter');
    const asking = page.getByRole('dialog');
    await asking.getByText('It names no patient').waitFor();
    for (const box of await asking.getByRole('checkbox').all()) await box.setChecked(false);
    await asking.getByLabel('Member ID').check();
    await asking.getByRole('button', { name: 'Send the letter' }).press('Enter');
    await page.getByText('Asked for Member ID').waitFor();
    await page.getByRole('button', { name: /^Ask for more that is missing/ }).press('Enter');
    await asking.getByText(/^asked /).waitFor();
    expect(await asking.getByLabel('Member ID').isChecked()).toBe(false);
    await page.keyboard.press('Escape');
    const patient = page.locator('input[name="patient.name"]');
    const name = await patient.inputValue();
    await patient.fill('');
    await page.keyboard.press('Control+Enter');
    await page.getByText('A referral needs a patient; nothing was accepted.').waitFor();
    await page.locator('input[name="patient.name"]:focus').waitFor();
    expect(complaints.splice(0)).toHaveLength(1); // Chromium reports the 400 itself.
    await patient.fill(name);
    await page.keyboard.press('Enter');
    await page.locator('input[name="patient.birthDate"]:focus').waitFor();
    const buttonsBelow = `document.querySelector('.verdict').getBoundingClientRect().top -
      document.activeElement.getBoundingClientRect().bottom`;
    expect(await page.evaluate<number>(buttonsBelow)).toBeGreaterThan(0);
    await page.keyboard.type('1961-04-10');
    const before = page.url();
    expect(before).not.toMatch(/canary|wilhelmina/i);
    await page.keyboard.press('Control+Enter');
    await page.waitForURL((url) => url.href !== before && url.pathname.startsWith('/intake/'));
    await page.locator('.place.focused').waitFor();
    const { rows } = await site.pipeline.store.entries({ practices: null, state: 'accepted', limit: 5 });
    expect(rows[0]?.fields.find(({ name }) => name === 'patient.birthDate')).toMatchObject({
      value: '1961-04-10',
      by: 'person',
    });
    await page.goto(`${site.url}/intake`);
    await page.getByRole('button', { name: 'Forget what dr@far.example taught' }).click();
    await page.getByRole('button', { name: 'Forget it' }).click();
    await until('it is forgotten', async () => (await site.pipeline.store.lessonsIn(null)).length === 0);
    const kept = await page.evaluate<string>('JSON.stringify([{ ...localStorage }, { ...sessionStorage }])');
    expect(kept).not.toMatch(/canary|wilhelmina/i);
    expect(complaints).toEqual([]);
  });

  test('fits a small phone without scrolling sideways', async () => {
    await page.setViewportSize({ width: 360, height: 740 });
    await signIn();
    await page.getByRole('button', { name: 'Sign out' }).waitFor();
    for (const path of ['/deliveries', '/intake', '/worklist?kind=intake', '/referrals']) {
      await page.goto(site.url + path);
      await page.locator(':is(tbody tr, [data-index])').first().waitFor();
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
      await page.locator(':is(tbody, [role=table]) a').first().click();
      await page.getByRole('heading', { level: 1 }).waitFor();
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
    }
  });

  test('asks whether somebody is there, stays by one key, and goes back to the sign-in when the session is over', async () => {
    await page.clock.install();
    // What is still on its way when the clock is turned would count as somebody's doing.
    const shown = page.waitForResponse(/\/overview/);
    await signIn();
    await shown;
    const idle = async (minutes: number): Promise<void> => {
      await site.pipeline.turn(minutes * 60_000);
      await page.clock.fastForward(minutes * 60_000);
    };
    await idle(13.5);
    await page.getByText('Are you still there?').waitFor();
    expect(await violations(page)).toEqual([]);
    await page.keyboard.press('Enter');
    await page.getByText('Are you still there?').waitFor({ state: 'detached' });
    await idle(13.5);
    await page.getByText('Are you still there?').waitFor();
    await idle(2);
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
  });
});
