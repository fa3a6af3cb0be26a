import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { accepted, refused, unknown, type Outcome } from '../../src/core/outcome.ts';
import type { BulkResult, OverviewView, PlanView, WorklistLine } from '../../src/http/desk-shapes.ts';
import type { DeliveryLine } from '../../src/http/shapes.ts';
import { arrival, harness, hour, minute, otherPractice, request, scripted, type ScriptedChannel } from '../harness.ts';
import { house, post, send, type House } from './house.ts';

let at: House;
let key: string;
let direct: ScriptedChannel;

beforeEach(async () => {
  direct = scripted('direct');
  const patience = { delays: [], receiptWithin: hour, onSilence: 'hold' as const };
  at = house({ pipeline: harness({ channels: [direct, scripted('efax', refused('bad-address', '1'))], patience }) });
  key = await at.addKey('practice-admin', 'main');
});
afterEach(() => at.close());

const read = async <T>(path: string, as = key, init?: RequestInit): Promise<T> => {
  const answer = await at.as(as, `/api/v1/${path}`, init);
  if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
  return (await answer.json()) as T;
};
const rows = async <T = DeliveryLine>(path: string, as = key): Promise<readonly T[]> =>
  (await read<{ rows: T[] }>(path, as)).rows;

/** One referral by Direct alone, with this fate. @returns its delivery */
async function one(answer: Outcome, name = 'Hillside Cardiology', family = 'Canary-Quist'): Promise<string> {
  direct.answers = [answer];
  const base = request();
  const { deliveries } = await send(at, key, {
    ...base,
    patient: { ...base.patient!, name: { family, given: ['Wilhelmina'] } },
    recipient: { ...base.recipient, name, endpoints: [{ channel: 'direct', address: 'intake@far.example' }] },
  });
  await at.turn();
  return deliveries[0].id;
}

