import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { Client } from 'pg';
import type { Message } from '../../src/core/message.ts';
import { NotFound } from '../../src/errors.ts';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { openPostgres } from '../../src/store/postgres.ts';
import { arrival, harness, hour, scripted } from '../harness.ts';
import { house, send } from '../http/house.ts';
import { postgres } from '../services/postgres.ts';

/** PostgreSQL's own rows, asked past all of our code. */

const server = postgres();
const folder = mkdtempSync(join(tmpdir(), 'loopgate-rows-'));
let url: string;
let store: Store;
let person: Client;

beforeAll(async () => {
  url = await server.url();
  store = await openStore({ url, file: '', keyFile: join(folder, 'keys', 'vault.key') }, () => 1000);
  for (const practice of ['main', 'other']) await fill(practice);
  person = new Client({ connectionString: url, options: '-c role=loopgate_people' });
  await person.connect();
});
afterAll(async () => {
  await person.end();
  await store.close();
  await server.stop();
  rmSync(folder, { recursive: true });
});

/** Tables that no practice owns: who may come in, what is due, and keys that open nothing without the key folder. */
const ofNobody = [
  'api_keys',
  'data_keys',
  'event_base',
  'factors',
  'keks',
  'lanes',
  'migrations',
  'pauses',
  'pickups',
  'recovery_codes',
  'restored',
  'sessions',
  'tickets',
  'users',
  'vault_probe',
  'work',
];

async function fill(practice: string): Promise<void> {
  const message: Message = {
    id: `msg_${practice}`,
    practice,
    origin: { channel: 'api', token: practice, from: null, details: {} },
    subject: null,
    urgency: 'routine',
    deadline: 2000,
    referral: null,
    recipients: [{ name: 'Far Clinic', npi: null, phone: null, endpoints: [] }],
    documents: [],
    receivedAt: 1000,
  };
  const document = { id: `doc_${practice}` as const, name: 'a', mediaType: 'text/plain', bytes: 1, sha256: 'x' };
  await store.commit({
    received: message,
    documents: [{ document, message: message.id, role: 'carried', bytes: Buffer.from('a') }],
    events: [{ message: message.id, subject: message.id, what: 'x', who: 'gateway', at: 1, facts: {} }],
  });
}

const tables = async (): Promise<string[]> => {
  const { rows } = await person.query<{ name: string }>(
    `select tablename as name from pg_tables where schemaname = 'public' order by 1`,
  );
  return rows.map(({ name }) => name);
};

test('every table is guarded, or known to belong to no practice', async () => {
  const { rows } = await person.query<{ name: string }>(
    `select c.relname as name from pg_class c join pg_policy p on p.polrelid = c.oid where c.relrowsecurity order by 1`,
  );
  expect([...rows.map(({ name }) => name), ...ofNobody].sort()).toEqual(await tables());
});

test('a query that names no practice sees nothing, and one that does sees that practice alone', async () => {
  const guarded = (await tables()).filter((name) => !ofNobody.includes(name));
  for (const table of guarded) expect((await person.query(`select * from ${table}`)).rows).toEqual([]);
  const ids = async (practices: string): Promise<unknown> => {
    await person.query('begin');
    await person.query(`select set_config('loopgate.practices', $1, true)`, [practices]);
    const { rows } = await person.query(`select m.id as message, d.id as document, (select count(*)::int from names)
      as names, (select count(*)::int from document_keys) as keys, (select count(*)::int from events) as events,
      (select count(*)::int from chains) as chains from messages m join documents d on d.message = m.id order by m.id`);
    await person.query('commit');
    return rows;
  };
  const own = (practice: string) => ({ message: `msg_${practice}`, document: `doc_${practice}` });
  const one = { names: 2, keys: 1, events: 1, chains: 1 };
  expect(await ids('main')).toEqual([{ ...own('main'), ...one }]);
  expect(await ids('')).toEqual([]);
  expect(await ids('nowhere')).toEqual([]);
  expect(await ids('main,other')).toMatchObject([own('main'), own('other')]);
});

test('the role that people read as writes nothing', async () => {
  for (const table of await tables()) {
    await expect(person.query(`delete from ${table}`)).rejects.toMatchObject({ code: '42501' });
  }
});

test('the store reads under it on behalf of a person, and as itself for everybody who listens', async () => {
  const heard: Promise<unknown>[] = [];
  const silence = store.onCommit(() => heard.push(store.message('msg_other')));
  await store.onBehalfOf(['main'], async () => {
    expect(await store.message('msg_main')).toMatchObject({ practice: 'main' });
    expect((await store.document('doc_main')).length).toBe(1);
    await expect(store.message('msg_other')).rejects.toThrow(NotFound);
    await expect(store.document('doc_other')).rejects.toThrow(NotFound);
    expect(await store.history('msg_other')).toEqual([]);
    // Asked for all: the code's own check is left out on purpose.
    expect(await store.eventsAfter(0, 100, null)).toMatchObject([{ event: { subject: 'msg_main' } }]);
    await store.commit({ events: [] });
  });
  silence();
  expect(await Promise.all(heard)).toMatchObject([{ practice: 'other' }]);
  expect(await store.message('msg_other')).toMatchObject({ practice: 'other' });
});

test('everything that a practice has is still there for its own people', async () => {
  const pipeline = harness({ db: await openPostgres(await server.url()), channels: [scripted('direct')] });
  const at = house({ pipeline });
  const admin = await at.addKey('practice-admin', 'main');
  const { message, referral, deliveries } = await send(at, admin);
  await at.inbox.message(arrival());
  await at.turn(hour);
  const found = async (path: string): Promise<string> => {
    const answer = await at.as(admin, `/api/v1/${path}`);
    expect([path, answer.status]).toEqual([path, 200]);
    return answer.text();
  };
  const [delivery] = deliveries;
  expect(await found('deliveries')).toContain(delivery.id);
  expect(await found('referrals')).toContain(referral);
  expect(await found('audit')).toContain(delivery.id);
  expect(await found('events')).toContain(delivery.id);
  expect(await found('intake')).toContain('itk_');
  const { documents } = JSON.parse(await found(`messages/${message}`)) as { documents: [{ id: string }] };
  for (const path of [`referrals/${referral}`, `deliveries/${delivery.id}/explain`, `documents/${documents[0].id}`])
    await found(path);
  expect(JSON.parse(await found('overview'))).toMatchObject({ needs: { intake: 1 } });
  await at.close();
});

test('a user who may not make the role is told what to run', async () => {
  const admin = new Client({ connectionString: url });
  await admin.connect();
  const name = `poor_${process.pid}`;
  await admin.query(`create role ${name} login password 'x'`);
  await admin.query(`create database ${name} owner ${name}`);
  const poor = Object.assign(new URL(url), { username: name, password: 'x', pathname: `/${name}` }).href;
  const place = { url: poor, file: '', keyFile: join(folder, 'poor-keys', 'vault.key') };
  await expect(openStore(place, () => 1000)).rejects.toThrow(/grant loopgate_people to/);
  await admin.query(`grant loopgate_people to ${name}`);
  await (await openStore(place, () => 1000)).close();
  await admin.query(`drop database ${name}`);
  await admin.query(`drop role ${name}`);
  await admin.end();
});
