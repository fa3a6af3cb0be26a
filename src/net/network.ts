import { lookup as dnsLookup } from 'node:dns/promises';
import { Unreachable, type Network } from '../core/network.ts';
import { isIn, isPublic, literalOf, networks } from './addresses.ts';
import { fetchFile } from './fetch.ts';
import { openResolver } from './resolver.ts';

export interface NetworkSettings {
  /** CIDR. Private networks that may be reached all the same. */
  readonly allow: readonly string[];
  /** `address` or `address:port`; empty: the system's. */
  readonly resolvers: readonly string[];
}

interface Parts {
  readonly now: () => number;
  /** Name → addresses. Asked once for each connection. */
  readonly resolve?: (host: string) => Promise<readonly string[]>;
  /** Where the name servers of zones answer. Default 53. */
  readonly zonePort?: number;
}

const resolverMs = 3_000;

/** The network guard: everything whose address a far side named is reached by this one door. */
export function openNetwork(settings: NetworkSettings, { now, resolve, zonePort = 53 }: Parts): Network {
  const allowed = networks(settings.allow);
  const addressesOf = (host: string): Promise<readonly string[]> => judge(host, { also: [], publicToo: true });
  const ask = openResolver(settings.resolvers, resolverMs, { addressesOf, port: zonePort }, now);
  const byDns = async (host: string): Promise<readonly string[]> =>
    (await Promise.all([ask(host, 'A'), ask(host, 'AAAA')])).flat();
  // Without resolvers of our own the system is asked, which knows its hosts file too.
  const addressesBy = resolve ?? (settings.resolvers.length > 0 ? byDns : bySystem);

  const judge = async (
    host: string,
    { also, publicToo }: { readonly also: readonly string[]; readonly publicToo: boolean },
  ): Promise<readonly string[]> => {
    const literal = literalOf(host);
    const addresses = literal === null ? await addressesBy(host) : [literal];
    const more = networks(also);
    const fits = (each: string): boolean => isIn(each, allowed) || isIn(each, more) || (publicToo && isPublic(each));
    if (addresses.length === 0) throw new Unreachable('address not public', true);
    if (!addresses.every(fits)) {
      throw new Unreachable(addresses.every(isPublic) ? 'port not allowed' : 'address not public', true);
    }
    return addresses;
  };

  return {
    ask,
    addressesOf,
    get: (url, limits) => fetchFile(url, limits, judge),
  };
}

async function bySystem(host: string): Promise<readonly string[]> {
  try {
    return (await dnsLookup(host, { all: true })).map(({ address }) => address);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'failed';
    throw new Unreachable(`the name cannot be resolved (${code})`);
  }
}
