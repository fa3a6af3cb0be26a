import { Unreachable, type RecordKinds } from '../core/network.ts';
import { query, type Reply, type ResourceRecord } from './dns.ts';
import { askZoneToo, same, type Ask, type ZoneServers } from './zone.ts';

const maxAliases = 8;
const maxRemembered = 5_000;
const longestMs = 86_400_000;
/** RFC 2308 §5 allows hours; somebody who has just published a certificate should not wait for long. */
const longestNothingMs = 300_000;
const shortestNothingMs = 5_000;

interface Remembered {
  readonly records: readonly unknown[];
  readonly until: number;
}

/** Asks DNS and remembers what it said as long as that allows; that there is nothing, for minutes.
 *  @param zones where the own servers of a zone are, which are asked for certificates that a resolver does not find
 *  @param now epoch ms */
export function openResolver(
  resolvers: readonly string[],
  timeoutMs: number,
  zones: ZoneServers,
  now: () => number,
): <K extends keyof RecordKinds>(name: string, kind: K) => Promise<readonly RecordKinds[K][]> {
  const remembered = new Map<string, Remembered>();
  return async (name, kind) => {
    const key = `${kind} ${name.toLowerCase()}`;
    const known = remembered.get(key);
    if (known && now() < known.until) return known.records as never;
    const byResolver: Ask = (question) => query(question, resolvers, timeoutMs);
    const ask = kind === 'CERT' ? askZoneToo(byResolver, zones, timeoutMs) : byResolver;
    const { records, ms } = await follow(name, kind, (each) => ask({ name: each, type: kind }));
    remembered.delete(key);
    remembered.set(key, { records, until: now() + ms });
    const oldest = remembered.keys().next();
    if (remembered.size > maxRemembered && !oldest.done) remembered.delete(oldest.value);
    return records as never;
  };
}

/** A resolver follows aliases for us, a server that only knows its own zone does not. */
async function follow(
  name: string,
  kind: keyof RecordKinds,
  ask: (name: string) => Promise<Reply>,
): Promise<{ readonly records: readonly unknown[]; readonly ms: number }> {
  let wanted = name;
  let ms = longestMs;
  for (let asked = 0; asked < maxAliases; asked++) {
    const reply = await ask(wanted);
    const { end, aliases } = endOf(wanted, reply);
    const found = reply.answers.filter((each) => each.type === kind && same(each.name, end));
    ms = Math.min(ms, ...[...aliases, ...found].map(({ ttl }) => ttl * 1_000));
    if (found.length > 0) return { records: found.flatMap(({ data }) => readData(kind, data)), ms };
    if (aliases.length === 0 || same(end, wanted)) return { records: [], ms: Math.min(ms, nothingMs(reply)) };
    wanted = end;
  }
  throw new Unreachable('DNS: too many aliases');
}

function endOf(name: string, { answers }: Reply): { readonly end: string; readonly aliases: ResourceRecord[] } {
  const aliases: ResourceRecord[] = [];
  let end = name;
  while (aliases.length < maxAliases) {
    const alias = answers.find((each) => each.type === 'CNAME' && same(each.name, end) && !aliases.includes(each));
    if (!alias) break;
    aliases.push(alias);
    end = String(alias.data);
  }
  return { end, aliases };
}

/** RFC 2308 §5: the lesser of the SOA's own life and its minimum. */
function nothingMs({ authorities }: Reply): number {
  const soa = authorities.find(({ type }) => type === 'SOA');
  const { minimum = 60 } = (soa?.data ?? {}) as { readonly minimum?: number };
  const seconds = Math.min(soa?.ttl ?? 60, minimum);
  return Math.max(shortestNothingMs, Math.min(longestNothingMs, seconds * 1_000));
}

/** One record, or none when it is not what its kind must be. */
function readData(kind: keyof RecordKinds, data: unknown): unknown[] {
  if (kind === 'A' || kind === 'AAAA') return typeof data === 'string' ? [data] : [];
  if (kind === 'CERT') return Buffer.isBuffer(data) ? [data] : [];
  return typeof data === 'object' && data !== null ? [withDefaults(kind, data)] : [];
}

const withDefaults = (kind: 'MX' | 'SRV', data: object): object =>
  kind === 'MX' ? { preference: 0, exchange: '', ...data } : { priority: 0, weight: 0, port: 0, target: '', ...data };
