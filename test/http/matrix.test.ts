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
  return {
    message,
    referral,
    delivery: deliveries[0].id,
    document: await filesOf(message),
    page: await filesOf(rows[0]?.message),
    entry: rows[0]?.id ?? '',
    misdirection,
    recipient: recipient.id,
    user: 'usr_anna',
    key: key.id,
    emergency: await emergencyOf('usr_anna'),
  };
}

async function emergencyOf(user: string): Promise<string> {
  const emergency = { user, practice: 'main', startedAt: at.now(), until: at.now(), reason: 'tried out', review: null };
  const session = { hash: 'of-nobody', user, startedAt: at.now(), seenAt: at.now(), strong: true };
  await at.store.people.addSession(session);
  const id = newId('emg', at.now());
  const event = { message: null, subject: id, what: 'emergency.started', who: `user:${user}`, at: at.now(), facts: {} };
  await at.store.people.emergencies.start({ id, ...emergency }, session.hash, event);
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
    const own = await at.as(keyOf(role, 'main'), path, row.init?.());
    expect(row.absent ? [404] : [200, 202, 400, 409]).toContain(own.status);
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

test('what is not there takes as long as what is not yours', async () => {
  const key = keyOf('practice-admin', otherPractice.id);
  for (const [route, row] of asked()) {
    const path = pathOf(route, row);
    const times: [number[], number[]] = [[], []];
    for (let round = 0; round < 60; round++) {
      for (const [index, each] of [path, nowhere(path)].entries()) {
        const start = performance.now();
        await at.as(key, each);
        times[index]?.push(performance.now() - start);
      }
    }
    const [theirs, missing] = times.map(median) as [number, number];
    // Ids hold 80 bits of chance; what is excluded here is a difference that could be read off a single answer.
    expect([route, Math.abs(theirs - missing) < 1]).toEqual([route, true]);
  }

  function asked() {
    return closed.filter(([route, row]) => route.startsWith('GET') && named(row));
  }
});

const median = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
