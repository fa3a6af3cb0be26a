import type { HttpBindings } from '@hono/node-server';
import type { Context } from 'hono';
import { canonical, isIn, networks } from '../net/addresses.ts';

/** Who asks, for throttling only: the far end of the connection, or whom our own proxies say they speak for. Each proxy
 *  appends to the header whom it heard; what stands left of that anybody may have written.
 *  @param proxies addresses and networks; the header of others is not read */
export function clientAddress(proxies: readonly string[]): (c: Context) => string {
  const ours = networks(proxies);
  return (c) => {
    const { incoming } = (c.env ?? {}) as Partial<HttpBindings>;
    const near = canonical(incoming?.socket.remoteAddress ?? '');
    // A request made in this process has none.
    if (near === null) return 'none';
    if (!isIn(near, ours)) return near;
    const said = (c.req.header('x-forwarded-for') ?? '').split(',').map((part) => canonical(part.trim()));
    return said.findLast((each) => each === null || !isIn(each, ours)) ?? near;
  };
}
