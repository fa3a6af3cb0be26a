import { readHere } from '../../../../demo/partner.ts';
import type { Delivery, DeliveryState } from '../../../../src/core/delivery.ts';
import type { DeliveryId } from '../../../../src/core/message.ts';
import type { Tools } from '../../../../src/core/channel.ts';
import efax from '../../../../channels/efax/index.ts';
import defaults from '../../../../config/default.js';
import { openNetwork } from '../../../../src/net/network.ts';
import { harness, hour, minute, otherPractice, practice, request, submission, type Harness } from '../../../harness.ts';
import { chance, type Chance } from '../../../simulation/chance.ts';
import { memoryPickups } from '../setup.ts';
import type { Far, Fate, Sent } from '../companies/company.ts';
import { openSinch } from '../companies/sinch.ts';

/** A telephone exchange between the gateway and its neighbours: two practices with many faxes for the same numbers, an
 *  account each, a few lines each, on a clock that jumps from event to event. The channel, the pipeline and the store are
 *  the real ones, the fax company is its emulator, and the pages are the same for all. */
export interface Load {
  readonly faxes: number;
  readonly numbers: number;
  /** Of both accounts together. */
  readonly lines: number;
  readonly seed: number;
}

export interface Outcome {
  readonly calls: number;
  /** What must never be, in words. */
  readonly broken: readonly string[];
  readonly ends: Readonly<Partial<Record<DeliveryState, number>>>;
  /** Milliseconds of the exchange's clock until all first calls of the practice were over. */
  readonly firstCalls: Readonly<Record<string, number>>;
  /** Until everything came to rest. */
  readonly took: number;
}

/** The dial mix of a working day, assumed (no trustworthy figure is published): of numbers, one in a hundred does not
 *  exist and two are somebody's telephone; of calls to the others six in a hundred meet a busy line, four nobody, and
 *  two break off after some pages. */
const ofNumbers = { 'bad number': 1, voice: 2, machine: 97 } as const;
const ofCalls = { busy: 6, 'no answer': 4, partial: 2, ok: 88 } as const;

const seconds: Readonly<Record<string, readonly [number, number]>> = {
  ok: [60, 150],
  busy: [3, 8],
  'no answer': [45, 60],
  voice: [60, 180],
  partial: [40, 90],
  'bad number': [3, 8],
};

/** One fax in ten is the small practice's. */
const smallShare = 10;

interface Call {
  readonly account: Account;
  readonly sent: Sent;
  readonly fate: Fate;
  readonly number: string;
  readonly ends: number;
}

interface Account {
  readonly name: string;
  readonly practice: string;
  readonly far: Far;
  seen: number;
}

export async function playExchange({ faxes, numbers, lines, seed }: Load): Promise<Outcome> {
  const draw = chance(seed);
  const book = Array.from({ length: numbers }, (_, index) => `+1212${String(2_000_000 + index * 17)}`);
  const kinds = new Map(book.map((number) => [number, draw.weighed(ofNumbers)]));
  const clock = { now: () => at.now() };
  const accounts: Account[] = [
    { name: 'large', practice: practice.id, far: await openSinch(clock.now), seen: 0 },
    { name: 'small', practice: otherPractice.id, far: await openSinch(clock.now), seen: 0 },
  ];
  const channel = await channelTo(accounts, lines / accounts.length, () => at);
  const at: Harness = harness({ channels: [channel], patience: patience() });
  const watch = watching(at);
  try {
    await submitAll(at, faxes, book, draw);
    return await run({ at, accounts, channel, watch, draw, kinds, perAccount: lines / accounts.length });
  } finally {
    await at.close();
    await Promise.all(accounts.map(({ far }) => far.close()));
  }
}

/** As the settings come, but at any hour: the clock of this exchange knows no office. */
function patience() {
  const { delays, waits } = defaults.patience.efax;
  const ms = (text: string): number => parseInt(text, 10) * ({ m: minute, h: hour }[text.slice(-1)] ?? NaN);
  return {
    delays: delays.map(ms),
    receiptWithin: hour / 2,
    onSilence: 'hold' as const,
    waits: Object.fromEntries(Object.entries(waits).map(([code, list]) => [code, list.map(ms)])),
  };
}

