import { afterAll, beforeAll, expect, test } from '@jest/globals';
import type { Browser } from 'playwright-core';
import { goodPdf } from '../hostile/files.ts';
import { openSite, type Site } from './seed.ts';
import { complaintsOf, startBrowser, violations } from './visit.ts';

let browser: Browser;
let site: Site;
let url: string;

beforeAll(async () => {
  [browser, site] = await Promise.all([startBrowser(), openSite()]);
  const { rows } = await site.pipeline.store.deliveries({ practices: null, channel: 'portal', limit: 1 });
  const link = await site.pipeline.store.linkOf(rows[0]!.delivery.attempt!);
  url = `${site.url}/portal/${link!.secret}`;
});
afterAll(async () => {
  await browser.close();
  await site.close();
});

for (const [lang, colorScheme, attach, none, thanks] of [
  ['es', 'dark', 'Enviar el informe', 'no se puede aceptar', 'Su informe ha llegado'],
  ['en', 'light', 'Send the report', 'cannot be taken', 'Your report has arrived'],
] as const) {
  test(`a secretary sends a report from a phone (${lang})`, async () => {
    const context = await browser.newContext({ viewport: { width: 360, height: 740 }, colorScheme });
    const page = await context.newPage();
    page.setDefaultTimeout(30_000);
    const complaints = complaintsOf(page);
    const look = async (view: string): Promise<void> => {
      expect(await violations(page)).toEqual([]);
      expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(360);
      if (process.env['SCREENS'])
        await page.screenshot({ path: `${process.env['SCREENS']}/portal-${lang}-${view}.png`, fullPage: true });
    };
    await page.goto(`${url}?lang=${lang}`);
    await look('code');
    await page.locator('input[name=code]').fill('042137');
    await page.keyboard.press('Enter');
    const send = page.getByRole('button', { name: attach });
    await send.waitFor();
    await look('message');
    const long = `${'informe-de-la-consulta-'.repeat(4)}.pdf`;
    await page.locator('input[type=file]').setInputFiles([{ name: long, mimeType: '', buffer: Buffer.from('<html>') }]);
    await send.press('Enter');
    await page.getByRole('alert').getByText(none).waitFor();
    await look('refused');
    complaints.splice(0); // Chromium reports the 400 itself.
    const buffer = Buffer.concat([goodPdf(), Buffer.from(`\n%${lang}`)]);
    await page.locator('input[type=file]').setInputFiles([{ name: 'r.pdf', mimeType: 'application/pdf', buffer }]);
    await send.click();
    await page.getByText(thanks).waitFor();
    await look('thanks');
    expect(complaints).toEqual([]);
    await context.close();
  });
}
