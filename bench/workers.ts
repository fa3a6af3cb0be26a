/** One `work` process against two, each on a processor of its own, on work that is not the database's: reading faxes of
 *  four pages that came in through an `edge`, over RabbitMQ and PostgreSQL. Pages per minute; in the same run one and two
 *  bare `tesseract` on the same pages, which share the processors with nobody.
 *  node bench/workers.ts [faxes] */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import sharp from 'sharp';
import { postgres } from '../test/services/postgres.ts';
import { startBroker } from '../test/services/rabbitmq.ts';
import { newFolder, removeFolder, say, startGateway } from './gateway.ts';

const faxes = Number(process.argv[2] ?? 8);
const pagesEach = 4;
const fax = join(import.meta.dirname, '..', 'test', 'fixtures', 'fax', 'grid-fine-medium.tif');
const ours = '+12125550101';

const { data, info } = await sharp(readFileSync(fax), { page: 0 })
  .greyscale()
  .raw()
  .toBuffer({ resolveWithObject: true });
let copies = 0;

/** The same page with another speck on each: what was read before is not read again. */
function pages(count: number): Promise<Buffer> {
  const drawn = Array.from({ length: count }, () => {
    // Always another: a speck on black would leave the page as it was, and read already.
    const at = 40 * info.width + copies++;
    data[at] = 255 - (data[at] ?? 0);
    return Buffer.from(data);
  });
  const raw = { width: info.width, height: info.height * count, pageHeight: info.height, channels: 1 as const };
  return sharp(Buffer.concat(drawn), { raw })
    .toColourspace('b-w')
    .tiff({ compression: 'ccittfax4', bitdepth: 1 })
    .toBuffer();
}

const folder = newFolder();
const [broker, database] = [await startBroker(), postgres()];
const gateway = await startGateway(
  folder,
  {},
  {
    env: { LOOPGATE_ROLES: '["edge"]' },
    store: { url: await database.url() },
    queue: { url: broker.url },
    practices: [
      {
        id: 'main',
        name: 'Riverside',
        phone: '+12125550100',
        npi: null,
        addresses: { direct: ['in@direct.localhost'], efax: [ours] },
      },
    ],
  },
);

async function worker(processor: number): Promise<ChildProcess> {
  const child = spawn('taskset', ['-c', String(processor), 'node', 'src/main.ts'], {
    cwd: join(import.meta.dirname, '..'),
    env: {
      PATH: process.env['PATH'],
      LOOPGATE_CONFIG: join(folder, 'config.mjs'),
      LOOPGATE_ROLES: '["work"]',
      LOOPGATE_METRICS_PORT: '0',
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  await new Promise<void>((ready, failed) => {
    child.once('exit', () => failed(new Error('the worker did not start')));
    child.stdout.once('data', () => ready());
  });
  return child;
}

const headers = { authorization: `Bearer ${gateway.key}` };

async function entries(): Promise<number> {
  let [count, next] = [0, ''];
  do {
    const response = await fetch(`${gateway.url}/api/v1/intake?limit=200${next && `&cursor=${next}`}`, { headers });
    const list = (await response.json()) as { rows: readonly unknown[]; next: string | null };
    count += list.rows.length;
    next = list.next ?? '';
  } while (next !== '');
  return count;
}

async function send(tiff: Buffer): Promise<void> {
  const form = new FormData();
  const patient = { name: { family: 'Bench', given: ['Ada'] }, birthDate: '1961-04-09' };
  const recipient = { name: 'Riverside', endpoints: [{ channel: 'efax', address: ours }] };
  form.set('referral', JSON.stringify({ patient, recipient }));
  form.append('document', new File([new Uint8Array(tiff)], 'fax.tif', { type: 'image/tiff' }));
  const { status } = await fetch(`${gateway.url}/api/v1/referrals`, { method: 'POST', headers, body: form });
  if (status !== 202) throw new Error(`the gateway answered ${status}`);
}

/** Pages per minute. */
async function read(count: number): Promise<number> {
  const before = await entries();
  const tiffs = await Promise.all(Array.from({ length: count }, () => pages(pagesEach)));
  const start = performance.now();
  for (const tiff of tiffs) await send(tiff);
  while ((await entries()) < before + count) await sleep(250);
  return ((count * pagesEach) / (performance.now() - start)) * 60_000;
}

/** Pages per minute of `tesseract` alone, one process after the other on each of these processors. */
async function bare(processors: readonly number[], count: number): Promise<number> {
  const file = join(folder, 'bare.tif');
  writeFileSync(file, await pages(1));
  const start = performance.now();
  await Promise.all(
    processors.map(async (processor) => {
      for (let n = 0; n < count; n++)
        await promisify(execFile)('taskset', ['-c', String(processor), 'tesseract', file, '-'], {
          env: { ...process.env, OMP_THREAD_LIMIT: '1' },
        });
    }),
  );
  return ((processors.length * count) / (performance.now() - start)) * 60_000;
}

const workers = [await worker(0)];
await read(2);
const one = await read(faxes);
workers.push(await worker(1));
await read(4);
const two = await read(2 * faxes);
for (const child of workers) child.kill('SIGTERM');
await Promise.all(workers.map((child) => new Promise((gone) => child.once('exit', gone))));
await gateway.stop();
await broker.stop();
await database.stop();
const [bareOne, bareTwo] = [await bare([0], 12), await bare([0, 1], 12)];
removeFolder(folder);

say(`one worker    ${one.toFixed(0).padStart(4)} pages a minute`);
say(`two workers   ${two.toFixed(0).padStart(4)} pages a minute`);
say(`two to one    ${(two / one).toFixed(2)}  (aim 1.80)`);
say(
  `bare tesseract: one ${bareOne.toFixed(0)}, two ${bareTwo.toFixed(0)}; two to one ${(bareTwo / bareOne).toFixed(2)}`,
);
