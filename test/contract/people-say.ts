import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Pause } from '../../src/core/pause.ts';
import type { KnownRecipient } from '../../src/core/recipient.ts';
import type { WidthsOf } from '../../src/store/traffic.ts';
import type { Store } from '../../src/store/store.ts';

const widthsOf: WidthsOf = () => ({ lane: 4, channel: 8 });
const events = [] as const;

/** What people say of channels, of work that was given up and of recipients. `open` gives an empty store on a clock that
 *  stands at 1000. */
export function peopleSayContract(name: string, open: (widthsOf: WidthsOf) => Promise<Store>): void {
  describe(`what people say, on ${name}`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open(widthsOf);
    });
    afterEach(() => store.close());

    const pauseOf = (place: string, until: number): Pause => ({
      ...{ place, until },
      by: 'user:olga',
      reason: 'it is down',
      since: 900,
    });
    const due = async (): Promise<string[]> =>
      (await store.claim(['deliver'], 9, 60_000)).map(({ subject }) => subject).sort();

    test('a pause stands until it is lifted, and what waited for its end is due then', async () => {
      const pause = pauseOf('efax', 5000);
      await store.commit({ pause: { place: 'efax', at: 900, pause }, events });
      expect(await store.pauses()).toEqual([pause]);
      const waiting = { stage: 'deliver', dueAt: 5000 } as const;
      const work = [
        { ...waiting, subject: 'whole', lane: 'efax' },
        { ...waiting, subject: 'account', lane: 'efax main' },
        { ...waiting, subject: 'other', lane: 'efaxes' },
      ];
      await store.commit({ work, events });
      expect(await due()).toEqual([]);
      await store.commit({ pause: { place: 'efax', at: 1000, pause: null }, events });
      expect([await store.pauses(), await due()]).toEqual([[], ['account', 'whole']]);
      await expect(store.commit({ pause: { place: 'efax', at: 1000, pause: null }, events })).rejects.toMatchObject({
        code: 'conflict',
      });
    });

    test('what was given up is set aside, and begins anew when somebody says so', async () => {
      await store.commit({ work: [{ stage: 'purge', subject: 'poison', dueAt: 0 }], events });
      for (let tries = 0; tries < 20; tries++) {
        const [work] = await store.claim(['purge'], 1, 60_000);
        await store.release(work!, 0, 'TypeError at purge.ts:7');
      }
      const given = { stage: 'purge', subject: 'poison', failure: 'TypeError at purge.ts:7' } as const;
      expect(await store.deadLetters()).toMatchObject([{ ...given, claims: 20, asideAt: null }]);
      const say = (word: 'retry' | 'aside') =>
        store.commit({ deadLetter: { stage: 'purge', subject: 'poison', word, at: 1000 }, events });
      await say('aside');
      expect(await store.deadLetters()).toMatchObject([{ ...given, asideAt: 1000 }]);
      await say('retry');
      expect(await store.deadLetters()).toEqual([]);
      expect(await store.claim(['purge'], 1, 60_000)).toMatchObject([{ subject: 'poison', claims: 1 }]);
      await expect(say('retry')).rejects.toMatchObject({ code: 'conflict' });
    });

    test('a recipient is found by whose it is and by NPI, and changed only by who saw the last version', async () => {
      const hearts: KnownRecipient = {
        ...{ id: 'rcp_1', practice: 'main', name: 'Hearts', npi: '1234567893', phone: null, version: 1 },
        endpoints: [{ channel: 'direct', address: 'hearts@far.example' }],
        changedAt: 1000,
        by: 'user:anna',
      };
      await store.commit({ recipient: hearts, events });
      await store.commit({ recipient: { ...hearts, id: 'rcp_2', practice: 'other' }, events });
      expect(await store.recipientsByNpi('main', '1234567893')).toEqual([hearts]);
      expect((await store.recipientsIn(['other'])).map(({ id }) => id)).toEqual(['rcp_2']);
      expect([await store.recipientsIn([]), (await store.recipientsIn(null)).length]).toEqual([[], 2]);
      const moved = { ...hearts, npi: null, version: 2 };
      await store.commit({ recipient: moved, events });
      expect([await store.recipientsByNpi('main', '1234567893'), await store.recipient('rcp_1')]).toEqual([[], moved]);
      const conflict = { code: 'conflict' };
      await expect(store.commit({ recipient: moved, events })).rejects.toMatchObject(conflict);
      await expect(store.commit({ leaving: hearts, events })).rejects.toMatchObject(conflict);
      await store.commit({ leaving: moved, events });
      await expect(store.recipient('rcp_1')).rejects.toMatchObject({ code: 'not-found' });
    });
  });
}
