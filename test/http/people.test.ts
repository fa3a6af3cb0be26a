import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { passwordFault } from '../../src/people/password.ts';
import { minute, otherPractice } from '../harness.ts';
import { addUser, house, origin, password, post, type House } from './house.ts';

let at: House;
let admin: string;

beforeEach(async () => {
  at = house();
  admin = await at.addKey('practice-admin', 'main');
});
afterEach(() => at.close());

const said = async (as: string, path: string, init?: RequestInit) => {
  const answer = await at.as(as, `/api/v1/${path}`, init);
  return { status: answer.status, body: (await answer.json().catch(() => null)) as never };
};
const remove: RequestInit = { method: 'DELETE' };

async function signIn(name: string, secret = password): Promise<string> {
  const init = post({ name, password: secret });
  const headers = { 'content-type': 'application/json', origin };
  const answer = await at.app.request('/api/v1/session', { ...init, headers });
  return answer.status === 200 ? (answer.headers.get('set-cookie') ?? '').split(';')[0]! : '';
}
const asUser = (cookie: string, path: string, init: RequestInit = {}) => {
  const headers = new Headers(init.headers);
  headers.set('cookie', cookie);
  headers.set('origin', origin);
  return at.app.request(`/api/v1/${path}`, { ...init, headers });
};
const deeds = async (who: string): Promise<string[]> => {
  const { rows } = await at.store.record.search({ practices: null, who, limit: 100 });
  return rows.map(({ event }) => event.what).reverse();
};

describe('users', () => {
  test('are let in with a first password, and everything about them is on record', async () => {
    const made = await said(admin, 'users', post({ name: 'bob', role: 'intake', practice: 'main' }));
    expect(made.status).toBe(200);
    const { password: first } = made.body as { password: string };
    expect(await signIn('bob', first)).not.toBe('');
    expect(await said(admin, 'users')).toMatchObject({
      body: { rows: [{ name: 'bob', role: 'intake', practice: 'main', disabled: false }] },
    });
    expect((await said(admin, 'users', post({ name: 'bob', role: 'ops', practice: 'main' }))).status).toBe(409);
    expect(await deeds('key:practice-admin key')).toEqual(['user.added']);
    expect(await deeds('user:bob')).toEqual(['session.started']);
  });

  test('who are disabled, or get another role or password, are out at once', async () => {
    await addUser(at, 'bob', 'intake', 'main');
    for (const [path, body] of [
      ['users/bob', { disabled: true }],
      ['users/bob', { disabled: false, role: 'ops' }],
      ['users/bob/password', {}],
    ] as const) {
      const cookie = await signIn('bob');
      const before = path === 'users/bob' && 'role' in body ? 401 : 200;
      expect((await asUser(cookie, 'session')).status).toBe(before);
      expect((await said(admin, path, post(body))).status).toBe(200);
      expect((await asUser(cookie, 'session')).status).toBe(401);
    }
    expect(await signIn('bob')).toBe('');
  });

  test('of another practice, or of all, are not there for an administrator of one', async () => {
    await addUser(at, 'eve', 'intake', otherPractice.id);
    await addUser(at, 'root', 'system-admin', null);
    expect((await said(admin, 'users')).body).toEqual({ rows: [] });
    for (const name of ['eve', 'root', 'nobody']) {
      expect((await said(admin, `users/${name}`, post({ disabled: true }))).status).toBe(404);
      expect((await said(admin, `users/${name}/password`, post({}))).status).toBe(404);
    }
  });

  test.each([
    [{ name: 'x', role: 'intake', practice: 'other' }, 404],
    [{ name: 'x', role: 'intake', practice: 'nowhere' }, 404],
    [{ name: 'x', role: 'intake', practice: null }, 403],
    [{ name: 'x', role: 'system-admin', practice: null }, 403],
    [{ name: 'x', role: 'system-admin', practice: 'main' }, 400],
    [{ name: 'X y', role: 'intake', practice: 'main' }, 400],
    [{ name: 'x', role: 'root', practice: 'main' }, 400],
  ])('no administrator gives more than he has: %p', async (body, status) => {
    expect((await said(admin, 'users', post(body))).status).toBe(status);
  });

  test('cannot change their own rights', async () => {
    await addUser(at, 'anna', 'practice-admin', 'main');
    const cookie = await signIn('anna');
    const init = post({ role: 'practice-admin', disabled: true });
    expect((await asUser(cookie, 'users/anna', init)).status).toBe(409);
  });

  test('change their own password: the others of their sessions end, this one stays', async () => {
    await addUser(at, 'anna', 'intake', 'main');
    const [here, there] = [await signIn('anna'), await signIn('anna')];
    const next = 'a kettle of slow green weather';
    const change = (current: string, to: string) => asUser(here, 'session/password', post({ current, next: to }));
    expect((await change('wrong', next)).status).toBe(401);
    expect(await (await change(password, 'short')).json()).toMatchObject({
      fields: { next: expect.stringContaining('15') },
    });
    expect((await change(password, next)).status).toBe(204);
    expect([(await asUser(here, 'session')).status, (await asUser(there, 'session')).status]).toEqual([200, 401]);
    expect([await signIn('anna'), (await signIn('anna', next)) !== '']).toEqual(['', true]);
  });

  test('who could not come in are on record, without the name when nobody has it', async () => {
    await addUser(at, 'anna', 'intake', 'main');
    await signIn('anna', 'wrong');
    await signIn('my secret in the wrong field', 'wrong');
    expect([await deeds('user:anna'), await deeds('user:unknown')]).toEqual([['session.refused'], ['session.refused']]);
  });
});

