import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { accepted, deferred, refused, unknown } from '../../src/core/outcome.ts';
import { createMetrics, type Metrics, type Sources } from '../../src/watch/metrics.ts';
import { clocked, timed, watched } from '../../src/watch/seams.ts';
import { arrival, harness, hour, minute, request, scripted, submission, type Harness } from '../harness.ts';
import { house } from '../http/house.ts';
import { labelsOf, sample } from './exposition.ts';

const channels = ['direct', 'efax', 'portal', 'intake'];
const direct = scripted('direct');
const efax = scripted('efax');

let at: Harness;
let metrics: Metrics;
beforeEach(() => {
  direct.answers = [accepted()];
  efax.answers = [accepted()];
  at = harness({ channels: [direct, efax] });
  const { store, now } = at;
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  metrics = createMetrics({ store, log, now, channels, folder: tmpdir(), version: '1.2.3' });
  store.onCommit(metrics.committed);
});
afterEach(() => at.close());

const sources: Sources = {
  ready: () => Promise.resolve({ state: 'degraded', reasons: [{ cause: 'queue', problem: 'away' }] }),
  queue: () => ({ connected: false, blocked: false }),
  channels: new Map([['direct', null]]),
  healthy: () => false,
  validUntil: () => 1_800_000_000_000,
};
const page = async (): Promise<string> => (await metrics.page(sources)).text;
const value = async (name: string, labels: Record<string, string> = {}) => sample(await page(), name, labels);

describe('what happens is counted', () => {
  test('from arrival to proof, with the time that it took', async () => {
    const { deliveries } = await at.submit(submission({ referral: request({ urgency: 'urgent' }) }));
    await at.turn();
    expect(await value('loopgate_deliveries', { state: 'sent' })).toBe(1);
    const [sent] = direct.sent.slice(-1);
    const evidence = { mediaType: 'text/plain', bytes: Buffer.from('yes') };
    const receipt = { attempt: sent!.attempt, kind: 'delivered', reason: null, at: at.now() } as const;
    await at.turn(10 * minute);
    await at.inbox.receipt({ channel: 'direct', receipt, author: null, evidence });
    await at.turn();
    expect(await at.state(deliveries[0]!.id)).toBe('delivered');
    expect(await value('loopgate_messages_received_total', { channel: 'api' })).toBe(1);
    expect(await value('loopgate_attempts_total', { channel: 'direct', outcome: 'accepted' })).toBe(1);
    expect(await value('loopgate_receipts_total', { channel: 'direct', kind: 'delivered' })).toBe(1);
    expect(await value('loopgate_deliveries_rested_total', { state: 'delivered' })).toBe(1);
    const proven = { channel: 'direct', urgency: 'urgent' };
    expect(await value('loopgate_proof_seconds_count', proven)).toBe(1);
    expect(await value('loopgate_proof_seconds_sum', proven)).toBe(600);
    expect(await value('loopgate_deadline_misses_total', { urgency: 'urgent' })).toBe(0);
    expect(await value('loopgate_deliveries', { state: 'sent' })).toBe(0);
  });

  test('retries with their reasons, doubts, and marks of a possible duplicate', async () => {
    direct.answers = [deferred('busy', 'try later'), unknown('interrupted', 'line cut')];
    await at.submit(submission({ referral: request({ urgency: 'urgent' }) }));
    await at.turn();
    await at.turn(minute);
    expect(await value('loopgate_attempts_total', { channel: 'direct', outcome: 'deferred' })).toBe(1);
    expect(await value('loopgate_attempt_failures_total', { channel: 'direct', reason: 'busy' })).toBe(1);
    expect(await value('loopgate_retries_total', { channel: 'direct' })).toBe(1);
    expect(await value('loopgate_in_doubt', { state: 'sent' })).toBe(1);
    expect(await value('loopgate_possible_duplicates_total', { channel: 'efax' })).toBe(0);
    await at.turn(2 * hour);
    expect(await value('loopgate_possible_duplicates_total', { channel: 'efax' })).toBe(1);
  });

  test('deadlines that were missed, while they are and once it is over', async () => {
    direct.answers = [deferred('unreachable', 'down')];
    efax.answers = [refused('rejected', 'no')];
    await at.submit(submission({ referral: request({ urgency: 'stat' }) }));
    await at.turn();
    expect(await value('loopgate_deliveries_overdue', { urgency: 'stat' })).toBe(0);
    await at.store.commit({ events: [] });
    for (const ms of [minute, 5 * minute]) await at.turn(ms);
    expect(await value('loopgate_deliveries_rested_total', { state: 'failed' })).toBe(1);
    expect(await value('loopgate_deadline_misses_total', { urgency: 'stat' })).toBe(1);

    [direct.answers, efax.answers] = [[accepted()], [accepted()]];
    await at.submit(submission({ referral: request({ urgency: 'stat' }) }));
    await at.turn();
    await at.turn(20 * minute);
    expect(await value('loopgate_deliveries_overdue', { urgency: 'stat' })).toBe(1);
  });

  test('arrivals, copies of them, what was turned away, and the queue of people', async () => {
    await at.inbox.message(arrival());
    await at.inbox.message(arrival());
    await at.inbox.message(arrival({ to: [{ channel: 'direct', address: 'nobody@riverside.example' }] }));
    await at.turn();
    expect(await value('loopgate_messages_received_total', { channel: 'direct' })).toBe(1);
    expect(await value('loopgate_messages_repeated_total', { channel: 'direct' })).toBe(1);
    expect(await value('loopgate_quarantined_total', { channel: 'direct' })).toBe(1);
    expect(await value('loopgate_pages_read_total', { source: 'document' })).toBe(1);
    expect(await value('loopgate_intake_waiting')).toBe(1);
    const { rows } = await at.store.entries({ practices: null, limit: 1 });
    const decision = { type: 'reject', reason: 'not ours' } as const;
    await at.decideEntry({ id: rows[0]!.id, who: 'ann', practices: null, decision });
    expect(await value('loopgate_intake_decisions_total', { decision: 'rejected' })).toBe(1);
    expect(await value('loopgate_intake_waiting')).toBe(0);
  });

  test('log lines that tell of reading and of calls turned away', async () => {
    metrics.logged('message.read', { ms: 2_500, pages: 3 });
    metrics.logged('webhook.refused', { channel: 'efax', reason: 'signature' });
    expect(await value('loopgate_reading_seconds_sum')).toBe(2.5);
    expect(await value('loopgate_webhook_refusals_total', { channel: 'efax' })).toBe(1);
  });
});

