import type { Channel, Log, Notice } from '../core/channel.ts';
import { heldBecause, type Delivery } from '../core/delivery.ts';
import type { Message, MessageId } from '../core/message.ts';
import { unknown, type Outcome, type Reason } from '../core/outcome.ts';
import type { Store } from '../store/store.ts';
import { waitsForPerson } from './held.ts';

export interface AcknowledgeDeps {
  readonly store: Store;
  readonly log: Log;
  readonly now: () => number;
  readonly channels: ReadonlyMap<string, Channel>;
  /** Milliseconds that carried content is kept after everything is over. */
  readonly retention: number;
}

const againMs = 5 * 60_000;
/** A sender who cannot be reached for a day has been told by silence: its own timers ran out long ago. */
const patienceMs = 24 * 3_600_000;

/** Tell whoever sent us a message what became of it: what is owed less what was given. A notice that fails
 *  is tried again by itself; nothing that the recipient has is sent again because of it. */
export function acknowledge(deps: AcknowledgeDeps) {
  return async (id: MessageId, signal: AbortSignal): Promise<void> => {
    const { store, now, retention } = deps;
    const message = await store.message(id);
    const own = { stage: 'acknowledge' as const, subject: id, dueAt: now(), urgency: message.urgency };
    if (await waitsForPerson(deps, [own])) return;
    const deliveries = await store.deliveriesOf(id);
    const given = new Set((await store.acknowledgementsOf(id)).map(({ notice }) => notice));
    const channel = deps.channels.get(message.origin.channel);

    for (const notice of owed(deliveries)) {
      if (!channel?.acknowledge || given.has(notice) || isSecondNo(notice, given)) continue;
      const reason = notice === 'failed' ? await whyFailed(store, deliveries) : null;
      const outcome = await give(deps, channel, message, { notice, reason }, signal);
      if (!outcome) continue;
      const at = now();
      if (outcome.kind === 'deferred' && at < message.receivedAt + patienceMs) {
        await store.commit({ work: [{ ...own, dueAt: at + againMs }], events: [] });
        return;
      }
      await store.commit({
        acknowledgement: { message: id, notice, outcome, at },
        events: [
          {
            message: id,
            subject: id,
            what: outcome.kind === 'accepted' ? 'acknowledgement.given' : 'acknowledgement.failed',
            who: 'gateway',
            at,
            facts: { notice, ...('reason' in outcome ? { reason: outcome.reason.code } : {}) },
          },
        ],
      });
    }
    if (deliveries.every(over)) {
      await store.commit({ work: [{ stage: 'purge', subject: id, dueAt: now() + retention }], events: [] });
    }
  };
}

/** `processed` is owed as soon as the message is ours; how it ended, as soon as that is known. */
function owed(deliveries: readonly Delivery[]): Notice[] {
  // A person's word is not ours to pass on as a machine's receipt.
  const proven = deliveries.filter(({ state, provenBy }) => state === 'delivered' && provenBy !== null);
  if (deliveries.length > 0 && proven.length === deliveries.length) return ['processed', 'delivered'];
  if (deliveries.some(({ state }) => state === 'failed')) return ['processed', 'failed'];
  const silent = deliveries.find((each) => each.state === 'held' && heldBecause(each) === 'in-doubt');
  if (!silent) return ['processed'];
  return ['processed', silent.processed === silent.attempt ? 'undispatched' : 'unanswered'];
}

const noes: readonly Notice[] = ['failed', 'unanswered', 'undispatched'];

/** Whoever was told that no proof came has acted on it: a second no, or a late yes, would only confuse (facts N13). */
const isSecondNo = (notice: Notice, given: ReadonlySet<Notice>): boolean =>
  noes.includes(notice) && noes.some((each) => given.has(each));

async function give(
  { log }: AcknowledgeDeps,
  channel: Channel,
  message: Message,
  { notice, reason }: { readonly notice: Notice; readonly reason: Reason | null },
  signal: AbortSignal,
): Promise<Outcome | null> {
  try {
    return (await channel.acknowledge?.(message.origin, notice, reason, signal)) ?? null;
  } catch (bug) {
    log.error('acknowledgement.crashed', { message: message.id, channel: channel.name }, bug);
    return unknown('interrupted', 'adapter threw');
  }
}

/** The last word on the first delivery that failed. */
async function whyFailed(store: Store, deliveries: readonly Delivery[]): Promise<Reason | null> {
  const failed = deliveries.find(({ state }) => state === 'failed');
  if (!failed) return null;
  const attempts = await store.attemptsOf(failed.id);
  const receipts = await store.receiptsOf(failed.id);
  const outcomes = attempts.flatMap(({ outcome }) => (outcome && 'reason' in outcome ? [outcome.reason] : []));
  const refusals = receipts.flatMap(({ kind, reason }) => (kind === 'failed' && reason ? [reason] : []));
  return refusals.at(-1) ?? outcomes.at(-1) ?? null;
}

const over = ({ state }: Delivery): boolean => state === 'delivered' || state === 'failed' || state === 'cancelled';
