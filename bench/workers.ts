/** One `work` process against two, each on a processor of its own, on work that is not the database's: reading faxed
 *  pages that came in through an `edge`, over RabbitMQ and PostgreSQL. Pages per minute, in one run.
 *  node bench/workers.ts [pages] */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { postgres } from '../test/services/postgres.ts';
import { startBroker } from '../test/services/rabbitmq.ts';
import { newFolder, removeFolder, say, startGateway } from './gateway.ts';

const pages = Number(process.argv[2] ?? 24);
const fax = join(import.meta.dirname, '..', 'test', 'fixtures', 'fax', 'grid-fine-medium.tif');
const ours = '+12125550101';

const { data, info } = await sharp(readFileSync(fax), { page: 0 })
  .greyscale()
  .raw()
  .toBuffer({ resolveWithObject: true });
let copies = 0;

/** The same page with another speck: what was read before is not read again. */
function page(): Promise<Buffer> {
  data[copies++] = 0;
  const raw = { width: info.width, height: info.height, channels: 1 as const };
  return sharp(data, { raw }).toColourspace('b-w').tiff({ compression: 'ccittfax4', bitdepth: 1 }).toBuffer();
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
  const tiffs = await Promise.all(Array.from({ length: count }, page));
  const start = performance.now();
  for (const tiff of tiffs) await send(tiff);
  while ((await entries()) < before + count) await sleep(100);
  return (count / (performance.now() - start)) * 60_000;
}

const workers = [await worker(0)];
await read(2);
const one = await read(pages);
workers.push(await worker(1));
await read(4);
const two = await read(2 * pages);
for (const child of workers) child.kill('SIGTERM');
await Promise.all(workers.map((child) => new Promise((gone) => child.once('exit', gone))));
await gateway.stop();
await broker.stop();
await database.stop();
removeFolder(folder);

say(`one worker    ${one.toFixed(0).padStart(4)} pages a minute`);
say(`two workers   ${two.toFixed(0).padStart(4)} pages a minute`);
say(`two to one    ${(two / one).toFixed(2)}  (aim 1.80)`);
