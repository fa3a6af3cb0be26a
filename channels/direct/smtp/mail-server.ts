import { Unreachable, type Network } from '../../../src/core/network.ts';
import type { Peer } from '../config.ts';
import { domainOf } from '../mime/address.ts';
import type { Host } from './line.ts';

/** Where mail for an address goes: the partner's mail server as configured, else as its domain's MX record says, else
 *  the domain itself (RFC 5321 §5.1). What DNS says is reached through the network guard only. */
export async function hostOf(
  peer: Peer | null,
  ca: string | null,
  address: string,
  network: Network,
): Promise<Host | { readonly why: string }> {
  const { port = 25, tls = 'encrypted' } = peer ?? {};
  if (peer?.host) return { host: peer.host, port, tls, ca };
  try {
    const domain = domainOf(address);
    const records = await network.ask(domain, 'MX');
    const [best] = records.toSorted((a, b) => a.preference - b.preference);
    const host = (best?.exchange ?? domain).replace(/\.$/, '');
    // RFC 7505: a null MX.
    if (host === '') return { why: 'the domain takes no mail' };
    const [at] = await network.addressesOf(host);
    return at === undefined ? { why: `the mail server ${host} has no address` } : { host, port, tls, ca, at };
  } catch (cause) {
    if (!(cause instanceof Unreachable)) throw cause;
    return { why: `the mail server of the domain: ${cause.message}` };
  }
}
