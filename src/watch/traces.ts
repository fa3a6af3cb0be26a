import { createHash } from 'node:crypto';
import { AsyncLocalStorage } from 'node:async_hooks';
import {
  ROOT_CONTEXT,
  SpanKind,
  SpanStatusCode,
  trace,
  TraceFlags,
  type Context,
  type Tracer,
} from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-http';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, RandomIdGenerator, TracerProvider, type IdGenerator } from '@opentelemetry/sdk-trace';
import type { Attempt, Change } from '../core/change.ts';
import type { Log } from '../core/channel.ts';
import type { AttemptId, DeliveryId, Message, MessageId } from '../core/message.ts';
import { NotFound } from '../errors.ts';
import type { Store } from '../store/store.ts';
import type { Around } from './seams.ts';

/** A collector that hangs must not hold up a stop. */
const sendWithinMs = 5_000;

export interface Traces {
  /** Runs a stage inside a span of its message's trace. */
  readonly around: Around;
  /** Hears every change that this process committed. */
  committed(change: Change): void;
  /** Sends what is left. */
  close(): Promise<void>;
}

interface TraceDeps {
  /** Where spans go: OTLP over HTTP. */
  readonly url: string;
  readonly store: Pick<Store, 'delivery' | 'attempt'>;
  readonly log: Log;
  readonly version: string;
}

/** One trace for each message, whoever works on it and whenever: its id is made of the message's, so nothing has to be
 *  carried along. Spans hold ids and enums only. */
export function openTraces({ url, store, log, version }: TraceDeps): Traces {
  const ids = givenIds();
  const provider = new TracerProvider({
    resource: resourceFromAttributes({ 'service.name': 'loopgate', 'service.version': version }),
    idGenerator: ids,
    spanProcessors: [
      new BatchSpanProcessor({
        exporter: new OTLPTraceExporter({ url, timeoutMillis: sendWithinMs }),
        scheduledDelayMillis: 1_000,
      }),
    ],
  });
  const tracer = provider.getTracer('loopgate', version);
  /** The span of the stage that is running, so that its attempt stands below it. */
  const running = new AsyncLocalStorage<Context>();

  /** Work does not wait for its trace, nor fail with it. */
  const lost =
    (subject: string) =>
    (cause: unknown): null => {
      log.error('trace.lost', subject.startsWith('att_') ? { attempt: subject } : { delivery: subject }, cause);
      return null;
    };

  return {
    async around(stage, subject, run) {
      const message = await messageOf(store, subject).catch(lost(subject));
      if (!message) return run();
      const attributes = { 'loopgate.message': message, 'loopgate.subject': subject, 'loopgate.stage': stage };
      const span = tracer.startSpan(stage, { kind: SpanKind.CONSUMER, attributes }, contextOf(message));
      try {
        await running.run(trace.setSpan(ROOT_CONTEXT, span), run);
      } catch (cause) {
        // Its class only: messages quote what strangers sent.
        span.setStatus({ code: SpanStatusCode.ERROR, message: cause instanceof Error ? cause.name : typeof cause });
        throw cause;
      } finally {
        span.end();
      }
    },
    committed({ received, attempt, deliveries: [delivery] = [] }) {
      if (received) rootSpan(tracer, ids, received);
      if (!attempt?.outcome || attempt.closedAt === null) return;
      const message = delivery ? Promise.resolve(delivery.message) : messageOf(store, attempt.delivery);
      const above = running.getStore();
      message
        .then((id) => {
          if (id) attemptSpan(tracer, attempt, id, above ?? contextOf(id));
        })
        .catch(lost(attempt.id));
    },
    close: () =>
      provider.shutdown().catch((cause: unknown) => {
        log.error('trace.unsent', {}, cause);
      }),
  };
}

/** The first span of all, with the name that every later one gives as its parent. */
function rootSpan(tracer: Tracer, ids: GivenIds, { id, origin, urgency, receivedAt }: Message): void {
  const attributes = { 'loopgate.message': id, 'loopgate.channel': origin.channel, 'loopgate.urgency': urgency };
  const options = { kind: SpanKind.SERVER, attributes, startTime: receivedAt, root: true };
  ids.rootOf(id, () => tracer.startSpan('message', options)).end(receivedAt);
}

function attemptSpan(tracer: Tracer, attempt: Attempt, message: MessageId, above: Context): void {
  const { id, delivery, channel, openedAt, closedAt, outcome } = attempt;
  const attributes = {
    'loopgate.message': message,
    'loopgate.delivery': delivery,
    'loopgate.attempt': id,
    'loopgate.channel': channel,
    'loopgate.outcome': outcome?.kind ?? '',
    ...(outcome && 'reason' in outcome ? { 'loopgate.reason': outcome.reason.code } : {}),
  };
  const span = tracer.startSpan('attempt', { kind: SpanKind.CLIENT, attributes, startTime: openedAt }, above);
  if (outcome?.kind !== 'accepted') span.setStatus({ code: SpanStatusCode.ERROR });
  span.end(closedAt ?? openedAt);
}

/** Null: it belongs to no message. */
async function messageOf(store: TraceDeps['store'], subject: string): Promise<MessageId | null> {
  if (subject.startsWith('msg_')) return subject as MessageId;
  try {
    if (subject.startsWith('dlv_')) return (await store.delivery(subject as DeliveryId)).message;
    const attempt = subject.startsWith('att_') ? await store.attempt(subject as AttemptId) : null;
    return attempt ? (await store.delivery(attempt.delivery)).message : null;
  } catch (cause) {
    if (cause instanceof NotFound) return null;
    throw cause;
  }
}

const digest = (message: MessageId): string => createHash('sha256').update(message).digest('hex');
/** 16 bytes in hex, the same in every process. */
export const traceIdOf = (message: MessageId): string => digest(message).slice(0, 32);
const rootIdOf = (message: MessageId): string => digest(message).slice(32, 48);

const contextOf = (message: MessageId): Context =>
  trace.setSpanContext(ROOT_CONTEXT, {
    traceId: traceIdOf(message),
    spanId: rootIdOf(message),
    traceFlags: TraceFlags.SAMPLED,
    isRemote: true,
  });

interface GivenIds extends IdGenerator {
  /** Whatever begins while `make` runs is the root of this message's trace. */
  rootOf<T>(message: MessageId, make: () => T): T;
}

/** Ids at random, but for the root of a message's trace. */
function givenIds(): GivenIds {
  const chance = new RandomIdGenerator();
  let given: MessageId | null = null;
  return {
    generateTraceId: () => (given ? traceIdOf(given) : chance.generateTraceId()),
    generateSpanId: () => (given ? rootIdOf(given) : chance.generateSpanId()),
    rootOf(message, make) {
      given = message;
      try {
        return make();
      } finally {
        given = null;
      }
    },
  };
}
