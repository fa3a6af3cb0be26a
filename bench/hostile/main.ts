/** What hostile traffic costs honest traffic: 95th of 100 honest referrals by Direct, with and without the list of bad
 *  inputs coming in, three a second by default: rounds by turns, each begun when nothing is left of the one before. Quiet;
 *  with the same list made, sealed and sent to a sink, since attackers share the machine with us here; and sent to us.
 *  Attackers and their far sides are another process, behind all others in the queue for the processors; here are only the
 *  honest client's clock and the practice that it writes to. The list with what is expected of each is tested by
 *  test/hostile; here only time counts.
 *  node bench/hostile/main.ts [rounds of each kind] [milliseconds between two hostile inputs]
 *  node bench/hostile/main.ts --why: processor time that each case takes of the thread that everybody waits for, each
 *  alone */
import { fork } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../demo/free-port.ts';
import { startPartner, type Partner } from '../../demo/partner.ts';
import { referralForm, type Submitted } from '../../test/e2e/neighbourhood.ts';
import { median, newFolder, removeFolder, say } from '../gateway.ts';
import type { Act, FromAttacker, Honest, Ready, ToAttacker } from './talk.ts';

const why = process.argv[2] === '--why';
const rounds = why ? 0 : Number(process.argv[2] ?? 3);
const hostileEvery = Number(process.argv[3] ?? 333);
const honestEvery = 100;
const domain = 'honest.example';

const p95 = (values: readonly number[]): number =>
  values.toSorted((a, b) => a - b)[Math.ceil(values.length * 0.95) - 1] ?? NaN;

const attacker = fork(join(import.meta.dirname, 'attacker.ts'), { cwd: resolve(import.meta.dirname, '../..') });
attacker.once('exit', (code) => {
  if (code !== 0) throw new Error('the attacker ended by itself');
});
const tell = (order: ToAttacker): void => void attacker.send(order);
const told = <K extends FromAttacker['say']>(what: K): Promise<Extract<FromAttacker, { say: K }>> =>
  new Promise((done) => {
    const hear = (news: FromAttacker): void => {
      if (news.say !== what) return;
      attacker.off('message', hear);
      done(news as Extract<FromAttacker, { say: K }>);
    };
    attacker.on('message', hear);
  });

/** A gateway that trusts us, with everything hostile around it. */
async function begin(folder: string): Promise<{ readonly gateway: Ready; readonly partner: Partner }> {
  const port = await freePort();
  const certificate = join(folder, 'honest.pem');
  const around = told('around');
  tell({ say: 'found', peer: { match: domain, host: '127.0.0.1', port, certificates: [certificate] } });
  const theirs = await around;
  const gateway = { domain: 'riverside.example', port: theirs.directPort, certificate: theirs.certificate };
  const partner = await startPartner({ domain, authority: theirs.authority, folder, port, gateway });
  writeFileSync(certificate, partner.certificate);
  const ready = told('ready');
  tell({ say: 'start' });
  return { gateway: await ready, partner };
}

const folder = newFolder();
const { gateway, partner } = await begin(folder);
const headers = {
  authorization: `Bearer ${readFileSync(join(gateway.folder, 'data-keys', 'cli.key'), 'utf8').trim()}`,
};

/** Honest referrals until told to stop, each at its time whatever became of the one before. */
async function honestly(signal: AbortSignal): Promise<Honest[]> {
  const under: Promise<{ start: number; kept: number; message: string }>[] = [];
  while (!signal.aborted) {
    under.push(handIn());
    await sleep(honestEvery);
  }
  const all: Honest[] = [];
  for (const { message, ...one } of await Promise.all(under)) all.push({ ...one, proven: await provenAfter(message) });
  return all;
}

async function handIn(): Promise<{ start: number; kept: number; message: string }> {
  const to = { channel: 'direct', address: partner.address('ok') };
  const [start, began] = [Date.now(), performance.now()];
  const body = referralForm([to], `Measured ${began}`);
  const answer = await fetch(`${gateway.url}/api/v1/referrals`, { method: 'POST', body, headers });
  const { message } = (await answer.json()) as Submitted;
  return { start, kept: performance.now() - began, message };
}

/** From the gateway's own record, so that asking costs nothing while we measure. */
async function provenAfter(message: string): Promise<number> {
  for (;;) {
    const answer = await fetch(`${gateway.url}/api/v1/messages/${message}`, { headers });
    const told = (await answer.json()) as { receivedAt: string; events: { what: string; at: string }[] };
    const proof = told.events.find(({ what }) => what === 'delivery.delivered');
    if (proof) return Date.parse(proof.at) - Date.parse(told.receivedAt);
    await sleep(200);
  }
}

