import { judge, noteAnswer, type AnswerSheet, type SheetReading, type SheetVerdict } from '../core/answer-sheet.ts';
import type { SealedDocument } from '../core/change.ts';
import type { Inbox, Log } from '../core/channel.ts';
import type { EntryAnswer } from '../core/entry.ts';
import type { DocumentId, Message } from '../core/message.ts';
import { answered, fileReport, isOver, type Referral } from '../core/referral.ts';
import { sheetSays } from '../core/sheet-says.ts';
import type { PageRead } from '../documents/read.ts';
import { Conflict } from '../errors.ts';
import type { Store } from '../store/store.ts';
import { sealed } from './records.ts';
import { sheetOf } from './sheet-token.ts';

export interface AnswerDeps {
  readonly store: Store;
  readonly inbox: Inbox;
  readonly log: Log;
  readonly now: () => number;
}

/** An answer sheet among the pages of an arrival. */
interface Found {
  readonly message: Message;
  readonly pages: readonly PageRead[];
  readonly index: number;
  readonly reading: SheetReading;
  /** Indexes of the pages up to the next sheet. */
  readonly report: readonly number[];
}

/** Let every answer sheet among the pages say what it may: what is plain moves its referral, the rest a person judges.
 *  Repeating it for the same arrival is harmless. */
export async function takeAnswers(
  deps: AnswerDeps,
  message: Message,
  pages: readonly PageRead[],
): Promise<EntryAnswer[]> {
  const answers: EntryAnswer[] = [];
  const starts = pages.flatMap(({ sheet }, index) => (sheet ? [index] : []));
  for (const [i, index] of starts.entries()) {
    const reading = pages[index]?.sheet;
    if (!reading) continue;
    const end = starts[i + 1] ?? pages.length;
    const report = Array.from({ length: end - index - 1 }, (_, offset) => index + 1 + offset);
    answers.push(await takeAnswer(deps, { message, pages, index, reading, report }));
  }
  return answers;
}

async function takeAnswer(deps: AnswerDeps, found: Found): Promise<EntryAnswer> {
  const { message, reading, index } = found;
  const { token, sheet } = await named(deps.store, found);
  if (token === null) return nothing(index, 'unreadable');
  if (sheet?.practice !== message.practice) {
    const verdict = sheet ? 'foreign' : 'forged';
    await deps.store.commit({ events: [told(message, message.id, `answer.${verdict}`, deps.now(), {})] });
    deps.log.warn(`answer.${verdict}`, { message: message.id, practice: message.practice });
    return nothing(index, verdict);
  }
  const says = sheetSays(reading, message.receivedAt);
  const { verdict, evidence } = await settled(deps, sheet.id, found);
  if (verdict === 'applied' || verdict === 'person') await prove(deps, sheet, evidence, found);
  return { ...says, page: index, verdict, sheet: sheet.id, referral: sheet.referral, evidence, report: found.report };
}

const nothing = (page: number, verdict: EntryAnswer['verdict']): EntryAnswer => ({
  page,
  verdict,
  kind: null,
  date: null,
  reasons: [],
  doubts: [],
  sheet: null,
  referral: null,
  evidence: null,
  report: [],
});

/** By its codes, else by the text that our own OCR made of it. */
async function named(
  store: Store,
  { reading, pages, index }: Found,
): Promise<{ readonly token: string | null; readonly sheet: AnswerSheet | null }> {
  if (reading.token !== null) return { token: reading.token, sheet: await sheetOf(store, reading.token) };
  for (const token of spelledIn(pages[index]?.page.text ?? '')) {
    const sheet = await sheetOf(store, token);
    if (sheet) return { token, sheet };
  }
  return { token: null, sheet: null };
}

/** What may be a token in a text, whatever stands between its letters. I, L and O are none of its letters (Crockford):
 *  they are a 1 or a 0 that was misread. */