describe('how things stand', () => {
  test('is asked at every scrape', async () => {
    expect(await value('loopgate_ready')).toBe(1);
    expect(await value('loopgate_trouble', { cause: 'queue' })).toBe(1);
    expect(await value('loopgate_trouble', { cause: 'store' })).toBe(0);
    expect(await value('loopgate_queue_connected')).toBe(0);
    expect(await value('loopgate_channel_healthy', { channel: 'direct' })).toBe(0);
    expect(await value('loopgate_channel_healthy', { channel: 'efax' })).toBeNull();
    expect(await value('loopgate_channel_valid_until_timestamp_seconds', { channel: 'direct' })).toBe(1_800_000_000);
    expect(await value('loopgate_build_info', { version: '1.2.3', node: process.version })).toBe(1);
    expect(await value('loopgate_disk_free_bytes')).toBeGreaterThan(0);
    expect(await value('process_resident_memory_bytes')).toBeGreaterThan(0);
    expect(await value('nodejs_eventloop_lag_p99_seconds')).not.toBeNull();
  });

  test('work that waits too long shows its age, and what our own code fails at stands apart', async () => {
    await at.store.commit({ work: [{ stage: 'purge', subject: 'msg_x', dueAt: at.now() - 90_000 }], events: [] });
    await at.store.commit({ work: [{ stage: 'purge', subject: 'msg_y', dueAt: at.now() + 90_000 }], events: [] });
    expect(await value('loopgate_work_due', { stage: 'purge' })).toBe(1);
    expect(await value('loopgate_work_oldest_due_seconds', { stage: 'purge' })).toBe(90);
    for (let i = 0; i < 20; i++) {
      const [work] = await at.store.claim(['purge'], 1, hour);
      await at.store.release(work!, 0);
    }
    expect(await value('loopgate_dead_letters', { stage: 'purge' })).toBe(1);
    expect(await value('loopgate_work_oldest_due_seconds', { stage: 'purge' })).toBe(0);
  });

  test('emergency access, until somebody has reviewed it', async () => {
    expect(await value('loopgate_emergency_started_timestamp_seconds')).toBe(0);
    const { addUser, addSession, emergencies } = at.store.people;
    await addUser({ name: 'olaf', practice: null, role: 'ops', password: '-', disabledAt: null });
    await addSession({ hash: 'h', user: 'olaf', startedAt: at.now(), seenAt: at.now(), strong: true });
    const who = 'user:olaf';
    const told = { message: null, subject: 'emg_1', what: 'emergency.started', who, at: at.now(), facts: {} };
    const begun = {
      id: 'emg_1',
      user: 'olaf',
      practice: 'main',
      startedAt: at.now(),
      until: at.now(),
      reason: 'stroke',
    };
    await emergencies.start({ ...begun, review: null }, 'h', told);
    expect(await value('loopgate_emergencies_unreviewed')).toBe(1);
    expect(await value('loopgate_emergency_started_timestamp_seconds')).toBe(at.now() / 1000);
    const review = { at: at.now(), by: 'user:anna', finding: 'as he said' };
    await emergencies.review({ ...begun, review }, { ...told, what: 'emergency.reviewed', who: review.by });
    expect(await value('loopgate_emergencies_unreviewed')).toBe(0);
    expect(await value('loopgate_emergency_started_timestamp_seconds')).toBe(0);
  });

  test('what cannot be read is left out, and the rest still answers', async () => {
    const census = () => Promise.reject(new Error('database away'));
    const { now } = at;
    const failed: string[] = [];
    const log = { info: () => undefined, warn: () => undefined, error: (event: string) => void failed.push(event) };
    const blind = createMetrics({
      store: { ...at.store, census },
      log,
      now,
      channels,
      folder: tmpdir(),
      version: '1',
    });
    const { text } = await blind.page(sources);
    expect(failed).toEqual(['census.failed']);
    expect(sample(text, 'loopgate_deliveries', { state: 'sent' })).toBeNull();
    expect(sample(text, 'loopgate_intake_waiting', {})).toBeNull();
    expect(sample(text, 'loopgate_emergencies_unreviewed', {})).toBeNull();
    expect(sample(text, 'loopgate_ready', {})).toBe(1);
  });
});

