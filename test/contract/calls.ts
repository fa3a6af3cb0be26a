import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Delivery, DeliveryState, Route } from '../../src/core/delivery.ts';
import { workFor } from '../../src/core/change.ts';
import type { Message } from '../../src/core/message.ts';
import { learn, unknownEndpoint } from '../../src/core/standing.ts';
import type { WidthsOf } from '../../src/store/traffic.ts';
import type { Leased, Store } from '../../src/store/store.ts';

/** Two calls at once from each account. */
const widthsOf: WidthsOf = () => ({ lane: 40, channel: 80, calls: 2 });

const message: Message = {
  id: 'msg_1',
  practice: 'main',
  origin: { channel: 'api', token: 'a', from: null, details: {} },
  subject: null,
  urgency: 'routine',
  deadline: 2000,
  referral: null,
  recipients: [],
  documents: [],
  receivedAt: 1000,
};

const faxTo = (address: string, lane: string): Route => ({
  channel: 'efax',
  address,
  lane,
  rings: true,
  proof: 'receipt',
  delays: [],
  receiptWithin: 1_000,
  onSilence: 'hold',
  onDoubt: 'hold',
  latest: 9_000,
});

/** What every engine must keep of the numbers that are dialled. */
export function callsContract(name: string, open: (widthsOf: WidthsOf) => Promise<Store>): void {
  describe(`numbers on ${name}`, () => {
    let store: Store;
    const known = new Map<string, Delivery>();
    beforeEach(async () => {
      store = await open(widthsOf);
      known.clear();
      await store.commit({ received: message, events: [] });
    });
    afterEach(() => store.close());

    async function put(subject: string, number: string, lane = 'efax a'): Promise<void> {
      const delivery: Delivery = {
        id: `dlv_${subject}`,
        message: 'msg_1',
        practice: 'main',
        recipient: { name: null, npi: null, phone: null, endpoints: [] },
        state: 'pending',
        routes: [faxTo(number, lane)],
        rejected: [],
        route: 0,
        tries: 0,
        attempt: null,
        unresolved: [],
        processed: null,
        provenBy: null,
        dueAt: known.size,
        version: 1,
      };
      known.set(subject, delivery);
      await store.commit({ deliveries: [delivery], work: workFor(delivery), events: [] });
    }
    async function move(subject: string, state: DeliveryState): Promise<void> {
      const before = known.get(subject)!;
      const after = { ...before, state, version: before.version + 1 };
      await store.commit({ deliveries: [after], events: [] });
      known.set(subject, after);
    }
    const claim = async (): Promise<Leased[]> => store.claim(['deliver'], 20, 60_000);
    const names = (rows: readonly Leased[]): string[] => rows.map(({ subject }) => subject.slice(4)).sort();

    test('hands out one of those who want to ring the same number, whichever account they use', async () => {
      await put('one', '+12125550101');
      await put('two', '+12125550101', 'efax b');
      await put('other', '+12125550102', 'efax b');
      const claimed = await claim();
      expect(names(claimed)).toEqual(['one', 'other']);
      expect(await claim()).toEqual([]);
    });

    test('keeps the others until the call is over, not only until it was handed over', async () => {
      await put('one', '+12125550101');
      await put('two', '+12125550101');
      const [work] = await claim();
      await move('one', 'sending');
      await store.finish(work!);
      expect(await claim()).toEqual([]);
      await move('one', 'sent');
      expect(await claim()).toEqual([]);
      await move('one', 'delivered');
      expect(names(await claim())).toEqual(['two']);
    });

    test('gives a number free once a link is known to have arrived there, though its opening is waited for', async () => {
      await put('one', 'fax:+12125550101');
      const link = { ...known.get('one')!.routes[0]!, channel: 'portal', number: '+12125550101' };
      const before = { ...known.get('one')!, routes: [link], attempt: 'att_1' as const };
      known.set('one', before);
      await move('one', 'sending');
      await put('two', '+12125550101');
      await move('one', 'sent');
      expect(names(await claim())).not.toContain('two');
      known.set('one', { ...known.get('one')!, processed: 'att_1' });
      await move('one', 'sent');
      expect(names(await claim())).toContain('two');
    });

    test('lets nobody begin a call to a number that another rings, though both were given the work', async () => {
      await put('one', '+12125550101');
      await put('two', '+12125550101');
      await move('one', 'sending');
      await expect(move('two', 'sending')).rejects.toMatchObject({ code: 'conflict' });
      await move('one', 'held');
      await move('two', 'sending');
    });

    test('hands out a call that was cut off once its lease is over, and still nobody else’s to that number', async () => {
      await put('one', '+12125550101');
      await put('two', '+12125550101');
      expect(names(await store.claim(['deliver'], 20, -1))).toEqual(['one']);
      await move('one', 'sending');
      expect(names(await claim())).toEqual(['one']);
      expect(await claim()).toEqual([]);
    });

    test('gives a number free when its delivery takes another way', async () => {
      await put('one', '+12125550101');
      const [work] = await claim();
      await move('one', 'sending');
      await store.finish(work!);
      await put('two', '+12125550101');
      const before = known.get('one')!;
      const routes = [...before.routes, { ...before.routes[0]!, channel: 'direct', address: 'a@far.example' }];
      const away = { ...before, state: 'pending' as const, route: 1, routes, version: before.version + 1 };
      await store.commit({ deliveries: [away], events: [] });
      expect(names(await claim())).toEqual(['two']);
    });

    test('lets an account have no more calls under way than it has lines', async () => {
      for (const index of [1, 2, 3]) await put(`a${index}`, `+1212555010${index}`);
      await put('b1', '+12125550201', 'efax b');
      const first = await claim();
      expect(names(first)).toEqual(['a1', 'a2', 'b1']);
      for (const work of first) {
        await move(work.subject.slice(4), 'sending');
        await move(work.subject.slice(4), 'sent');
        await store.finish(work);
      }
      expect(await claim()).toEqual([]);
      await move('a1', 'failed');
      expect(names(await claim())).toEqual(['a3']);
    });

    test('two accounts that want the same number get it by turns', async () => {
      for (const lane of ['a', 'b'])
        for (let index = 0; index < 6; index++) await put(`${lane}${index}`, '+12125550101', `efax ${lane}`);
      const got: string[] = [];
      // A crowded number: every row that is not handed out stands in the line of its account.
      await store.commit({ lane: { lane: 'efax a', why: 'rate', since: 0, until: 2000 }, events: [] });
      await store.commit({ lane: { lane: 'efax b', why: 'rate', since: 0, until: 2000 }, events: [] });
      expect(await claim()).toEqual([]);
      for (const lane of ['efax a', 'efax b']) await store.commit({ lane: { lane, until: null }, events: [] });
      for (let round = 0; round < 8; round++) {
        const [work] = await claim();
        const subject = work!.subject.slice(4);
        got.push(subject.slice(0, 1));
        await move(subject, 'sending');
        await move(subject, 'delivered');
        await store.finish(work!);
      }
      expect(got.filter((lane) => lane === 'a').length).toBeGreaterThan(2);
      expect(got.filter((lane) => lane === 'b').length).toBeGreaterThan(2);
    });

    test('keeps what is held of a number, lists it, and lets nobody overwrite a newer word', async () => {
      const endpoint = { channel: 'efax', address: '+12125550101' };
      const nothing = await store.standing('main', endpoint);
      expect(nothing).toEqual(unknownEndpoint('main', endpoint));
      const suppression = { why: 'misdirected' as const, note: 'Canary-Quist', by: 'user:anna', until: 2000 };
      const suppressed = learn(nothing, { type: 'suppressed', suppression }, 900);
      await store.commit({ standing: suppressed, events: [] });
      await expect(
        store.commit({ standing: learn(nothing, { type: 'confirmed', by: 'user:bob' }, 900), events: [] }),
      ).rejects.toMatchObject({ code: 'conflict' });
      expect(await store.standing('main', endpoint)).toEqual(suppressed);
      expect(await store.standing('other', endpoint)).toMatchObject({ version: 0 });
      for (let index = 0; index < 5; index++) {
        const more = unknownEndpoint('main', { channel: 'efax', address: `+1212555020${index}` });
        await store.commit({ standing: learn(more, { type: 'confirmed', by: 'user:anna' }, 950), events: [] });
      }
      const seen: string[] = [];
      for (let cursor: string | undefined; ;) {
        const { rows, next } = await store.standings({ practices: ['main'], now: 1000, cursor, limit: 2 });
        seen.push(...rows.map(({ endpoint: { address } }) => address));
        if (next === null) break;
        cursor = next;
      }
      expect(new Set(seen).size).toBe(6);
      expect(seen).toHaveLength(6);
      const list = (now: number) => store.standings({ practices: null, only: 'suppressed', now, limit: 9 });
      expect((await list(1000)).rows).toEqual([suppressed]);
      expect((await list(2001)).rows).toEqual([]);
    });
  });
}
