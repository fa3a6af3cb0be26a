import type { Practice } from '../core/channel.ts';
import { openParts, type AskWord, type Entry } from '../core/entry.ts';
import { missingIn, type Needs } from '../core/missing.ts';
import type { Message, Urgency } from '../core/message.ts';
import { requestLetter } from '../documents/letters.ts';
import { Conflict, Invalid, NotFound } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Store } from '../store/store.ts';
import { promised, received, sealed } from './records.ts';

interface Deps {
  readonly store: Store;
  readonly now: () => number;
  readonly practices: readonly Practice[];
  readonly needs: Needs;
  /** How long proof may take, ms. */
  readonly deadlines: Readonly<Record<Urgency, number>>;
}

/** Ask the sender of an entry for what its referral lacks, by the route that it came by. A message of its own, with all
 *  that messages have: tries, proof, a place in the log. It names no patient: whoever reads it has the pages.
 *  @throws NotFound; Conflict when nothing is missing, the entry is decided, or its sender cannot be written to. */
export function askSender({ store, now, practices, needs, deadlines }: Deps) {
  return async ({ id, part, fields, who, ...asked }: AskWord): Promise<Entry> => {
    const entry = await store.entry(id);
    if (asked.practices !== null && !asked.practices.includes(entry.practice)) throw new NotFound(`${id} not found`);
    if (entry.state !== 'waiting') throw new Conflict(`${id} is ${entry.state} already`);
    const [next = 0, ...others] = openParts(entry);
    const about = part ?? next;
    if (about !== next && !others.includes(about)) throw new Conflict(`${id} has no open referral ${about}`);
    const missing =
      fields ??
      missingIn(
        entry.fields.filter((field) => (field.part ?? 0) === about),
        needs,
      );
    if (missing.length === 0) throw new Invalid('nothing is missing', { fields: 'name what to ask for' });
    const { origin, receivedAt } = await store.message(entry.message);
    const practice = practices.find((each) => each.id === entry.practice);
    if (origin.from === null || !practice)
      throw new Conflict(`who sent ${id} is not known: there is no address to write to`);
    const at = now();
    const message = newId('msg', at);
    const bytes = await requestLetter(practice, { arrivedAt: receivedAt, pages: entry.pages, entry: id, missing }, at);
    const letter = sealed(message, 'carried', { name: 'request.pdf', mediaType: 'application/pdf', bytes }, at);
    const recipient = {
      name: null,
      npi: null,
      phone: null,
      endpoints: [{ channel: origin.channel, address: origin.from }],
    };
    const request: Message = {
      id: message,
      practice: entry.practice,
      origin: { channel: 'api', token: message, from: who, details: {} },
      subject: 'Request for missing information',
      urgency: 'routine',
      deadline: at + deadlines.routine,
      referral: null,
      recipients: [recipient],
      documents: [letter.document],
      receivedAt: at,
    };
    const after: Entry = {
      ...entry,
      asked: [...(entry.asked ?? []), { part: about, fields: missing, message, at, who }],
      version: entry.version + 1,
    };
    await store.commit({
      received: request,
      documents: [letter],
      deliveries: [promised(request, recipient, at)],
      entry: after,
      work: [{ stage: 'route', subject: message, dueAt: at, urgency: 'routine' }],
      events: [
        received(request, at, who),
        {
          message: entry.message,
          subject: id,
          what: 'entry.asked',
          who,
          at,
          facts: { request: message, part: about, fields: missing.length },
        },
      ],
    });
    return after;
  };
}
