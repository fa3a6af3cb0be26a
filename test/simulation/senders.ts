import type { DeliveryId } from '../../src/core/message.ts';
import { arrival, hour, minute, otherPractice, practice, request, submission } from '../harness.ts';
import type { World } from './far.ts';

/** People and programs on this side: they hand in referrals until somebody says yes, and now and then decide. */
export interface Senders {
  /** `count` messages, spread over `span` milliseconds. */
  begin(count: number, span: number): void;
}

export function senders(
  world: World,
  deliveries: () => Promise<readonly { readonly id: DeliveryId; readonly state: string }[]>,
): Senders {
  const { clockwork, chance, ledgers } = world;

  async function handIn(index: number): Promise<void> {
    const { content, practice: own, channels, urgency } = plans[index]!;
    const recipient = { name: null, npi: null, phone: null, endpoints: channels.map((name) => endpoint(name, index)) };
    const taken = await world.ask((process) =>
      process.submit(
        submission({
          practice: own,
          key: `key-${index}`,
          referral: request({ recipient, urgency }),
          documents: [{ name: 'letter.txt', mediaType: 'text/plain', bytes: Buffer.from(content) }],
        }),
      ),
    );
    if (taken) note({ content, practice: own, by: 'api', message: taken.message, token: `key-${index}` });
    afterwards(taken !== null, () => handIn(index));
  }

  async function mail(index: number): Promise<void> {
    const { content, practice: own } = plans[index]!;
    const token = `<${index}@far.example>`;
    const to = own === practice.id ? practice : otherPractice;
    const taken = await world.ask((process) =>
      process.inbox.message(
        arrival({
          origin: { channel: 'direct', token, from: 'dr@far.example', details: {} },
          to: [{ channel: 'direct', address: to.addresses['direct']![0]! }],
          documents: [{ name: 'letter.txt', mediaType: 'text/plain', bytes: Buffer.from(content) }],
        }),
      ),
    );
    if (taken) note({ content, practice: own, by: 'direct', message: null, token });
    afterwards(taken !== null, () => mail(index));
  }

  /** Who heard no yes tries again; who heard one may, too: their own memory fails at times. */
  function afterwards(taken: boolean, again: () => Promise<void>): void {
    if (!taken || (world.faulty() && chance.yes(0.15)))
      clockwork.later(chance.between(5, 600) * 1000, 'sender again', again);
  }

  function note(promised: (typeof ledgers.promised)[number]): void {
    if (!ledgers.promised.some(({ content }) => content === promised.content)) ledgers.promised.push(promised);
  }

  async function decide(): Promise<void> {
    if (world.faulty()) clockwork.later(chance.between(1, 8) * hour, 'person', decide);
    const candidates = (await deliveries()).filter(({ state }) => state in verbs);
    if (candidates.length === 0 || !world.faulty()) return;
    const { id, state } = chance.pick(candidates);
    const verb = chance.pick(verbs[state as keyof typeof verbs]);
    ledgers.persons.set(id, (ledgers.persons.get(id) ?? 0) + 1);
    await world.ask((process) =>
      process.decideDelivery({ id, verb, route: chance.below(2), reason: '', who: 'person', practices: null }),
    );
  }

  const plans: Plan[] = [];
  return {
    begin(count, span) {
      for (let index = 0; index < count; index++) {
        plans.push({
          content: `Letter ${index} about Canary-Quist`,
          practice: chance.yes(0.7) ? practice.id : otherPractice.id,
          channels: chance.pick([
            ['direct', 'efax'],
            ['efax'],
            ['direct'],
            ['efax', 'portal'],
            ['direct', 'efax', 'portal'],
          ]),
          urgency: chance.pick(['routine', 'routine', 'urgent', 'stat'] as const),
        });
        const work = chance.yes(0.7) ? handIn : mail;
        clockwork.later(chance.below(span), 'sender', () => work(index));
      }
      clockwork.later(chance.between(10, 300) * minute, 'person', decide);
    },
  };
}

/** What a person may do about a delivery in each state that needs one. */
const verbs = {
  pending: ['hold', 'cancel'],
  held: ['retry', 'reroute', 'confirm', 'cancel'],
  failed: ['retry', 'reroute', 'confirm'],
} as const;

interface Plan {
  readonly content: string;
  readonly practice: string;
  readonly channels: readonly string[];
  readonly urgency: 'routine' | 'urgent' | 'stat';
}

const endpoint = (channel: string, index: number) => ({
  channel,
  address: channel === 'efax' ? `+1212555${String(1000 + index)}` : `reader${index}@far.example`,
});