/** Until nothing is due: what hostility left behind is read and settled. */
async function calm(): Promise<void> {
  for (let idle = 0; idle < 5;) {
    const page = await (await fetch(`${gateway.watchUrl}/metrics`)).text();
    const due = [...page.matchAll(/^loopgate_work_due\{.*\} (\d+)/gm)].reduce((sum, [, n]) => sum + Number(n), 0);
    idle = due === 0 ? idle + 1 : 0;
    await sleep(500);
  }
}

/** One round: honest referrals while `meanwhile` lasts. */
async function during(meanwhile: Promise<unknown>): Promise<Honest[]> {
  const stop = new AbortController();
  const honest = honestly(stop.signal);
  await meanwhile;
  stop.abort();
  return honest;
}

await during(sleep(10_000));
const ms = gateway.cases * hostileEvery;
const acts: Act[] = [];
const kindOf = (go: () => Promise<unknown>): Kind => ({ honest: [], busyMs: 0, go });
const kinds = {
  quiet: kindOf(() => sleep(ms)),
  sink: kindOf(() => attacked('sink')),
  hostile: kindOf(async () => acts.push(...(await attacked('gateway')))),
};
for (let n = 0; n < rounds; n++) for (const kind of Object.values(kinds)) await round(kind);
if (why) await weigh();
else report();

interface Kind {
  readonly honest: Honest[];
  /** Processor time of the gateway's main thread. */
  busyMs: number;
  readonly go: () => Promise<unknown>;
}

async function round(kind: Kind): Promise<void> {
  await calm();
  const before = mainThreadMs();
  const done = kind.go();
  kind.honest.push(...(await during(sleep(ms))));
  kind.busyMs += mainThreadMs() - before;
  await done;
}

async function attacked(at: 'gateway' | 'sink'): Promise<readonly Act[]> {
  const acted = told('acted');
  tell({ say: 'attack', every: hostileEvery, at });
  return (await acted).acts;
}

function report(): void {
  const { quiet, sink, hostile } = kinds;
  for (const [name, of] of [
    ['kept (202)', ({ kept }: Honest) => kept],
    ['proven', ({ proven }: Honest) => proven],
  ] as const) {
    const [calmly, aside, beside] = [quiet, sink, hostile].map(({ honest }) => honest.map(of)) as [
      number[],
      number[],
      number[],
    ];
    const words = (name: string, all: number[]): string =>
      `${name}: median ${median(all).toFixed(1)} ms, p95 ${p95(all).toFixed(1)} ms`;
    const ratio = (a: number[], b: number[]): string => (p95(a) / p95(b)).toFixed(2);
    say(`${name.padEnd(10)}  ${words('quiet', calmly)}  ${words('sink', aside)}  ${words('hostile', beside)}`);
    say(
      `${' '.repeat(10)}  p95 hostile / quiet ${ratio(beside, calmly)} (aim 1.10), hostile / sink ${ratio(beside, aside)}`,
    );
  }
  const busy = Object.entries(kinds).map(
    ([name, { busyMs }]) => `${name} ${((100 * busyMs) / (rounds * ms)).toFixed(1)} %`,
  );
  say(`the gateway's main thread is busy: ${busy.join(', ')}`);
  const failed = acts.filter(({ failed }) => failed !== null);
  say(
    `${quiet.honest.length} + ${sink.honest.length} + ${hostile.honest.length} honest, ${acts.length} hostile inputs`,
  );
  for (const { name, failed: cause } of failed) say(`without an end: ${name}: ${cause}`);
}

async function weigh(): Promise<void> {
  for (let which = 0; which < gateway.cases; which++) {
    const before = mainThreadMs();
    const acted = told('acted');
    tell({ say: 'alone', case: which });
    const { acts } = await acted;
    await settled();
    say(`${(mainThreadMs() - before).toFixed(0).padStart(6)} ms  ${acts[0]?.name ?? ''}`);
  }
}

/** Until the gateway does next to nothing: an act is over long before what it sent is read. Found without asking it. */
async function settled(): Promise<void> {
  for (let idle = 0; idle < 3;) {
    const before = mainThreadMs();
    await sleep(300);
    idle = mainThreadMs() - before < 4 ? idle + 1 : 0;
  }
}

/** Processor time that the gateway's main thread took so far (proc(5), schedstat). */
function mainThreadMs(): number {
  return Number(readFileSync(`/proc/${gateway.pid}/task/${gateway.pid}/schedstat`, 'utf8').split(' ')[0]) / 1e6;
}

const gone = new Promise((done) => attacker.once('exit', done));
tell({ say: 'end' });
await gone;
partner.close();
removeFolder(folder);
