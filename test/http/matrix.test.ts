import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import type { DeliveryId, MessageId } from '../../src/core/message.ts';
import { roles, type Role } from '../../src/core/role.ts';
import { arrival, fax, harness, hour, otherPractice, scripted } from '../harness.ts';
import { newId } from '../../src/ids.ts';
import { addUser, house, post, send, type House } from './house.ts';
import { holders, matrix, type Belongings, type Row } from './matrix.ts';

let at: House;
let things: Belongings;
/** One key for each role and practice; a system administrator is of all of them. */
const keys = new Map<string, string>();

beforeAll(async () => {
  at = house({ pipeline: harness({ channels: [scripted('direct'), fax()] }) });
  for (const role of roles) {
    for (const practice of ['main', otherPractice.id]) {
      keys.set(`${role} ${practice}`, await at.addKey(role, role === 'system-admin' ? null : practice));
    }
  }
  things = await belongings();
});
afterAll(() => at.close());

const somewhere = { channel: 'direct', address: 'hearts@far.example' };

const keyOf = (role: Role, practice: string): string => keys.get(`${role} ${practice}`) ?? '';

async function belongings(): Promise<Belongings> {
  const admin = keyOf('practice-admin', 'main');
  const read = async <T>(path: string): Promise<T> => (await (await at.as(admin, path)).json()) as T;
  const { message, referral, deliveries } = await send(at, admin);
  await at.inbox.message(arrival());
  await at.turn(hour);
  const { rows } = await read<{ rows: { id: string; message: string }[] }>('/api/v1/intake');
  const misdirection = 'mis_00000000000000000000000001';
  await at.store.commit({
    misdirection: {
      id: misdirection,
      practice: 'main',
      message: message as MessageId,
      delivery: deliveries[0].id as DeliveryId,
      attempts: [],
      endpoint: { channel: 'efax', address: '+12125550199' },
      sentAt: at.now(),
      at: at.now(),
      by: 'user:anna',
      reporter: 'the shop there',
      assurance: 'destroyed',
      note: 'they phoned',
      disclosed: { patient: null, documents: [], recipient: null },
    },
    events: [],
  });
  const filesOf = async (id = ''): Promise<string> =>
    (await read<{ documents: { id: string }[] }>(`/api/v1/messages/${id}`)).documents[0]?.id ?? '';
  await addUser(at, 'usr_anna', 'intake', 'main');
  const { key } = (await (
    await at.as(admin, '/api/v1/keys', post({ label: 'spare', role: 'ops', practice: 'main' }))
  ).json()) as { key: { id: string } };
  const recipient = (await (
    await at.as(admin, '/api/v1/recipients', post({ name: 'Hearts', endpoints: [somewhere] }, 'PUT'))
  ).json()) as { id: string };
  const session = createHash('sha256').update('of nobody').digest('hex');
  return {
    message,
    referral,
    delivery: deliveries[0].id,
    document: await filesOf(message),
    page: await filesOf(rows[0]?.message),
    entry: rows[0]?.id ?? '',
    misdirection,
    recipient: recipient.id,
    lesson: await lessonOf('main'),
    user: 'usr_anna',
    session: `ses_${session.slice(0, 16)}`,
    key: key.id,
    emergency: await emergencyOf('usr_anna', session),
  };
}

async function lessonOf(practice: string): Promise<string> {
  const form = { print: [1, 2, 3], copies: 1, lessons: [], seenAt: at.now() };
  const lessons = {
    id: 'les_1',
    practice,
    sender: '+12125550199',
    forms: [form],
    last: null,
    at: at.now(),
    version: 1,
  };
  await at.store.commit({ lessons, events: [] });
  return lessons.id;
}

async function emergencyOf(user: string, hash: string): Promise<string> {
  const emergency = { user, practice: 'main', startedAt: at.now(), until: at.now(), reason: 'tried out', review: null };
  await at.store.people.addSession({ hash, user, startedAt: at.now(), seenAt: at.now(), strong: true });
  const id = newId('emg', at.now());
  const event = { message: null, subject: id, what: 'emergency.started', who: `user:${user}`, at: at.now(), facts: {} };
  await at.store.people.emergencies.start({ id, ...emergency }, hash, event);
  return id;
}

const named = (row: Row): boolean => row.ask?.includes('{') === true;
const holds = (role: Role, { needs, everywhere }: Row): boolean =>
  (needs === 'public' || needs === 'anyone' || holders[needs].includes(role)) &&
  (!everywhere || role === 'system-admin');
