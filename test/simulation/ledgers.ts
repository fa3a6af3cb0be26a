import { appendFileSync, existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { AttemptId, DeliveryId, MessageId, PracticeId } from '../../src/core/message.ts';
import type { Notice } from '../../src/core/channel.ts';

/** What came to a reader's eyes, as the far side itself wrote it down. */
export interface Line {
  readonly content: string;
  /** The name it bore on the wire. */
  readonly family: AttemptId;
  /** Which of our tries brought it: the far side's own number for it stands for this. */
  readonly attempt: AttemptId;
  readonly channel: string;
  readonly address: string;
  /** It said of itself that it may be a second copy. */
  readonly marked: boolean;
  readonly at: number;
}

/** What somebody handed us and was told "we have it". */
export interface Promised {
  readonly content: string;
  readonly practice: PracticeId;
  readonly by: 'api' | 'direct';
  /** Known to senders by API: the 202 names it. */
  readonly message: MessageId | null;
  readonly token: string;
}

/** Books that the world keeps for itself; the gateway neither writes nor reads them. */
export interface Ledgers {
  readonly promised: Promised[];
  readonly read: Line[];
  /** Attempts of which the far side may have got hold: their bytes left us. */
  readonly left: Set<AttemptId>;
  /** Attempts whose adapter broke: nobody can say how far they came. */
  readonly broken: Set<AttemptId>;
  readonly notices: { readonly token: string; readonly notice: Notice }[];
  /** Deliveries that a person moved, and how often. */
  readonly persons: Map<DeliveryId, number>;
}

/** The same books on disk, line by line: they outlive the process that the world shares with a gateway to be killed. */
export function ledgersIn(folder: string): Ledgers {
  const file = join(folder, 'ledgers');
  const books = emptyLedgers();
  const entries = existsSync(file) ? readFileSync(file, 'utf8').split('\n').slice(0, -1) : [];
  for (const entry of entries) {
    const [book, value] = JSON.parse(entry) as [keyof Ledgers, never];
    enterIn(books, book, value);
  }
  const note = (book: keyof Ledgers, value: unknown): void => {
    appendFileSync(file, `${JSON.stringify([book, value])}\n`, { flush: true });
  };
  for (const book of ['promised', 'read', 'notices'] as const) {
    const list = books[book] as unknown[];
    const push = list.push.bind(list);
    list.push = (value) => {
      note(book, value);
      return push(value);
    };
  }
  for (const book of ['left', 'broken'] as const) {
    const set = books[book];
    const add = set.add.bind(set);
    set.add = (value) => {
      note(book, value);
      return add(value);
    };
  }
  const set = books.persons.set.bind(books.persons);
  books.persons.set = (id, times) => {
    note('persons', [id, times]);
    return set(id, times);
  };
  return books;
}

function enterIn(books: Ledgers, book: keyof Ledgers, value: never): void {
  if (book === 'left' || book === 'broken') books[book].add(value);
  else if (book === 'persons') books.persons.set(...(value as [DeliveryId, number]));
  else books[book].push(value);
}

export const emptyLedgers = (): Ledgers => ({
  promised: [],
  read: [],
  left: new Set(),
  broken: new Set(),
  notices: [],
  persons: new Map(),
});
