/** The console with much on file, in Chromium, by the browser's own clock: how soon a first view can be used, a filter
 *  answers, whether the log scrolls at the screen's rate, also while news comes in, and what a first visit loads.
 *  node bench/console.ts [deliveries]   (after `npm run build`) */
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Browser, BrowserContext, Page } from 'playwright-core';
import { hashPassword } from '../src/http/secrets.ts';
import { openStore } from '../src/store/open.ts';
import { password } from '../test/http/house.ts';
import { signIn, startBrowser } from '../test/web/visit.ts';
import { median, newFolder, removeFolder, say, startGateway, type Measured } from './gateway.ts';
import { loadOf } from './load.ts';
import { stock } from './stock.ts';

const deliveries = Number(process.argv[2] ?? 100_000);
const visits = 5;
const liveSeconds = 15;
/** Each leaves two lines on record: to a channel that is off, it is received and held. */
const referralsPerSecond = 25;

const percentile = (values: readonly number[], share: number): number =>
  values.toSorted((a, b) => a - b)[Math.ceil(values.length * share) - 1] ?? NaN;

const told = (name: string, figure: string, aim: string): void => say(`${name.padEnd(44)} ${figure.padEnd(44)} ${aim}`);

async function fill(folder: string): Promise<void> {
  const place = { url: null, file: join(folder, 'data', 'loopgate.db') };
  const store = await openStore({ ...place, keyFile: join(folder, 'data-keys', 'vault.key') }, Date.now);
  await stock(store, { deliveries, entries: deliveries / 20 }, Date.now());
  const anna = { name: 'anna', role: 'practice-admin', practice: 'main', disabledAt: null } as const;
  await store.people.addUser({ ...anna, password: await hashPassword(password) });
  await store.close();
}

/** When what `selector` names was first drawn, milliseconds since the page was asked for. */
const drawn = (page: Page, selector: string): Promise<number> =>
  page.evaluate<number>(`new Promise((done) => {
    const look = () => document.querySelector(${JSON.stringify(selector)})
      ? requestAnimationFrame(() => done(performance.now())) : requestAnimationFrame(look);
    look();
  })`);

/** A browser that never was here, but for its session. */
async function firstVisit(browser: Browser, session: Session, path: string, selector: string): Promise<Visit> {
  const context = await browser.newContext({ storageState: session, viewport });
  const page = await context.newPage();
  const scripts: Promise<number>[] = [];
  page.on('response', (answer) => {
    if (/\.js$/.test(answer.url())) scripts.push(answer.body().then((bytes) => gzipSync(bytes).length));
  });
  await page.goto(path, { waitUntil: 'commit' });
  const ms = await drawn(page, selector);
  await page.waitForLoadState('networkidle').catch(() => undefined);
  const bytes = (await Promise.all(scripts)).reduce((sum, each) => sum + each, 0);
  await context.close();
  return { ms, bytes };
}

interface Visit {
  readonly ms: number;
  /** Of scripts, gzipped. */
  readonly bytes: number;
}

type Session = Awaited<ReturnType<BrowserContext['storageState']>>;
const viewport = { width: 1280, height: 800 };

/** What people choose, one after the other, no two alike: a list that was shown a minute ago comes from memory. */
const filters: readonly string[] = [
  'urgency=stat',
  'urgency=urgent',
  'state=held',
  'state=failed',
  'state=sent',
  'state=cancelled',
  'channel=portal',
  'channel=efax',
  'overdue=1',
  'doubt=1',
  'urgency=stat&state=held',
  'urgency=stat&channel=portal',
  'urgency=stat&channel=portal&state=failed',
  'channel=portal&state=cancelled',
  `from=${dayAgo(25)}&to=${dayAgo(24)}`,
  `from=${dayAgo(25)}&to=${dayAgo(24)}&state=held`,
  `from=${dayAgo(1)}&state=cancelled`,
  'q=%2B12125550123',
  'q=desk7%40far.example',
  'q=nobody%40nowhere.example',
];

function dayAgo(days: number): string {
  return new Date(Date.now() - days * 24 * 60 * 60_000).toISOString();
}

/** From the choice of a filter to its rows on the screen. */
async function filterTimes(page: Page): Promise<number[]> {
  const times: number[] = [];
  for (const filter of filters) {
    times.push(
      await page.evaluate<number>(`new Promise((done) => {
        const start = performance.now();
        history.pushState(null, '', '/deliveries?${filter}');
        dispatchEvent(new PopStateEvent('popstate'));
        const look = () => document.querySelector('[aria-label=Loading]') || !(document.querySelector('.grid') || document.body.textContent.includes('Nothing matches'))
          ? requestAnimationFrame(look) : requestAnimationFrame(() => done(performance.now() - start));
        requestAnimationFrame(look);
      })`),
    );
  }
  return times;
}

