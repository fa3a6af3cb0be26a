import type { Asked } from '../core/asked.ts';
import type { Attempt, Change } from '../core/change.ts';
import type { Channel, Practice } from '../core/channel.ts';
import type { Delivery } from '../core/delivery.ts';
import { faxOf } from '../core/link.ts';
import type { Endpoint } from '../core/message.ts';
import type { Disclosed, Misdirection, MisdirectionId, WrongPlace } from '../core/misdirection.ts';
import { isSuppressed, learn, type NumberWord, type Standing, type StandingEvent } from '../core/standing.ts';
import { misdirectionLetter, type LetterKind } from '../documents/letters.ts';
import { Conflict, NotFound } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Store } from '../store/store.ts';
import { decideDelivery } from './decide.ts';

interface Deps {
  readonly store: Store;
  readonly now: () => number;
}

/** Confirm a number, say that it must not be dialled, or lift that. What waited for that word goes out.
 *  @throws NotFound for another practice's; Conflict when it does not apply to what is held of the number. */
export function decideNumber({ store, now }: Deps) {
  return async (asked: NumberWord): Promise<{ readonly standing: Standing; readonly released: number }> => {
    const { practice, endpoint, reason, word, practices } = asked;
    if (practices !== null && !practices.includes(practice)) throw new NotFound(`${practice} not found`);
    const at = now();
    const before = await store.standing(practice, endpoint);
    if (word.type === 'confirm' && isSuppressed(before, at))
      throw new Conflict('this number must not be dialled: lift that first');
    const standing = learn(before, eventOf(asked), at);
    if (standing === before) throw new Conflict('this number is not on the list of those that must not be dialled');
    await store.commit({ standing, events: [numberEvent(asked, past[word.type], at, reason)] });
    const released = word.type === 'suppress' ? 0 : await release({ store, now }, asked);
    return { standing, released };
  };
}

const past = { confirm: 'number.confirmed', lift: 'number.lifted', suppress: 'number.suppressed' } as const;

function eventOf({ who, word, reason }: NumberWord): StandingEvent {
  switch (word.type) {
    case 'confirm':
      return { type: 'confirmed', by: who };
    case 'lift':
      return { type: 'lifted' };
    case 'suppress':
      return { type: 'suppressed', suppression: { why: word.why, until: word.until, note: reason, by: who } };
  }
}

/** The number stands in the sealed part of the line only. */
function numberEvent(
  { practice, endpoint, who, word }: NumberWord,
  what: string,
  at: number,
  reason: string,
): Change['events'][number] {
  const facts = { channel: endpoint.channel, ...(word.type === 'suppress' ? { why: word.why } : {}) };
  return { message: null, practice, subject: 'number', what, who, at, facts, note: `${endpoint.address}: ${reason}` };
}

/** What is held because this number was barred, and has no other way, is weighed anew. */
async function release(deps: Deps, { practice, endpoint, who, practices, reason }: NumberWord): Promise<number> {
  const { store } = deps;
  const { address } = endpoint;
  let released = 0;
  for (let cursor: string | undefined; ;) {
    const search = { text: address, number: address, patients: false };
    const { rows, next } = await store.deliveries({ practices: [practice], state: 'held', search, cursor, limit: 200 });
    for (const { delivery } of rows) {
      if (!waitsFor(delivery, endpoint)) continue;
      await decideDelivery(deps)({ id: delivery.id, verb: 'retry', who, practices, reason });
      released += 1;
    }
    if (next === null) return released;
    cursor = next;
  }
}

const waitsFor = ({ routes, rejected }: Delivery, { channel, address }: Endpoint): boolean =>
  routes.length === 0 &&
  rejected.some((each) => (each.channel === channel && each.address === address) || faxOf(each.address) === address);

/** Write down who told it, what was disclosed and when; the number is not dialled again.
 *  @throws NotFound; Conflict when nothing of the delivery can have come out of a fax machine. */
export function reportMisdirected({
  store,
  now,
  channels,
}: Deps & { readonly channels: ReadonlyMap<string, Channel> }) {
  return async (word: WrongPlace): Promise<Misdirection> => {
    const { who, practices, reporter, assurance, reason } = word;
    const delivery = await store.delivery(word.delivery);
    const { practice, message } = delivery;
    if (practices !== null && !practices.includes(practice)) throw new NotFound(`${delivery.id} not found`);
    const taken = (await store.attemptsOf(delivery.id)).filter(
      ({ channel, outcome }) =>
        channels.get(channel)?.capabilities.dials && (outcome?.kind === 'accepted' || outcome?.kind === 'unknown'),
    );
    const last = taken.find(({ id }) => id === delivery.provenBy) ?? taken.at(-1);
    if (!last) throw new Conflict(`${delivery.id} was never faxed: nothing of it can lie at a wrong number`);
    const { channel, address } = last;
    const there = taken.filter((each) => each.channel === channel && each.address === address);
    const at = now();
    const misdirection: Misdirection = {
      id: newId('mis', at),
      practice,
      message,
      delivery: delivery.id,
      attempts: there.map(({ id }) => id),
      endpoint: { channel, address },
      sentAt: firstOf(there),
      at,
      by: who,
      reporter,
      assurance,
      note: reason,
      disclosed: await disclosedBy(store, delivery),
    };
    const suppression = { why: 'misdirected' as const, note: reason, by: who, until: null };
    const facts = { channel, misdirection: misdirection.id, assurance, attempts: there.length };
    await store.commit({
      misdirection,
      standing: learn(await store.standing(practice, { channel, address }), { type: 'suppressed', suppression }, at),
      events: [{ message, subject: delivery.id, what: 'delivery.misdirected', who, at, facts, note: reason }],
    });
    return misdirection;
  };
}

const firstOf = (attempts: readonly Attempt[]): number => Math.min(...attempts.map(({ openedAt }) => openedAt));

/** Kept by itself: the message is erased after a while, the duty to tell is not. */
async function disclosedBy(store: Store, { message: id, recipient }: Delivery): Promise<Disclosed> {
  const message = await store.message(id);
  const patient = message.referral ? (await store.referral(message.referral)).request.patient : null;
  return {
    patient: patient && {
      name: [...patient.name.given, patient.name.family].join(' '),
      birthDate: patient.birthDate,
    },
    documents: message.documents.map(({ name, sha256 }) => ({ name, sha256 })),
    recipient: recipient.name,
  };
}

/** The letter about pages that came to the wrong place; who drew it up is put on record.
 *  @throws NotFound */
export function drawLetter({ store, now, practices: ours }: Deps & { readonly practices: readonly Practice[] }) {
  return async (word: Asked & { readonly id: MisdirectionId; readonly to: LetterKind }): Promise<Uint8Array> => {
    const { id, to, who, practices } = word;
    const found = await store.misdirection(id);
    const practice = ours.find((each) => each.id === found.practice);
    if (!practice || (practices !== null && !practices.includes(found.practice))) throw new NotFound(`${id} not found`);
    const at = now();
    const letter = await misdirectionLetter(to, found, practice, at);
    const told = { message: found.message, subject: found.delivery, what: 'letter.exported', who, at };
    await store.commit({ events: [{ ...told, facts: { misdirection: id, to } }] });
    return letter;
  };
}
