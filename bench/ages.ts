/** What one message costs, from its 202 to the proof of its delivery, when a thousand, a hundred thousand and a million
 *  are stored already: processor time of the gateway's threads and of the database together, on either engine. The stores
 *  stand side by side and are measured by turns, so that a machine which gets slower is slower for all of them.
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
const warming = 3;
const rounds = 9;
const each = 200;
const to = { channel: 'direct', address: 'intake@far.example' };

const folder = newFolder();
const cluster = postgres();
const engines: Readonly<Record<string, (age: number) => Promise<Db>>> = {
  SQLite: (age) => Promise.resolve(openSqlite(join(folder, `${age}.db`))),
  PostgreSQL: async () => openPostgres(await cluster.url()),
};

/** User and system time of the server's processes that work for us, not of those that tidy up behind the filling;
 *  milliseconds (proc(5): ticks of 10 ms). */
async function serverMs(db: Db): Promise<number> {
  const rows = await db.all(
    `select pid from pg_stat_activity where backend_type = 'client backend' and datname = current_database()`,
  );
  const told = rows.map(
    ({ pid }) =>
      readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
        .split(') ')[1]
        ?.split(' ') ?? [],
  );
  return told.reduce((sum, fields) => sum + 10 * (Number(fields[11]) + Number(fields[12])), 0);
}

/** A gateway with so much stored. */
interface Aged {
  readonly age: number;
  readonly gateway: Harness;
  /** Of what was sent, one by one. */
  readonly proofs: (() => Promise<void>)[];
  readonly server: () => Promise<number>;
  /** Milliseconds for one message, by round. */
  readonly figures: number[];
}

async function aged(db: Db, age: number, own: boolean): Promise<Aged> {
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
  await fill(db, 0, age, gateway.now() + 1000 * hour, own ? 'null' : undefined);
  if (!own) await db.apply([{ sql: 'analyze', params: [] }]);
  return { age, gateway, proofs, server: own ? () => Promise.resolve(0) : () => serverMs(db), figures: [] };
}

async function through({ gateway, proofs }: Aged): Promise<void> {
  const referral = request({ recipient: { name: 'Far Side Clinic', npi: null, phone: null, endpoints: [to] } });
  for (let n = 0; n < each; n += 20) {
    await Promise.all(Array.from({ length: 20 }, () => gateway.submit(submission({ referral }))));
    await gateway.turn();
    for (const prove of proofs.splice(0)) await prove();
    await gateway.turn();
  }
}

async function measure(store: Aged): Promise<void> {
  const before = process.cpuUsage();
  const serverBefore = await store.server();
  await through(store);
  const { user, system } = process.cpuUsage(before);
  store.figures.push(((user + system) / 1000 + (await store.server()) - serverBefore) / each);
}

for (const [name, open] of Object.entries(engines)) {
  if (values.engine !== undefined && values.engine !== name) continue;
  const stores: Aged[] = [];
  for (const age of ages) stores.push(await aged(await open(age), age, name === 'SQLite'));
  // Once the code is warm, what is stored is all that differs.
  for (let round = 0; round < warming; round++) for (const store of stores) await through(store);
  for (let round = 0; round < rounds; round++) for (const store of stores) await measure(store);
  for (const { age, figures } of stores)
    say(`${name.padEnd(12)} ${String(age).padStart(9)} stored  ${median(figures).toFixed(2)} ms a message`);
  const [first, last] = [stores[0]?.figures ?? [], stores.at(-1)?.figures ?? []];
  const ratio = median(last.map((figure, round) => figure / (first[round] ?? NaN)));
  say(`${name.padEnd(12)} last to first  ${ratio.toFixed(2)}  (aim 1.10)`);
  for (const { gateway } of stores) await gateway.close();
}
await cluster.stop();
removeFolder(folder);
