import { expect } from '@jest/globals';
import { startBrowser, complaintsOf, loaded, signInAs } from '../web/visit.ts';
import type { Case } from './cases.ts';
import { sound, submit } from './http-cases.ts';
import type { HostileTown } from './town.ts';

/** What a person sees in a real browser. */

const name = `"><img src=x onerror="window.pwned=1"><script>window.pwned=1</script>{{7*7}}\${7*7}`;

/** The views that show it, as somebody who may see everything opens them; what the browser made of it. */
async function looked(town: HostileTown, message: string): Promise<string> {
  const [, password = ''] = /sign in as admin with password (\S+)/.exec(town.output()) ?? [];
  const browser = await startBrowser();
  try {
    const page = await browser.newPage();
    const complaints = complaintsOf(page);
    await page.goto(town.url);
    await signInAs(page, 'admin', password);
    await page.getByRole('heading', { name: 'What needs a person now' }).waitFor();
    const shown: string[] = [];
    for (const path of ['/deliveries', '/referrals', `/messages/${message}`, '/recipients', '/audit']) {
      await page.goto(town.url + path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await loaded(page);
      expect(await page.evaluate('window.pwned')).toBeUndefined();
      if ((await page.locator('body').innerText()).includes('{{7*7}}${7*7}')) shown.push(path.split('/')[1] ?? '');
    }
    return `as words in ${shown.join()}; complaints: ${complaints.join() || 'none'}`;
  } finally {
    await browser.close();
  }
}

export const viewCases: readonly Case[] = [
  {
    name: '57, 77: markup, a script and templates for names of patient, office and file',
    async act(town) {
      const endpoints = [{ channel: 'direct', address: town.partner.address('ok') }];
      const referral = sound(town, {
        patient: { name: { family: name, given: [name] }, birthDate: '1961-04-09' },
        recipient: { name, endpoints },
        service: { reason: name },
      });
      const file = { name: `${name}.txt`, type: 'text/plain', bytes: Buffer.from(name) };
      const answer = await submit(town, referral, file);
      const { rows } = await town.api<{ rows: { message: string }[] }>('/deliveries?limit=1&q=onerror');
      return { answer, look: () => looked(town, rows[0]?.message ?? '') };
    },
    answer: /^202 /,
    found: /^as words in deliveries,referrals,messages; complaints: none$/,
  },
];