async function channelTo(accounts: readonly Account[], perAccount: number, at: () => Harness) {
  const settings = efax.config.parse({
    accounts: Object.fromEntries(
      accounts.map(({ name, practice: owner, far }, index) => [
        name,
        { ...far.account, from: `+1310555010${index}`, practice: owner },
      ]),
    ),
    width: 64,
    callsPerMinute: 6_000,
    lines: perAccount,
  });
  const quiet = (): void => undefined;
  const tools: Tools = {
    log: { info: quiet, warn: quiet, error: quiet },
    now: () => at().now(),
    practices: [practice, otherPractice],
    publicUrl: 'http://127.0.0.1:9',
    openBox: readHere,
    press: {
      fax: () => Promise.resolve({ tiff: Buffer.from('II*\0 the same for all'), pages: 3 }),
      link: () => Promise.reject(new Error('no links here')),
      preview: () => Promise.resolve([]),
    },
    network: openNetwork({ allow: [], resolvers: [] }, { now: () => at().now() }),
    pickups: memoryPickups(),
    desk: {
      answerSheet: () => Promise.resolve(null),
      publish: () => Promise.reject(new Error('no portal here')),
      linkOf: () => Promise.resolve(null),
      file: () => Promise.reject(new Error('no intake here')),
    },
    linkCarrier: () => null,
    reopen: (attempt) => at().reopen(attempt),
  };
  return efax.create(settings, tools);
}

async function submitAll(at: Harness, faxes: number, book: readonly string[], draw: Chance): Promise<void> {
  for (let index = 0; index < faxes; index++) {
    const address = book[draw.between(0, book.length - 1)] ?? '';
    const recipient = { name: 'Far office', npi: null, phone: null, endpoints: [{ channel: 'efax', address }] };
    const owner = index % smallShare === 0 ? otherPractice.id : practice.id;
    await at.submit(submission({ practice: owner, referral: request({ recipient }) }));
  }
}

/** What is promised, as the store was told: the exchange judges by this and by its own ledger of calls. */
function watching(at: Harness) {
  const deliveries = new Map<DeliveryId, Delivery>();
  const due = new Set<number>();
  const deliveryOf = new Map<string, DeliveryId>();
  at.store.onCommit((change) => {
    for (const each of change.deliveries ?? []) deliveries.set(each.id, each);
    if (change.attempt) deliveryOf.set(change.attempt.id, change.attempt.delivery);
    for (const { dueAt } of change.work ?? []) if (dueAt > at.now()) due.add(dueAt);
  });
  return {
    deliveries,
    deliveryOf: (name: string): string => deliveryOf.get(name) ?? '',
    /** When something falls due next. */
    next(): number {
      let first = Infinity;
      for (const each of due) {
        if (each <= at.now()) due.delete(each);
        else if (each < first) first = each;
      }
      return first;
    },
  };
}

interface Run {
  readonly at: Harness;
  readonly accounts: readonly Account[];
  readonly channel: Awaited<ReturnType<typeof channelTo>>;
  readonly watch: ReturnType<typeof watching>;
  readonly draw: Chance;
  readonly kinds: ReadonlyMap<string, keyof typeof ofNumbers>;
  readonly perAccount: number;
}

async function run(world: Run): Promise<Outcome> {
  const { at, accounts, watch } = world;
  const began = at.now();
  const broken: string[] = [];
  const over: Call[] = [];
  let calls: Call[] = [];
  await at.turn();
  for (;;) {
    const begun = accounts.flatMap((account) => dialled(world, account));
    for (const call of begun) {
      if (calls.some(({ number }) => number === call.number)) broken.push(`two calls to ${call.number}`);
      calls.push(call);
    }
    broken.push(...idleLines(world, calls));
    const next = Math.min(...calls.map(({ ends }) => ends), watch.next());
    if (calls.length === 0 && isAtRest(watch.deliveries)) break;
    await at.turn(next - at.now());
    for (const call of calls.filter(({ ends }) => ends <= at.now())) await hangUp(world, call);
    over.push(...calls.filter(({ ends }) => ends <= at.now()));
    calls = calls.filter(({ ends }) => ends > at.now());
    await at.turn();
  }
  broken.push(...wrongEnds(world, over));
  return {
    calls: over.length,
    broken,
    ends: counted(watch.deliveries),
    firstCalls: Object.fromEntries(accounts.map((account) => [account.name, lastFirst(world, over, account) - began])),
    took: at.now() - began,
  };
}

