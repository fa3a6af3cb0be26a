import { Secret, TOTP } from 'otpauth';
import type { Page } from 'playwright-core';
import { until } from '../harness.ts';
import { addUser } from '../http/house.ts';
import type { Site } from './seed.ts';
import { signIn } from './visit.ts';

type Shot = (view: string) => Promise<void>;

/** Pictures of what a stranger's secretary sees, in both languages. */
export async function portalShots(site: Site, page: Page, shot: Shot): Promise<void> {
  const { rows } = await site.pipeline.store.deliveries({ practices: null, channel: 'portal', limit: 1 });
  const attempt = rows[0]?.delivery.attempt;
  const link = attempt ? await site.pipeline.store.linkOf(attempt) : null;
  for (const lang of ['en', 'es']) {
    await page.context().clearCookies();
    await page.goto(`${site.url}/portal/${link?.secret ?? ''}?lang=${lang}`);
    await shot(`portal-code-${lang}`);
    await page.locator('input[name=code]').fill('042137');
    await page.keyboard.press('Enter');
    await page.locator('input[type=file]').waitFor();
    await shot(`portal-${lang}`);
  }
}

/** Pictures of what those see who look after all practices. */
export async function adminShots(site: Site, page: Page, look: string, shot: Shot): Promise<void> {
  await page.context().clearCookies();
  await addUser(site.pipeline, `olga-${look}`, 'system-admin', null);
  await page.goto(`${site.url}/channels`);
  await signIn(page, `olga-${look}`);
  await page.getByText('Work that is due').waitFor();
  await shot('channels');
  await page.getByRole('button', { name: 'Pause direct…' }).click();
  await page.getByLabel('What').selectOption('one far side only');
  await shot('channels-pause');
  await page.goto(`${site.url}/trust`);
  await page.getByText('Revocation').waitFor();
  await shot('trust');
  await page.goto(`${site.url}/settings`);
  await page.getByText('Cover sheet of its faxes').first().click();
  const isDrawn = `document.querySelector('.cover-sheet')?.naturalWidth > 0`;
  await until('the cover sheet is drawn', () => page.evaluate<boolean>(isDrawn));
  await shot('settings-practices');
  await page.goto(`${site.url}/worklist?kind=dead`);
  await page.getByText('Nothing was given up').waitFor();
  await shot('worklist-dead');
}

/** Pictures of a second factor's screens, and of emergency access: each look has people of its own. */
export async function peopleShots(site: Site, page: Page, look: string, shot: Shot): Promise<void> {
  const click = (name: string) => page.getByRole('button', { name, exact: true }).click();
  await page.context().clearCookies();
  await addUser(site.pipeline, `sam-${look}`, 'practice-admin', 'main');
  await page.goto(`${site.url}/account`);
  await signIn(page, `sam-${look}`);
  await page.getByRole('button', { name: 'Add a passkey…' }).click();
  await page.getByLabel('Name for it').waitFor();
  await shot('passkey');
  await page.keyboard.press('Escape');
  await click('Add an authenticator app…');
  await page.getByRole('img', { name: /QR code/ }).waitFor();
  await shot('authenticator');
  const secret = ((await page.getByTestId('secret').textContent()) ?? '').replaceAll(' ', '');
  await page.getByLabel('Code that the app shows now').fill(codeOf(secret, site.pipeline.now()));
  await click('Add it');
  await page.getByRole('button', { name: 'I have kept them' }).waitFor();
  await shot('recovery-codes');
  await click('I have kept them');
  await page.getByText('10 of 10 recovery codes left.').waitFor();
  await shot('account-with-factor');

  await page.context().clearCookies();
  await page.goto(site.url);
  await signIn(page, `sam-${look}`);
  await page.locator('input[name=code]').fill('000000');
  await page.keyboard.press('Enter');
  await page.getByText('That code is not right').waitFor();
  await shot('sign-in-code');

  await page.context().clearCookies();
  await addUser(site.pipeline, `olaf-${look}`, 'ops', null);
  await page.goto(site.url);
  await signIn(page, `olaf-${look}`);
  await click('Emergency access…');
  await page.getByLabel('What is the emergency?').fill('stroke patient, nobody of the practice can be reached');
  await shot('emergency-ask');
  await click('See content');
  await page.getByText(/You see the content of/).waitFor();
  await shot('emergency');
  await click('End it now');
  await page.getByText(/You see the content of/).waitFor({ state: 'detached' });

  await page.context().clearCookies();
  await page.goto(`${site.url}/worklist?kind=emergencies`);
  await signIn(page);
  await page.getByRole('button', { name: 'Review…' }).first().click();
  await page.getByLabel('What did you find?').waitFor();
  await shot('emergency-review');
}

const codeOf = (secret: string, timestamp: number): string =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp });
