import { mkdirSync } from 'node:fs';
import { freePort } from '../../demo/free-port.ts';
import { pdf as blankPdf } from '../harness.ts';
import { adminShots, peopleShots, portalShots } from './screens-people.ts';
import { fileSeveral, keepHarbor, openSite } from './seed.ts';
import { complaintsOf, signIn, startBrowser, violations } from './visit.ts';

/** Pictures of every view, to be looked at: node test/web/screens.ts [folder]. Also tells what axe finds. */

const folder = process.argv[2] ?? '/tmp/screens';
mkdirSync(folder, { recursive: true });

const site = await openSite({ port: await freePort() });
await keepHarbor(site.pipeline);
const several = await fileSeveral(site.pipeline);
const browser = await startBrowser();

for (const [name, width, height, colorScheme] of [
  ['wide', 1280, 800, 'light'],
  ['dark', 1280, 800, 'dark'],
  ['phone', 360, 740, 'light'],
] as const) {
  const context = await browser.newContext({ viewport: { width, height }, colorScheme });
  const page = await context.newPage();
  page.setDefaultTimeout(30_000);
  const complaints = complaintsOf(page);
  const shot = async (view: string): Promise<void> => {
    await page.waitForTimeout(400);
    await page.screenshot({ path: `${folder}/${name}-${view}.png`, fullPage: name === 'phone' });
    for (const each of await violations(page)) console.log(name, view, each);
    const across = await page.evaluate<number>('document.documentElement.scrollWidth');
    if (across > width) console.log(name, view, `is ${across} px across`);
    for (const each of complaints.splice(0)) console.log(name, view, 'complains', each);
  };
  await page.goto(site.url);
  await page.locator('input[name=name]').waitFor();
  await shot('sign-in');
  await signIn(page);
  await page.getByRole('heading', { name: 'What needs a person now' }).waitFor();
  await page.locator('.chart').waitFor();
  await shot('overview');
  for (const [view, path] of [
    ['worklist', '/worklist?kind=doubt'],
    ['worklist-intake', '/worklist?kind=intake'],
    ['worklist-none', '/worklist?kind=undeliverable'],
    ['log', '/deliveries'],
    ['log-none', '/deliveries?state=cancelled'],
    ['intake', '/intake'],
    ['intake-none', '/intake?state=rejected'],
    ['referrals', '/referrals'],
    ['recipients', '/recipients'],
    ['numbers', '/numbers'],
    ['numbers-none', '/numbers?only=doubtful'],
    ['audit', '/audit'],
    ['settings', '/settings'],
    ['account', '/account'],
  ] as const) {
    await page.goto(site.url + path);
    await page.getByRole('heading', { level: 1 }).waitFor();
    await page.waitForTimeout(500);
    await shot(view);
  }
  await page.goto(`${site.url}/deliveries`);
  await page.locator('[data-index]').first().waitFor();
  await page
    .getByLabel(/^Choose.*St\. Bartholomew/)
    .first()
    .check();
  await shot('log-chosen');
  await page.getByRole('button', { name: 'Send again…' }).click();
  await page.getByLabel('Why?').waitFor();
  await shot('log-bulk');
  await page.keyboard.press('Escape');
  await page.getByRole('link', { name: /St\. Bartholomew/ }).click();
  await page.getByText('Why this way?').click();
  await page.getByText('in the far side’s own words').click();
  await page.getByText('left out: channel is off').waitFor();
  await shot('message');
  await page.getByRole('button', { name: 'Send again' }).click();
  await page.getByLabel('Why?').waitFor();
  await shot('message-again');
  await page.goto(`${site.url}/intake`);
  await page.locator('tbody a').first().click();
  await page.locator('.place.focused').waitFor();
  await shot('review');
  await page.goto(`${site.url}/intake/${several}`);
  await page.getByRole('toolbar').getByRole('button', { name: 'Page 2,' }).click();
  await shot('review-several');
  await page.goto(`${site.url}/referrals`);
  await page.locator('tbody a').first().click();
  await page.getByRole('heading', { name: 'What became of it' }).waitFor();
  await shot('referral');
  await page.goto(`${site.url}/send`);
  await page.getByRole('heading', { level: 1 }).waitFor();
  await shot('send');
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await page.getByText('something is missing').waitFor();
  await shot('send-faults');
  await page.getByRole('combobox', { name: 'Recipient' }).fill('harb');
  await page.getByRole('option', { name: /Harbor/ }).waitFor();
  await shot('send-choice');
  await page.getByRole('option', { name: /Harbor/ }).click();
  await page.getByLabel('Last name').fill('Canary-Quist');
  await page.getByLabel('Date of birth').fill('1961-04-09');
  await page.setInputFiles('input[type=file]', [
    { name: 'letter.pdf', mimeType: 'application/pdf', buffer: blankPdf },
    {
      name: 'a note with a rather long name, as scanners and chart systems make them 20261127.txt',
      mimeType: 'text/plain',
      buffer: Buffer.from('Please see her soon.'),
    },
  ]);
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await page.getByText('look at the pages first').waitFor();
  await shot('send-look');
  await page.getByRole('button', { name: 'Page 1, larger' }).click();
  await page.getByRole('dialog').waitFor();
  await shot('send-page');
  await page.keyboard.press('Escape');
  if (name === 'phone') {
    await page.getByRole('button', { name: 'Menu' }).click();
    await shot('menu');
  }
  await portalShots(site, page, shot);
  await adminShots(site, page, name, shot);
  await peopleShots(site, page, name, shot);
  await context.close();
}
await browser.close();
await site.close();
