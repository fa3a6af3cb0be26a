import { setTimeout as sleep } from 'node:timers/promises';
import type { Inbox, Tools } from '../../src/core/channel.ts';
import type { AttemptId } from '../../src/core/message.ts';
import type { NewsDesk } from './news.ts';
import type { Arrived, FaxProvider } from './provider.ts';

const patience = 60_000;
/** Faxes whose end is asked for, until a report came. What a restart forgets is asked for when its receipt is overdue. */
const watchedMost = 1_000;

/** What one account's rounds do beside its webhooks: fetch from companies that call nobody, ask what became of our
 *  faxes, and erase there what is safe here. */
export interface Rounds {
  /** Its end will not be told: ask. */
  watch(fax: string, family: AttemptId): void;
  /** Once around. */
  round(inbox: Inbox): Promise<void>;
  /** Around until the signal aborts. */
  start(inbox: Inbox, signal: AbortSignal): void;
}

/** @param ours the companies' names for our faxes that are under way */
export function rounds(
  tools: Tools,
  place: string,
  provider: FaxProvider,
  news: NewsDesk,
  ours: Map<string, AttemptId>,
  everyMs: number,
): Rounds {
  const asks = provider.reread !== undefined && (provider.read === undefined || provider.nameless === true);

  async function fetch(inbox: Inbox): Promise<void> {
    const listed = await provider.waiting?.(AbortSignal.timeout(patience));
    const waiting = new Map((listed ?? []).map((each) => [each.fax, each]));
    // Named on our disk before anything is read there: a read may take it off the company's list.
    for (const { fax } of waiting.values()) await tools.pickups.note(place, fax, 'seen');
    for (const { fax, phase } of await tools.pickups.list(place)) {
      if (phase === 'kept') await erase(fax);
      // Listed no more, and nothing else to ask: it is gone there.
      else if (listed && !waiting.has(fax) && !provider.reread) await tools.pickups.done(place, fax);
      else await take(fax, waiting.get(fax) ?? null, inbox);
    }
  }

  async function take(fax: string, listed: Arrived | null, inbox: Inbox): Promise<void> {
    const event = listed ?? (await provider.reread?.({ fax, direction: 'in' }, AbortSignal.timeout(patience)));
    if (event?.type === 'arrival') await news.heard(event, null, inbox);
    // Gone there: somebody else took it away.
    else if (event) await tools.pickups.done(place, fax);
  }

  async function erase(fax: string): Promise<void> {
    if (await provider.erase?.(fax, AbortSignal.timeout(patience))) await tools.pickups.done(place, fax);
  }

  async function ask(inbox: Inbox): Promise<void> {
    for (const [fax, family] of ours) {
      const event = await provider.reread?.({ fax, direction: 'out' }, AbortSignal.timeout(patience));
      if (event?.type !== 'report') continue;
      await news.heard({ ...event, family: event.family ?? family }, null, inbox);
      ours.delete(fax);
    }
  }

  async function round(inbox: Inbox): Promise<void> {
    if (provider.waiting || provider.erase) await fetch(inbox);
    if (asks) await ask(inbox);
  }

  return {
    watch(fax, family) {
      if (asks && ours.size < watchedMost) ours.set(fax, family);
    },
    round,
    start(inbox, signal) {
      void (async () => {
        while (!signal.aborted) {
          await round(inbox).catch((cause: unknown) => {
            tools.log.error('efax.round.failed', { channel: 'efax', lane: place }, cause);
          });
          await sleep(everyMs, undefined, { signal, ref: false }).catch(() => undefined);
        }
      })();
    },
  };
}
