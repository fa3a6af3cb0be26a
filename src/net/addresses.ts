import { BlockList, isIP, SocketAddress } from 'node:net';

/** IANA special-purpose registries: everything that is not somebody's machine on the open internet. */
const special = networks(
  [
    '0.0.0.0/8 10.0.0.0/8 100.64.0.0/10 127.0.0.0/8 169.254.0.0/16 172.16.0.0/12 192.0.0.0/24 192.0.2.0/24',
    '192.88.99.0/24 192.168.0.0/16 198.18.0.0/15 198.51.100.0/24 203.0.113.0/24 224.0.0.0/4 240.0.0.0/4',
    '2001::/23 2001:db8::/32 2002::/16 3fff::/20',
  ].flatMap((line) => line.split(' ')),
);
const globalUnicast = networks(['2000::/3']);

/** @param ranges CIDR or single addresses, both families */
export function networks(ranges: readonly string[]): BlockList {
  const list = new BlockList();
  for (const range of ranges) {
    const [net = '', bits] = range.split('/');
    const six = isIP(net) === 6;
    list.addSubnet(net, Number(bits ?? (six ? 128 : 32)), six ? 'ipv6' : 'ipv4');
  }
  return list;
}

export function isIn(address: string, list: BlockList): boolean {
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 6 ? 'ipv6' : 'ipv4');
}

/** The one way of writing an address; an IPv4-mapped one as IPv4. Null: it is none. */
export function canonical(address: string): string | null {
  const family = isIP(address);
  if (family === 0) return null;
  const { address: one } = new SocketAddress({ address, family: family === 6 ? 'ipv6' : 'ipv4' });
  return one.replace(/^::ffff:(?=\d+\.)/, '');
}

/** Somebody's machine on the open internet. */
export function isPublic(address: string): boolean {
  if (isIP(address) === 4) return !isIn(address, special);
  return isIn(address, globalUnicast) && !isIn(address, special);
}

/** A literal of a URL or a setting, without its brackets; null when it is a name. */
export function literalOf(host: string): string | null {
  const bare = host.replace(/^\[(.*)\]$/, '$1');
  return isIP(bare) === 0 ? null : bare;
}
