import type { Channel } from './channel.ts';
import type { Endpoint } from './message.ts';

/** Who goes to an endpoint in the end, and where that is: for a link on a fax page the fax channel and the number, else
 *  the endpoint's own channel and the endpoint itself. What holds of that number and that account holds for both. */
export function carried(
  channels: ReadonlyMap<string, Channel>,
  endpoint: Endpoint,
): { readonly channel: Channel | undefined; readonly endpoint: Endpoint } {
  const own = channels.get(endpoint.channel);
  const there = own?.carried?.(endpoint) ?? null;
  return there ? { channel: channels.get(there.channel), endpoint: there } : { channel: own, endpoint };
}
