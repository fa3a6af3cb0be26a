import { referral } from './probe.ts';

/** Presses in referrals, from a process of its own: who measures must not be slowed by his own load.
 *  node test/fault/flood.ts <url> <key> <address> <clients> <milliseconds, or 0> <referrals, or 0>
 *  Prints what became of them. */
export interface Flood {
  /** How long each waited for its answer. */
  readonly ms: readonly number[];
  /** How often each status came; a refusal that does not say when to come back is named so. */
  readonly statuses: Readonly<Record<string, number>>;
}

const [url, key, to, ...numbers] = process.argv.slice(2) as [string, string, string, string, string, string];
const [clients, forMs, count] = numbers.map(Number) as [number, number, number];

const end = performance.now() + forMs;
let left = count;
const more = (): boolean => (count > 0 ? left-- > 0 : performance.now() < end);

const ms: number[] = [];
const statuses: Record<string, number> = {};

async function client(): Promise<void> {
  while (more()) {
    const startedAt = performance.now();
    const init = { method: 'POST', headers: { authorization: `Bearer ${key}` }, body: referral(to, 'routine').form };
    const response = await fetch(`${url}/api/v1/referrals`, init);
    await response.arrayBuffer();
    ms.push(performance.now() - startedAt);
    const clean = response.status === 202 || response.headers.has('retry-after');
    const name = `${response.status}${clean ? '' : ' without Retry-After'}`;
    statuses[name] = (statuses[name] ?? 0) + 1;
  }
}

await Promise.all(Array.from({ length: clients }, client));
process.stdout.write(JSON.stringify({ ms, statuses } satisfies Flood));
