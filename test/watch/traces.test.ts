import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { accepted, deferred, refused } from '../../src/core/outcome.ts';
import { openTraces, traceIdOf, type Traces } from '../../src/watch/traces.ts';
import { arrival, harness, hour, scripted, submission, type Harness } from '../harness.ts';

interface Span {
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId?: string;
  readonly name: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly status: { readonly code?: number; readonly message?: string };
  readonly attributes: readonly { readonly key: string; readonly value: { readonly stringValue?: string } }[];
}

interface Receiver {
  readonly url: string;
  readonly spans: Span[];
  /** Everything that came in, as it came. */
  readonly bodies: string[];
  close(): Promise<void>;
}

/** Takes spans as a collector does: OTLP in JSON over HTTP. */
function receiver(): Promise<Receiver> {
  const spans: Span[] = [];
  const bodies: string[] = [];
  const server = createServer((request, response) => {
    let body = '';
    request.on('data', (piece: Buffer) => (body += piece.toString()));
    request.on('end', () => {
      bodies.push(body);
      const told = JSON.parse(body) as { resourceSpans: { scopeSpans: { spans: Span[] }[] }[] };
      spans.push(...told.resourceSpans.flatMap(({ scopeSpans }) => scopeSpans.flatMap((scope) => scope.spans)));
      response.setHeader('content-type', 'application/json').end('{}');
    });
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      resolve({
        url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/traces`,
        spans,
        bodies,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            server.closeAllConnections();
          }),
      });
    });
  });
}

const direct = scripted('direct');
const lost: string[] = [];
const log = { info: () => undefined, warn: () => undefined, error: (event: string) => void lost.push(event) };

let collector: Receiver;
let traces: Traces | null = null;
let at: Harness;
beforeEach(async () => {
  collector = await receiver();
  direct.answers = [accepted()];
  at = harness({
    channels: [direct],
    around: (stage, subject, run) => (traces ? traces.around(stage, subject, run) : run()),
  });
  lost.length = 0;
});
afterEach(async () => {
  await at.close();
  await collector.close();
});

/** What is done meanwhile is done by one process; the next has nothing of it but the store. */
async function asOneProcess(work: () => Promise<unknown>): Promise<void> {
  const own = openTraces({ url: collector.url, store: at.store, log, version: '1.2.3' });
  const deaf = at.store.onCommit(own.committed);
  traces = own;
  await work();
  traces = null;
  deaf();
  await own.close();
}

const attribute = (span: Span | undefined, key: string): string | undefined =>
  span?.attributes.find((each) => each.key === `loopgate.${key}`)?.value.stringValue;

const named = (name: string): Span[] => collector.spans.filter((span) => span.name === name);

test('one message is one trace, over processes and days', async () => {
  direct.answers = [deferred('busy', 'try later'), accepted()];
  let message: `msg_${string}` = 'msg_';
  await asOneProcess(async () => {
    ({ message } = await at.submit(submission()));
    await at.turn();
  });
  expect(named('attempt').map((span) => attribute(span, 'outcome'))).toEqual(['deferred']);
  await asOneProcess(() => at.turn(3 * 24 * hour));

  const { spans } = collector;
  expect(new Set(spans.map(({ traceId }) => traceId))).toEqual(new Set([traceIdOf(message)]));
  expect(named('message')).toHaveLength(1);
  const [root] = named('message');
  expect(root?.parentSpanId ?? '').toBe('');
  expect(named('route')[0]?.parentSpanId).toBe(root?.spanId);
  expect(named('deliver').every(({ parentSpanId }) => parentSpanId === root?.spanId)).toBe(true);

  const [first, second] = named('attempt');
  const [one, other] = named('deliver');
  expect([first?.parentSpanId, second?.parentSpanId]).toEqual([one?.spanId, other?.spanId]);
  expect([attribute(first, 'reason'), attribute(second, 'outcome')]).toEqual(['busy', 'accepted']);
  expect(attribute(second, 'channel')).toBe('direct');
  const days = (Number(second?.startTimeUnixNano) - Number(first?.startTimeUnixNano)) / 1e9 / 86_400;
  expect(days).toBeCloseTo(3, 1);
  expect(lost).toEqual([]);
});

test('two messages are two traces', async () => {
  await asOneProcess(async () => {
    await at.submit(submission());
    await at.inbox.message(arrival());
    await at.turn();
  });
  expect(new Set(collector.spans.map(({ traceId }) => traceId)).size).toBe(2);
  expect(new Set(named('message').map((span) => attribute(span, 'channel')))).toEqual(new Set(['api', 'direct']));
});

test('a stage that breaks says so, and keeps the words of others to itself', async () => {
  await asOneProcess(async () => {
    const run = (): Promise<void> => Promise.reject(new RangeError('Canary-Quist called'));
    await expect(traces?.around('route', 'msg_1', run)).rejects.toThrow('Canary-Quist');
  });
  const [broken] = named('route');
  expect(broken?.status).toEqual({ code: 2, message: 'RangeError' });
  expect(collector.bodies.join()).not.toContain('Canary');
});

test('spans know ids and enums, and no patient', async () => {
  direct.answers = [refused('rejected', 'no such Wilhelmina Canary-Quist')];
  await asOneProcess(async () => {
    await at.submit(submission({ key: 'Canary-Quist 1961-04-09' }));
    await at.inbox.message(arrival({ subject: 'Canary-Quist, Wilhelmina' }));
    await at.turn();
  });
  expect(collector.spans.length).toBeGreaterThan(6);
  const told = collector.bodies.join();
  for (const word of ['Canary', 'Wilhelmina', '1961-04-09', 'palpitations', 'far.example', '+1212', 'letter.txt']) {
    expect(told).not.toContain(word);
  }
  const keys = new Set(collector.spans.flatMap(({ attributes }) => attributes.map(({ key }) => key)));
  const known = ['message', 'delivery', 'attempt', 'subject', 'stage', 'channel', 'outcome', 'reason', 'urgency'];
  expect([...keys].filter((key) => !known.includes(key.replace('loopgate.', '')))).toEqual([]);
});

test('work goes on when nobody takes the spans, or the trace cannot be found', async () => {
  await collector.close();
  await asOneProcess(async () => {
    await at.submit(submission());
    await at.turn();
    let ran = 0;
    const run = (): Promise<void> => {
      ran += 1;
      return Promise.resolve();
    };
    await traces?.around('settle', 'dlv_unknown', run);
    await at.store.close();
    await traces?.around('settle', 'dlv_unreadable', run);
    expect(ran).toBe(2);
  });
  expect(direct.sent.length).toBeGreaterThan(0);
  expect(lost).toEqual(['trace.lost', 'trace.unsent']);
  collector = await receiver();
});
