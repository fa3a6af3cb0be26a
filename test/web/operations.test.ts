import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { failureOf } from '../../src/queue/failure.ts';
import { until } from '../harness.ts';
import { addUser } from '../http/house.ts';
import { openSite, type Site } from './seed.ts';
import { complaintsOf, signIn, startBrowser, violations } from './visit.ts';

/** What those look at who keep it running. */

let browser: Browser;
let site: Site;
let context: BrowserContext;
let page: Page;
let complaints: string[];

beforeAll(async () => {
  [browser, site] = await Promise.all([startBrowser(), openSite()]);
  await addUser(site.pipeline, 'olga', 'system-admin', null);
  context = await browser.newContext({ viewport: { width: 1280, height: 900 }, reducedMotion: 'reduce' });
  page = await context.newPage();
  page.setDefaultTimeout(30_000);
  complaints = complaintsOf(page);
  await page.goto(`${site.url}/channels`);
  await signIn(page, 'olga');
});
afterAll(async () => {
  await browser.close();
  await site.close();
});

/** As it stands: light and dark, wide and on a phone, without fault. */
async function look(view: string): Promise<void> {
  for (const [width, colorScheme] of [
    [1280, 'light'],
    [360, 'dark'],
  ] as const) {
    await page.setViewportSize({ width, height: 900 });
    await page.emulateMedia({ colorScheme });
    await page.waitForTimeout(200);
    if (process.env['SCREENS'])
      await page.screenshot({ path: `${process.env['SCREENS']}/${view}-${width}.png`, fullPage: true });
    expect([view, width, await violations(page)]).toEqual([view, width, []]);
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(width);
  }
  await page.setViewportSize({ width: 1280, height: 900 });
  await page.emulateMedia({ colorScheme: 'light' });
  expect(complaints).toEqual([]);
}

test('a channel is paused with a reason and an end, and lifted again', async () => {
  await page.getByRole('button', { name: 'Pause Fax…' }).click();
  await page.getByLabel('How long').selectOption('480');
  await look('pause-dialog');
  await page.getByLabel(/^Why\?/).fill('The company announced repairs of all its lines until noon.');
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  await page.getByText('Fax is paused: nothing leaves by it').waitFor();
  await look('channels-paused');
  await page.getByRole('button', { name: 'Let it send again…' }).click();
  await page.getByLabel(/^Why\?/).fill('they are done');
  await page.getByRole('button', { name: 'Let it send', exact: true }).click();
  await page.getByText('Fax is paused').waitFor({ state: 'detached' });
});

test('one far side is paused by an address there', async () => {
  await page.goto(`${site.url}/channels`);
  await page.getByRole('button', { name: 'Pause direct…' }).click();
  await page.getByLabel('What').selectOption('one far side only');
  await page.getByLabel('An address there, or its domain').fill('desk@direct.clinic.example');
  await page.getByText('That is direct.clinic.example').waitFor();
  await look('pause-far-dialog');
  await page.getByLabel(/^Why\?/).fill('their mail server is being moved');
  await page.getByRole('button', { name: 'Pause', exact: true }).click();
  await page.getByText('direct.clinic.example is paused: nothing goes there').waitFor();
  await look('channels-far-paused');
});

test('what the gateway gave up on says what it was and what to do, is tried again or set aside', async () => {
  const { store } = site.pipeline;
  await page.goto(`${site.url}/worklist?kind=dead`);
  await page.getByText('Nothing was given up').waitFor();
  await look('dead-none');
  const { rows } = await store.deliveries({ practices: null, limit: 2 });
  const subjects = rows.map(({ delivery }) => delivery.id);
  await store.commit({ work: subjects.map((subject) => ({ stage: 'deliver', subject, dueAt: 0 })), events: [] });
  for (let tries = 0; tries < 20; tries++)
    for (const work of await store.claim(['deliver'], 5, 0))
      await store.release(work, 0, failureOf(new TypeError('x')));
  await page.reload();
  const letters = page.getByRole('article').filter({ hasText: 'An attempt could not be made' });
  await letters.nth(1).waitFor();
  await page.getByText('TypeError').first().waitFor();
  await look('dead-letters');
  await letters.first().getByRole('button', { name: 'Set aside…' }).click();
  await page.getByLabel(/^Why\?/).fill('sent by hand');
  await page.getByRole('button', { name: 'Set aside', exact: true }).click();
  await letters.filter({ hasText: '– set aside' }).waitFor();
  expect((await store.census()).dead.deliver).toBe(1);
  for (const left of [1, 0]) {
    await letters.first().getByRole('button', { name: 'Try again…' }).click();
    await page.getByLabel(/^Why\?/).fill('mended in the new release');
    await page.getByRole('button', { name: 'Try again', exact: true }).click();
    await until('it is gone', async () => (await letters.count()) === left);
  }
  const told = await store.history(rows[0]!.delivery.message);
  expect(told.filter(({ what }) => what.startsWith('work.')).map(({ who }) => who)).toContain('user:olga');
});

test('certificates, anchors, bundles and lists show what ends or failed, and what to do', async () => {
  await page.goto(`${site.url}/channels`);
  await page.getByRole('link', { name: 'Certificates and trust' }).click();
  for (const state of ['ends within 30 days', 'ends within 7 days', 'ends within a day', 'has ended', 'replaced by'])
    await page.getByText(state).first().waitFor();
  await page.getByText('status 503: the copy before it stays in force').waitFor();
  await page.getByText('too old: who is judged by it waits').waitFor();
  await page.getByText('DNS CERT at referrals.direct.harbor-orthopaedic.example, asked').waitFor();
  await page.getByText('none found').waitFor();
  await look('trust');
});
