import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import type { Event } from '../../src/core/change.ts';
import { Conflict, Duplicate, NotFound } from '../../src/errors.ts';
import type { Factor, Store } from '../../src/store/store.ts';

const event = (what: string): Event => ({
  message: null,
  practice: 'main',
  subject: 'user:anna',
  what,
  who: 'user:anna',
  at: 1,
  facts: {},
});

const app: Factor = {
  id: 'totp_1',
  user: 'anna',
  kind: 'totp',
  label: 'phone',
  madeAt: 1000,
  usedAt: null,
  counter: 5,
  secret: 'JBSWY3DPEHPK3PXP',
};

/** What every engine must keep of second factors and of emergencies. */
export function peopleContract(name: string, open: () => Promise<Store>): void {
  describe(`people on ${name}`, () => {
    let store: Store;
    beforeEach(async () => {
      store = await open();
      await store.people.addUser({ name: 'anna', practice: 'main', role: 'ops', password: '-', disabledAt: null });
      for (const hash of ['one', 'two'])
        await store.people.addSession({ hash, user: 'anna', startedAt: 1000, seenAt: 1000, strong: false });
    });
    afterEach(() => store.close());

    test('a factor is somebody’s once, ends other sessions, and takes nothing old', async () => {
      const { factors, sessions } = store.people;
      await factors.add(app, ['h1', 'h2'], 'one', event('factor.added'));
      expect(await factors.of('anna')).toEqual([app]);
      expect((await sessions()).map(({ hash, strong }) => [hash, strong])).toEqual([['one', true]]);
      await expect(factors.add(app, null, 'one', event('factor.added'))).rejects.toThrow(Duplicate);
      await expect(factors.use({ id: app.id, counter: 5 }, 2000)).rejects.toThrow(Conflict);
      await factors.use({ id: app.id, counter: 6 }, 2000);
      expect(await factors.byId(app.id)).toMatchObject({ counter: 6, usedAt: 2000 });
      await factors.remove(app.id, event('factor.removed'));
      await expect(factors.remove(app.id, event('factor.removed'))).rejects.toThrow(Conflict);
      expect(await factors.byId(app.id)).toBeNull();
    });

    test('a passkey may count nothing, but never backwards', async () => {
      const { factors } = store.people;
      await factors.add({ ...app, id: 'p', kind: 'passkey', counter: 0 }, null, 'one', event('factor.added'));
      await factors.use({ id: 'p', counter: 0 }, 2000);
      await factors.use({ id: 'p', counter: 3 }, 2000);
      await expect(factors.use({ id: 'p', counter: 0 }, 2000)).rejects.toThrow(Conflict);
    });

    test('a recovery code is used by one of two who come at once', async () => {
      const { factors } = store.people;
      await factors.add(app, ['h1', 'h2'], 'one', event('factor.added'));
      const both = await Promise.allSettled(
        [1, 2].map(() => factors.useRecoveryCode('anna', 'h1', event('factor.recovery-code-used'))),
      );
      expect(both.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
      expect(await factors.recoveryCodes('anna')).toBe(1);
      await factors.replaceRecoveryCodes('anna', ['h3'], event('factor.recovery-codes-made'));
      await expect(factors.useRecoveryCode('anna', 'h2', event('x'))).rejects.toThrow(Conflict);
      await factors.forget('anna', event('user.factors-forgotten'));
      expect([await factors.of('anna'), await factors.recoveryCodes('anna'), await store.people.sessions()]).toEqual([
        [],
        0,
        [],
      ]);
    });

    test('a ticket is of its kind, for its time, and taken once', async () => {
      const { tickets } = store.people;
      await tickets.put('t', { kind: 'oidc', expiresAt: 5000, body: { state: 's' } });
      expect(await tickets.find('t', 'oidc', 4999)).toEqual({ state: 's' });
      expect(await tickets.find('t', 'passkey', 4999)).toBeNull();
      expect(await tickets.find('t', 'oidc', 5000)).toBeNull();
      await tickets.take('t');
      await expect(tickets.take('t')).rejects.toThrow(Conflict);
    });

    test('an emergency is of its session, and reviewed once', async () => {
      const { emergencies } = store.people;
      const begun = { user: 'anna', practice: 'main', startedAt: 1000, until: 9000, reason: 'fire', review: null };
      await emergencies.start({ id: 'emg_1', ...begun }, 'one', event('emergency.started'));
      expect(await store.people.sessionByHash('one')).toMatchObject({
        emergency: { id: 'emg_1', practice: 'main', until: 9000 },
      });
      expect(await store.people.sessionByHash('two')).toMatchObject({ emergency: null });
      expect(await emergencies.unreviewed(['main'])).toBe(1);
      await emergencies.start({ id: 'emg_2', ...begun, startedAt: 3000 }, 'two', event('emergency.started'));
      expect((await store.census()).emergencies).toEqual({ count: 2, newest: 3000 });
      const again = {
        id: 'emg_2',
        ...begun,
        startedAt: 3000,
        review: { at: 9500, by: 'user:bob', finding: 'a drill' },
      };
      await emergencies.review(again, event('emergency.reviewed'));
      expect((await store.census()).emergencies).toEqual({ count: 1, newest: 1000 });
      expect([await emergencies.unreviewed(['other']), await emergencies.list(['other'])]).toEqual([0, []]);
      const reviewed = { id: 'emg_1', ...begun, review: { at: 9500, by: 'user:bob', finding: 'there was one' } };
      await emergencies.review(reviewed, event('emergency.reviewed'));
      await expect(emergencies.review(reviewed, event('emergency.reviewed'))).rejects.toThrow(Conflict);
      expect(await emergencies.list(null)).toEqual([again, reviewed]);
      expect(await emergencies.unreviewed(null)).toBe(0);
      expect((await store.census()).emergencies).toEqual({ count: 0, newest: null });
      await emergencies.end('one', event('emergency.ended'));
      expect(await store.people.sessionByHash('one')).toMatchObject({ emergency: null });
      await expect(emergencies.byId('emg_0')).rejects.toThrow(NotFound);
    });
  });
}
