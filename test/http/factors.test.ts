import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { Secret, TOTP } from 'otpauth';
import { hour, minute } from '../harness.ts';
import { addUser, house, origin, password, post, type House } from './house.ts';

let at: House;

beforeEach(async () => {
  at = house({ signIn: { secondFactor: ['practice-admin'], oidc: null } });
  await addUser(at, 'anna', 'practice-admin', 'main');
  await addUser(at, 'bob', 'intake', 'main');
});
afterEach(() => at.close());

/** A browser, as far as cookies go. */
function browser() {
  const jar = new Map<string, string>();
  return async (path: string, body?: unknown, method = body === undefined ? 'GET' : 'POST') => {
    const headers = new Headers({ origin, cookie: [...jar].map((pair) => pair.join('=')).join('; ') });
    if (body !== undefined) headers.set('content-type', 'application/json');
    const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
    const answer = await at.app.request(`/api/v1/${path}`, init);
    for (const line of answer.headers.getSetCookie()) {
      const [name = '', value = ''] = (line.split(';')[0] ?? '').split('=');
      if (value === '') jar.delete(name);
      else jar.set(name, value);
    }
    return { status: answer.status, body: (await answer.json().catch(() => null)) as never };
  };
}
type Browser = ReturnType<typeof browser>;

const enter = (ask: Browser, name = 'anna') => ask('session', { name, password });
const codeNow = (secret: string): string =>
  new TOTP({ secret: Secret.fromBase32(secret) }).generate({ timestamp: at.now() });

async function enrolled(ask: Browser): Promise<{ secret: string; recoveryCodes: string[] }> {
  const { secret, uri } = (await ask('factors/totp', {})).body as { secret: string; uri: string };
  expect(uri).toContain(secret);
  const made = await ask('factors/totp/confirm', { label: 'phone', code: codeNow(secret) });
  expect(made.status).toBe(200);
  return { secret, ...(made.body as { recoveryCodes: string[] }) };
}

const deeds = async (subject: string): Promise<string[]> => {
  const { rows } = await at.store.record.search({ practices: null, subject, limit: 100 });
  return rows.map(({ event }) => event.what).reverse();
};

describe('a role that demands a second factor', () => {
  test('leaves nothing to do before one is set up, and everything after', async () => {
    const ask = browser();
    expect((await enter(ask)).body).toMatchObject({ needsFactor: true, rights: [] });
    expect(await ask('deliveries')).toMatchObject({ status: 403, body: { detail: 'Set up a second factor first.' } });
    expect((await ask('users')).status).toBe(403);
    const { recoveryCodes } = await enrolled(ask);
    expect(new Set(recoveryCodes).size).toBe(10);
    expect((await ask('session')).body).toMatchObject({ needsFactor: false });
    expect((await ask('users')).status).toBe(200);
    expect(await deeds('user:anna')).toEqual(['session.started', 'factor.added']);
  });

  test('keeps the last one', async () => {
    const ask = browser();
    await enter(ask);
    await enrolled(ask);
    const { rows } = (await ask('factors')).body as { rows: [{ id: string }] };
    expect((await ask(`factors/${rows[0].id}`, undefined, 'DELETE')).status).toBe(403);
  });
});

describe('an authenticator app', () => {
  test('lets in after the password, once for each code; other sessions end when it is added', async () => {
    const [ask, elsewhere] = [browser(), browser()];
    await enter(elsewhere, 'bob');
    await enter(ask, 'bob');
    const { secret } = await enrolled(ask);
    expect((await elsewhere('session')).status).toBe(401);

    const again = browser();
    expect(await enter(again, 'bob')).toEqual({ status: 202, body: { needs: ['code'] } });
    expect((await again('session')).status).toBe(401);
    // The code that added it was taken by that.
    expect((await again('session/code', { code: codeNow(secret) })).status).toBe(401);
    await at.turn(minute);
    const code = codeNow(secret);
    expect((await again('session/code', { code: `${code.slice(0, 3)} ${code.slice(3)}` })).status).toBe(200);
    expect((await again('session')).status).toBe(200);

    const thief = browser();
    await enter(thief, 'bob');
    expect((await thief('session/code', { code })).status).toBe(401);
  });

  test('takes neither an old code nor a stranger’s, and after ten wrong ones nothing for a while', async () => {
    const ask = browser();
    await enter(ask, 'bob');
    const { secret } = await enrolled(ask);
    const old = codeNow(secret);
    await at.turn(5 * minute);
    const thief = browser();
    await enter(thief, 'bob');
    for (const code of [old, ...Array.from({ length: 9 }, (_, n) => `00000${n}`)])
      expect((await thief('session/code', { code })).status).toBe(401);
    expect((await thief('session/code', { code: codeNow(secret) })).status).toBe(429);
    expect((await deeds('user:bob')).filter((what) => what === 'session.refused')).toHaveLength(10);
    await at.turn(16 * minute);
    await enter(thief, 'bob');
    expect((await thief('session/code', { code: codeNow(secret) })).status).toBe(200);
  });

  test('is no way past the password, and its step is over after ten minutes', async () => {
    const ask = browser();
    await enter(ask, 'bob');
    const { secret } = await enrolled(ask);
    expect((await browser()('session/code', { code: codeNow(secret) })).status).toBe(401);
    const late = browser();
    await enter(late, 'bob');
    await at.turn(11 * minute);
    expect((await late('session/code', { code: codeNow(secret) })).status).toBe(401);
  });
});

