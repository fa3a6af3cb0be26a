import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import efax from '../../channels/efax/index.ts';
import type { Parcel, Question } from '../../src/core/channel.ts';
import type { Outcome, ReasonCode } from '../../src/core/outcome.ts';
import { fates, sha256, type Far, type Ring } from '../channels/efax/companies/company.ts';
import { channelHouse, faxTiff, never, ours, there, until, type ChannelHouse } from '../channels/efax/setup.ts';

const classes: Readonly<Record<(typeof fates)[number], ReasonCode>> = {
  busy: 'busy',
  'no answer': 'no-answer',
  voice: 'not-a-fax',
  'bad number': 'bad-address',
  partial: 'partial',
};

/** What every fax company's adapter must do, tried on the company's own emulator.
 *  @param traits `lists`: it can show what it took, so a lost answer is settled and an absence proven;
 *  `told`: the classes of failure that it can tell apart; `keeps`: nothing there can be erased by us; `unhurried`: it
 *  never names a time to come back */
export function faxProviderContract(
  name: string,
  open: (now: () => number) => Promise<Far>,
  traits: {
    readonly lists: boolean;
    readonly told?: readonly (typeof fates)[number][];
    readonly keeps?: true;
    readonly unhurried?: true;
  },
): void {
  describe(name, () => {
    let house: ChannelHouse;
    let far: Far;
    beforeEach(async () => {
      const clock = { at: Date.now() };
      far = await open(() => clock.at);
      const accounts = { main: { ...far.account, from: ours, practice: 'maple' } };
      house = await channelHouse(clock, accounts, {
        looks: true,
        ...(far.mediaHosts && { mediaHosts: far.mediaHosts }),
      });
    });
    afterEach(async () => {
      await house.close();
      await far.close();
    });

    const url = (): string => `${house.url}/webhooks/efax/main`;
    const post = (ring: Ring): Promise<number> =>
      fetch(url(), { method: 'POST', headers: ring.headers, body: ring.body }).then(({ status }) => status);
    const ask = (parcel: Parcel, outcome?: Outcome): Promise<Outcome | null> => {
      const reference = outcome?.kind === 'accepted' ? (outcome.reference ?? null) : null;
      const question: Question = { ...parcel, openedAt: parcel.message.receivedAt, reference, others: [] };
      return house.channel.inquire?.(question, house.inbox, never) ?? Promise.resolve(null);
    };
    /** The call ends, and the news of it comes in as this company brings it. */
    async function over(id: string): Promise<number> {
      const ring = await far.end(id, url());
      return ring ? post(ring) : 200;
    }

    test('takes a fax as it is, for the number in its own form', async () => {
      expect(await house.channel.send(house.parcel(), never)).toMatchObject({ kind: 'accepted' });
      await until('it has the pages', () => far.sent.some((fax) => fax.sha256 !== ''));
      expect(far.sent).toMatchObject([{ to: far.number, sha256: sha256(house.tiff) }]);
    });

    test('reports what was delivered, once, however often it is told', async () => {
      const parcel = house.parcel();
      await house.channel.send(parcel, never);
      const [fax] = far.sent;
      const ring = await far.end(fax?.id ?? '', url());
      if (ring) {
        const statuses = await Promise.all(Array.from({ length: 100 }, () => post(ring)));
        expect(new Set(statuses)).toEqual(new Set([200]));
        house.clock.at += 3 * 86_400_000;
        expect([200, 400]).toContain(await post(ring));
      }
      const news = await until('the report is in', () => house.inbox.news[0]);
      expect(news.receipt).toMatchObject({ attempt: parcel.attempt, kind: 'delivered', reason: null });
      expect(house.inbox.news).toHaveLength(1);
      expect(far.sent).toHaveLength(1);
    });

    test.each((traits.told ?? fates).map((fate) => [fate]))('tells a failed call: %s', async (fate) => {
      far.fate(fate);
      const parcel = house.parcel();
      await house.channel.send(parcel, never);
      expect(await over(far.sent[0]?.id ?? '')).toBe(200);
      const news = await until('the report is in', () => house.inbox.news[0]);
      expect(news.receipt).toMatchObject({ attempt: parcel.attempt, kind: 'failed', reason: { code: classes[fate] } });
    });

    test('counts the calls that the company makes by itself', async () => {
      if (!far.redials) return;
      far.fate('busy');
      far.redials(2);
      await house.channel.send(house.parcel(), never);
      expect(await over(far.sent[0]?.id ?? '')).toBe(200);
      const news = await until('the report is in', () => house.inbox.news[0]);
      expect(news.receipt.reason).toMatchObject({ code: 'busy', calls: 3 });
    });

    test('believes no stranger', async () => {
      await house.channel.send(house.parcel(), never);
      const ring = await far.end(far.sent[0]?.id ?? '', url());
      if (!ring) return;
      const bare = Object.fromEntries(Object.entries(ring.headers).filter(([word]) => word === 'content-type'));
      const body = Buffer.from(ring.body)
        .toString('latin1')
        .replace(/delivered|success|COMPLETED|Sent/i, 'forged');
      const forged: Ring = { headers: bare, body: Buffer.from(body, 'latin1') };
      await post(forged);
      expect(house.inbox.messages).toEqual([]);
      const believed = house.inbox.news.filter(({ evidence }) => Buffer.from(evidence.bytes).includes('forged'));
      expect(believed).toEqual([]);
    });

    test.each(['drops the reply', 'garbles the reply'] as const)(
      '%s: in doubt, then found, never repeated',
      async (fate) => {
        far.fate(fate);
        const parcel = house.parcel();
        expect(await house.channel.send(parcel, never)).toMatchObject({ kind: 'unknown' });
        far.fate('ok');
        expect(far.sent).toHaveLength(1);
        house.clock.at += 61_000;
        const found = await ask(parcel);
        if (traits.lists) expect(found).toMatchObject({ kind: 'accepted', reference: far.sent[0]?.id });
        else expect(found).toBeNull();
        expect(far.sent).toHaveLength(1);
      },
    );

    test('breaks: in doubt, then proven absent where the company can show all it took', async () => {
      far.fate('breaks');
      const parcel = house.parcel();
      expect(await house.channel.send(parcel, never)).toMatchObject({ kind: 'unknown' });
      house.clock.at += 61_000;
      const found = await ask(parcel);
      if (traits.lists) expect(found).toMatchObject({ kind: 'deferred' });
      else expect(found).toBeNull();
    });

    test('throttles: names the time to come back', async () => {
      if (traits.unhurried) return;
      far.fate('throttles');
      const outcome = await house.channel.send(house.parcel(), never);
      expect(outcome).toMatchObject({
        kind: 'deferred',
        reason: { code: 'throttled' },
        retryAt: house.clock.at + 30_000,
      });
    });

    test('refuses: no, and nothing was taken', async () => {
      far.fate('refuses');
      expect(await house.channel.send(house.parcel(), never)).toMatchObject({ kind: 'refused' });
      expect(far.sent).toEqual([]);
    });

    test('does not know us: refused, and the check says so', async () => {
      const other = await channelHouse(house.clock, { main: { ...far.stranger, from: ours, practice: 'maple' } });
      expect(await other.channel.send(other.parcel(), never)).toMatchObject({
        kind: 'refused',
        reason: { code: 'unauthorized' },
      });
      expect(await other.channel.check(never)).toMatchObject({ ok: false });
      expect(await house.channel.check(never)).toEqual({ ok: true });
      await other.close();
    });

    test('its record proves a delivery that nobody told of', async () => {
      const parcel = house.parcel();
      const outcome = await house.channel.send(parcel, never);
      await far.end(far.sent[0]?.id ?? '', url());
      expect(await ask(parcel, outcome)).toMatchObject({ kind: 'accepted' });
      expect(house.inbox.news[0]?.receipt).toMatchObject({ attempt: parcel.attempt, kind: 'delivered' });
    });

    test('a fax arrives once, and is erased there when ours is safe', async () => {
      const file = await faxTiff();
      const ring = far.receive({ id: 'in1', from: there, to: ours, file }, url());
      house.inbox.broken = true;
      if (ring) expect(await post(ring)).toBeGreaterThanOrEqual(500);
      expect(far.holds('in1')).toBe(true);
      house.inbox.broken = false;
      if (ring) {
        const statuses = await Promise.all(Array.from({ length: 100 }, () => post(ring)));
        expect(new Set(statuses)).toEqual(new Set([200]));
      }
      const message = await until('it arrived', () => house.inbox.messages[0]);
      expect(message).toMatchObject({ origin: { channel: 'efax' }, to: [{ channel: 'efax', address: ours }] });
      expect(sha256(message.documents[0]?.bytes ?? Buffer.alloc(0))).toBe(sha256(file));
      if (!traits.keeps) await until('it is erased there', () => !far.holds('in1'));
      expect(house.inbox.messages).toHaveLength(1);
    });

    test('settings without what it needs are refused', () => {
      const bare = { provider: far.account['provider'], from: ours, practice: 'maple' };
      expect(() => efax.config.parse({ accounts: { main: { ...bare, unknown: 1 } } })).toThrow();
    });
  });
}
