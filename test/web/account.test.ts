import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { Secret, TOTP } from 'otpauth';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { freePort } from '../../demo/free-port.ts';
import { oidcOf } from '../../src/people/oidc.ts';
import { minute } from '../harness.ts';
import { addUser } from '../http/house.ts';
import { identityProvider, type IdentityProvider } from '../services/identity.ts';
import { openSite, type Site } from './seed.ts';
import { complaintsOf, signIn, startBrowser, violations } from './visit.ts';

let browser: Browser;
let context: BrowserContext;
let page: Page;
let site: Site;
let provider: IdentityProvider;
let complaints: string[];

beforeAll(async () => {
  const port = await freePort();
  const redirectUri = `http://localhost:${port}/api/v1/session/oidc/callback`;
  [browser, provider] = await Promise.all([startBrowser(), identityProvider(redirectUri)]);
  const oidc = oidcOf({ ...provider.client, issuer: provider.issuer, name: 'Clinic ID', claim: 'email' }, redirectUri);
  site = await openSite({ port, signIn: { secondFactor: ['sender'], oidc } });
  await addUser(site.pipeline, 'sam', 'sender', 'main');
  await addUser(site.pipeline, 'olaf', 'ops', null);
  await addUser(site.pipeline, 'ida@clinic.example', 'intake', 'main');
});
afterAll(async () => {
  await browser.close();
  await site.close();
  await provider.stop();
});

beforeEach(async () => {
  context = await browser.newContext({ viewport: { width: 1280, height: 800 }, reducedMotion: 'reduce' });
  page = await context.newPage();
  page.setDefaultTimeout(30_000);
  complaints = complaintsOf(page);
  await page.goto(site.url);
});
afterEach(() => context.close());

const overview = () => page.getByRole('heading', { name: 'What needs a person now' }).waitFor();
const click = (name: string) => page.getByRole('button', { name, exact: true }).click();
const codeNow = (secret: string): string =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: site.pipeline.now() });

describe('a second factor', () => {
  test('of an app is set up where the role demands one, and asked for from then on', async () => {
    await signIn(page, 'sam');
    await page.getByText('Your role needs one').waitFor();
    expect(await page.getByRole('navigation').count()).toBe(0);
    expect(await violations(page)).toEqual([]);
    await click('Add an authenticator app…');
    await page.getByRole('img', { name: /QR code/ }).waitFor();
    const secret = ((await page.getByTestId('secret').textContent()) ?? '').replaceAll(' ', '');
    await page.getByLabel('Code that the app shows now').fill(codeNow(secret));
    expect(await violations(page)).toEqual([]);
    await click('Add it');
    await page.getByRole('button', { name: 'I have kept them' }).waitFor();
    const codes = await page.getByRole('list', { name: 'Codes' }).getByRole('listitem').allTextContents();
    expect(codes).toHaveLength(10);
    expect(await violations(page)).toEqual([]);
    await click('I have kept them');
    await page.getByRole('link', { name: 'Delivery log' }).waitFor();

    await click('Sign out');
    await signIn(page, 'sam');
    await page.locator('input[name=code]').fill('000000');
    await page.keyboard.press('Enter');
    await page.getByText('That code is not right, or was used before. Wait for the next one.').waitFor();
    expect(await violations(page)).toEqual([]);
    await site.pipeline.turn(minute);
    await page.locator('input[name=code]').fill(codeNow(secret));
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'Delivery log' }).waitFor();

    await click('Sign out');
    await signIn(page, 'sam');
    await page.locator('input[name=code]').fill(codes[0] ?? '');
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'sam' }).click();
    await page.getByText('9 of 10 recovery codes left.').waitFor();
    expect(complaints).toEqual([]);
  });

  test('can be a passkey, which lets in alone, by keyboard', async () => {
    const devtools = await context.newCDPSession(page);
    await devtools.send('WebAuthn.enable');
    await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: {
        protocol: 'ctap2',
        transport: 'internal',
        hasResidentKey: true,
        hasUserVerification: true,
        isUserVerified: true,
        automaticPresenceSimulation: true,
      },
    });
    await signIn(page);
    await overview();
    await page.getByRole('link', { name: 'anna' }).press('Enter');
    await page.getByRole('button', { name: 'Add a passkey…' }).press('Enter');
    await page.getByLabel('Name for it').fill('The laptop');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'I have kept them' }).press('Enter');
    await page.getByRole('cell', { name: 'The laptop', exact: true }).waitFor();
    expect(await violations(page)).toEqual([]);

    await page.getByRole('button', { name: 'Sign out', exact: true }).press('Enter');
    await page.getByRole('button', { name: 'Use a passkey' }).press('Enter');
    await page.getByRole('link', { name: 'anna' }).waitFor();
    await page.getByRole('link', { name: 'anna' }).click();
    await page.getByRole('button', { name: 'Remove The laptop' }).press('Enter');
    await page.getByText('None yet').waitFor();
    expect(complaints).toEqual([]);
  });
});