function spelledIn(text: string): string[] {
  const letters = text.toUpperCase().replaceAll(/[^0-9A-Z]/g, '');
  return Array.from(letters.matchAll(/(?=[L1I]G([0-9A-Z]{24}))/g), ([, rest = '']) => {
    return `LG${rest.replaceAll(/[IL]/g, '1').replaceAll('O', '0')}`;
  });
}

interface Settled {
  readonly verdict: SheetVerdict;
  readonly evidence: DocumentId;
}

/** The portal, staff or another arrival may move sheet or referral at the same moment: look again then. */
async function settled(deps: AnswerDeps, id: string, found: Found): Promise<Settled> {
  for (let tries = 1; ; tries++) {
    try {
      return await settleOnce(deps, id, found);
    } catch (cause) {
      if (!(cause instanceof Conflict) || tries === 5) throw cause;
    }
  }
}

async function settleOnce({ store, now }: AnswerDeps, id: string, found: Found): Promise<Settled> {
  const { message, reading } = found;
  const sheet = await store.answerSheet(id);
  if (!sheet) throw new Error(`answer sheet ${id} is gone`);
  const before = sheet.answers.find(({ arrival }) => arrival === message.id);
  if (before) return { verdict: 'applied', evidence: before.evidence };
  const at = now();
  const says = sheetSays(reading, message.receivedAt);
  const referral = await store.referral(sheet.referral);
  const verdict = isOver(referral) && judge(sheet, says, at) === 'applied' ? 'person' : judge(sheet, says, at);
  const crop = sealed(
    sheet.message,
    'evidence',
    { name: 'answer-sheet.png', mediaType: 'image/png', bytes: reading.crop },
    at,
  );
  const evidence = crop.document.id;
  const facts = { arrival: message.id, sheet: id, evidence, ...(says.kind ? { answer: says.kind } : {}) };
  if (verdict !== 'applied' || says.kind === null) {
    await store.commit({
      documents: [crop],
      events: [told(message, sheet.delivery, `answer.${events[verdict]}`, at, facts, sheet.message)],
    });
    return { verdict, evidence };
  }
  const word = { evidence: `answer sheet in ${message.id}`, date: says.date ?? undefined, at };
  const moved = answered(referral, says.kind, word);
  const filed = filedWith(moved, found, at);
  const more = { ...(says.date ? { date: says.date } : {}), pages: found.report.length };
  await store.commit({
    documents: [crop],
    sheet: noteAnswer(sheet, { kind: says.kind, at, arrival: message.id, evidence }),
    ...(filed === referral ? {} : { referral: { ...filed, version: referral.version + 1 } }),
    events: [
      {
        ...told(message, sheet.delivery, 'answer.applied', at, { ...facts, ...more }, sheet.message),
        who: 'recipient',
      },
    ],
  });
  return { verdict, evidence };
}

const events: Readonly<Record<SheetVerdict, string>> = {
  applied: 'applied',
  person: 'waiting',
  repeated: 'repeated',
  expired: 'expired',
};

/** Pages behind a sheet are the report that it speaks of. */
function filedWith(referral: Referral, { pages, report, message }: Found, at: number): Referral {
  const filed = report.flatMap((index) => {
    const page = pages[index]?.page;
    return page ? [{ document: page.document, number: page.number }] : [];
  });
  return fileReport(referral, { message: message.id, at, pages: filed });
}

/** A sheet that comes back proves that its fax came through, whatever is ticked on it. */
async function prove(
  { inbox }: AnswerDeps,
  { attempt, id }: AnswerSheet,
  evidence: SealedDocument['document']['id'],
  { message }: Found,
): Promise<void> {
  const proof = { sheet: id, arrival: message.id, crop: evidence };
  await inbox.receipt({
    channel: 'efax',
    receipt: { attempt, kind: 'opened', reason: null, at: message.receivedAt },
    author: null,
    evidence: { mediaType: 'application/json', bytes: Buffer.from(JSON.stringify(proof)) },
  });
}

const told = (
  arrival: Message,
  subject: string,
  what: string,
  at: number,
  facts: Readonly<Record<string, string | number>>,
  message = arrival.id,
) => ({ message, subject, what, who: 'gateway', at, facts });
