import type { Inbox, Log } from '../core/channel.ts';
import type { Entry, EntryAnswer, Repeat } from '../core/entry.ts';
import type { KnownForm } from '../core/lesson.ts';
import type { Message, MessageId } from '../core/message.ts';
import { newId } from '../ids.ts';
import { readPacket } from '../intake/packet.ts';
import { withStated } from '../intake/stated.ts';
import { isDrawn, type Memory, type PageRead, type ReadDocument } from '../documents/read.ts';
import { marksFor } from '../intake/copies.ts';
import { sharedWith } from '../intake/repeats.ts';
import type { Store } from '../store/store.ts';
import { takeAnswers } from './answer.ts';
import { recognised, type RecogniseDeps } from './recognise.ts';
import { takeReport } from './report.ts';
import { isOurs } from './route.ts';
import { formsKnown } from './teach.ts';

export interface ExtractDeps extends RecogniseDeps {
  /** Where the proof goes that an answer sheet is. */
  readonly inbox: Inbox;
  readonly log: Log;
  readonly now: () => number;
  /** Opens one document in the sandbox: pages, text, and what could not be read. Never throws for a bad file. */
  readonly read: (
    document: Message['documents'][number],
    bytes: Uint8Array,
    signal: AbortSignal,
    urgency: Message['urgency'],
    memory: Memory,
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
      const bytes = await store.document(document.id);
      readings.push(await deps.read(document, bytes, signal, message.urgency, memoryOf(store, message)));
    }
    const pages = readings.flatMap((reading) => reading.pages);
    const answers = await takeAnswers(deps, message, pages);
    const report = await takeReport(deps, message, pages, answers);
    const marks = marksOf(message, pages);
    const forms = await formsKnown(store, { practice: message.practice, message: id });
    const told = withReport(entryFor(message, readings, answers, forms, now()), readings, report);
    const read = await recognised(deps, told);
    const repeats = await repeatsOf(store, pages, marks);
    const entry = repeats.length > 0 ? { ...read, repeats } : read;
    await store.commit({
      ...onwards,
      pages: pages.filter(isDrawn),
      entry,
      marks: marks.map((mark) => ({ entry: entry.id, message: id, mark })),
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

/** Scans are kept page by page, and found again by practice: nobody learns that another one has the same page. */
function memoryOf(store: Store, { practice }: Message): Memory {
  const named = (hash: string): string => `${practice}:${hash}`;
  return {
    recall: (hash) => store.pageLike(named(hash)),
    keep: async ({ page, png, hash }) => {
      await store.commit({ pages: [{ page, png, hash: named(hash) }], events: [] });
    },
  };
}

const marksOf = ({ practice }: Message, pages: readonly PageRead[]): string[] => [
  ...new Set(pages.flatMap(({ page }) => marksFor(page).map((mark) => `${practice}:${mark}`))),
];

const likeliest = 3;

/** Earlier entries of the practice that the same pages came in. */
async function repeatsOf(store: Store, pages: readonly PageRead[], marks: readonly string[]): Promise<Repeat[]> {
  const own = pages.map(({ page }) => page);
  const found: Repeat[] = [];
  for (const earlier of await store.entriesLike(marks, likeliest)) {
    const shared = sharedWith(own, await store.pagesIn(earlier));
    if (shared) found.push({ entry: earlier.id, ...shared });
  }
  return found;
}

function entryFor(
  message: Message,
  readings: readonly ReadDocument[],
  answers: readonly EntryAnswer[],
  forms: readonly KnownForm[],
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
      readPacket(pages, forms),
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

const partlyFiled =
  'this is the report on a referral that you sent: what could be read is filed with it; ask for the rest, then turn this away';

/** A report that was read to its end lies with its referral already; what could not be read, a person must see. */
function withReport(entry: Entry, readings: readonly ReadDocument[], report: Entry['referral']): Entry {
  if (report === null) return entry;
  const whole = readings.every(({ pages }) => pages.length > 0) && (entry.answers ?? []).every(isPlain);
  if (whole) return { ...entry, state: 'accepted', referral: report };
  return { ...entry, warnings: [...entry.warnings, partlyFiled] };
}

/** What the channel that brought it has to say of its content. */
const remarksOf = ({ origin }: Message): string[] => origin.details['remarks']?.split('\n') ?? [];

/** Nobody needs to look at answers that moved their referrals by themselves, when there is nothing else in the arrival:
 *  the pages from the first sheet on are theirs. What is missing, a person must find. */
const isSettled = (answers: readonly EntryAnswer[]): boolean => answers[0]?.page === 0 && answers.every(isPlain);

const isPlain = ({ verdict, kind }: EntryAnswer): boolean => verdict === 'applied' && kind !== 'information';
