import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium, type Browser, type Page } from 'playwright-core';
import { password } from '../http/house.ts';
import { until } from '../harness.ts';

export const browserArgs = {
  executablePath: '/usr/bin/chromium',
  timeout: 120_000, // its first start on a machine with cold disks
  args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-background-networking'],
};
export const startBrowser = (): Promise<Browser> => chromium.launch(browserArgs);

export const signIn = (page: Page, name = 'anna'): Promise<void> => signInAs(page, name, password);

export async function signInAs(page: Page, name: string, word: string): Promise<void> {
  await page.locator('input[name=name]').fill(name);
  await page.locator('input[name=password]').fill(word);
  await page.keyboard.press('Enter');
}

/** Hears what the page complains of. Before signing in it asks who it is and is told 401: that is the answer. */
export function complaintsOf(page: Page): string[] {
  const complaints: string[] = [];
  page.on('pageerror', ({ message }) => complaints.push(message));
  page.on('console', (line) => {
    if (line.type() === 'error' && !line.text().includes('401')) complaints.push(line.text());
  });
  return complaints;
}

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** Several parts of a page may load at once. */
export async function loaded(page: Page): Promise<void> {
  await until('every part has loaded', async () => (await page.getByLabel('Loading').count()) === 0, 30_000);
}

/** Violations of WCAG 2.2 A and AA, and of good practice, as axe-core finds them. */
export async function violations(page: Page): Promise<string[]> {
  // Evaluated by the debugger, which the content policy does not bind.
  await page.evaluate(axe);
  return page.evaluate<string[]>(`axe.run(document, { resultTypes: ['violations'] }).then(({ violations }) =>
    violations.flatMap(({ id, nodes }) => nodes.map(({ target, failureSummary }) => id + ' ' + target.join(' ') + ': ' + failureSummary)))`);
}