/** What the company was handed over since: it calls at once, for it has as many lines as it promised. */
function dialled({ at, draw, kinds }: Run, account: Account): Call[] {
  const fresh = account.far.sent.slice(account.seen);
  account.seen = account.far.sent.length;
  return fresh.map((sent) => {
    const kind = kinds.get(sent.to) ?? 'machine';
    const fate: Fate = kind === 'machine' ? draw.weighed(ofCalls) : kind;
    const [least = 1, most = 1] = seconds[fate] ?? [];
    return { account, sent, fate, number: sent.to, ends: at.now() + 1_000 * draw.between(least, most) };
  });
}

async function hangUp({ channel, at }: Run, { account, sent, fate }: Call): Promise<void> {
  Object.assign(sent, { fate });
  const ring = await account.far.end(sent.id, '');
  if (!ring || !channel.webhook) throw new Error('this company calls nobody');
  const request = new Request(`http://127.0.0.1:9/webhooks/efax/${account.name}`, { method: 'POST', ...ring });
  const { status } = await channel.webhook(request, at.inbox);
  if (status !== 200) throw new Error(`the gateway answered ${status}`);
}

/** A line that is free while a fax of its practice is due to a number that nobody rings. */
function idleLines({ at, accounts, watch, perAccount }: Run, calls: readonly Call[]): string[] {
  const ringing = new Set(calls.map(({ number }) => number));
  return accounts.flatMap((account) => {
    if (calls.filter((call) => call.account === account).length >= perAccount) return [];
    const waiting = [...watch.deliveries.values()].find(
      ({ state, dueAt, practice: owner, routes: [route] }) =>
        state === 'pending' &&
        owner === account.practice &&
        route !== undefined &&
        dueAt !== null &&
        dueAt <= at.now() &&
        !ringing.has(route.address),
    );
    return waiting ? [`a line of ${account.name} is idle while ${waiting.id} is due`] : [];
  });
}

const isAtRest = (deliveries: ReadonlyMap<DeliveryId, Delivery>): boolean =>
  [...deliveries.values()].every(({ state }) => ['delivered', 'failed', 'held'].includes(state));

/** Each fax by what its own calls came to; where none was made for it, the number was given up before. */
function wrongEnds({ watch, kinds }: Run, over: readonly Call[]): string[] {
  const fates = new Map<string, Fate[]>();
  for (const { sent, fate } of over) {
    const id = watch.deliveryOf(sent.name);
    fates.set(id, [...(fates.get(id) ?? []), fate]);
  }
  return [...watch.deliveries.values()].flatMap(({ id, state, routes: [route], rejected: [left] }) => {
    const kind = kinds.get(route?.address ?? left?.address ?? '') ?? 'machine';
    const expected = expectedEnd(kind, fates.get(id) ?? []);
    return expected.includes(state) ? [] : [`${id} to a ${kind} ended ${state}, not ${expected.join(' or ')}`];
  });
}

function expectedEnd(kind: keyof typeof ofNumbers, fates: readonly Fate[]): readonly DeliveryState[] {
  switch (kind) {
    // The call that finds out fails; who wanted the same number after it asks a person for the right one.
    case 'bad number':
      return [fates.includes('bad number') ? 'failed' : 'held'];
    case 'voice':
      return ['held', 'failed'];
    case 'machine':
      if (fates.includes('ok')) return ['delivered'];
      return [fates.includes('partial') ? 'held' : 'failed'];
  }
}

const counted = (deliveries: ReadonlyMap<DeliveryId, Delivery>): Outcome['ends'] =>
  [...deliveries.values()].reduce<Record<string, number>>(
    (counts, { state }) => ({ ...counts, [state]: (counts[state] ?? 0) + 1 }),
    {},
  );

/** The end of the last call that was the first for its fax. */
function lastFirst({ watch }: Run, over: readonly Call[], account: Account): number {
  const seen = new Set<string>();
  let last = 0;
  for (const call of over.filter((each) => each.account === account)) {
    const id = watch.deliveryOf(call.sent.name);
    if (!seen.has(id)) last = Math.max(last, call.ends);
    seen.add(id);
  }
  return last;
}