describe('the seams', () => {
  test('time every commit and tell a refusal from a failure', async () => {
    const store = timed(at.store, metrics.commitDone);
    await store.commit({ events: [] });
    const work = [{ stage: 'route' as const, subject: 'x', dueAt: 0 }];
    await store.commit({ work, events: [] });
    const { message } = await at.submit(submission());
    const received = await at.store.message(message);
    await expect(store.commit({ received, events: [] })).rejects.toThrow('here already');
    await expect(store.commit({ work: [{ ...work[0]!, dueAt: NaN }], events: [] })).rejects.toThrow();
    expect(await value('loopgate_commit_seconds_count', { result: 'done' })).toBe(2);
    expect(await value('loopgate_commit_seconds_count', { result: 'refused' })).toBe(1);
    expect(await value('loopgate_commit_seconds_count', { result: 'failed' })).toBe(1);
  });

  test('time every stage, also when it fails', async () => {
    const plain = { ...at.handlers, route: () => Promise.resolve() };
    const broken = { ...plain, purge: () => Promise.reject(new Error('bug')) };
    const handlers = watched(broken, [clocked(metrics.stageRun)]);
    const { signal } = new AbortController();
    await handlers.route('msg_1', signal);
    await expect(handlers.purge('msg_1', signal)).rejects.toThrow('bug');
    expect(await value('loopgate_stage_seconds_count', { stage: 'route', result: 'done' })).toBe(1);
    expect(await value('loopgate_stage_seconds_count', { stage: 'purge', result: 'failed' })).toBe(1);
  });
});

const canary = 'Zzyzxquill';

test('no word of a stranger becomes a label, and none stands anywhere', async () => {
  const { app } = house({ pipeline: at, seen: metrics.requestSeen });
  const ask = (path: string, init?: RequestInit) => app.request(path, init);
  await ask('/healthz');
  await ask('/portal/x');
  await ask('/webhooks/efax/main');
  await ask('/api/v1/deliveries/x');
  await ask('/nowhere');
  const before = labelsOf(await page());
  for (let i = 0; i < 30; i++) {
    const word = `${canary}${i}`;
    await ask(`/${word}`);
    await ask(`/portal/${word}`);
    await ask(`/api/v1/deliveries/${word}?q=${word}`);
    await ask(`/webhooks/efax/${word}`);
    await ask(`/webhooks/${word}/main`);
    await ask('/healthz', { method: word.toUpperCase() });
    await at.inbox.message(arrival({ origin: { channel: word, token: word, from: word, details: {} }, subject: word }));
    await at.inbox.quarantine({ channel: word, token: word, reasons: [word], raw: Buffer.from(word) });
    metrics.logged('webhook.refused', { channel: word });
    metrics.logged(word, { reason: word });
  }
  direct.answers = [refused(canary as 'busy', canary)];
  await at.submit(submission({ referral: request(), key: canary }));
  await at.turn();
  const text = await page();
  expect(text).not.toContain(canary);
  expect(text).not.toContain(canary.toUpperCase());
  const fresh = [...labelsOf(text)].filter((label) => !before.has(label) && !label.startsWith('le='));
  expect(fresh.sort()).toEqual(['channel="other"', 'method="other"', 'reason="other"']);
});