/** Frames while something goes on: the time from each to the next, and the tasks that held the page for 50 ms or more. */
async function frames(page: Page, during: () => Promise<void>): Promise<{ gaps: number[]; long: number[] }> {
  await page.evaluate(`(() => {
    const seen = { gaps: [], long: [], going: true };
    let last = performance.now();
    const note = (at) => { seen.gaps.push(at - last); last = at; if (seen.going) requestAnimationFrame(note); };
    requestAnimationFrame((at) => { last = at; requestAnimationFrame(note); });
    seen.observer = new PerformanceObserver((list) => seen.long.push(...list.getEntries().map((each) => each.duration)));
    seen.observer.observe({ type: 'longtask' });
    window.seen = seen;
  })()`);
  await during();
  return page.evaluate<{ gaps: number[]; long: number[] }>(
    '(seen.going = false, seen.observer.disconnect(), { gaps: seen.gaps, long: seen.long })',
  );
}

const smooth = ({ gaps, long }: { readonly gaps: readonly number[]; readonly long: readonly number[] }): string => {
  const rate = (1000 * gaps.length) / gaps.reduce((sum, gap) => sum + gap, 0);
  const p95 = percentile(gaps, 0.95).toFixed(1);
  return `${rate.toFixed(1)} frames/s, p95 ${p95} ms, ${long.length} long tasks${long.length > 0 ? ` (to ${Math.max(...long).toFixed(0)} ms)` : ''}`;
};

async function scroll(page: Page): Promise<void> {
  await page.mouse.move(640, 500);
  const end = performance.now() + 6_000;
  while (performance.now() < end) {
    await page.mouse.wheel(0, 240);
    await page.waitForTimeout(30);
  }
}

async function news(gateway: Measured): Promise<void> {
  for (let second = 0; second < liveSeconds; second++) {
    const until = performance.now() + 1000;
    await loadOf(gateway, { channel: 'efax', address: '+13122000000' }, 2, referralsPerSecond);
    await new Promise((done) => setTimeout(done, Math.max(0, until - performance.now())));
  }
}

const folder = newFolder();
// A first start makes the keys, and the key of the command line.
await (await startGateway(folder)).stop();
const filling = performance.now();
await fill(folder);
say(
  `filled in ${((performance.now() - filling) / 1000).toFixed(0)} s: ${deliveries} deliveries, ${deliveries / 20} intake items`,
);
const gateway = await startGateway(folder);
const browser = await startBrowser();
const context = await browser.newContext({ viewport });
await context.addInitScript(`{
  window.heard = 0;
  const Real = EventSource;
  window.EventSource = class extends Real {
    constructor(...given) {
      super(...given);
      this.addEventListener('message', () => { heard++; });
    }
  };
}`);
const page = await context.newPage();
await page.goto(gateway.url);
await signIn(page);
await page.locator('.chart').waitFor();
const session = await context.storageState();

for (const [name, path, selector] of [
  ['overview', '/', '.chart'],
  ['delivery log', '/deliveries', '[data-index]'],
  ['worklist', '/worklist?kind=held', 'tbody tr'],
  ['intake queue', '/intake', 'tbody tr'],
] as const) {
  const seen: Visit[] = [];
  for (let visit = 0; visit < visits; visit++)
    seen.push(await firstVisit(browser, session, gateway.url + path, selector));
  const times = seen.map(({ ms }) => ms);
  told(
    `first view, ${name}`,
    `median ${median(times).toFixed(0)} ms, slowest ${Math.max(...times).toFixed(0)} ms`,
    'aim 1000 ms',
  );
  told(`  scripts for it, gzipped`, `${((seen[0]?.bytes ?? NaN) / 1024).toFixed(0)} KB`, 'aim 250 KB');
}

await page.goto(`${gateway.url}/deliveries`);
await page.locator('[data-index]').first().waitFor();
const times = await filterTimes(page);
told(
  'filter of the log',
  `median ${median(times).toFixed(0)} ms, p95 ${percentile(times, 0.95).toFixed(0)} ms`,
  'aim p95 300 ms',
);

await page.goto(`${gateway.url}/deliveries`);
await page.locator('[data-index]').first().waitFor();
told('scrolling the log', smooth(await frames(page, () => scroll(page))), 'aim 60 frames/s');
const rows = await page.evaluate<string>('document.querySelector("[data-index]:last-child").dataset.index');
told('  down to row', rows, '');

await page.goto(`${gateway.url}/deliveries`);
await page.locator('[data-index]').first().waitFor();
const calm = await frames(page, () => news(gateway));
const heard = (await page.evaluate<number>('heard')) / liveSeconds;
told(`the log under ${heard.toFixed(0)} lines of news a second`, smooth(calm), 'aim 60 frames/s at 50 lines/s');

await browser.close();
await gateway.stop();
removeFolder(folder);
