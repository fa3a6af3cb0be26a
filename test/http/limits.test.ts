import { afterEach, describe, expect, test } from '@jest/globals';
import { deferred } from '../../src/core/outcome.ts';
import { harness, request, scripted, submission, type Harness } from '../harness.ts';
import { form, house, send, type House } from './house.ts';

let h: House;
afterEach(() => h.close());

const minute = 60_000;

describe('a practice over its rate', () => {
  const post = (key: string): Promise<Response> => h.as(key, '/api/v1/referrals', { method: 'POST', body: form() });

  test('is told when to come back, and its neighbour is not', async () => {
    h = house({ submissionsPerMinute: 3 });
    const main = await h.addKey('sender', 'main');
    const other = await h.addKey('sender', 'other');
    for (let i = 0; i < 3; i++) expect((await post(main)).status).toBe(202);
    const refused = await post(main);
    expect(refused.status).toBe(429);
    expect(refused.headers.get('retry-after')).toBe('20');
    expect(refused.headers.get('content-type')).toBe('application/problem+json');
    expect(await refused.json()).toMatchObject({ status: 429, code: 'too-many', detail: 'Wait 20 seconds.' });
    expect((await post(other)).status).toBe(202);
    expect((await h.store.referrals({ practices: ['main'], limit: 10 })).rows).toHaveLength(3);
    await h.turn(20_000);
    expect((await post(main)).status).toBe(202);
    expect((await post(main)).status).toBe(429);
  });

  test('may go on reading', async () => {
    h = house({ submissionsPerMinute: 1 });
    const key = await h.addKey('practice-admin', 'main');
    expect([(await post(key)).status, (await post(key)).status]).toEqual([202, 429]);
    expect((await h.as(key, '/api/v1/deliveries')).status).toBe(200);
  });
});

describe('a lane that takes nothing', () => {
  const pipeline = (): Harness => {
    const made = harness({
      channels: [scripted('direct', deferred('unreachable', 'no route'))],
      patience: { delays: Array<number>(9).fill(minute), receiptWithin: minute, onSilence: 'fallback' },
    });
    return made;
  };
  const recipient = {
    name: 'Hillside Cardiology',
    npi: null,
    phone: null,
    endpoints: [{ channel: 'direct', address: 'intake@far.example' }],
  };
  const circuits = async (key: string): Promise<unknown> => {
    const answer = await h.as(key, '/api/v1/channels');
    const { rows } = (await answer.json()) as { rows: { name: string; circuits: unknown }[] };
    return rows.map(({ name, circuits: each }) => [name, each]);
  };

  test('is shown among the channels, open and then half-open', async () => {
    h = house({ pipeline: pipeline() });
    const key = await h.addKey('ops', null);
    expect(await circuits(key)).toEqual([
      ['direct', []],
      ['efax', []],
    ]);
    for (let i = 0; i < 6; i++) await h.submit(submission({ referral: request({ recipient }) }));
    await h.turn();
    const closing = {
      lane: 'direct far.example',
      why: 'circuit',
      since: new Date(h.now()).toISOString(),
      until: new Date(h.now() + 30_000).toISOString(),
    };
    expect(await circuits(key)).toEqual([
      ['direct', [{ ...closing, state: 'open' }]],
      ['efax', []],
    ]);
    await h.store.commit({
      lane: { lane: 'direct far.example', why: 'circuit', since: h.now(), until: h.now() },
      events: [],
    });
    expect(await circuits(key)).toMatchObject([
      ['direct', [{ state: 'half-open' }]],
      ['efax', []],
    ]);
  });

  test('is named by what waits for it, in plain words', async () => {
    h = house({ pipeline: pipeline() });
    const key = await h.addKey('sender', 'main');
    const sent = [];
    for (let i = 0; i < 12; i++) sent.push(await send(h, key, request({ recipient })));
    await h.turn();
    const last = sent.at(-1)!;
    const answer = await h.as(key, `/api/v1/messages/${last.message}`);
    const { deliveries } = (await answer.json()) as { deliveries: { summary: string; blockedBy: string }[] };
    expect(deliveries[0]).toMatchObject({
      blockedBy: 'circuit',
      summary: 'Will be sent by Direct mail to intake@far.example: waits until the far side answers again.',
    });
  });
});