describe('a recovery code', () => {
  test('lets in once, however it is typed; new ones end the old', async () => {
    const ask = browser();
    await enter(ask, 'bob');
    const { recoveryCodes } = await enrolled(ask);
    const [first = '', second = ''] = recoveryCodes;
    const lost = browser();
    await enter(lost, 'bob');
    expect((await lost('session/code', { code: first.toUpperCase().replaceAll('-', ' ') })).status).toBe(200);
    expect((await lost('factors')).body).toMatchObject({ recoveryCodes: 9 });
    const thief = browser();
    await enter(thief, 'bob');
    expect((await thief('session/code', { code: first })).status).toBe(401);
    expect((await lost('factors/recovery-codes', {})).status).toBe(200);
    expect((await thief('session/code', { code: second })).status).toBe(401);
    expect(await deeds('user:bob')).toContain('factor.recovery-code-used');
  });
});

describe('what guards an account', () => {
  test('is changed by whoever has just come in, and forgotten by an administrator', async () => {
    const ask = browser();
    await enter(ask, 'bob');
    await enrolled(ask);
    await at.turn(14 * minute);
    await ask('session/extend', {});
    await at.turn(2 * minute);
    expect((await ask('factors/totp', {})).status).toBe(403);
    expect((await ask('factors/recovery-codes', {})).status).toBe(403);

    const admin = await at.addKey('practice-admin', 'main');
    expect((await at.as(admin, '/api/v1/users/bob/factors', { method: 'DELETE' })).status).toBe(200);
    expect((await ask('session')).status).toBe(401);
    expect((await enter(browser(), 'bob')).status).toBe(200);
    expect(await deeds('user:bob')).toContain('user.factors-forgotten');
  });
});

describe('emergency access', () => {
  const reason = 'stroke patient in the hall, nobody of the practice can be reached';

  test('shows content of one practice for an hour, for a reason that others review', async () => {
    await addUser(at, 'olaf', 'ops', null);
    const ask = browser();
    await enter(ask, 'olaf');
    expect((await ask('referrals')).status).toBe(403);
    expect((await ask('session/emergency', { practice: 'main', reason: 'why' })).status).toBe(400);
    expect((await ask('session/emergency', { practice: 'nowhere', reason })).status).toBe(404);
    expect((await ask('session/emergency', { practice: 'main', reason })).status).toBe(200);
    expect((await ask('referrals')).status).toBe(200);
    expect((await ask('session')).body).toMatchObject({
      emergency: { practice: 'main' },
      practices: [{ id: 'main' }],
    });

    const admin = await at.addKey('practice-admin', 'main');
    const told = async () => (await (await at.as(admin, '/api/v1/overview')).json()) as { needs: object };
    expect(await told()).toMatchObject({ needs: { emergencies: 1 } });
    const { rows } = (await (await at.as(admin, '/api/v1/emergencies')).json()) as { rows: [{ id: string }] };
    expect(rows).toMatchObject([{ user: 'olaf', practice: 'main', reason, review: null }]);
    const finding = 'spoke with him: as he said';
    const byProgram = await at.as(admin, `/api/v1/emergencies/${rows[0].id}/review`, post({ finding }));
    expect(byProgram.status).toBe(400);
    const anna = browser();
    await enter(anna);
    await enrolled(anna);
    expect((await anna(`emergencies/${rows[0].id}/review`, { finding })).status).toBe(200);
    expect((await anna(`emergencies/${rows[0].id}/review`, { finding })).status).toBe(409);
    expect(await told()).toMatchObject({ needs: { emergencies: 0 } });
    expect(await deeds(rows[0].id)).toEqual(['emergency.started', 'emergency.reviewed']);

    for (let waited = 0; waited < hour; waited += 10 * minute) {
      await at.turn(10 * minute);
      await ask('session/extend', {});
    }
    expect((await ask('referrals')).status).toBe(403);
    expect((await ask('session')).body).toMatchObject({ emergency: null });
  });

  test('ends when its holder says so, and is not reviewed by himself', async () => {
    await addUser(at, 'olaf', 'ops', 'main');
    const ask = browser();
    await enter(ask, 'olaf');
    const { id } = (await ask('session/emergency', { practice: 'main', reason })).body as { id: string };
    expect((await ask('session/emergency', undefined, 'DELETE')).status).toBe(204);
    expect((await ask('referrals')).status).toBe(403);
    await at.store.people.changeUser(
      { ...(await at.store.people.userByName('olaf'))!, role: 'practice-admin' },
      { message: null, subject: 'user:olaf', what: 'user.changed', who: 'gateway', at: at.now(), facts: {} },
    );
    const own = browser();
    await enter(own, 'olaf');
    await enrolled(own);
    const itself = await own(`emergencies/${id}/review`, { finding: 'all was as it should be' });
    expect(itself).toMatchObject({ status: 403, body: { detail: 'Somebody else must review what you saw.' } });
    const anna = browser();
    await enter(anna);
    await enrolled(anna);
    expect((await anna(`emergencies/${id}/review`, { finding: 'he looked at nothing' })).status).toBe(200);
  });
});
