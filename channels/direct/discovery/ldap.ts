import { connect } from 'node:net';
import { Client, EqualityFilter } from 'ldapts';
import { Unreachable, type Network } from '../../../src/core/network.ts';
import { readableCertificate } from './dns-cert.ts';
import type { Certificate } from '../trust/certificate.ts';

const stepMs = 5_000;
const maxHosts = 4;
const maxBases = 8;
const maxEntries = 20;
const maxCertificates = 20;
/** Of all that one server may send. */
const maxBytes = 1_000_000;
const attributes = ['userCertificate;binary', 'userCertificate'];

interface Service {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

/** The directories of a domain, in the order to ask them. Empty: it has none.
 *  @throws Unreachable when DNS does not answer */
export async function directoriesOf(
  domain: string,
  network: Network,
  chance = Math.random,
): Promise<readonly Service[]> {
  const services = await network.ask(`_ldap._tcp.${domain}`, 'SRV');
  // A single dot says: not at this domain (RFC 2782).
  return inOrder(
    services.filter(({ target, port }) => target.replace(/\.$/, '') !== '' && port > 0),
    chance,
  ).slice(0, maxHosts);
}

/** RFC 2782: lowest priority first; among equals by lot, in proportion to weight. Weight 0 comes after the others. */
function inOrder(services: readonly Service[], chance: () => number): Service[] {
  const left = services.toSorted((a, b) => a.priority - b.priority || b.weight - a.weight);
  const ordered: Service[] = [];
  while (left[0]) {
    const rank = left[0].priority;
    const peers = left.filter(({ priority }) => priority === rank);
    let mark = chance() * peers.reduce((sum, { weight }) => sum + weight, 0);
    const at = peers.findIndex(({ weight }) => (mark -= weight) < 0);
    ordered.push(...left.splice(Math.max(0, at), 1));
  }
  return ordered;
}

/** The certificates that one directory has for any of the `mail` values, the first that has some.
 *  @throws Unreachable when it cannot be asked */
export async function searchDirectory(
  { target, port }: Service,
  mails: readonly string[],
  network: Network,
): Promise<readonly Certificate[]> {
  const [address] = await network.addressesOf(target);
  if (address === undefined) throw new Unreachable('the name has no address');
  const client = new Client({
    url: `ldap://directory.invalid:${port}`,
    timeout: stepMs,
    connectTimeout: stepMs,
    strictDN: false,
    createConnection: () => boundedSocket(port, address),
  });
  try {
    await client.bind('', '');
    const bases = await basesOf(client);
    for (const mail of mails) {
      const found = await searchFor(client, bases, mail);
      if (found.length > 0) return found;
    }
    return [];
  } catch (cause) {
    // Whatever the library throws is about the far side: what it says is not repeated, it may quote anything.
    throw new Unreachable(cause instanceof Error ? cause.name : 'it failed');
  } finally {
    client.unbind().catch(() => undefined);
  }
}

/** Connected to the address that was judged, and cut off when it talks too much. */
function boundedSocket(port: number, host: string): ReturnType<typeof connect> {
  const socket = connect({ port, host });
  socket.on('data', () => {
    if (socket.bytesRead > maxBytes) socket.destroy(new Error('too much'));
  });
  return socket;
}

async function basesOf(client: Client): Promise<readonly string[]> {
  const { searchEntries } = await client.search('', { scope: 'base', attributes: ['namingContexts'], sizeLimit: 1 });
  const contexts = [searchEntries[0]?.['namingContexts'] ?? []].flat().map(String);
  return contexts.length > 0 ? contexts.slice(0, maxBases) : [''];
}

/** The value goes into the filter as it is, not as text of a filter: there is nothing to escape. */
async function searchFor(client: Client, bases: readonly string[], mail: string): Promise<readonly Certificate[]> {
  const found: Certificate[] = [];
  for (const base of bases) {
    const { searchEntries } = await client.search(base, {
      scope: 'sub',
      filter: new EqualityFilter({ attribute: 'mail', value: mail }),
      attributes,
      explicitBufferAttributes: attributes,
      sizeLimit: maxEntries,
      timeLimit: stepMs / 1_000,
    });
    const values = searchEntries.flatMap((entry) => attributes.flatMap((name) => entry[name] ?? []));
    found.push(...values.flatMap((value) => (Buffer.isBuffer(value) ? readableCertificate(value) : [])));
  }
  return found.slice(0, maxCertificates);
}
