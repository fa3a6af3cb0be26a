/** What one message costs, from its 202 to the proof of its delivery, when a thousand, a hundred thousand and a million
 *  are stored already: processor time of the gateway's threads and of the database together, on either engine.
 *  node bench/ages.ts [--engine SQLite|PostgreSQL] [stored …] */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { accepted } from '../src/core/outcome.ts';
import type { Db } from '../src/store/db.ts';
import { openPostgres } from '../src/store/postgres.ts';
import { openSqlite } from '../src/store/sqlite.ts';
import { fill } from '../test/store/stored.ts';
import { harness, hour, request, scripted, submission, type Harness } from '../test/harness.ts';
import { postgres } from '../test/services/postgres.ts';
import { median, newFolder, removeFolder, say } from './gateway.ts';

const { values, positionals } = parseArgs({ allowPositionals: true, options: { engine: { type: 'string' } } });
const ages = positionals.length > 0 ? positionals.map(Number) : [1_000, 100_000, 1_000_000];
const rounds = 5;
const each = 200;
const to = { channel: 'direct', address: 'intake@far.example' };

const folder = newFolder();
const cluster = postgres();
const engines: Readonly<Record<string, () => Promise<Db>>> = {
  SQLite: () => Promise.resolve(openSqlite(join(folder, 'loopgate.db'))),
  PostgreSQL: async () => openPostgres(await cluster.url()),
};

/** User and system time of the server's processes that work for us, not of those that tidy up behind the filling;
 *  milliseconds (proc(5): ticks of 10 ms). */
async function serverMs(db: Db): Promise<number> {
  const rows = await db.all(`select pid from pg_stat_activity where backend_type = 'client backend'`);
  const told = rows.map(
    ({ pid }) =>
      readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
        .split(') ')[1]
        ?.split(' ') ?? [],
  );
  return told.reduce((sum, fields) => sum + 10 * (Number(fields[11]) + Number(fields[12])), 0);
}

async function through(gateway: Harness, proofs: (() => Promise<void>)[]): Promise<void> {
  const referral = request({ recipient: { name: 'Far Side Clinic', npi: null, phone: null, endpoints: [to] } });
  for (let n = 0; n < each; n += 20) {
    await Promise.all(Array.from({ length: 20 }, () => gateway.submit(submission({ referral }))));
    await gateway.turn();
    for (const prove of proofs.splice(0)) await prove();
    await gateway.turn();
  }
}

/** Milliseconds for one message. */
async function cost(gateway: Harness, proofs: (() => Promise<void>)[], server: () => Promise<number>): Promise<number> {
  const before = process.cpuUsage();
  const serverBefore = await server();
  await through(gateway, proofs);
  const { user, system } = process.cpuUsage(before);
  return ((user + system) / 1000 + (await server()) - serverBefore) / each;
}

for (const [name, open] of Object.entries(engines)) {
  if (values.engine !== undefined && values.engine !== name) continue;
  const db = await open();
  const own = name === 'SQLite';
  const server = own ? () => Promise.resolve(0) : () => serverMs(db);
  const proofs: (() => Promise<void>)[] = [];
  const direct = scripted('direct', async (parcel) => {
    await parcel.handingOver();
    const receipt = { attempt: parcel.attempt, kind: 'delivered' as const, reason: null, at: gateway.now() };
    const evidence = { mediaType: 'text/plain', bytes: Buffer.from('a signed notification') };
    proofs.push(async () => {
      await gateway.inbox.receipt({ channel: 'direct', receipt, author: null, evidence });
    });
    return accepted('250');
  });
  const gateway = harness({ db, channels: [direct] });
  await gateway.store.signature('makes the keys');
  // Once the code is warm, what is stored is all that differs.
  for (let round = 0; round < rounds; round++) await through(gateway, proofs);
  const figures: number[] = [];
  let stored = 0;
  for (const age of ages) {
    await fill(db, stored, age, gateway.now() + 1000 * hour, own ? 'null' : undefined);
    if (!own) await db.apply([{ sql: 'analyze', params: [] }]);
    stored = age;
    await through(gateway, proofs);
    const values = [];
    for (let round = 0; round < rounds; round++) values.push(await cost(gateway, proofs, server));
    figures.push(median(values));
    say(`${name.padEnd(12)} ${String(age).padStart(9)} stored  ${figures.at(-1)?.toFixed(2)} ms a message`);
  }
  say(`${name.padEnd(12)} last to first  ${((figures.at(-1) ?? NaN) / (figures[0] ?? NaN)).toFixed(2)}  (aim 1.10)`);
  await gateway.close();
}
await cluster.stop();
removeFolder(folder);
