import type { Channel, Health, Log } from './core/channel.ts';

const everyMs = 60_000;
const patienceMs = 20_000;

export interface Watch {
  /** Innocent until checked. */
  healthy(channel: string): boolean;
  /** When what it sends with ends, epoch ms; null when it does not say. */
  validUntil(channel: string): number | null;
  stop(): void;
}

/** Ask every channel once a minute whether it could send; the planner prefers those that could. */
export function watchHealth(channels: ReadonlyMap<string, Channel>, log: Log): Watch {
  const last = new Map<string, Health>();

  async function ask(channel: Channel): Promise<void> {
    const health = await channel
      .check(AbortSignal.timeout(patienceMs))
      .catch((): Health => ({ ok: false, problem: 'check failed' }));
    const before = last.get(channel.name);
    if (!health.ok && before?.ok !== false) log.warn('channel.unhealthy', { channel: channel.name });
    if (health.ok && before?.ok === false) log.info('channel.recovered', { channel: channel.name });
    last.set(channel.name, health);
  }

  const askAll = (): void => {
    for (const channel of channels.values()) void ask(channel);
  };
  askAll();
  const timer = setInterval(askAll, everyMs);
  return {
    healthy: (name) => last.get(name)?.ok ?? true,
    validUntil: (name) => last.get(name)?.validUntil ?? null,
    stop: () => {
      clearInterval(timer);
    },
  };
}
