/** What hostile traffic costs honest traffic: 95th of 100 honest referrals by Direct, with and without the list of bad
 *  inputs coming in at three a second, in one run: quiet, hostile, quiet. The list with what is expected of each is
 *  tested by test/hostile; here only time counts.
 *  node bench/hostile.ts [seconds of hostility] */
import { setTimeout as sleep } from 'node:timers/promises';
import { faxCases } from '../test/hostile/fax-cases.ts';
import { httpCases } from '../test/hostile/http-cases.ts';
import { smtpCases } from '../test/hostile/smtp-cases.ts';
import { hostileTown, type HostileTown } from '../test/hostile/town.ts';
import { chance } from '../test/simulation/chance.ts';
import { median, say } from './gateway.ts';

const seconds = Number(process.argv[2] ?? 30);
const hostileEvery = 333;
const honestEvery = 250;

/** Milliseconds of one honest referral: until it is kept (202), and from then until its proof is on record. */
interface Honest {
  readonly kept: number;
  readonly proven: number;
}

const p95 = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.95) - 1] ?? NaN;

/** Honest referrals for so long, each at its time whatever became of the one before. */
async function honestly(town: HostileTown, ms: number): Promise<Honest[]> {
  const under: Promise<{ message: string; kept: number }>[] = [];
  for (let n = 0; n * honestEvery < ms; n++) {
    const start = performance.now();
    const message = town.submit('direct', town.partner.address('ok'), `Measured ${start}`);
    under.push(message.then((id) => ({ message: id, kept: performance.now() - start })));
    await sleep(honestEvery);
  }
  const honest: Honest[] = [];
  for (const { message, kept } of await Promise.all(under))
    honest.push({ kept, proven: await provenAfter(town, message) });
  return honest;
}

/** From the gateway's own record, so that asking costs nothing while we measure. */
async function provenAfter(town: HostileTown, message: string): Promise<number> {
  for (;;) {
    const { receivedAt, events } = await town.api<{ receivedAt: string; events: { what: string; at: string }[] }>(
      `/messages/${message}`,
    );
    const proof = events.find(({ what }) => what === 'delivery.delivered');
    if (proof) return Date.parse(proof.at) - Date.parse(receivedAt);
    await sleep(200);
  }
}

/** Cases of the list in an order of chance, each at its time. How many could not even be tried. */
async function hostilely(town: HostileTown, ms: number): Promise<{ readonly fired: number; readonly failed: number }> {
  const dice = chance(1);
  const all = [...httpCases, ...faxCases, ...smtpCases]
    .map((one) => ({ one, place: dice.next() }))
    .sort((a, b) => a.place - b.place);
  const under: Promise<unknown>[] = [];
  for (let n = 0; n * hostileEvery < ms; n++) {
    under.push(Promise.resolve(all[n % all.length]?.one.act(town)));
    await sleep(hostileEvery);
  }
  const ends = await Promise.allSettled(under);
  return { fired: ends.length, failed: ends.filter(({ status }) => status === 'rejected').length };
}

const town = await hostileTown();
const pid = town.pid();
await honestly(town, 5_000);
const before = await honestly(town, (seconds * 1000) / 2);
const [{ fired, failed }, under] = await Promise.all([hostilely(town, seconds * 1000), honestly(town, seconds * 1000)]);
await sleep(5_000);
const after = await honestly(town, (seconds * 1000) / 2);
for (const [name, of] of [
  ['kept (202)', ({ kept }: Honest) => kept],
  ['proven', ({ proven }: Honest) => proven],
] as const) {
  const [quiet, hostile] = [[...before, ...after].map(of), under.map(of)];
  say(
    `${name.padEnd(10)}  quiet: median ${median(quiet).toFixed(0)} ms, p95 ${p95(quiet).toFixed(0)} ms  hostile: median ${median(hostile).toFixed(0)} ms, p95 ${p95(hostile).toFixed(0)} ms  ratio of p95 ${(p95(hostile) / p95(quiet)).toFixed(2)}  (aim 1.10)`,
  );
}
say(
  `${fired} hostile inputs, ${failed} without an end; the gateway ${town.pid() === pid ? 'is the same process' : 'was started anew'}`,
);
await town.close();
