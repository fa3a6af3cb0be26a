import type { DeliveryId, EntryId, PracticeId } from './message.ts';

/** What people agreed on about something in the worklist. */
export interface Task {
  readonly subject: DeliveryId | EntryId;
  readonly practice: PracticeId;
  /** Who looks after it, as in events: `user:anna`. */
  readonly owner: string | null;
  /** When it should be settled, epoch ms. */
  readonly dueAt: number | null;
  /** Out of sight until then, epoch ms. */
  readonly snoozedUntil: number | null;
  /** Somebody saw it, and there is nothing left to do. Counts for the state that the subject was in then. */
  readonly doneAt: number | null;
  readonly version: number;
}

/** Nobody has touched it yet. */
export const untouched = (subject: Task['subject'], practice: PracticeId): Task => ({
  subject,
  practice,
  owner: null,
  dueAt: null,
  snoozedUntil: null,
  doneAt: null,
  version: 0,
});
