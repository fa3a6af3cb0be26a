import type { PracticeId } from '../core/message.ts';
import { untouched, type Task } from '../core/task.ts';
import { Conflict, NotFound } from '../errors.ts';
import type { Store } from '../store/store.ts';

/** What a person says about something in the worklist; what is absent stays as it is. */
export interface TaskWord {
  readonly who: string;
  readonly practices: readonly PracticeId[] | null;
  readonly subject: Task['subject'];
  /** The version that the asker saw. */
  readonly version: number;
  readonly owner?: string | null | undefined;
  readonly dueAt?: number | null | undefined;
  readonly snoozedUntil?: number | null | undefined;
  readonly done?: boolean | undefined;
}

/** Take it, give it back, put it off, or say that nothing is left to do.
 *  @throws NotFound also for another practice's; Conflict when somebody else changed it meanwhile. */
export function keepTask({ store, now }: { readonly store: Store; readonly now: () => number }) {
  return async (word: TaskWord): Promise<Task> => {
    const { subject, who, practices, version } = word;
    const { practice, message } = subject.startsWith('itk_')
      ? await store.entry(subject as `itk_${string}`)
      : await store.delivery(subject as `dlv_${string}`);
    if (practices !== null && !practices.includes(practice)) throw new NotFound('not here');
    const before = (await store.task(subject)) ?? untouched(subject, practice);
    if (before.version !== version)
      throw new Conflict(`somebody else changed it meanwhile${before.owner ? `; it is ${before.owner}'s now` : ''}`);
    const at = now();
    const after: Task = {
      ...before,
      owner: word.owner === undefined ? before.owner : word.owner,
      dueAt: word.dueAt === undefined ? before.dueAt : word.dueAt,
      snoozedUntil: word.snoozedUntil === undefined ? before.snoozedUntil : word.snoozedUntil,
      doneAt: word.done === undefined ? before.doneAt : word.done ? at : null,
      version: version + 1,
    };
    const facts = {
      ...(after.owner === before.owner ? {} : { owner: after.owner ?? 'nobody' }),
      ...(after.dueAt === before.dueAt ? {} : { dueAt: after.dueAt ?? 0 }),
      ...(after.snoozedUntil === before.snoozedUntil ? {} : { snoozedUntil: after.snoozedUntil ?? 0 }),
      ...(word.done === undefined ? {} : { done: word.done }),
    };
    await store.commit({ task: after, events: [{ message, subject, what: 'task.kept', who, at, facts }] });
    return after;
  };
}
