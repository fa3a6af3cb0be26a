import { afterEach, beforeEach, expect, test } from '@jest/globals';
import type { Channel } from '../../src/core/channel.ts';
import { pauseChannel } from '../../src/pipeline/pause.ts';
import {
  fax,
  harness,
  hour,
  minute,
  request,
  scripted,
  submission,
  type Harness,
  type ScriptedChannel,
} from '../harness.ts';

let at: Harness;
let direct: ScriptedChannel;
let efax: ScriptedChannel;
let channels: ReadonlyMap<string, Channel>;

beforeEach(() => {
  direct = scripted('direct');
  efax = Object.assign(fax(), {
    lane: (_: unknown, __: unknown, way = 'main') => way,
    ways: () => ['main', 'second'],
  });
  at = harness({ channels: [direct, efax] });
  channels = new Map([direct, efax].map((each) => [each.name, each]));
});
afterEach(() => at.close());

const say = (place: string, until: number | null, reason = 'the company is down') =>
  pauseChannel({ store: at.store, now: () => at.now(), channels })({ who: 'user:olga', place, reason, until });
const toFax = { channel: 'efax', address: '+12125550199' };
const toDirect = { channel: 'direct', address: 'intake@far.example' };

async function send(urgency: 'routine' | 'urgent', ...endpoints: readonly { channel: string; address: string }[]) {
  const recipient = { name: null, npi: null, phone: null, endpoints };
  const { message, deliveries } = await at.submit(submission({ referral: request({ recipient, urgency }) }));
  await at.turn();
  return { message, id: deliveries[0]!.id };
}
const routes = async (id: `dlv_${string}`) =>
  (await at.store.delivery(id)).routes.map(({ channel, via = '' }) => `${channel} ${via}`.trim());

test('a paused channel is left out of the plan, with its reason and its end, while another way is there', async () => {
  await say('direct', at.now() + hour);
  const { id } = await send('routine', toDirect, toFax);
  expect(await routes(id)).toEqual(['efax main', 'efax second']);
  expect((await at.store.delivery(id)).rejected).toEqual([
    {
      ...toDirect,
      reason: 'paused by a person',
      detail: 'direct, until 2026-11-23T10:00:00.000Z: the company is down',
    },
  ]);
  expect([direct.sent.length, efax.sent.length]).toEqual([0, 1]);
});

test('one account of a channel can be paused by itself', async () => {
  await say('efax main', at.now() + hour);
  const { id } = await send('routine', toFax);
  expect(await routes(id)).toEqual(['efax second']);
  expect(efax.sent[0]?.via).toBe('second');
});

test.each(['routine', 'urgent'] as const)(
  'what has no other way waits, and leaves by itself at the end (%s)',
  async (urgency) => {
    await say('direct', at.now() + 30 * minute);
    const { id, message } = await send(urgency, toDirect);
    await at.turn(29 * minute);
    expect([direct.sent.length, await at.state(id)]).toEqual([0, 'pending']);
    await at.turn(minute);
    expect([direct.sent.length, await at.state(id)]).toEqual([1, 'sent']);
    expect(await at.story(message)).toContain('delivery.blocked');
  },
);

test.each(['routine', 'urgent'] as const)(
  'what was planned before does not leave during it, and leaves when it is lifted (%s)',
  async (urgency) => {
    direct.answers = [{ kind: 'deferred', reason: { code: 'busy', detail: '' } }, { kind: 'accepted' }];
    const { id } = await send(urgency, toDirect);
    expect(direct.sent).toHaveLength(1);
    await say('direct', at.now() + 8 * hour);
    await say('direct', at.now() + 4 * hour, 'shorter');
    await at.turn(10 * minute);
    expect(direct.sent).toHaveLength(1);
    expect((await at.store.delivery(id)).waitsFor).toBe('paused');
    await say('direct', null, 'it is back');
    await at.turn();
    expect(direct.sent).toHaveLength(2);
  },
);

test('urgent work that was planned before takes its next way', async () => {
  direct.answers = [{ kind: 'deferred', reason: { code: 'busy', detail: '' } }];
  await send('urgent', toDirect, toFax);
  await say('direct', at.now() + 8 * hour);
  await at.turn(10 * minute);
  expect([direct.sent.length, efax.sent.length]).toEqual([1, 1]);
});

test('it needs a channel that is on and is not our own queue, an end within thirty days, and is on record', async () => {
  await expect(say('pigeon', at.now() + hour)).rejects.toThrow('no such channel');
  await expect(say('direct', at.now())).rejects.toThrow('ends in the future');
  await expect(say('direct', at.now() + 31 * 24 * hour)).rejects.toThrow('within 30 days');
  await expect(say('direct', null)).rejects.toThrow('not paused');
  const heard: unknown[] = [];
  at.store.onCommit(({ events }) => heard.push(...events.map(({ what, note }) => [what, note])));
  await say('direct', at.now() + hour, 'Canary-Quist phoned');
  expect(heard).toEqual([['channel.paused', 'Canary-Quist phoned']]);
});
