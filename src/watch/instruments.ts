import { collectDefaultMetrics, Counter, Gauge, Histogram, Registry } from 'prom-client';
import { stages } from '../core/change.ts';
import { openStates } from '../core/delivery.ts';
import { urgencies } from '../core/message.ts';
import { causes } from '../core/readiness.ts';

export const outcomes = ['accepted', 'deferred', 'refused', 'unknown'] as const;
export const receiptKinds = ['processed', 'delivered', 'opened', 'failed'] as const;
/** States that a delivery comes to rest in, or is stopped in. */
export const restStates = ['delivered', 'failed', 'held', 'cancelled'] as const;

/** Everything that is measured. Labels are enums of ours: no id, address or word of a stranger becomes one.
 *  What is counted starts at 0, so that the first of a kind is seen as an increase. */
export function createInstruments(registry: Registry, channels: readonly string[]) {
  const counter = <L extends string>(name: string, help: string, ...labelNames: L[]) =>
    new Counter<L>({ name: `loopgate_${name}`, help, labelNames, registers: [registry] });
  const gauge = <L extends string>(name: string, help: string, ...labelNames: L[]) =>
    new Gauge<L>({ name: `loopgate_${name}`, help, labelNames, registers: [registry] });
  const histogram = <L extends string>(name: string, help: string, buckets: number[], ...labelNames: L[]) =>
    new Histogram<L>({ name: `loopgate_${name}`, help, buckets, labelNames, registers: [registry] });

  const made = {
    received: counter('messages_received_total', 'Messages taken in.', 'channel'),
    repeated: counter('messages_repeated_total', 'Arrivals that were here already.', 'channel'),
    quarantined: counter('quarantined_total', 'Arrivals turned away and kept sealed.', 'channel'),
    attempts: counter('attempts_total', 'Attempts that ended.', 'channel', 'outcome'),
    failures: counter('attempt_failures_total', 'Attempts that were not accepted, by reason.', 'channel', 'reason'),
    retries: counter('retries_total', 'Attempts that were not the first on their route.', 'channel'),
    duplicates: counter('possible_duplicates_total', 'Attempts marked as a possible duplicate.', 'channel'),
    receipts: counter('receipts_total', 'Receipts recorded.', 'channel', 'kind'),
    rested: counter('deliveries_rested_total', 'Deliveries that came to this state.', 'state'),
    proof: histogram('proof_seconds', 'From acceptance to proof.', proofBuckets, 'channel', 'urgency'),
    misses: counter('deadline_misses_total', 'Deliveries that failed, or were proven after their deadline.', 'urgency'),
    decisions: counter('intake_decisions_total', 'Arrivals that a person decided on.', 'decision'),
    pages: counter('pages_read_total', 'Pages read, by where their text came from.', 'source'),
    reading: histogram(
      'reading_seconds',
      'Reading all documents of one arrival.',
      [0.1, 0.5, 1, 2, 5, 10, 30, 60, 120],
    ),
    refusals: counter('webhook_refusals_total', 'Provider calls that were not authentic or not understood.', 'channel'),
    stage: histogram('stage_seconds', 'One run of a stage.', [0.01, 0.05, 0.25, 1, 5, 30, 120], 'stage', 'result'),
    commit: histogram('commit_seconds', 'One commit, until it is on disk.', commitBuckets, 'result'),
    http: histogram('http_request_seconds', 'Requests answered.', httpBuckets, 'method', 'route', 'status'),

    deliveries: gauge('deliveries', 'Open deliveries. The same in every process of a cluster.', 'state'),
    inDoubt: gauge('in_doubt', 'Open deliveries with an attempt that may have arrived.', 'state'),
    overdue: gauge('deliveries_overdue', 'Open deliveries whose deadline has passed.', 'urgency'),
    due: gauge('work_due', 'Work that is due and not done.', 'stage'),
    oldest: gauge('work_oldest_due_seconds', 'How long the oldest due work has been due; 0 when none is.', 'stage'),
    dead: gauge('dead_letters', 'Work that our own code keeps failing at; nothing retries it.', 'stage'),
    waiting: gauge('intake_waiting', 'Arrivals that wait for a person.'),
    emergencies: gauge('emergencies_unreviewed', 'Emergency accesses to content that nobody has reviewed.'),
    emergency: gauge(
      'emergency_started_timestamp_seconds',
      'When the newest of those that nobody has reviewed began; 0 when none waits.',
    ),
    ready: gauge('ready', '1: takes work, if degraded; 0: does not.'),
    trouble: gauge('trouble', '1 while this keeps the process from being wholly ready.', 'cause'),
    healthy: gauge('channel_healthy', '1: the channel could send at the last check.', 'channel'),
    validUntil: gauge('channel_valid_until_timestamp_seconds', 'When its certificates end.', 'channel'),
    connected: gauge('queue_connected', '1: the queue has its broker, or needs none.'),
    blocked: gauge('queue_blocked', '1: the broker takes no messages now.'),
    disk: gauge('disk_free_bytes', 'Free for us where the data folder lies.'),
    build: gauge('build_info', 'Always 1.', 'version', 'node'),
  };

  for (const channel of channels) {
    for (const each of [made.received, made.repeated, made.quarantined, made.retries, made.duplicates]) {
      each.inc({ channel }, 0);
    }
    made.refusals.inc({ channel }, 0);
    for (const outcome of outcomes) made.attempts.inc({ channel, outcome }, 0);
    for (const kind of receiptKinds) made.receipts.inc({ channel, kind }, 0);
  }
  for (const state of restStates) made.rested.inc({ state }, 0);
  for (const urgency of urgencies) made.misses.inc({ urgency }, 0);
  for (const decision of ['accepted', 'rejected']) made.decisions.inc({ decision }, 0);
  for (const source of ['document', 'ocr', 'none']) made.pages.inc({ source }, 0);
  for (const result of ['done', 'refused', 'failed']) made.commit.zero({ result });
  for (const stage of stages) for (const result of ['done', 'failed']) made.stage.zero({ stage, result });
  for (const state of openStates) made.deliveries.set({ state }, 0);
  for (const cause of causes) made.trouble.set({ cause }, 0);
  return made;
}

const proofBuckets = [1, 5, 15, 60, 300, 900, 3_600, 14_400, 86_400];
const commitBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.5, 1, 5];
const httpBuckets = [0.005, 0.025, 0.1, 0.5, 1, 2.5, 10];

export type Instruments = ReturnType<typeof createInstruments>;

/** The process itself: processor, memory, open files, garbage, event-loop delay. */
export function createRegistry(): Registry {
  const registry = new Registry();
  collectDefaultMetrics({ register: registry });
  return registry;
}