const nowhere = (path: string): string => path.replace(/_[0-9a-z]+/, `_${'0'.repeat(26)}`);

function pathOf(route: string, { ask = route.slice(route.indexOf(' ') + 1) }: Row): string {
  return ask.replace(/\{(\w+)\}/, (_, name: keyof Belongings) => things[name]);
}

const closed = Object.entries(matrix).filter(([, { needs, stream }]) => needs !== 'public' && !stream);

describe('the permission matrix', () => {
  test('has a row for every route, and no other', () => {
    const routes = at.app.routes
      // Middleware: it passes on or throws, and answers nothing by itself.
      .filter(
        ({ method, path }) => !(method === 'ALL' && ['/*', '/api/v1/*', '/webhooks/*', '/portal/*'].includes(path)),
      )
      .map(({ method, path }) => `${method} ${path}`);
    expect([...new Set(routes)].sort()).toEqual(Object.keys(matrix).sort());
  });

  test.each(closed)('%s: nobody without a key', async (route, row) => {
    const answer = await at.app.request(pathOf(route, row), row.init?.() ?? {});
    expect(answer.status).toBe(401);
  });

  const asked = closed.filter(([route]) => route !== 'DELETE /api/v1/session');
  const pairs = asked.flatMap(([route, row]) => roles.map((role) => [role, route, row] as const));
  test.each(pairs)('%s: %s', async (role, route, row) => {
    const path = pathOf(route, row);
    if (!holds(role, row)) {
      for (const practice of ['main', otherPractice.id]) {
        const denied = await at.as(keyOf(role, practice), path, row.init?.());
        expect(denied.status).toBe(403);
        expect(await denied.text()).toBe(
          await (await at.as(keyOf(role, practice), nowhere(path), row.init?.())).text(),
        );
      }
      return;
    }
    if (role !== 'system-admin' && (named(row) || path.includes('=main'))) {
      const last = await at.store.lastEvent();
      const theirs = await at.as(keyOf(role, otherPractice.id), path, row.init?.());
      const missing = await at.as(keyOf(role, otherPractice.id), nowhere(path), row.init?.());
      expect([theirs.status, missing.status]).toEqual([404, 404]);
      expect(await theirs.text()).toBe(await missing.text());
      expect([...theirs.headers]).toEqual([...missing.headers]);
      expect(await at.store.lastEvent()).toBe(last);
    }
    const own = await at.as(keyOf(role, 'main'), row.gone ? nowhere(path) : path, row.init?.());
    expect(row.gone ? [404] : [200, 202, 400, 409]).toContain(own.status);
  });

  test('lists of another practice show none of it', async () => {
    const lists = asked.filter(([route, row]) => route.startsWith('GET') && !named(row));
    for (const [route, row] of lists) {
      const answer = await at.as(keyOf('practice-admin', otherPractice.id), pathOf(route, row));
      const text = await answer.text();
      for (const id of Object.values(things) as string[]) expect([route, text.includes(id)]).toEqual([route, false]);
    }
  });
});

describe('what is not there takes as long as what is not yours', () => {
  const rounds = 60;
  /** Of the time that the answer takes. Opening the seal of a stranger's row alone took a fifth of it. */
  const most = 0.1;
  /** A busy machine spoils a series, a difference in the work shows in each of them. */
  const series = 6;

  const routes = closed.filter(([, row]) => named(row) && row.everywhere !== true);
  test.each(routes)('%s', async (route, row) => {
    const key = keyOf('practice-admin', otherPractice.id);
    const path = pathOf(route, row);
    const took = async (each: string): Promise<number> => {
      const init = row.init?.();
      const start = performance.now();
      const { status } = await at.as(key, each, init);
      const time = performance.now() - start;
      expect(status).toBe(404);
      return time;
    };
    const shares: number[] = [];
    while (shares.length < series && !shares.some((share) => Math.abs(share) < most)) {
      const pairs: (readonly [number, number])[] = [];
      for (let round = 0; round < rounds; round++) {
        // Whoever comes second finds everything warm: they take turns.
        const first = await took(round % 2 === 0 ? path : nowhere(path));
        const second = await took(round % 2 === 0 ? nowhere(path) : path);
        pairs.push(round % 2 === 0 ? [first, second] : [second, first]);
      }
      shares.push(median(pairs.map(([theirs, missing]) => theirs - missing)) / median(pairs.map(([, each]) => each)));
    }
    expect(shares.map(Math.abs).sort((a, b) => a - b)[0]).toBeLessThan(most);
  });
});

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
