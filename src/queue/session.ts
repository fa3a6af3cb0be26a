import type { Duplex } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, type Channel, type ChannelModel, type ConfirmChannel } from 'amqplib';
import { ConfigError } from '../errors.ts';

/** One connection and its channels: all there or all gone. A channel that the broker closes takes the rest along, so
 *  that nothing half dead is left over. */
export interface Session {
  channel(): Promise<Channel>;
  confirmChannel(): Promise<ConfirmChannel>;
  /** Aborts, with the reason, when it is gone. Acks and confirms that are still open are void then. */
  readonly lost: AbortSignal;
  lose(reason: string): void;
  /** The broker takes nothing from this connection for now. */
  blocked(): boolean;
  close(): Promise<void>;
}

const connectMs = 5_000;
const closeMs = 2_000;
const heartbeatSeconds = '10';

/** @throws ConfigError when the broker is too old for what we ask of it. */
export async function openSession(url: string, name: string): Promise<Session> {
  const address = new URL(url);
  address.searchParams.set('heartbeat', heartbeatSeconds);
  // Without noDelay a serial round trip takes 40 ms.
  const options = { noDelay: true, timeout: connectMs, clientProperties: { connection_name: `loopgate ${name}` } };
  const connection = await connect(address.href, options);
  const session = sessionOn(connection);
  const problem = tooOld(connection.connection.serverProperties);
  if (problem === null) return session;
  await session.close();
  throw new ConfigError([problem]);
}

function sessionOn(connection: ChannelModel): Session {
  const losing = new AbortController();
  let blocked = false;
  // Only the first reason counts.
  const lose = (reason: string): void => losing.abort(reason);
  connection.on('error', (cause) => lose(reasonOf(cause)));
  connection.on('close', () => lose('connection closed'));
  connection.on('handler-error', (cause) => lose(reasonOf(cause)));
  connection.on('blocked', () => {
    blocked = true;
  });
  connection.on('unblocked', () => {
    blocked = false;
  });
  const watched = <C extends Channel>(channel: C): C => {
    channel.on('error', (cause) => lose(reasonOf(cause)));
    channel.on('close', () => lose('channel closed'));
    channel.on('handler-error', (cause) => lose(reasonOf(cause)));
    return channel;
  };
  return {
    channel: async () => watched(await connection.createChannel()),
    confirmChannel: async () => watched(await connection.createConfirmChannel()),
    lost: losing.signal,
    lose,
    blocked: () => blocked,
    async close() {
      // Rejects when it is closed already.
      await Promise.race([connection.close().catch(() => undefined), sleep(closeMs, undefined, { ref: false })]);
      // A broker that is frozen, or has a channel that hangs, never answers: amqplib would wait for ever.
      (connection.connection as unknown as { readonly stream: Duplex }).stream.destroy();
      lose('closed by us');
    },
  };
}

/** Quorum queues that limit redelivery and dead-letter safely: since 3.10. */
function tooOld({ product, version }: ChannelModel['connection']['serverProperties']): string | null {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  if (product === 'RabbitMQ' && (major > 3 || (major === 3 && minor >= 10))) return null;
  return `queue.url: ${product} ${version} answers there; RabbitMQ 3.10 or newer is needed`;
}

/** For the log, which takes no messages: the broker's code and its name, the system's code, or what kind of error. */
export function reasonOf(cause: unknown): string {
  if (cause instanceof ConfigError) return cause.message;
  const { message = '', code, name = 'unknown' } = (cause ?? {}) as Partial<NodeJS.ErrnoException>;
  const reply = /\b[2-5]\d\d \([A-Z-]+\)/.exec(message)?.[0];
  if (reply !== undefined) return reply;
  if (/^(Heartbeat timeout|connect ETIMEDOUT|Unexpected close)$/.test(message)) return message;
  return typeof code === 'string' ? code : name;
}

export const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    if (signal.aborted) resolve();
    else signal.addEventListener('abort', () => resolve(), { once: true });
  });