describe('the identity provider', () => {
  const come = async (name: string): Promise<void> => {
    await page.getByRole('link', { name: 'Sign in with Clinic ID' }).click();
    await page.locator('input[name=login]').fill(name);
    await page.locator('input[name=password]').fill('any');
    await page.keyboard.press('Enter');
    await page.getByRole('button', { name: 'Continue' }).click();
    await page.waitForURL((url) => url.href.startsWith(site.url));
    // Of its own pages, which ask for a font from far away.
    complaints.splice(0);
  };

  test('lets in whom it names, and binds the name to that person: the password is of no use any more', async () => {
    await come('ida');
    await overview();
    await page.getByRole('link', { name: 'ida@clinic.example' }).waitFor();
    await click('Sign out');
    await signIn(page, 'ida@clinic.example');
    await page.getByText('That name and password do not match.').waitFor();
    const { rows } = await site.pipeline.store.record.search({
      practices: null,
      subject: 'user:ida@clinic.example',
      limit: 9,
    });
    expect(rows.map(({ event }) => event.what)).toContain('user.bound');
    expect(complaints).toEqual([]);
  });

  test('lets in neither somebody else by that name nor whom nobody here knows', async () => {
    for (const name of ['other-ida', 'nobody']) {
      await context.clearCookies();
      await page.goto(site.url);
      await come(name);
      await page.getByText('You were not let in').waitFor();
      expect(await violations(page)).toEqual([]);
    }
    expect(complaints).toEqual([]);
  });

  test('is believed only in answer to what was asked: a forged or repeated return is refused', async () => {
    await page.goto(`${site.url}/api/v1/session/oidc/callback?code=x&state=y`);
    await page.getByText('You were not let in').waitFor();
    await page.getByRole('link', { name: 'Sign in with Clinic ID' }).click();
    await page.locator('input[name=login]').waitFor();
    await page.goto(`${site.url}/api/v1/session/oidc/callback?code=x&state=y`);
    await page.getByText('You were not let in').waitFor();
  });
});

test('emergency access is asked for with a reason, shown while it lasts, and reviewed by an administrator', async () => {
  await signIn(page, 'olaf');
  await overview();
  expect(await page.getByRole('link', { name: 'Referrals' }).count()).toBe(0);
  await click('Emergency access…');
  await page.getByLabel('What is the emergency?').fill('stroke patient, nobody of the practice can be reached');
  expect(await violations(page)).toEqual([]);
  await click('See content');
  await page.getByText(/You see the content of/).waitFor();
  await page.getByRole('link', { name: 'Referrals' }).click();
  await page.getByRole('heading', { name: 'Referrals' }).waitFor();
  expect(await violations(page)).toEqual([]);
  await click('End it now');
  await page.getByText(/You see the content of/).waitFor({ state: 'detached' });
  await click('Sign out');
  await page.locator('input[name=password]').waitFor();

  await page.goto(site.url);
  await signIn(page);
  await page.getByRole('link', { name: 'Emergencies' }).click();
  await page.getByText('stroke patient, nobody of the practice can be reached').waitFor();
  expect(await violations(page)).toEqual([]);
  await click('Review…');
  await page.getByLabel('What did you find?').fill('spoke with him, as he said');
  await click('Keep it on record');
  await page.getByText('spoke with him, as he said').waitFor();
  // The page that lost its right was told so once.
  expect(complaints.filter((line) => !line.includes('403'))).toEqual([]);
});
