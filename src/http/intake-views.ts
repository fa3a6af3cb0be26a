import { placesOf, type Placed } from '../core/arrange.ts';
import { openParts, partsOf, type Entry } from '../core/entry.ts';
import { headerLineOf } from '../core/header-line.ts';
import type { Message } from '../core/message.ts';
import { missingIn, type Needs } from '../core/missing.ts';
import type { Page } from '../core/page.ts';
import type { Store } from '../store/store.ts';
import type { Caller } from './access.ts';
import { answerSentence } from './answer-words.ts';
import type { EntryLine, EntryView } from './intake-shapes.ts';
import { documentView, iso } from './views.ts';

/** Fields of what still waits come first. */
export const entryLine = (whole: Entry, needs: Needs): EntryLine => {
  const { fields, warnings, arrivedAt, accepted = [], answers = [], repeats = [], asked = [], matches = [] } = whole;
  const open = openParts(whole);
  const shown = fields.map(({ part = 0, printed = null, doubt = null, sure = false, ...field }) => ({
    ...field,
    part,
    printed,
    doubt,
    sure,
  }));
  const { id, message, practice, state, channel, pages, referral, reason, version } = whole;
  return {
    ...{ id, message, practice, state, channel, pages, referral, reason, version },
    fields: shown.toSorted((a, b) => Number(open.includes(b.part)) - Number(open.includes(a.part)) || a.part - b.part),
    warnings: [...warnings],
    answers: answers.map((answer) => ({
      ...answer,
      says: answerSentence(answer),
      reasons: [...answer.reasons],
      doubts: [...answer.doubts],
      report: [...answer.report],
    })),
    accepted: [...accepted],
    asked: asked.map((each) => ({ ...each, fields: [...each.fields], at: iso(each.at) })),
    repeats: [...repeats],
    matches: matches.map((each) => ({
      ...each,
      at: each.at === null ? null : iso(each.at),
      agree: [...each.agree],
      differ: [...each.differ],
    })),
    missing: partsOf(whole).flatMap((part) =>
      missingIn(
        fields.filter((field) => (field.part ?? 0) === part),
        needs,
      ).map((field) => ({ part, field })),
    ),
    arrivedAt: iso(arrivedAt),
  };
};

export async function entryView(
  { store, needs }: { readonly store: Store; readonly needs: Needs },
  entry: Entry,
  caller: Caller,
): Promise<EntryView> {
  const message = await store.message(entry.message);
  const pages = await store.pagesIn(entry);
  return {
    ...entryLine(entry, needs),
    from: message.origin.from,
    sender: senderOf(message, pages),
    subject: message.subject,
    documents: message.documents.map((each) => documentView(each, pages, caller)),
    sheets: placesOf(entry, pages).flatMap((place, index) => {
      const page = pages[index];
      return page ? [sheetView(page, place)] : [];
    }),
  };
}

/** Three things that each may be wrong or forged, kept apart. */
function senderOf({ origin }: Message, [first]: readonly Page[]): EntryView['sender'] {
  if (origin.channel !== 'efax') return null;
  return { caller: origin.from, csid: origin.details['csid'] ?? null, header: first ? headerLineOf(first) : null };
}

const sheetView = (page: Page, { sheet, leaf }: Placed): EntryView['sheets'][number] => {
  const { document, number, width, height, source, text, words, blank = false, cleaning = null, boxes = [] } = page;
  return {
    ...{ document, number, width, height, source, text, blank, cleaning },
    message: leaf.message,
    turn: leaf.turn,
    words: words.map(({ text: said, box, confidence, line }) => ({ text: said, box, confidence, line })),
    boxes: [...boxes],
    ...sheet,
  };
};
