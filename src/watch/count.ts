import type { Change, Event } from '../core/change.ts';
import type { Facts, Log } from '../core/channel.ts';
import { currentRoute, type Delivery } from '../core/delivery.ts';
import { reasonCodes } from '../core/outcome.ts';
import type { Store } from '../store/store.ts';
import { outcomes, receiptKinds, restStates, type Instruments } from './instruments.ts';

/** Whatever is not on the list is `other`: the number of label values is known when the process starts. */
export const oneOf =
  (words: readonly string[]) =>
  (word: unknown): string =>
    words.find((each) => each === word) ?? 'other';

const reason = oneOf(reasonCodes);
const outcomeOf = oneOf(outcomes);
const kindOf = oneOf(receiptKinds);
const sourceOf = oneOf(['document', 'ocr', 'none']);
const urgencyOf = oneOf(['routine', 'urgent', 'stat']);

export interface Counts {
  /** Hears every change that this process committed. */
  committed(change: Change): void;
  /** Hears every line that is logged. */
  logged(event: string, facts: Facts): void;
}

/** What happens is heard in two places, the commits and the log; no room counts for itself. */
export function counting(made: Instruments, store: Store, log: Log, channels: readonly string[]): Counts {
  const channelOf = oneOf(channels);

  function attempted({ attempt, deliveries: [delivery] = [] }: Change): void {
    if (!attempt) return;
    const channel = channelOf(attempt.channel);
    if (!attempt.outcome) {
      if (!delivery) return;
      if (delivery.tries > 1) made.retries.inc({ channel });
      if (delivery.unresolved.length > 0) made.duplicates.inc({ channel });
      return;
    }
    made.attempts.inc({ channel, outcome: outcomeOf(attempt.outcome.kind) });
    if ('reason' in attempt.outcome) made.failures.inc({ channel, reason: reason(attempt.outcome.reason.code) });
  }

  /** How long it took, and was it in time: asked of the message, since a delivery does not know. */
  async function ended(delivery: Delivery, at: number): Promise<void> {
    const { urgency, deadline, receivedAt } = await store.message(delivery.message);
    if (delivery.state === 'failed' || at > deadline) made.misses.inc({ urgency: urgencyOf(urgency) });
    if (delivery.state === 'failed') return;
    const attempt = delivery.provenBy === null ? null : await store.attempt(delivery.provenBy);
    const channel = channelOf(attempt?.channel ?? currentRoute(delivery).channel);
    made.proof.observe({ channel, urgency: urgencyOf(urgency) }, Math.max(0, at - receivedAt) / 1000);
  }

  function rested({ what, subject, at }: Event, { deliveries = [] }: Change): void {
    const state = restStates.find((each) => what === `delivery.${each}`);
    const delivery = deliveries.find(({ id }) => id === subject);
    if (!state || !delivery) return;
    made.rested.inc({ state });
    if (state !== 'delivered' && state !== 'failed') return;
    ended(delivery, at).catch((cause: unknown) => {
      log.error('metrics.unread', { delivery: delivery.id }, cause);
    });
  }

  function told(event: Event, change: Change): void {
    const channel = channelOf(event.facts['channel']);
    if (event.what === 'message.repeated') made.repeated.inc({ channel });
    if (event.what === 'receipt.recorded') made.receipts.inc({ channel, kind: kindOf(event.facts['kind']) });
    if (event.what === 'entry.accepted' || event.what === 'entry.rejected') {
      made.decisions.inc({ decision: event.what.slice('entry.'.length) });
    }
    rested(event, change);
  }

  return {
    committed(change) {
      if (change.received) made.received.inc({ channel: channelOf(change.received.origin.channel) });
      if (change.quarantined) made.quarantined.inc({ channel: channelOf(change.quarantined.channel) });
      for (const { page } of change.pages ?? []) made.pages.inc({ source: sourceOf(page.source) });
      // A hand-over writes the attempt without a word for the record.
      if (change.events.length > 0) attempted(change);
      for (const event of change.events) told(event, change);
    },
    logged(event, facts) {
      if (event === 'message.read') made.reading.observe((facts.ms ?? 0) / 1000);
      if (event === 'webhook.refused') made.refusals.inc({ channel: channelOf(facts.channel) });
    },
  };
}
