import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { NotFound } from '../../src/errors.ts';
import type { Change } from '../../src/core/change.ts';
import type { Delivery } from '../../src/core/delivery.ts';
import type { Document, Message, Urgency } from '../../src/core/message.ts';
import type { WidthsOf } from '../../src/store/traffic.ts';
import type { Leased, Store } from '../../src/store/store.ts';

/** Four to one lane, three of them routine; eight to a channel, six of them routine. */
const widthsOf: WidthsOf = () => ({ lane: 4, channel: 8 });

/** What every engine must keep. `open` gives an empty store on a clock that stands at 1000. */
export function storeContract(name: string, open: (widthsOf: WidthsOf) => Promise<Store>): void {
  describe(`a store on ${name}`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open(widthsOf);
    });
    afterEach(() => store.close());

    const message = (id: Message['id'], token: string): Message => ({
      id,
      practice: 'main',
      origin: { channel: 'api', token, from: null, details: {} },
      subject: null,
      urgency: 'routine',
      deadline: 2000,
      referral: null,
      recipients: [],
      documents: [],
      receivedAt: 1000,
    });
    const event = (subject: string): Change['events'][number] => ({
      message: null,
      subject,
      what: 'x',
      who: 'test',
      at: 1,
      facts: { n: 1 },
    });

    const deliveryOf = (id: Delivery['id'], of: Message['id']): Delivery => ({
      id,
      message: of,
      practice: 'main',
      recipient: { name: null, npi: null, phone: null, endpoints: [] },
      state: 'pending',
      routes: [],
      rejected: [],
      route: 0,
      tries: 0,
      attempt: null,
      unresolved: [],
      processed: null,
      provenBy: null,
      dueAt: null,
      version: 1,
    });

    test('takes all of a change or none', async () => {
      await store.commit({ received: message('msg_1', 'a'), events: [event('one')] });
      const second = {
        received: message('msg_2', 'a'),
        work: [{ stage: 'route' as const, subject: 'msg_2', dueAt: 0 }],
        events: [event('two')],
      };
      await expect(store.commit(second)).rejects.toMatchObject({ code: 'duplicate' });
      expect(await store.depth()).toMatchObject({ route: 0 });
      expect((await store.eventsAfter(0, 10, null)).map(({ event: { subject } }) => subject)).toEqual(['one']);
    });

    test('calls a repeated arrival a duplicate, whatever hangs on it', async () => {
      const withLetter = (id: Message['id'], document: Document['id']) => ({
        received: message(id, 'a'),
        documents: [
          {
            document: { id: document, name: 'letter.txt', mediaType: 'text/plain', bytes: 1, sha256: '' },
            message: id,
            role: 'carried' as const,
            bytes: new Uint8Array([1]),
          },
        ],
        events: [],
      });
      await store.commit(withLetter('msg_1', 'doc_1'));
      await expect(store.commit(withLetter('msg_2', 'doc_2'))).rejects.toMatchObject({ code: 'duplicate' });
      expect((await store.messageByToken('api', 'a'))?.id).toBe('msg_1');
    });

    test('keeps neighbours of a refused change that were written with it', async () => {
      const results = await Promise.allSettled([
        store.commit({ received: message('msg_1', 'a'), events: [] }),
        store.commit({ received: message('msg_2', 'a'), events: [] }),
        store.commit({ received: message('msg_3', 'c'), events: [] }),
      ]);
      // Which of the two comes first is for the engine to say: they may be on their way at once.
      expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'fulfilled', 'rejected']);
      expect((await store.message('msg_3')).origin.token).toBe('c');
    });

    test('lets one of two writers win', async () => {
      const entry = {
        id: 'itk_1' as const,
        message: 'msg_1' as const,
        practice: 'main',
        state: 'waiting' as const,
        channel: 'efax',
        pages: 1,
        fields: [],
        warnings: [],
        referral: null,
        reason: null,
        arrivedAt: 1,
        version: 1,
      };
      await store.commit({ received: message('msg_1', 'a'), entry, events: [] });
      const writers = ['accepted', 'rejected'].map((state) =>
        store.commit({ entry: { ...entry, state: state as 'accepted', version: 2 }, events: [] }),
      );
      const results = await Promise.allSettled(writers);
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      expect((await store.entry('itk_1')).version).toBe(2);
    });

    test('hands out due work once, in order, and never finishes newer work with older hands', async () => {
      const at = (subject: string, dueAt: number) => ({ stage: 'deliver' as const, subject, dueAt });
      await store.commit({ work: [at('late', 500), at('early', 100), at('tomorrow', 5000)], events: [] });
      const [first] = await store.claim(['deliver'], 1, 60_000);
      expect(first?.subject).toBe('early');
      expect((await store.claim(['deliver'], 5, 60_000)).map(({ subject }) => subject)).toEqual(['late']);
      expect(await store.claim(['deliver'], 5, 60_000)).toEqual([]);
      await store.commit({ work: [at('early', 200)], events: [] });
      await store.finish(first!);
      expect((await store.claim(['deliver'], 5, 60_000)).map(({ subject }) => subject)).toEqual(['early']);
    });

    test('lets nobody touch work that came back after he slept through its end', async () => {
      const work = { stage: 'deliver' as const, subject: 'slept', dueAt: 0 };
      await store.commit({ work: [work], events: [] });
      const [sleeper] = await store.claim(['deliver'], 1, 0);
      const [second] = await store.claim(['deliver'], 1, 60_000);
      await store.finish(second!);
      await store.commit({ work: [work], events: [] });
      expect(await store.claim(['deliver'], 1, 60_000)).toHaveLength(1);
      expect(await store.renew(sleeper!, 60_000)).toBe(false);
      await store.finish(sleeper!);
      expect(await store.depth()).toMatchObject({ deliver: 1 });
    });

    test('lets nobody touch work whose lease went to somebody else', async () => {
      await store.commit({ work: [{ stage: 'route', subject: 'slept', dueAt: 0 }], events: [] });
      const [sleeper] = await store.claim(['route'], 1, 0);
      expect(await store.renew(sleeper!, 0)).toBe(true);
      const [next] = await store.claim(['route'], 1, 60_000);
      expect(next?.subject).toBe('slept');
      expect(await store.renew(sleeper!, 60_000)).toBe(false);
      await store.finish(sleeper!);
      await store.release(sleeper!, 0);
      expect(await store.claim(['route'], 1, 60_000)).toEqual([]);
      expect(await store.renew(next!, 60_000)).toBe(true);
      await store.finish(next!);
      expect(await store.renew(next!, 60_000)).toBe(false);
    });

    test('takes back what nobody began without counting it, and honours its lease no more', async () => {
      await store.commit({ work: [{ stage: 'route', subject: 'unsent', dueAt: 7 }], events: [] });
      const [first] = await store.claim(['route'], 1, 60_000);
      await store.unclaim(first!);
      const [second] = await store.claim(['route'], 1, 60_000);
      expect(second).toMatchObject({ subject: 'unsent', dueAt: 7, claims: 1 });
      expect(await store.renew(first!, 60_000)).toBe(false);
      await store.unclaim(first!);
      expect(await store.claim(['route'], 1, 60_000)).toEqual([]);
      expect(await store.renew(second!, 60_000)).toBe(true);
    });

    test('gives up on work that keeps crashing, and shows it', async () => {
      await store.commit({ work: [{ stage: 'route', subject: 'poison', dueAt: 0 }], events: [] });
      for (let i = 0; i < 20; i++) {
        const [work] = await store.claim(['route'], 1, 60_000);
        await store.release(work!, 0);
      }
      expect(await store.claim(['route'], 1, 60_000)).toEqual([]);
      expect(await store.deadLetters()).toMatchObject([{ subject: 'poison', claims: 20 }]);
    });

    describe('with lanes', () => {
      type Kind = {
        readonly lane?: string;
        readonly urgency?: Urgency;
        readonly latest?: number;
        readonly dueAt?: number;
      };
      const put = async (prefix: string, count: number, kind: Kind): Promise<void> => {
        const names = Array.from({ length: count }, (_, index) => `${prefix}${String(index).padStart(5, '0')}`);
        const { dueAt = 0, latest = 5_000 } = kind;
        // Among equals the order is anybody's.
        const work = names.map((subject, index) => ({
          stage: 'deliver' as const,
          subject,
          ...kind,
          ...{ dueAt: dueAt - 10_000 + index, latest: latest + index },
        }));
        await store.commit({ work, events: [] });
      };
      const claim = async (limit: number, only?: 'urgent'): Promise<Leased[]> => {
        const claimed = await store.claim(['deliver', 'route'], limit, 60_000, only);
        return claimed;
      };
      const names = (claimed: readonly Leased[]): string[] => claimed.map(({ subject }) => subject);

      test('lets urgent work go first, however late it came and whatever the stage', async () => {
        await put('routine', 3, { lane: 'direct a' });
        await put('urgent', 1, { lane: 'direct a', urgency: 'urgent', dueAt: 900 });
        await store.commit({ work: [{ stage: 'route', subject: 'stat', dueAt: 950, urgency: 'stat' }], events: [] });
        expect(names(await claim(1))).toEqual(['stat']);
        expect(names(await claim(2))).toEqual(['urgent00000', 'routine00000']);
      });

      test('keeps a quarter of the width for urgent work', async () => {
        await put('routine', 9, { lane: 'direct a' });
        expect(await claim(9)).toHaveLength(3);
        await put('urgent', 9, { lane: 'direct a', urgency: 'stat' });
        expect(names(await claim(9))).toEqual(['urgent00000']);
      });

      test('hands out nothing but urgent work to those who ask for that', async () => {
        await put('routine', 3, { lane: 'direct a' });
        expect(await claim(9, 'urgent')).toEqual([]);
        await put('urgent', 1, { lane: 'direct a', urgency: 'urgent' });
        expect(names(await claim(9, 'urgent'))).toEqual(['urgent00000']);
      });

      test('holds a crowded lane to its width, in the order of its line, and lets others pass', async () => {
        await put('many', 50, { lane: 'direct a' });
        await put('other', 2, { lane: 'direct b', dueAt: 500 });
        const first = await claim(16);
        expect(names(first)).toEqual(['many00000', 'many00001', 'many00002', 'other00000', 'other00001']);
        expect(await claim(16)).toEqual([]);
        await store.finish(first[0]!);
        expect(names(await claim(16))).toEqual(['many00003']);
        expect(await store.depth()).toMatchObject({ deliver: 51 });
      });

      test('holds all lanes of a channel together to its width', async () => {
        for (const lane of ['a', 'b', 'c', 'd']) await put(lane, 5, { lane: `direct ${lane}` });
        await put('fax', 1, { lane: 'efax main' });
        const claimed = names(await claim(30));
        expect(claimed.filter((name) => !name.startsWith('fax'))).toHaveLength(6);
        expect(claimed).toContain('fax00000');
      });

      test('does not hand out routine work of a closed lane, but urgent work, and what may wait no longer', async () => {
        await put('routine', 3, { lane: 'direct a' });
        await put('late', 1, { lane: 'direct a', latest: 1000 });
        await put('urgent', 1, { lane: 'direct a', urgency: 'urgent' });
        const closing = { lane: 'direct a', why: 'circuit' as const, since: 900, until: 2000 };
        await store.commit({ lane: closing, events: [] });
        expect(await store.closings()).toEqual([closing]);
        expect(names(await claim(1))).toEqual(['urgent00000']);
        expect(names(await claim(9))).toEqual(['late00000']);
        expect(await claim(9)).toEqual([]);
        await store.commit({ lane: { lane: 'direct a', until: null }, events: [] });
        expect(names(await claim(9))).toEqual(['routine00000']);
        expect(await store.closings()).toEqual([]);
      });

      test('wakes parked work when it may wait no longer, though its lane is still closed', async () => {
        await store.commit({ lane: { lane: 'direct a', why: 'circuit', since: 900, until: 5000 }, events: [] });
        await put('soon', 1, { lane: 'direct a', latest: 1001 });
        expect(await claim(9)).toEqual([]);
        await store.commit({
          work: [{ stage: 'deliver', subject: 'soon00000', dueAt: 1, lane: 'direct a', latest: 999 }],
          events: [],
        });
        expect(names(await claim(9))).toEqual(['soon00000']);
      });

      test('lets nobody who slept touch what was parked meanwhile', async () => {
        await put('slept', 1, { lane: 'direct a' });
        const [sleeper] = await store.claim(['deliver'], 1, 0);
        await store.commit({ lane: { lane: 'direct a', why: 'circuit', since: 900, until: 5000 }, events: [] });
        expect(await claim(9)).toEqual([]);
        expect(await store.renew(sleeper!, 60_000)).toBe(false);
        await store.finish(sleeper!);
        await store.commit({ lane: { lane: 'direct a', until: null }, events: [] });
        expect(names(await claim(9))).toEqual(['slept00000']);
      });

      test('takes neither a crowded lane nor the others wholly before the rest', async () => {
        await put('many', 40, { lane: 'direct a' });
        await put('many-b', 40, { lane: 'efax main' });
        const running = await claim(6);
        await put('other', 40, {});
        const order: string[] = [];
        for (let i = 0; i < 20; i++) {
          for (const each of running.splice(0, 1)) await store.finish(each);
          const [next] = await claim(1);
          order.push(next!.subject);
          running.push(next!);
        }
        expect(order.filter((name) => name.startsWith('other')).length).toBeGreaterThanOrEqual(8);
        expect(order.filter((name) => name.startsWith('many')).length).toBeGreaterThanOrEqual(8);
      });

      test('with 10,000 items for a dead lane in front, finds live work at once and leaves the dead alone', async () => {
        await put('dead', 10_000, { lane: 'direct dead' });
        await store.commit({ lane: { lane: 'direct dead', why: 'circuit', since: 900, until: 2000 }, events: [] });
        await put('live', 100, { lane: 'direct live', dueAt: 900 });
        const order: string[] = [];
        for (let i = 0; i < 34; i++) {
          const claimed = await claim(16);
          order.push(...names(claimed));
          for (const each of claimed) await store.finish(each);
        }
        expect(order).toEqual(Array.from({ length: 100 }, (_, i) => `live${String(i).padStart(5, '0')}`));
        expect(await store.depth()).toMatchObject({ deliver: 10_000 });
      });
    });

    test('lets nobody take up an attempt that somebody else has closed', async () => {
      const delivery = deliveryOf('dlv_1', 'msg_1');
      const attempt = {
        id: 'att_1' as const,
        delivery: delivery.id,
        channel: 'efax',
        address: '+12125550100',
        family: 'att_1' as const,
        openedAt: 1,
        phase: 'started' as const,
        closedAt: null,
        outcome: null,
      };
      await store.commit({ received: message('msg_1', 'a'), deliveries: [delivery], attempt, events: [] });
      const closed = { ...attempt, closedAt: 2, outcome: { kind: 'accepted' as const } };
      await store.commit({ attempt: closed, events: [] });
      const handing = store.commit({ attempt: { ...attempt, phase: 'handed' }, events: [event('one')] });
      await expect(handing).rejects.toMatchObject({ code: 'conflict' });
      expect(await store.attempt('att_1')).toEqual(closed);
      expect(await store.eventsAfter(0, 10, null)).toEqual([]);
    });

    test('asked for one practice, gives nothing of another by its id', async () => {
      const document = { id: 'doc_1' as const, name: 'a', mediaType: 'text/plain', bytes: 1, sha256: 'x' };
      await store.commit({
        received: message('msg_1', 'a'),
        documents: [{ document, message: 'msg_1', role: 'carried', bytes: Buffer.from('a') }],
        deliveries: [deliveryOf('dlv_1', 'msg_1')],
        events: [],
      });
      const { practice } = await store.message('msg_1');
      const all = () =>
        Promise.allSettled([store.message('msg_1'), store.delivery('dlv_1'), store.documentInfo('doc_1')]);
      const found = (results: Awaited<ReturnType<typeof all>>) => results.map(({ status }) => status === 'fulfilled');
      expect(found(await store.onBehalfOf([practice], all))).toEqual([true, true, true]);
      expect(found(await store.onBehalfOf(['nowhere'], all))).toEqual([false, false, false]);
      await expect(store.onBehalfOf(['nowhere'], () => store.message('msg_1'))).rejects.toThrow(NotFound);
      expect(found(await all())).toEqual([true, true, true]);
    });

    test('counts what is open, overdue, in doubt, due and dead, and nothing that is over', async () => {
      await store.commit({ received: message('msg_1', 'a'), events: [] });
      await store.commit({
        received: { ...message('msg_2', 'b'), urgency: 'stat', deadline: 500 },
        deliveries: [
          deliveryOf('dlv_1', 'msg_1'),
          { ...deliveryOf('dlv_2', 'msg_2'), state: 'held', unresolved: ['att_1'] },
          { ...deliveryOf('dlv_3', 'msg_2'), state: 'delivered', unresolved: ['att_2'] },
          { ...deliveryOf('dlv_4', 'msg_2'), state: 'failed' },
        ],
        work: [
          { stage: 'route', subject: 'msg_1', dueAt: 700 },
          { stage: 'route', subject: 'msg_2', dueAt: 400 },
          { stage: 'purge', subject: 'msg_2', dueAt: 5000 },
        ],
        events: [],
      });
      const before = await store.census();
      expect(before.deliveries).toEqual({ pending: 1, sending: 0, sent: 0, held: 1 });
      expect(before.inDoubt).toEqual({ pending: 0, sending: 0, sent: 0, held: 1 });
      expect(before.overdue).toEqual({ routine: 0, urgent: 0, stat: 1 });
      expect([before.due.route, before.due.purge]).toEqual([
        { count: 2, since: 400 },
        { count: 0, since: null },
      ]);
      for (let i = 0; i < 20; i++) {
        const [work] = await store.claim(['route'], 1, 60_000);
        await store.release(work!, 400);
      }
      const held = { ...deliveryOf('dlv_2', 'msg_2'), state: 'delivered' as const, version: 2 };
      await store.commit({ deliveries: [{ ...held, unresolved: ['att_1'] }], events: [] });
      const after = await store.census();
      expect([after.due.route, after.dead.route]).toEqual([{ count: 1, since: 700 }, 1]);
      expect([after.deliveries.held, after.inDoubt.held, after.overdue.stat]).toEqual([0, 0, 0]);
    });

    test('seals what people wrote, and opens it again', async () => {
      const document = {
        id: 'doc_1' as const,
        name: 'Canary.pdf',
        mediaType: 'application/pdf',
        bytes: 6,
        sha256: 'x',
      };
      await store.commit({
        received: { ...message('msg_1', 'a'), subject: 'Canary', documents: [document] },
        documents: [{ document, message: 'msg_1', role: 'carried', bytes: Buffer.from('Canary') }],
        events: [{ ...event('msg_1'), message: 'msg_1', note: 'Canary called' }],
      });
      expect((await store.message('msg_1')).subject).toBe('Canary');
      expect(Buffer.from(await store.document('doc_1')).toString()).toBe('Canary');
      expect((await store.history('msg_1'))[0]?.note).toBe('Canary called');
    });

    test('pages a list without losing or repeating a row', async () => {
      for (let i = 0; i < 7; i++) {
        const id = `msg_${i}` as const;
        await store.commit({
          received: message(id, id),
          deliveries: [
            {
              ...deliveryOf(`dlv_${i}`, id),
              practice: i % 2 ? 'main' : 'other',
              recipient: {
                name: null,
                npi: null,
                phone: null,
                endpoints: [{ channel: 'efax', address: `+1212555010${i}` }],
              },
            },
          ],
          events: [],
        });
      }
      const seen: string[] = [];
      let cursor: string | undefined;
      do {
        const list = await store.deliveries({ practices: null, limit: 3, cursor });
        seen.push(...list.rows.map(({ delivery }) => delivery.id));
        cursor = list.next ?? undefined;
      } while (cursor);
      expect(seen).toEqual(['dlv_6', 'dlv_5', 'dlv_4', 'dlv_3', 'dlv_2', 'dlv_1', 'dlv_0']);
      expect((await store.deliveries({ practices: ['main'], limit: 10 })).rows).toHaveLength(3);
      expect((await store.deliveries({ practices: [], limit: 10 })).rows).toEqual([]);
      const found = await store.deliveries({
        practices: null,
        limit: 10,
        search: { text: '+12125550104', number: null, patients: false },
      });
      expect(found.rows.map(({ delivery }) => delivery.id)).toEqual(['dlv_4']);
    });
  });
}
