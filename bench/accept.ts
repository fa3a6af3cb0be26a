/** Accepting a referral with a 100 KB PDF over HTTP (202 means on disk), beside the same bytes written in durable SQLite
 *  transactions without us: one row each, and grouped by 32 as a server with 32 clients could group them. And beside the
 *  least that any gateway on Node would do between HTTP and that grouped row (bench/floor.ts).
 *  node bench/accept.ts [rounds] */
import { closeSync, fdatasyncSync, openSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { median, newFolder, removeFolder, say, startFloor, startGateway, type Measured } from './gateway.ts';
import { load, pdf } from './load.ts';

const clients = 32;
const rounds = Number(process.argv[2] ?? 3);
const seconds = 3;

/** Calls per second for as long as a figure takes. */
function rate(work: () => number): number {
  const start = performance.now();
  let done = 0;
  while (performance.now() - start < seconds * 1000) done += work();
  return (done / (performance.now() - start)) * 1000;
}

function syncs(): number {
  const folder = newFolder();
  const file = openSync(join(folder, 'file'), 'w');
  const block = Buffer.alloc(4096, 1);
  const result = rate(() => {
    writeSync(file, block);
    fdatasyncSync(file);
    return 1;
  });
  closeSync(file);
  removeFolder(folder);
  return result;
}

function bare(group: number): number {
  const folder = newFolder();
  const db = new DatabaseSync(join(folder, 'bare.db'));
  db.exec('pragma journal_mode = wal; pragma synchronous = full');
  db.exec('create table documents (id integer primary key, bytes blob not null)');
  const insert = db.prepare('insert into documents (bytes) values (?)');
  const result = rate(() => {
    db.exec('begin immediate');
    for (let i = 0; i < group; i++) insert.run(pdf);
    db.exec('commit');
    return group;
  });
  db.close();
  removeFolder(folder);
  return result;
}

interface Taken {
  readonly rate: number;
  readonly cpuMs: number;
}

/** Referrals for a channel that is switched off: planned and held behind the accepting, but not carried. */
async function taken(gateway: Omit<Measured, 'startMs'>): Promise<Taken> {
  const to = { channel: 'efax', address: '+13122000000' };
  const during = (ms: number): Promise<number> => {
    const end = performance.now() + ms;
    return load(gateway, to, clients, () => performance.now() < end);
  };
  await during(1000);
  const start = performance.now();
  const cpu = gateway.cpuMs();
  const accepted = await during(seconds * 1000);
  const result = {
    rate: (accepted / (performance.now() - start)) * 1000,
    cpuMs: (gateway.cpuMs() - cpu) / accepted,
  };
  await gateway.stop();
  return result;
}

async function within(start: (folder: string) => Promise<Omit<Measured, 'startMs'>>): Promise<Taken> {
  const folder = newFolder();
  const result = await taken(await start(folder));
  removeFolder(folder);
  return result;
}

const table = {
  'fdatasync after 4 KB, one after the other': [] as number[],
  'bare SQLite, 100 KB row, one transaction each': [] as number[],
  'bare SQLite, 100 KB rows, grouped by 32': [] as number[],
  'HTTP, hash, encrypt, grouped row; no gateway': [] as number[],
  'Loopgate, POST with a 100 KB PDF, 32 clients': [] as number[],
};
const [disk = [], single = [], grouped = [], floor = [], accepted = []] = Object.values(table);
const cpu: number[] = [];
for (let round = 0; round < rounds; round++) {
  disk.push(syncs());
  single.push(bare(1));
  grouped.push(bare(32));
  floor.push((await within((folder) => startFloor('accept', folder))).rate);
  const { rate, cpuMs } = await within((folder) => startGateway(folder));
  accepted.push(rate);
  cpu.push(cpuMs);
}
for (const [name, values] of Object.entries(table)) {
  say(`${name.padEnd(48)} ${median(values).toFixed(0).padStart(6)} /s`);
}
const ratio = (of: readonly number[], to: readonly number[]): string =>
  median(of.map((value, i) => value / (to[i] ?? NaN))).toFixed(2);
say(`ratio to one transaction each  ${ratio(accepted, single)}`);
say(
  `ratio to grouped transactions  ${ratio(accepted, grouped)}  (aim 0.60; without a gateway ${ratio(floor, grouped)})`,
);
say(`ratio to HTTP without a gateway  ${ratio(accepted, floor)}`);
say(`processor time of the gateway  ${median(cpu).toFixed(2)} ms for each, its pipeline and its threads included`);
