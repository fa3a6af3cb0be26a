/** The hostile side, in a process of its own and behind everybody else in the queue for the processors: attackers bring
 *  their own machines. The gateway, started here, stands in its own process as ever. */
import { readdirSync } from 'node:fs';
import { setPriority } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Case } from '../../test/hostile/cases.ts';
import { faxCases } from '../../test/hostile/fax-cases.ts';
import { formCases } from '../../test/hostile/form-cases.ts';
import { httpCases } from '../../test/hostile/http-cases.ts';
import { paperCases } from '../../test/hostile/paper-cases.ts';
import { smtpCases } from '../../test/hostile/smtp-cases.ts';
import { hostileTown, type HostileTown } from '../../test/hostile/town.ts';
import { trustCases } from '../../test/hostile/trust-cases.ts';
import { chance } from '../../test/simulation/chance.ts';
import { sinkBeside } from './sink.ts';
import type { Act, FromAttacker, ToAttacker } from './talk.ts';

const pollEvery = 500;
const dice = chance(1);
/** All but those that staff do at their desks, whose browsers and second gateways would be measured here. */
const cases: readonly Case[] = [...httpCases, ...formCases, ...faxCases, ...paperCases, ...smtpCases, ...trustCases];

const tell = (news: FromAttacker): void => void process.send?.(news);
const told = <K extends ToAttacker['say']>(what: K): Promise<Extract<ToAttacker, { say: K }>> =>
  new Promise((resolve) => {
    const hear = (order: ToAttacker): void => {
      if (order.say !== what) return;
      process.off('message', hear);
      resolve(order as Extract<ToAttacker, { say: K }>);
    };
    process.on('message', hear);
  });

/** Some cases wait until what they attack is under way; their asking is no hostility, and must cost next to nothing. */
const unhurried = (town: HostileTown): HostileTown => ({
  ...town,
  async api<T>(path: string, init?: RequestInit) {
    if (!init?.method) await sleep(pollEvery);
    return town.api<T>(path, init);
  },
  async story(message) {
    await sleep(pollEvery);
    return town.story(message);
  },
});

/** Every case of the list once, in an order of chance, each at its time. */
async function attack(town: HostileTown, every: number): Promise<void> {
  const under: Promise<Act>[] = [];
  for (const { one } of cases.map((one) => ({ one, place: dice.next() })).sort((a, b) => a.place - b.place)) {
    under.push(acted(town, one));
    await sleep(every);
  }
  tell({ say: 'acted', acts: await Promise.all(under) });
}

async function alone(town: HostileTown, which: number): Promise<void> {
  const one = cases[which];
  tell({ say: 'acted', acts: one ? [await acted(town, one)] : [] });
}

async function acted(town: HostileTown, one: Case): Promise<Act> {
  const start = Date.now();
  const failed = await one.act(town).then(
    () => null,
    (cause: unknown) => String(cause),
  );
  return { name: one.name, start, end: Date.now(), failed };
}

async function rehearse(every: number): Promise<void> {
  await attack(unhurried(sink), every);
  sink.drain();
}

const { peer } = await told('found');
const town = await hostileTown(peer, async ({ certificate, directPort, authority }) => {
  const met = told('start');
  tell({ say: 'around', certificate, directPort, authority });
  await met;
});
await town.calm();
const sink = await sinkBeside(town);
// Of a process, that is of each thread by itself (proc(5)).
for (const thread of readdirSync('/proc/self/task')) setPriority(Number(thread), 15);
process.on('message', (order: ToAttacker) => {
  if (order.say === 'attack') void (order.at === 'sink' ? rehearse(order.every) : attack(unhurried(town), order.every));
  if (order.say === 'alone') void alone(unhurried(town), order.case);
  if (order.say === 'end') void town.close().then(() => process.exit());
});
tell({
  say: 'ready',
  url: town.url,
  watchUrl: town.watchUrl,
  folder: town.folder,
  cases: cases.length,
  pid: town.pid() ?? 0,
});
