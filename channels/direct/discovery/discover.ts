import { Unreachable, type Network } from '../../../src/core/network.ts';
import { domainOf } from '../mime/address.ts';
import type { Certificate } from '../trust/certificate.ts';
import { certNameOf, certRecords } from './dns-cert.ts';
import { directoriesOf, searchDirectory } from './ldap.ts';

/** One place that was asked. */
export interface Step {
  /** In words: `DNS CERT at bob.b.example`. */
  readonly place: string;
  readonly certificates: readonly Certificate[];
  /** Why it could not be asked; null: it was. */
  readonly failure: string | null;
}

/** What asking around for an address's certificates came to. */
export interface Discovery {
  readonly steps: readonly Step[];
  /** Of the first place that has any, good or not: where bad ones are found, nothing else is asked (facts §1d). */
  readonly certificates: readonly Certificate[];
  readonly place: string | null;
  /** Nothing was found, and not everybody could be asked: later it may be. */
  readonly passing: boolean;
}

/** Every place that was asked, and what it said. */
export const toldOf = ({ steps }: Discovery): string =>
  steps.map(({ place, failure, certificates }) => `${place}: ${failure ?? wordsFor(certificates.length)}`).join('; ');

const wordsFor = (count: number): string =>
  count === 0 ? 'no certificate' : `${count} certificate${count === 1 ? '' : 's'}`;

/** Asks the world for certificates. */
export type Discover = (address: string) => Promise<Discovery>;

/** What asking around for one address came to, and when, epoch ms. */
export interface Looked {
  readonly address: string;
  readonly at: number;
  readonly discovery: Discovery;
}

/** Asks the world, and tells what it remembers of that. */
export interface Discovering {
  readonly discover: Discover;
  /** Newest first. */
  looked(): readonly Looked[];
}

/** `user+tag@domain` is published, and certified, as `user@domain`. */
export const untagged = (address: string): string => address.replace(/^([^@+]+)\+[^@]*@/, '$1@');

const foundMs = 300_000;
const nothingMs = 60_000;
const maxRemembered = 2_000;

/** DNS CERT at `local.domain`, then at `domain`, then the domain's directories (LDAP by SRV), until one has certificates.
 *  What it came to counts for minutes, DNS answers as long as they allow; for people it is remembered longer.
 *  @param now epoch ms */
export function openDiscovery(network: Network, now: () => number): Discovering {
  const remembered = new Map<string, { readonly until: number; readonly discovery: Promise<Discovery> }>();
  const looked = new Map<string, Looked>();
  const discover: Discover = (address) => {
    const key = untagged(address.toLowerCase());
    const known = remembered.get(key);
    if (known && now() < known.until) return known.discovery;
    const discovery = ask(key, network);
    const keep = (ms: number): void => {
      putLast(remembered, key, { until: now() + ms, discovery });
    };
    keep(nothingMs);
    discovery.then(
      (found) => {
        if (found.certificates.length > 0) keep(foundMs);
        putLast(looked, key, { address: key, at: now(), discovery: found });
      },
      () => remembered.delete(key),
    );
    return discovery;
  };
  return { discover, looked: () => [...looked.values()].reverse() };
}

/** Asks nobody, and finds nothing. */
export const silentDiscovery: Discovering = {
  discover: () => Promise.resolve({ steps: [], certificates: [], place: null, passing: false }),
  looked: () => [],
};

/** As the newest of the map; where it grows too large, the oldest goes. */
function putLast<T>(map: Map<string, T>, key: string, value: T): void {
  map.delete(key);
  map.set(key, value);
  const oldest = map.keys().next();
  if (map.size > maxRemembered && !oldest.done) map.delete(oldest.value);
}

async function ask(address: string, network: Network): Promise<Discovery> {
  const steps: Step[] = [];
  for await (const step of places(address, network)) {
    steps.push(step);
    const { place, certificates } = step;
    if (certificates.length > 0) return { steps, certificates, place, passing: false };
  }
  const passing = steps.some(({ failure }) => failure !== null);
  return { steps, certificates: [], place: null, passing };
}

async function* places(address: string, network: Network): AsyncGenerator<Step> {
  const domain = domainOf(address);
  for (const name of [certNameOf(address), domain]) {
    if (name !== null) yield await asked(`DNS CERT at ${name}`, () => certRecords(name, network));
  }
  let services: Awaited<ReturnType<typeof directoriesOf>> = [];
  const srv = await asked(`DNS SRV of _ldap._tcp.${domain}`, async () => {
    services = await directoriesOf(domain, network);
    return [];
  });
  if (services.length === 0) yield srv.failure === null ? { ...srv, place: `${srv.place} (no directory)` } : srv;
  for (const service of services) {
    const step = await asked(`LDAP at ${service.target}:${service.port}`, () =>
      searchDirectory(service, [address, domain], network),
    );
    yield step;
    // The directories of a domain hold the same: the next is for when one cannot be asked.
    if (step.failure === null) return;
  }
}

async function asked(place: string, ask: () => Promise<readonly Certificate[]>): Promise<Step> {
  try {
    return { place, certificates: await ask(), failure: null };
  } catch (cause) {
    if (cause instanceof Unreachable) return { place, certificates: [], failure: cause.message };
    throw cause;
  }
}
