import { noteAnswer, sheetKinds, type AnswerSheet } from '../core/answer-sheet.ts';
import { decide, type Entry, type EntryAnswer } from '../core/entry.ts';
import { answered, fileReport, type AnswerKind, type Referral } from '../core/referral.ts';
import { Invalid } from '../errors.ts';
import type { Store } from '../store/store.ts';

/** What a person says that an answer sheet means. */
export interface AnswerWord {
  /** Index into the entry's pages, from 0. */
  readonly page: number;
  readonly kind: AnswerKind;
  /** Of the appointment, ISO date. */
  readonly date: string | null;
  readonly reason: string | null;
}

/** A person read an answer sheet: the referral moves by the same path as when a machine had read it, and the pages
 *  behind the sheet are filed with it. The entry is done when none of its sheets waits any more.
 *  @throws Invalid when the page is no answer sheet of this practice */
export async function answerEntry(
  { store, now }: { readonly store: Store; readonly now: () => number },
  before: Entry,
  word: AnswerWord,
  who: string,
): Promise<Entry> {
  const answer = before.answers?.find(({ page }) => page === word.page);
  if (!answer?.referral) throw new Invalid('no answer to a referral', { page: 'is no answer sheet of this practice' });
  const at = now();
  const referral = await store.referral(answer.referral);
  const evidence = `answer sheet in ${before.message}, read by ${who}`;
  const moved = answered(referral, word.kind, { evidence, reason: word.reason, date: word.date ?? undefined, at });
  const filed = fileReport(moved, { message: before.message, at, pages: await reportOf(store, before, answer) });
  const entry = decide(before, { type: 'answered', page: word.page, referral: referral.id });
  const sheet = await noted(store, before, answer, word.kind, at);
  const facts = { answer: word.kind, arrival: before.message, ...(word.date === null ? {} : { date: word.date }) };
  const note = word.reason === null ? {} : { note: word.reason };
  await store.commit({
    entry,
    ...(sheet ? { sheet } : {}),
    ...(filed === referral ? {} : { referral: { ...filed, version: referral.version + 1 } }),
    events: [
      {
        message: before.message,
        subject: before.id,
        what: 'entry.answered',
        who,
        at,
        facts: { referral: referral.id },
      },
      { message: referral.message, subject: referral.id, what: 'answer.confirmed', who, at, facts, ...note },
    ],
  });
  return entry;
}

async function reportOf(store: Store, entry: Entry, { report }: EntryAnswer): Promise<ReportPages> {
  const pages = await store.pagesIn(entry);
  return pages.filter((_, index) => report.includes(index)).map(({ document, number }) => ({ document, number }));
}

type ReportPages = NonNullable<Referral['reports']>[number]['pages'];

/** So that the same answer, when it comes again, is known. */
async function noted(
  store: Store,
  { message: arrival }: Entry,
  { sheet: id, evidence }: EntryAnswer,
  kind: AnswerKind,
  at: number,
): Promise<AnswerSheet | null> {
  const sheet = id === null ? null : await store.answerSheet(id);
  const ticked = sheetKinds.find((each) => each === kind);
  return sheet && ticked && evidence ? noteAnswer(sheet, { kind: ticked, at, arrival, evidence }) : null;
}
