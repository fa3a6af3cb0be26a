import { stages, type Stage } from '../core/change.ts';
import type { AttemptId, DeliveryId, Message, MessageId } from '../core/message.ts';
import { Conflict, NotFound } from '../errors.ts';
import type { DeadLetter, Store } from '../store/store.ts';

interface DeadLetterWord {
  readonly who: string;
  readonly stage: string;
  readonly subject: string;
  /** `aside`: it is left to lie, out of sight; it can still be tried again. */
  readonly word: 'retry' | 'aside';
  readonly reason: string;
}

/** A person has seen work that our own code gave up on.
 *  @throws NotFound when there is no such work; Conflict when it is not given up. */
export function decideDeadLetter({ store, now }: { readonly store: Store; readonly now: () => number }) {
  return async ({ who, stage: named, subject, word, reason }: DeadLetterWord): Promise<void> => {
    const stage = stages.find((each) => each === named);
    if (!stage) throw new NotFound('no such stage');
    const { id } = await messageOf(store, stage, subject);
    const at = now();
    const what = word === 'retry' ? 'work.retried' : 'work.set-aside';
    try {
      await store.commit({
        deadLetter: { stage, subject, word, at },
        events: [{ message: id, subject, what, who, at, facts: { stage }, note: reason }],
      });
    } catch (cause) {
      if (!(cause instanceof Conflict)) throw cause;
      throw new Conflict('it is no dead letter any more: somebody tried it again', { cause });
    }
  };
}

/** The message that a piece of work is about.
 *  @throws NotFound */
async function messageOf(store: Store, stage: Stage, subject: string): Promise<Message> {
  if (stage === 'deliver' || stage === 'settle')
    return store.message((await store.delivery(subject as DeliveryId)).message);
  if (stage !== 'remind') return store.message(subject as MessageId);
  const attempt = await store.attempt(subject as AttemptId);
  if (!attempt) throw new NotFound(`${subject} not found`);
  return store.message((await store.delivery(attempt.delivery)).message);
}

/** All that was given up, with the message of each; null: it cannot be found. */
export function listDeadLetters({ store }: { readonly store: Store }) {
  return async (): Promise<(DeadLetter & { readonly message: MessageId | null })[]> =>
    Promise.all(
      (await store.deadLetters()).map(async (each) => {
        const message = await messageOf(store, each.stage, each.subject).catch((cause: unknown) => {
          if (!(cause instanceof NotFound)) throw cause;
          return null;
        });
        return { ...each, message: message && message.id };
      }),
    );
}
