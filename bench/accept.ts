import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { freePort, startGateway } from './gateway.ts';
import { load, pdf } from './load.ts';

// Accepting a referral with a 100 KB PDF over HTTP (202 means on disk), beside the same bytes written in durable SQLite
// transactions without us: one row each, and grouped by 32 as a server with 32 clients could group them.

const clients = 32;
const rounds = 1;
const seconds = 4;

function bare(group: number): number {
  const folder = mkdtempSync(join(tmpdir(), 'loopgate-bare-'));
  const db = new DatabaseSync(join(folder, 'bare.db'));
  db.exec(
    'pragma journal_mode = wal; pragma synchronous = full; create table documents (id integer primary key, bytes blob not null)',
  );
  const insert = db.prepare('insert into documents (bytes) values (?)');
  const end = performance.now() + seconds * 1000;
  let rows = 0;
  while (performance.now() < end) {
    db.exec('begin immediate');
    for (let i = 0; i < group; i++) insert.run(pdf);
    db.exec('commit');
    rows += group;
  }
  db.close();
  rmSync(folder, { recursive: true });
  return rows / seconds;
}

/** What a gateway took in one second, and what that cost it. */
async function ours(): Promise<number> {
  const listen = { host: '127.0.0.1', port: await freePort() };
  const gateway = await startGateway({
    channels: { direct: { identities: ['{keys}/direct/identity.pem'], anchors: ['{keys}/direct/anchor.pem'], listen } },
  });
  const to = { channel: 'efax', address: '+13122000000' };
  const until = (ms: number): (() => boolean) => {
    const end = performance.now() + ms;
    return () => performance.now() < end;
  };
  await load(gateway, to, clients, until(1000));
  let accepted = 0;
  const open = until(seconds * 1000);
  const before = gateway.cpuMs();
  await load(gateway, to, clients, () => open() && ++accepted > 0);
  cpu.push((gateway.cpuMs() - before) / accepted);
  await gateway.stop();
  return accepted / seconds;
}
const cpu: number[] = [];

const median = (values: number[]): number => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;

const single: number[] = [];
const grouped: number[] = [];
const accept: number[] = [];
for (let round = 0; round < rounds; round++) {
  single.push(bare(1));
  grouped.push(bare(32));
  accept.push(await ours());
}
const line = (name: string, values: number[]): void =>
  console.log(`${name.padEnd(52)} ${median(values).toFixed(0).padStart(7)} /s`);
line('bare SQLite, 100 KB row, one transaction each', single);
line('bare SQLite, 100 KB rows, grouped by 32', grouped);
line('Loopgate, POST with a 100 KB PDF, 32 clients', accept);
console.log(`ratio to one transaction each: ${(median(accept) / median(single)).toFixed(2)}`);
console.log(`ratio to grouped transactions: ${(median(accept) / median(grouped)).toFixed(2)}`);
console.log(`gateway processor time: ${median(cpu).toFixed(2)} ms for each`);
