import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { PDFDocument, StandardFonts } from 'pdf-lib';
import { freePort } from '../../demo/free-port.ts';
import defaults from '../../config/default.js';
import { parseConfig } from '../../src/config.ts';
import { createGateway, type Gateway } from '../../src/gateway.ts';
import { request } from '../harness.ts';
import { openBench, until, type Bench } from './bench.ts';
import { scenarios, type Scenario } from './scenarios.ts';

const [sender, receiver] = ['+12125550100', '+12125550123'];

/** What one scenario came to; the judge is whoever started this program. */
interface Ending {
  readonly name: string;
  readonly state: string;
  readonly reason: string | null;
  readonly dialled: number;
  /** Pages of each fax that our own intake got by this call. */
  readonly arrived: readonly number[];
  readonly seconds: number;
}

const practice = (id: string, number: string) => ({
  id,
  name: `${id} practice`,
  phone: '+12125550199',
  npi: null,
  addresses: { efax: [number] },
  // A page less on a line where each takes half a minute.
  answerSheet: false,
});

async function open(folder: string): Promise<Gateway> {
  const account = { provider: 'hylafax', host: '127.0.0.1', port: 4559 };
  const gateway = await createGateway(
    parseConfig({
      ...defaults,
      data: join(folder, 'data'),
      log: 'silent',
      metrics: null,
      http: { ...defaults.http, port: await freePort() },
      practices: [practice('main', sender), practice('lab', receiver)],
      // One call each: what is to be judged is the call, not our patience.
      patience: { efax: { delays: [], waits: null, receiptWithin: '10m', onSilence: 'hold' } },
      channels: {
        efax: {
          lookEvery: 500,
          accounts: {
            out: { ...account, modem: 'ttyIAX0', from: sender, practice: 'main' },
            in: { ...account, adminPassword: 'adminpass', from: receiver, practice: 'lab' },
          },
        },
      },
    }),
  );
  await gateway.start();
  return gateway;
}

/** A letter of so many pages less one: the cover is the first. */
async function letter(pages: number): Promise<Uint8Array> {
  const pdf = await PDFDocument.create();
  const font = await pdf.embedFont(StandardFonts.Helvetica);
  for (let page = 1; page < pages; page++) pdf.addPage([612, 792]).drawText(`Page ${page}`, { x: 72, y: 700, font });
  return pdf.save();
}

async function play(gateway: Gateway, bench: Bench, scenario: Scenario): Promise<Ending> {
  const { name, line, pages } = scenario;
  await until('both modems are ready', () => bench.idle(), 120_000);
  // A software modem calls itself busy for five seconds after it hung up.
  await sleep(5_500);
  bench.relay.behave(line);
  const [dialled, before, at] = [bench.relay.calls.length, await arrivals(gateway), Date.now()];
  const bytes = await letter(pages);
  const recipient = { name: 'Lab', npi: null, phone: null, endpoints: [{ channel: 'efax', address: receiver }] };
  const { deliveries } = await gateway.actions.submit({
    practice: 'main',
    who: 'test',
    key: null,
    referral: request({ recipient }),
    documents: [{ name: 'letter.pdf', mediaType: 'application/pdf', bytes }],
  });
  const id = deliveries[0]?.id;
  if (!id) throw new Error('no delivery');
  let state = 'pending';
  for (const limit = Date.now() + 420_000; !['delivered', 'failed', 'held'].includes(state);) {
    if (Date.now() > limit) break;
    await sleep(100);
    ({ state } = await gateway.store.delivery(id));
  }
  const receipts = await gateway.store.receiptsOf(id);
  let after = await arrivals(gateway);
  for (let wait = 0; wait < 900 && scenario.reason === null && after.length === before.length; wait++) {
    await sleep(100);
    after = await arrivals(gateway);
  }
  return {
    name,
    state,
    reason: receipts.find(({ kind }) => kind === 'failed')?.reason?.code ?? null,
    dialled: bench.relay.calls.length - dialled,
    arrived: after.slice(before.length),
    seconds: Math.round((Date.now() - at) / 1000),
  };
}

/** Pages of each fax in the intake queue of the practice that is called, oldest first. */
async function arrivals(gateway: Gateway): Promise<number[]> {
  const { rows } = await gateway.store.entries({ practices: ['lab'], limit: 100 });
  return rows.map(({ pages }) => pages).reverse();
}

const chosen = process.argv.slice(2);
const folder = mkdtempSync(join(tmpdir(), 'line-gateway-'));
const bench = await openBench();
const gateway = await open(folder);
try {
  for (const scenario of scenarios) {
    if (chosen.length > 0 && !chosen.includes(scenario.name)) continue;
    process.stdout.write(`${JSON.stringify(await play(gateway, bench, scenario))}\n`);
  }
} finally {
  await gateway.stop();
  await bench.close();
  rmSync(folder, { recursive: true, force: true });
}
