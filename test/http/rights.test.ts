import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { arrival, hour, otherPractice } from '../harness.ts';
import { refused, unknown } from '../../src/core/outcome.ts';
import { harness, scripted } from '../harness.ts';
import { form, house, post, send, type House } from './house.ts';
import type { MessageView } from '../../src/http/shapes.ts';

let at: House;
let key: string;

beforeEach(async () => {
  at = house({
    pipeline: harness({ channels: [scripted('direct', refused('bad-address', '550 5.1.1')), scripted('efax')] }),
  });
  key = await at.addKey('practice-admin', 'main');
});
afterEach(() => at.close());

const read = async <T>(path: string, as = key): Promise<T> => {
  const answer = await at.as(as, path);
  expect(answer.status).toBe(200);
  return (await answer.json()) as T;
};

describe('roles', () => {
  test('ops see the log but never content', async () => {
    const { message, deliveries, referral } = await send(at, key);
    await at.turn();
    await at.inbox.message(arrival());
    await at.turn();
    const ops = await at.addKey('ops', 'main');
    const seen = await read<MessageView>(`/api/v1/messages/${message}`, ops);
    expect(seen.documents[0]?.name).toBeNull();
    expect(JSON.stringify(seen)).not.toMatch(/canary/i);
    expect((await at.as(ops, '/api/v1/deliveries')).status).toBe(200);
    expect((await at.as(ops, `/api/v1/deliveries/${deliveries[0].id}/explain`)).status).toBe(200);
    for (const path of [`documents/${seen.documents[0]?.id}`, 'intake', 'referrals', `referrals/${referral}`]) {
      expect([path, (await at.as(ops, `/api/v1/${path}`)).status]).toEqual([path, 403]);
    }
  });

  test('only an administrator of all practices lets things leave after a restore', async () => {
    await at.restored(Date.UTC(2026, 10, 22));
    const word = post({ reason: 'checked with everybody' });
    const [ops, all] = [await at.addKey('ops', null), await at.addKey('system-admin', null)];
    expect(await read('/api/v1/hold', ops)).toMatchObject({ held: true, backup: '2026-11-22T00:00:00.000Z' });
    expect((await at.as(ops, '/api/v1/resume', word)).status).toBe(403);
    expect((await at.as(key, '/api/v1/resume', word)).status).toBe(403);
    expect((await at.as(all, '/api/v1/resume', post({ reason: ' ' }))).status).toBe(400);
    expect((await at.as(all, '/api/v1/resume', word)).status).toBe(200);
    expect((await at.as(all, '/api/v1/resume', word)).status).toBe(409);
    expect(await read('/api/v1/hold', ops)).toMatchObject({ held: false });
  });

  test('intake cannot send, senders cannot decide intake', async () => {
    const intake = await at.addKey('intake', 'main');
    const sender = await at.addKey('sender', 'main');
    expect((await at.as(intake, '/api/v1/referrals', { method: 'POST', body: form() })).status).toBe(403);
    expect((await at.as(sender, '/api/v1/intake')).status).toBe(403);
  });
});

