import type { Channel, Inbox, Parcel, Question } from '../../src/core/channel.ts';
import { accepted, deferred, refused, unknown, type Outcome } from '../../src/core/outcome.ts';
import { minute } from '../harness.ts';
import type { Owner } from './clockwork.ts';
import { referenceOf, type Far, type World } from './far.ts';

/** How one conversation with a far side goes. */
const moods = {
  fine: 52,
  unreachable: 10,
  'refused at once': 4,
  'refused after all bytes': 3,
  'deferred after all bytes': 4,
  'reply lost': 7,
  'lost on the way': 4,
  slow: 5,
  'swallowed with a yes': 4,
  'adapter breaks early': 2,
  'adapter breaks late': 3,
};
type Mood = keyof typeof moods;

/** A well-behaved adapter to a far side that is not: it says only what it knows, hands over only with leave, and
 *  stops when it is told to. */
export function adapter(name: 'direct' | 'efax' | 'portal', world: World, far: Far, owner: Owner, inbox: () => Inbox) {
  const { clockwork, chance, ledgers } = world;
  const moodNow = (): Mood => (world.faulty() ? chance.weighed(moods) : 'fine');

  async function send(parcel: Parcel, signal: AbortSignal): Promise<Outcome> {
    const mood = moodNow();
    await clockwork.pause(owner, `${name} connects, ${mood}`, chance.between(1, 2_000));
    if (mood === 'unreachable') return deferred('unreachable', '421');
    if (mood === 'refused at once') return refused('bad-address', '550');
    if (mood === 'adapter breaks early') return broken(parcel);
    const stopped = (): boolean => signal.aborted;
    const bytes = await parcel.open(parcel.message.documents[0]!.id);
    if (stopped()) return deferred('interrupted', 'stopped before it was sent');
    await parcel.handingOver();
    if (stopped()) return deferred('interrupted', 'stopped before it was sent');
    if (mood === 'refused after all bytes') return refused('rejected', '554');
    if (mood === 'deferred after all bytes') return deferred('throttled', '452');
    const { attempt, family, endpoint, possibleDuplicate: marked } = parcel;
    const content = Buffer.from(bytes).toString();
    if (mood === 'lost on the way' || mood === 'swallowed with a yes') ledgers.left.add(attempt);
    else far.take({ content, family, attempt, channel: name, address: endpoint.address, marked });
    return reply(parcel, mood, signal);
  }

  async function reply(parcel: Parcel, mood: Mood, signal: AbortSignal): Promise<Outcome> {
    if (mood === 'adapter breaks late') return broken(parcel);
    const patience = mood === 'slow' || mood === 'lost on the way' ? 5 * minute : chance.between(1, 5_000);
    await Promise.race([clockwork.pause(owner, `${name} waits for the reply`, patience), aborted(signal)]);
    if (signal.aborted || mood === 'reply lost') return unknown('timeout', 'no reply');
    return mood === 'lost on the way'
      ? unknown('interrupted', 'the line broke')
      : accepted(referenceOf(parcel.attempt));
  }

  function broken({ attempt }: Parcel): never {
    ledgers.broken.add(attempt);
    throw new TypeError('a bug in the adapter');
  }

  /** Only the fax company keeps a list that can be asked. */
  async function inquire({ attempt, family, others }: Question): Promise<Outcome | null> {
    await clockwork.pause(owner, 'efax is asked', chance.between(1, 2_000));
    if (world.faulty() && chance.yes(0.2)) return null;
    if (world.faulty() && chance.yes(0.05)) throw new TypeError('a bug in the adapter');
    const listed = far.listed(family, others);
    switch (listed?.fate) {
      case 'on its way':
        return null;
      case undefined:
        return ledgers.left.has(attempt) ? null : deferred('interrupted', 'never got it');
      case 'has it':
        return accepted(listed.reference);
      case 'busy':
        return deferred('busy', 'simulated');
      case 'rejected':
        return refused('rejected', 'simulated');
      case 'read': {
        const { reference } = listed;
        const receipt = { attempt: family, kind: 'delivered', reason: null, at: clockwork.now() } as const;
        const evidence = { mediaType: 'application/json', bytes: Buffer.from(attempt) };
        await inbox().receipt({ channel: name, receipt, reference, author: null, evidence });
        return accepted(reference);
      }
    }
  }

  const channel: Channel = {
    name,
    capabilities: {
      address: /./,
      mediaTypes: ['text/plain'],
      maxBytes: 1_000_000,
      proof: 'receipt',
      cost: 1,
      width: 4,
    },
    send,
    check: () => Promise.resolve({ ok: true }),
    ...(name === 'efax' ? { inquire } : {}),
    async acknowledge(origin, notice) {
      await clockwork.pause(owner, `notice ${notice}`, chance.between(1, 2_000));
      if (world.faulty() && chance.yes(0.2)) return deferred('unreachable', '421');
      ledgers.notices.push({ token: origin.token, notice });
      return world.faulty() && chance.yes(0.1) ? unknown('timeout', 'no reply') : accepted();
    },
  };
  return channel;
}

const aborted = (signal: AbortSignal): Promise<void> =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => {
      resolve();
    });
  });
