import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '../core/channel.ts';
import { ConfigError } from '../errors.ts';
import { aborted, openSession, reasonOf, type Session } from './session.ts';

/** A connection that is kept, or looked for. */
export interface Line {
  /** Resolves after the first try, whatever became of it, or when that takes too long to be waited for.
   *  @throws ConfigError when the broker that answered can never do. */
  readonly tried: Promise<void>;
  connected(): boolean;
  blocked(): boolean;
  stop(): Promise<void>;
}

/** Half a minute is how long a broker waits for a queue that does not answer, before it tries again. */
const setupMs = 45_000;
const firstLookMs = 10_000;
const [firstDelayMs, lastDelayMs] = [250, 10_000];

/** Keep one connection open until `stop`; the only owner of it. `serve` sets up all that is on it, anew each time.
 *  @param name what the broker's operator sees it as */
export function keepConnected(url: string, name: string, log: Log, serve: (session: Session) => Promise<void>): Line {
  const stopping = new AbortController();
  let current: Session | null = null;
  let tries = 0;

  /** Until it is lost. @returns why */
  async function live(session: Session): Promise<string> {
    const end = AbortSignal.any([session.lost, stopping.signal]);
    const late = sleep(setupMs, 'late' as const, { signal: end }).catch(() => 'ended' as const);
    if ((await Promise.race([serve(session), late])) === 'late') return 'set-up takes too long';
    if (!end.aborted) {
      current = session;
      log.info('broker.connected', { outcome: name, tries });
      tries = 0;
      looked.resolve();
    }
    await aborted(end);
    return String(session.lost.reason);
  }

  async function once(): Promise<void> {
    try {
      const session = await openSession(url, name);
      const reason = await live(session).finally(async () => {
        current = null;
        await session.close();
      });
      if (!stopping.signal.aborted) log.warn('broker.lost', { outcome: name, reason });
    } catch (cause) {
      tries += 1;
      if (cause instanceof ConfigError) looked.reject(cause);
      log.warn('broker.unreachable', { outcome: name, reason: reasonOf(cause), tries });
    }
  }

  async function keep(): Promise<void> {
    while (!stopping.signal.aborted) {
      await once();
      looked.resolve();
      const delay = Math.min(lastDelayMs, firstDelayMs * 2 ** Math.max(0, tries - 1));
      await sleep(delay, undefined, { signal: stopping.signal }).catch(() => undefined);
    }
  }

  const looked: PromiseWithResolvers<void> = Promise.withResolvers();
  const patience = setTimeout(looked.resolve, firstLookMs);
  const kept = keep().finally(() => clearTimeout(patience));
  return {
    tried: looked.promise,
    connected: () => current !== null,
    blocked: () => current?.blocked() ?? false,
    async stop() {
      stopping.abort();
      await kept;
    },
  };
}
