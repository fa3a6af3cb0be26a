import { Unreachable } from '../core/network.ts';
import { Declined, queryZone, type Question, type Reply } from './dns.ts';

export type Ask = (question: Question) => Promise<Reply>;

export interface ZoneServers {
  /** Those of a name server that may be connected to.
   *  @throws Unreachable */
  addressesOf(host: string): Promise<readonly string[]>;
  readonly port: number;
}

const maxServers = 2;
/** An address may have a hundred dots before its @. */
const maxParents = 5;

/** Asks the resolver, and once, when that says nothing, the servers of the name's own zone: some resolvers do not pass
 *  on kinds of records that they do not know, such as CERT (facts §1d). What they make of them: an empty answer, or
 *  NOTIMP, SERVFAIL and the like. Of those the last may also mean that the zone is broken or forged (DNSSEC); but then
 *  the resolver does not tell its name servers either, and its refusal stands. That there is no such name at all is
 *  believed: it does not depend on the kind. So is silence, which says nothing about it.
 *
 *  When the zone's servers cannot be asked, what the resolver said counts. */
export function askZoneToo(ask: Ask, zones: ZoneServers, timeoutMs: number): Ask {
  let left = 1;
  return async (question) => {
    const said = await ask(question).catch(declined);
    if (left > 0 && (said instanceof Declined || (said.exists && said.answers.length === 0))) {
      left--;
      const own = await askOwn(question, said, ask, zones, timeoutMs).catch(unreachable);
      if (own) return own;
    }
    if (said instanceof Declined) throw said;
    return said;
  };
}

function declined(cause: unknown): Declined {
  if (cause instanceof Declined) return cause;
  throw cause;
}

function unreachable(cause: unknown): null {
  if (cause instanceof Unreachable) return null;
  throw cause;
}

async function askOwn(
  question: Question,
  said: Reply | Declined,
  ask: Ask,
  { addressesOf, port }: ZoneServers,
  timeoutMs: number,
): Promise<Reply> {
  const zone = said instanceof Declined ? null : zoneIn(said, question.name);
  const hosts = (await serversOf(zone ?? question.name, ask)).slice(0, maxServers);
  const found = await Promise.all(hosts.map((host) => addressesOf(host).catch(unreachable)));
  const servers = found.flatMap((addresses) => addresses?.slice(0, 1) ?? []);
  return queryZone(
    question,
    servers.map((address) => `[${address}]:${port}`),
    timeoutMs,
  );
}

/** The name servers of the nearest zone at or above a name; of none that is a registry's, where nobody's certificate is. */
async function serversOf(name: string, ask: Ask): Promise<readonly string[]> {
  let zone = name;
  for (let asked = 0; asked <= maxParents && zone.includes('.'); asked++) {
    const reply = await ask({ name: zone, type: 'NS' });
    const servers = reply.answers.filter((each) => each.type === 'NS' && same(each.name, zone));
    if (servers.length > 0) return servers.map(({ data }) => String(data));
    const parent = zone.slice(zone.indexOf('.') + 1);
    zone = zoneIn(reply, parent) ?? parent;
  }
  return [];
}

/** The zone at or above a name, as it says with an answer that is empty (RFC 2308 §2). */
function zoneIn({ authorities }: Reply, name: string): string | null {
  const zone = authorities.find(({ type }) => type === 'SOA')?.name;
  return zone !== undefined && `.${name}`.toLowerCase().endsWith(`.${zone}`.toLowerCase()) ? zone : null;
}

export const same = (a: string, b: string): boolean =>
  a.replace(/\.$/, '').toLowerCase() === b.replace(/\.$/, '').toLowerCase();