describe("a person's word that it arrived", () => {
  const inDoubt = async (): Promise<string> => {
    await at.close();
    at = house({ pipeline: harness({ channels: [scripted('direct', unknown('timeout', 'no reply'))] }) });
    key = await at.addKey('practice-admin', 'main');
    const { deliveries } = await send(at, key);
    await at.turn();
    await at.turn(hour);
    return deliveries[0].id;
  };
  const word = post({ reason: 'phoned, they have Canary' });

  test.each([
    ['practice-admin', 200],
    ['auditor', 403],
    ['api-client', 403],
    ['sender', 200],
    ['ops', 200],
    ['intake', 403],
  ] as const)('%s: %i', async (role, status) => {
    const id = await inDoubt();
    const as = await at.addKey(role, 'main');
    expect((await at.as(as, `/api/v1/deliveries/${id}/confirm`, word)).status).toBe(status);
  });

  test('needs its reason, is offered while in doubt, and is shown as a word and nothing more', async () => {
    const id = await inDoubt();
    const line = await read<{ rows: { message: string }[] }>(`/api/v1/deliveries?q=${id}`);
    const before = await read<MessageView>(`/api/v1/messages/${line.rows[0]?.message}`);
    const [held] = before.deliveries;
    expect(held).toMatchObject({ state: 'held', may: ['confirm', 'retry', 'cancel'] });
    expect(held?.doubt?.known.map(({ text }) => text)).toEqual([
      'By Direct mail to intake@far.example: it was being handed over when the answer failed to come: it took too long (no reply).',
    ]);
    expect((await at.as(key, `/api/v1/deliveries/${id}/confirm`, post({ reason: ' ' }))).status).toBe(400);
    expect((await at.as(key, `/api/v1/deliveries/${id}/confirm`, word)).status).toBe(200);
    expect((await at.as(key, `/api/v1/deliveries/${id}/confirm`, word)).status).toBe(409);
    await at.turn();
    const ops = await read<MessageView>(`/api/v1/messages/${before.id}`, await at.addKey('ops', 'main'));
    expect(ops.deliveries[0]).toMatchObject({ state: 'delivered', byWord: true, receipts: [], doubt: null, may: [] });
    expect(ops.deliveries[0]?.summary).toMatch(/^Arrived by a person's word \(key .+\); no machine confirmed it\.$/);
    expect(JSON.stringify(ops)).not.toMatch(/canary/i);
    const told = (await read<MessageView>(`/api/v1/messages/${before.id}`)).timeline.map(({ text }) => text);
    expect(told.at(-1)).toMatch(/^Said to have arrived, by key [^,]+: phoned, they have Canary\.$/);
  });
});

describe('another practice', () => {
  test('gets the same 404 on every route as for what does not exist', async () => {
    const {
      message,
      referral,
      deliveries: [{ id: delivery }],
    } = await send(at, key);
    await at.turn();
    await at.inbox.message(arrival());
    await at.turn(hour);
    const entry = (await read<{ rows: { id: string }[] }>('/api/v1/intake')).rows[0]?.id;
    const document = (await read<MessageView>(`/api/v1/messages/${message}`)).documents[0]?.id;
    const stranger = await at.addKey('practice-admin', otherPractice.id);
    const decision = post({ reason: 'mine now' });
    const routes: [string, RequestInit?][] = [
      [`messages/${message}`],
      [`referrals/${referral}`],
      [`referrals/${referral}/status`, post({ to: 'closed', evidence: 'x' })],
      [`deliveries/${delivery}/explain`],
      [`deliveries/${delivery}/retry`, decision],
      [`deliveries/${delivery}/hold`, decision],
      [`deliveries/${delivery}/cancel`, decision],
      [`deliveries/${delivery}/reroute`, decision],
      [`deliveries/${delivery}/confirm`, decision],
      [`documents/${document}`],
      [`documents/${document}/pages/1.png`],
      [`intake/${entry}`],
      [`intake/${entry}/accept`, post({ corrections: { 'patient.name': 'A B' } })],
      [`intake/${entry}/reject`, decision],
      ['deliveries?practice=main'],
    ];
    const last = await at.store.lastEvent();
    for (const [path, init] of routes) {
      const theirs = await at.as(stranger, `/api/v1/${path}`, init);
      const nowhere = await at.as(stranger, `/api/v1/${path.replace(/_[0-9a-z]+/, `_${'0'.repeat(26)}`)}`, init);
      expect([path, theirs.status]).toEqual([path, 404]);
      expect(await theirs.text()).toBe(await nowhere.text());
    }
    for (const list of ['deliveries', 'referrals', 'intake', 'events']) {
      expect(await read(`/api/v1/${list}`, stranger)).toMatchObject({ rows: [] });
    }
    expect(await at.store.lastEvent()).toBe(last);
  });

  test('cannot be sent for, unless the caller serves several and names one', async () => {
    const ask = async (as: string, query: string): Promise<number> =>
      (await at.as(as, `/api/v1/referrals${query}`, { method: 'POST', body: form() })).status;
    expect(await ask(key, '?practice=other')).toBe(404);
    const all = await at.addKey('system-admin', null);
    expect(await ask(all, '')).toBe(400);
    expect(await ask(all, '?practice=other')).toBe(202);
  });
});

describe('what was turned away', () => {
  const refused = { channel: 'direct', token: 't', reasons: ['malformed', 'not CMS'], raw: Buffer.from('as it came') };
  const everybody = async (): Promise<string> => {
    await at.inbox.quarantine(refused);
    const all = await at.addKey('system-admin', null);
    return (await read<{ rows: { document: string }[] }>('/api/v1/quarantine', all)).rows[0]?.document ?? '';
  };

  test.each([
    ['system-admin', 200, 200],
    ['auditor', 403, 403],
    ['api-client', 403, 403],
    ['ops', 200, 403],
    ['sender', 403, 403],
    ['intake', 403, 403],
  ] as const)('%s of every practice: list %i, original %i', async (role, list, original) => {
    const document = await everybody();
    const as = await at.addKey(role, null);
    const answer = await at.as(as, '/api/v1/quarantine');
    expect(answer.status).toBe(list);
    if (list === 200) {
      expect(await answer.json()).toMatchObject({ rows: [{ document, channel: 'direct', reasons: refused.reasons }] });
    }
    const file = await at.as(as, `/api/v1/documents/${document}`);
    expect(file.status).toBe(original);
    if (original === 200) expect(await file.text()).toBe('as it came');
  });

  test('is not shown to callers of one practice: nobody proved whose it is', async () => {
    const document = await everybody();
    const ops = await at.addKey('ops', 'main');
    expect(await read('/api/v1/quarantine', ops)).toEqual({ rows: [], next: null });
    expect((await at.as(key, `/api/v1/documents/${document}`)).status).toBe(404);
  });
});
