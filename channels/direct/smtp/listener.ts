import { normalAddress } from '../mime/address.ts';
import { openPort, Reply, type Mail, type Port } from './port.ts';

export interface Door extends Omit<Port, 'channel'> {
  isOurs(address: string): boolean;
  /** Resolves when the mail is durable. */
  take(mail: Mail): Promise<'taken' | 'plain' | 'later'>;
}

/** Listen for Direct mail of other HISPs until the signal aborts; resolves once it listens.
 *  @throws when the port cannot be had */
export function listenSmtp(door: Door, signal: AbortSignal): Promise<void> {
  const port: Port = { ...door, channel: 'direct' };
  return openPort(
    port,
    {
      auth: { disabledCommands: ['AUTH'], authOptional: true },
      sender: (address) =>
        address !== '' && normalAddress(address) === null ? new Reply(550, '5.1.7 Not a Direct address') : null,
      recipient(address) {
        const normal = normalAddress(address);
        return normal !== null && door.isOurs(normal) ? null : new Reply(550, '5.1.1 No such address here');
      },
      async take(mail) {
        const fate = await door.take(mail);
        if (fate === 'taken') return null;
        return fate === 'later'
          ? new Reply(451, '4.3.0 Try again later')
          : new Reply(554, '5.7.1 Only encrypted and signed Direct messages are taken here');
      },
    },
    signal,
  );
}