describe('sessions', () => {
  test('tell when they end, and are extended', async () => {
    await addUser(at, 'anna', 'intake', 'main');
    const cookie = await signIn('anna');
    await at.turn(10 * minute);
    const background = { headers: { 'x-loopgate-background': '1' } };
    const left = async () =>
      (await (await asUser(cookie, 'session', background)).json()) as { session: { idleUntil: string } };
    const before = Date.parse((await left()).session.idleUntil);
    expect(before - at.now()).toBe(5 * minute);
    const extended = await (await asUser(cookie, 'session/extend', { method: 'POST' })).json();
    expect(extended).toEqual((await left()).session);
    expect(Date.parse((extended as { idleUntil: string }).idleUntil) - at.now()).toBe(15 * minute);
    expect((await said(admin, 'session/extend', { method: 'POST' })).status).toBe(400);
  });

  test('are listed and ended: one’s own, and those of people one manages', async () => {
    await addUser(at, 'anna', 'intake', 'main');
    await addUser(at, 'eve', 'intake', otherPractice.id);
    const [first, second, theirs] = [await signIn('anna'), await signIn('anna'), await signIn('eve')];
    const list = async (cookie: string) =>
      ((await (await asUser(cookie, 'sessions')).json()) as { rows: { id: string; user: string; own: boolean }[] })
        .rows;
    const mine = await list(first);
    expect(mine.map(({ user, own }) => [user, own]).sort()).toEqual([
      ['anna', false],
      ['anna', true],
    ]);
    const foreign = (await list(theirs))[0]!.id;
    expect((await asUser(first, `sessions/${foreign}`, remove)).status).toBe(404);
    expect((await said(admin, `sessions/${foreign}`, remove)).status).toBe(404);
    const other = mine.find(({ own }) => !own)!.id;
    expect((await said(admin, `sessions/${other}`, remove)).status).toBe(204);
    expect([(await asUser(first, 'session')).status, (await asUser(second, 'session')).status]).toEqual([200, 401]);
  });
});

describe('API keys', () => {
  const make = async (body: object = {}) =>
    (await said(admin, 'keys', post({ label: 'ehr', role: 'api-client', practice: 'main', ...body }))) as {
      status: number;
      body: { key: { id: string }; secret: string };
    };

  test('are shown once, kept as a hash, known by their last use, and revoked at once', async () => {
    const { body } = await make();
    expect(body.secret).toMatch(/^lg_[\w-]{43}$/);
    expect(JSON.stringify(await at.store.people.keys())).not.toContain(body.secret);
    const listed = async () =>
      ((await said(admin, 'keys')).body as { rows: { id: string; usedAt: string | null }[] }).rows;
    const mine = async () => (await listed()).find(({ id }) => id === body.key.id);
    expect(await mine()).toMatchObject({ usedAt: null, revokedAt: null });
    expect((await said(body.secret, 'deliveries')).status).toBe(200);
    expect((await mine())?.usedAt).toBe(new Date(at.now()).toISOString());
    expect((await said(admin, `keys/${body.key.id}`, remove)).status).toBe(200);
    expect((await said(body.secret, 'deliveries')).status).toBe(401);
    expect((await said(admin, `keys/${body.key.id}`, remove)).status).toBe(409);
    expect(await deeds('key:practice-admin key')).toEqual(['key.added', 'key.revoked']);
  });

  test('do less than their role when they are scoped, and never more', async () => {
    const { body } = await make({ scopes: ['log'] });
    expect((await said(body.secret, 'deliveries')).status).toBe(200);
    expect((await said(body.secret, 'referrals')).status).toBe(403);
    expect((await said(body.secret, 'session')).body).toMatchObject({ rights: ['log'] });
    expect((await make({ scopes: ['people'] })).status).toBe(400);
  });

  test('end what stays open when they are revoked', async () => {
    const { body } = await make();
    const stream = (await at.as(body.secret, '/api/v1/events/stream')).body!.getReader();
    await stream.read();
    await said(admin, `keys/${body.key.id}`, remove);
    for (let part = await stream.read(); !part.done; part = await stream.read());
  });

  test('of another practice are not there, and none is made for it', async () => {
    const theirs = await at.addKey('practice-admin', otherPractice.id);
    const { body } = await make();
    expect((await said(theirs, `keys/${body.key.id}`, remove)).status).toBe(404);
    expect(JSON.stringify((await said(theirs, 'keys')).body)).not.toContain(body.key.id);
    expect((await make({ practice: 'other' })).status).toBe(404);
    expect((await make({ practice: null })).status).toBe(403);
  });
});

test.each([
  ['short one', /at least 15/],
  ['passwordpassword', /breaches/],
  ['1qaz2wsx1qaz2wsx', /breaches/],
  ['aaaaaaaaaaaaaaaaaaaa', /repeated/],
  ['LoopgateLoopgate1', /little more than a name/],
  ['x'.repeat(200), /at most 128/],
])('%p is no password', async (text, fault) => {
  expect(await passwordFault(text, ['anna', 'loopgate'])).toMatch(fault);
});

test.each([password, 'ééééé wörds of many kinds 🙂', 'all small letters no digit'])(
  '%p is one: no rules of composition',
  async (text) => {
    expect(await passwordFault(text, ['anna', 'loopgate'])).toBeNull();
  },
);
