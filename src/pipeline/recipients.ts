import type { Asked } from '../core/asked.ts';
import type { Event } from '../core/change.ts';
import type { PracticeId, Recipient, RecipientId } from '../core/message.ts';
import { mostRecipients, type KnownRecipient, type RecipientWord, type RequestedReferral } from '../core/recipient.ts';
import { Conflict, Invalid, NotFound } from '../errors.ts';
import { newId } from '../ids.ts';
import type { Store } from '../store/store.ts';

interface Deps {
  readonly store: Store;
  readonly now: () => number;
}

/** Keep a recipient: a new one, or one anew.
 *  @throws NotFound also for another practice's; Conflict when somebody changed it since; Invalid when there are too many. */
export function keepRecipient({ store, now }: Deps) {
  return async (word: RecipientWord): Promise<KnownRecipient> => {
    const at = now();
    const before = word.id === null ? null : await owned(store, word, word.id);
    if (before && word.version !== null && word.version !== before.version)
      throw new Conflict('somebody changed this recipient since you looked: look again');
    if (!before && (await store.recipientsIn([word.practice])).length >= mostRecipients)
      throw new Invalid(`a practice keeps at most ${mostRecipients} recipients; nothing was kept`);
    const kept: KnownRecipient = {
      ...word.recipient,
      id: before?.id ?? newId('rcp', at),
      practice: before?.practice ?? word.practice,
      changedAt: at,
      by: word.who,
      version: (before?.version ?? 0) + 1,
    };
    await store.commit({ recipient: kept, events: [told(kept, 'recipient.kept', word.who, at)] });
    return kept;
  };
}

/** What went to him stays as it is.
 *  @throws NotFound also for another practice's. */
export function removeRecipient({ store, now }: Deps) {
  return async (word: Asked & { readonly id: RecipientId }): Promise<void> => {
    const leaving = await owned(store, word, word.id);
    await store.commit({ leaving, events: [told(leaving, 'recipient.removed', word.who, now())] });
  };
}

async function owned(store: Store, { practices }: Asked, id: RecipientId): Promise<KnownRecipient> {
  const found = await store.recipient(id);
  if (practices !== null && !practices.includes(found.practice)) throw new NotFound(`${id} not found`);
  return found;
}

const told = ({ id, practice, endpoints }: KnownRecipient, what: string, who: string, at: number): Event => ({
  message: null,
  practice,
  subject: id,
  what,
  who,
  at,
  facts: { endpoints: endpoints.length },
});

/** The recipient of a referral with endpoints: as it names them, else as the practice keeps him.
 *  @throws Invalid, with the field, when nobody or more than one is meant; nothing is sent then. */
export async function recipientOf(
  store: Store,
  practice: PracticeId,
  named: RequestedReferral['recipient'],
): Promise<Recipient> {
  const { id = null, ...recipient } = named ?? nobody;
  if (recipient.endpoints.length > 0) return recipient;
  if (id !== null) {
    const known = await store.recipient(id).catch((cause: unknown) => {
      if (cause instanceof NotFound) return null;
      throw cause;
    });
    if (known?.practice !== practice) throw nowhere('recipient.id', 'no recipient of yours has this id');
    return addressed(known, recipient);
  }
  if (recipient.npi === null)
    throw nowhere('recipient.endpoints', 'at least one endpoint is needed, or the id or NPI of a recipient of yours');
  const [only, ...more] = await store.recipientsByNpi(practice, recipient.npi);
  if (!only) throw nowhere('recipient.npi', 'no recipient of yours has this NPI: keep him first, or name an endpoint');
  if (more.length > 0)
    throw nowhere(
      'recipient.npi',
      `several recipients of yours have this NPI; name one by its id: ${[only, ...more].map((each) => each.id).join(', ')}`,
    );
  return addressed(only, recipient);
}

const nobody = { id: null, name: null, npi: null, phone: null, endpoints: [] };

/** What the referral says of him itself goes first. */
const addressed = (known: KnownRecipient, { name, npi, phone }: Recipient): Recipient => ({
  name: name ?? known.name,
  npi: npi ?? known.npi,
  phone: phone ?? known.phone,
  endpoints: known.endpoints,
});

const nowhere = (field: string, fault: string): Invalid =>
  new Invalid('the referral has nowhere to go; nothing was sent', { [field]: fault });
