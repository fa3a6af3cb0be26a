import type { Channel } from '../core/channel.ts';
import type { Endpoint } from '../core/message.ts';
import { channelName } from './event-sentences.ts';

/** What could never be reached, by its place in the list. A channel that is off is not judged: it may come back.
 *  @param path of the list in the request
 *  @returns field → what is wrong */
export function addressFaults(
  channels: ReadonlyMap<string, Channel>,
  endpoints: readonly Endpoint[],
  path: string,
): Record<string, string> {
  const faults = endpoints.flatMap((endpoint, at) => {
    const channel = channels.get(endpoint.channel);
    const fault = channel ? faultOf(channel, endpoint) : null;
    return fault === null ? [] : [[`${path}.${at}.address`, fault] as const];
  });
  return Object.fromEntries(faults);
}

function faultOf({ name, capabilities, objection }: Channel, endpoint: Endpoint): string | null {
  const { address, addressLike } = capabilities;
  if (address.test(endpoint.address)) return objection?.(endpoint) ?? null;
  return `no address for ${channelName(name)}${addressLike ? `; one looks like ${addressLike}` : ''}`;
}
