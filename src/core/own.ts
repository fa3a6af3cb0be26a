import type { Practice } from './channel.ts';
import type { Endpoint } from './message.ts';

/** Is this one of the practice's own addresses? Its queue, `intake` under its id, is one too. */
export function isOwn({ id, addresses }: Pick<Practice, 'id' | 'addresses'>, { channel, address }: Endpoint): boolean {
  if (channel === 'intake') return address === id;
  return (addresses[channel] ?? []).some((each) => each.toLowerCase() === address.toLowerCase());
}
