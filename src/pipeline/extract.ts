import type { Inbox, Log, Practice } from '../core/channel.ts';
import type { Entry, EntryAnswer } from '../core/entry.ts';
import type { Message, MessageId } from '../core/message.ts';
import { newId } from '../ids.ts';
import { readPacket } from '../intake/packet.ts';
import { withStated } from '../intake/stated.ts';
import type { ReadDocument } from '../documents/read.ts';
import type { Store } from '../store/store.ts';
import { takeAnswers } from './answer.ts';
import { isOurs } from './route.ts';

export interface ExtractDeps {
  readonly store: Store;
  /** Where the proof goes that an answer sheet is. */
  readonly inbox: Inbox;
  readonly log: Log;
  readonly now: () => number;
  readonly practices: readonly Practice[];
  /** Opens one document in the sandbox: pages, text, and what could not be read. Never throws for a bad file. */
  readonly read: (
    document: Message['documents'][number],
    bytes: Uint8Array,
    signal: AbortSignal,
    urgency: Message['urgency'],
  ) => Promise<ReadDocument>;
}

/** Read what is meant for our own people, so that they find text and proposed fields beside the pages.
 *  What only passes through is not opened: its content is none of our business. */
export function extract(deps: ExtractDeps) {
  return async (id: MessageId, signal: AbortSignal): Promise<void> => {
    const { store, now, log } = deps;
    const message = await store.message(id);
    const deliveries = await store.deliveriesOf(id);
    const onwards = { work: [{ stage: 'route' as const, subject: id, dueAt: now(), urgency: message.urgency }] };
    const forUs = deliveries.some((delivery) => isOurs(deps.practices, message, delivery));
    if (!forUs || (await store.entryOf(id))) {
      await store.commit({ ...onwards, events: [] });
      return;
    }
    const startedAt = now();
    const readings: ReadDocument[] = [];
    for (const document of message.documents) {
      readings.push(await deps.read(document, await store.document(document.id), signal, message.urgency));
    }
    const pages = readings.flatMap((reading) => reading.pages);
    const answers = await takeAnswers(deps, message, pages);
    const entry = entryFor(message, readings, answers, now());
    await store.commit({
      ...onwards,
      pages,
      entry,
      events: [
        {
          message: id,
          subject: entry.id,
          what: 'message.read',
          who: 'gateway',
          at: now(),
          facts: { pages: pages.length, fields: entry.fields.length, warnings: entry.warnings.length },
        },
      ],
    });
    log.info('message.read', { message: id, pages: pages.length, ms: now() - startedAt });
  };
}

function entryFor(
  message: Message,
  readings: readonly ReadDocument[],
  answers: readonly EntryAnswer[],
  at: number,
): Entry {
  const pages = readings.flatMap((reading) => reading.pages.map(({ page }) => page));
  return {
    id: newId('itk', at),
    message: message.id,
    practice: message.practice,
    state: isSettled(answers) ? 'accepted' : 'read',
    channel: message.origin.channel,
    pages: pages.length,
    ...withStated(
      readPacket(pages),
      readings.map(({ clinical, pages: { length } }) => ({ clinical, pages: length })),
    ),
    warnings: [...remarksOf(message), ...readings.flatMap((reading) => reading.warnings)],
    ...(answers.length > 0 ? { answers } : {}),
    referral: isSettled(answers) ? (answers[0]?.referral ?? null) : null,
    reason: null,
    arrivedAt: message.receivedAt,
    version: 1,
  };
}

/** What the channel that brought it has to say of its content. */
const remarksOf = ({ origin }: Message): string[] => origin.details['remarks']?.split('\n') ?? [];

/** Nobody needs to look at answers that moved their referrals by themselves, when there is nothing else in the arrival:
 *  the pages from the first sheet on are theirs. What is missing, a person must find. */
const isSettled = (answers: readonly EntryAnswer[]): boolean =>
  answers[0]?.page === 0 && answers.every(({ verdict, kind }) => verdict === 'applied' && kind !== 'information');