describe('the delivery log', () => {
  test('is found by number in any form, by words of names; a patient only by those who may see content', async () => {
    const id = await one(accepted(), 'Clínica Südwest of Cardiology');
    await send(at, key);
    const ids = async (q: string, as = key) =>
      (await rows(`deliveries?q=${encodeURIComponent(q)}`, as)).map((row) => row.id);
    expect(await ids('clinica cardiology')).toEqual([id]);
    expect(await ids('cardiology SUDWEST')).toEqual([id]);
    expect(await ids('clinica dermatology')).toEqual([]);
    expect(await ids('(212) 555-0199')).toHaveLength(1);
    const seek = async (q: string, as = key) =>
      (await read<{ rows: DeliveryLine[] }>('deliveries/search', as, post({ q }))).rows.map((row) => row.id);
    expect(await seek('canary quist')).toHaveLength(2);
    expect(await ids('canary quist')).toEqual([]);
    expect(await seek('canary', await at.addKey('ops', 'main'))).toEqual([]);
    expect(await seek('canary', await at.addKey('practice-admin', otherPractice.id))).toEqual([]);
    const searched = (await at.store.eventsAfter(0, 100, null)).filter(({ event }) => event.what.endsWith('.searched'));
    expect(searched.length).toBeGreaterThan(0);
    expect(JSON.stringify(searched)).not.toMatch(/canary/i);
  });

  test.each(['%', "'; drop table names; --", 'x'.repeat(199), '(a+)+$', '🦆', '\u202eRTL', 'a\0b'])(
    'takes %j as nothing but words',
    async (q) => {
      await one(accepted());
      expect(await rows(`deliveries?q=${encodeURIComponent(q)}`)).toEqual([]);
    },
  );

  test('narrows by urgency, doubt and missed deadlines', async () => {
    const doubt = await one(unknown('timeout', 'x'));
    await one(accepted());
    expect((await rows('deliveries?doubt=1')).map(({ id }) => id)).toEqual([doubt]);
    expect(await rows('deliveries?urgency=stat')).toEqual([]);
    expect(await rows('deliveries?overdue=1')).toEqual([]);
    await at.turn(25 * hour);
    expect(await rows('deliveries?overdue=1')).toHaveLength(2);
  });

  test('leaves as a table in which no cell is a formula', async () => {
    await one(accepted(), '=HYPERLINK("http://evil")');
    await one(accepted(), '+cmd|calc');
    const answer = await at.as(key, '/api/v1/deliveries.csv');
    expect(answer.headers.get('content-type')).toBe('text/csv; charset=utf-8');
    expect(answer.headers.get('content-disposition')).toBe('attachment; filename="deliveries.csv"');
    const text = await answer.text();
    expect(text.split('\r\n')).toHaveLength(4);
    expect(text).toContain(`"'=HYPERLINK(""http://evil"")"`);
    expect(text).toContain(`"'+cmd|calc"`);
    expect(text).not.toMatch(/(?:^|,)"?[=+@-]/m);
  });
});

describe('a decision on many', () => {
  const plan = (body: object, as = key) => read<PlanView>('deliveries/plan', as, post(body));
  const decide = (body: object, as = key) => read<BulkResult>('deliveries/bulk', as, post(body));

  test('is planned first, says what may arrive twice, and touches nothing that was not in the plan', async () => {
    const [failed, doubt] = [await one(refused('rejected', 'no')), await one(unknown('timeout', 'x'))];
    const done = await one(accepted());
    await at.turn(hour);
    const before = await at.store.lastEvent();
    const planned = await plan({ verb: 'retry', filter: {} });
    expect(await at.store.lastEvent()).toBe(before);
    expect(planned.items.map(({ id }) => id).sort()).toEqual([failed, doubt, done].sort());
    expect(planned).toMatchObject({ duplicates: 2, more: false });
    const later = await one(refused('rejected', 'no'));
    direct.answers = [accepted()];
    const { results } = await decide({ verb: 'retry', reason: 'asked by phone', items: planned.items });
    expect(results.map(({ problem }) => problem)).toEqual([null, null, null]);
    expect(await at.state(later as 'dlv_x')).toBe('failed');
    const again = await decide({ verb: 'retry', reason: 'again', items: planned.items });
    expect(again.results.every(({ problem }) => problem === 'changed since it was planned: left alone')).toBe(true);
  });

  test('says why it leaves others alone', async () => {
    const failed = await one(refused('rejected', 'no'));
    const planned = await plan({ verb: 'reroute', channel: 'efax', ids: [failed] });
    expect(planned).toMatchObject({ items: [], skipped: [{ why: 'has no other way by efax', count: 1 }] });
    expect(await plan({ verb: 'hold', ids: [failed] })).toMatchObject({
      items: [],
      skipped: [{ why: 'is failed: this does not apply', count: 1 }],
    });
  });

  test('another practice can neither plan nor do it', async () => {
    const failed = await one(refused('rejected', 'no'));
    const stranger = await at.addKey('practice-admin', otherPractice.id);
    expect(await plan({ verb: 'retry', ids: [failed] }, stranger)).toMatchObject({ items: [], skipped: [] });
    const { results } = await decide({ verb: 'retry', reason: 'mine', items: [{ id: failed, version: 3 }] }, stranger);
    expect(results).toEqual([{ id: failed, problem: 'not here' }]);
    const intake = await at.addKey('intake', 'main');
    expect((await at.as(intake, '/api/v1/deliveries/plan', post({ verb: 'retry', ids: [] }))).status).toBe(403);
  });
});

describe('the worklist', () => {
  const list = (query: string, as = key) => rows<WorklistLine>(`worklist?${query}`, as);

  test('holds what waits, by kind, for the practice alone and without patient data', async () => {
    await one(refused('rejected', 'no'), 'Bay Neurology');
    await one(unknown('timeout', 'x'), 'Hillside Cardiology');
    await at.turn(hour);
    await at.inbox.message(arrival());
    await at.turn();
    expect(await list('kind=undeliverable')).toMatchObject([{ title: 'Bay Neurology', since: expect.any(String) }]);
    expect(await list('kind=doubt')).toMatchObject([{ title: 'Hillside Cardiology' }]);
    expect(await list('kind=intake')).toMatchObject([{ title: 'Direct message, 1 page' }]);
    expect(await list('kind=held')).toEqual([]);
    const everything = await Promise.all(['doubt', 'undeliverable', 'intake'].map((kind) => list(`kind=${kind}`)));
    expect(JSON.stringify(everything)).not.toMatch(/canary/i);
    const stranger = await at.addKey('practice-admin', otherPractice.id);
    expect(await list('kind=doubt', stranger)).toEqual([]);
    expect((await at.as(await at.addKey('ops', 'main'), '/api/v1/worklist?kind=intake')).status).toBe(403);
  });

  test('somebody takes it, puts it off, and is done with it; two at once do not overwrite each other', async () => {
    const id = await one(refused('rejected', 'no'));
    const [line] = await list('kind=undeliverable&owner=none');
    const keep = (body: object, as = key) => at.as(as, `/api/v1/worklist/${id}`, post(body));
    expect((await keep({ version: 0, owner: 'me' })).status).toBe(200);
    expect((await keep({ version: line!.task.version, owner: 'me' })).status).toBe(409);
    expect(await list('kind=undeliverable&owner=me')).toHaveLength(1);
    expect(await list('kind=undeliverable&owner=none')).toEqual([]);
    const until = new Date(at.now() + hour).toISOString();
    expect((await keep({ version: 1, snoozedUntil: until })).status).toBe(200);
    expect(await list('kind=undeliverable')).toEqual([]);
    expect(await list('kind=undeliverable&snoozed=1')).toHaveLength(1);
    await at.turn(hour + minute);
    expect(await list('kind=undeliverable')).toHaveLength(1);
    expect((await keep({ version: 2, done: true })).status).toBe(200);
    expect(await list('kind=undeliverable')).toEqual([]);
    const stranger = await at.addKey('practice-admin', otherPractice.id);
    expect((await keep({ version: 3, owner: 'me' }, stranger)).status).toBe(404);
  });
});

test('the overview counts what needs a person and how the channels do', async () => {
  await one(refused('rejected', 'no'));
  const proven = await one(accepted());
  const { attempt } = await at.store.delivery(proven as 'dlv_x');
  await at.turn(10 * minute);
  await at.inbox.receipt({
    channel: 'direct',
    author: null,
    receipt: { attempt: attempt!, kind: 'delivered', reason: null, at: at.now() },
    evidence: { mediaType: 'text/plain', bytes: Buffer.from('x') },
  });
  await at.turn();
  const seen = await read<OverviewView>('overview', await at.addKey('ops', 'main'));
  expect(seen.needs).toEqual({
    doubt: 0,
    held: 0,
    undeliverable: 1,
    intake: 0,
    overdue: 0,
    deadLetters: null,
    emergencies: null,
  });
  expect(seen.channels).toEqual([
    { channel: 'direct', states: { delivered: 1, failed: 1 }, fallbacks: 0, missed: 0, p50Ms: 600_000, p95Ms: 600_000 },
  ]);
  expect(seen.stretches.reduce((sum, { count }) => sum + count, 0)).toBe(2);
  const stranger = await read<OverviewView>('overview', await at.addKey('practice-admin', otherPractice.id));
  expect(stranger).toMatchObject({ channels: [], needs: { undeliverable: 0 } });
});

describe('a decision on an entry', () => {
  const arrived = async (): Promise<string> => {
    await at.inbox.message(arrival());
    await at.turn();
    const { rows } = await at.store.entries({ practices: null, limit: 1 });
    return rows[0]!.id;
  };
  const word = (id: string, verb: string, body: object = {}, as = key) =>
    at.as(as, `/api/v1/intake/${id}/${verb}`, post(body));

  test('can be taken back for some seconds, and its referral says that it was', async () => {
    const id = await arrived();
    expect((await word(id, 'undo')).status).toBe(409);
    const taken = await word(id, 'accept', { corrections: { 'patient.name': 'Ada Brook' } });
    const { referral } = (await taken.json()) as { referral: `ref_${string}` };
    await at.turn(9_000);
    expect(await (await word(id, 'undo')).json()).toMatchObject({ state: 'waiting', referral: null });
    expect(await at.store.referral(referral)).toMatchObject({ state: 'cancelled' });
    expect((await word(id, 'undo')).status).toBe(409);
    expect((await word(id, 'reject', { reason: 'not ours' })).status).toBe(200);
    await at.turn(16_000);
    expect((await word(id, 'undo')).status).toBe(409);
  });

  test('is taken back by whoever decided, nobody else', async () => {
    const id = await arrived();
    await word(id, 'accept', { corrections: { 'patient.name': 'Ada Brook' } });
    expect((await word(id, 'undo', {}, await at.addKey('intake', 'main'))).status).toBe(409);
    expect((await word(id, 'undo', {}, await at.addKey('intake', otherPractice.id))).status).toBe(404);
  });
});
