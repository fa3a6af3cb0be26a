import type { Entry, Field } from '../core/entry.ts';
import type { KnownForm, Lessons } from '../core/lesson.ts';
import type { PracticeId } from '../core/message.ts';
import { NotFound } from '../errors.ts';
import { retaught, type Correction } from '../intake/teach.ts';
import type { Store } from '../store/store.ts';

/** What corrections taught about the forms of whoever sent an entry; none of senders without a number or address. */
export async function formsKnown(
  store: Store,
  entry: Pick<Entry, 'practice' | 'message'>,
): Promise<readonly KnownForm[]> {
  const lessons = await lessonsAbout(store, entry);
  return lessons?.forms ?? [];
}

async function lessonsAbout(
  store: Store,
  { practice, message }: Pick<Entry, 'practice' | 'message'>,
): Promise<Lessons | null> {
  const { origin } = await store.message(message);
  return origin.from === null ? null : store.lessonsOf(practice, origin.from);
}

/** The lessons of a sender after a person accepted a referral of an entry: what was corrected, and where the rest stood.
 *  Null: whoever sent it is not known, or nothing in it was read from a page. */
export async function lessonsFrom(
  store: Store,
  before: Entry,
  after: Entry,
  part: number,
  at: number,
): Promise<Lessons | null> {
  const corrections = correctionsIn(before, after, part);
  const confirmed = ofPart(after, part).filter(({ by, place }) => by === 'reading' && place !== null);
  const lessons = corrections.length + confirmed.length === 0 ? null : await lessonsAbout(store, before);
  if (!lessons) return null;
  const pages = await store.pagesIn(before);
  const own = pages.map((page, index) => {
    const sheet = before.sheets?.[index];
    return sheet === undefined || sheet.part === part || sheet.part === null ? page : null;
  });
  const forms = retaught(lessons.forms, own, corrections, confirmed);
  const last = { entry: before.id, before: lessons.forms };
  return { ...lessons, forms, last, at, version: lessons.version + 1 };
}

const ofPart = ({ fields }: Entry, part: number): readonly Field[] =>
  fields.filter((field) => (field.part ?? 0) === part);

function correctionsIn(before: Entry, after: Entry, part: number): Correction[] {
  const read = ofPart(before, part);
  const said = ofPart(after, part);
  const changed = said.filter(({ by }) => by === 'person').map(({ name, value }) => ({ name, value }));
  const cleared = read
    .filter(({ name }) => !said.some((each) => each.name === name))
    .map(({ name }) => ({ name, value: '' }));
  return [...changed, ...cleared].map(({ name, value }) => ({
    field: name,
    value,
    read: read.find((each) => each.name === name),
  }));
}

/** The lessons without what this entry taught, when its decision is taken back at once; null: it taught nothing. */
export async function untaught(store: Store, entry: Entry): Promise<Lessons | null> {
  const lessons = await lessonsAbout(store, entry);
  if (lessons?.last?.entry !== entry.id) return null;
  return { ...lessons, forms: lessons.last.before, last: null, version: lessons.version + 1 };
}

/** Forget what was learnt about a sender.
 *  @throws NotFound also for another practice's. */
export function forgetLessons({ store, now }: { readonly store: Store; readonly now: () => number }) {
  return async (word: {
    readonly who: string;
    readonly practices: readonly PracticeId[] | null;
    readonly id: string;
  }) => {
    const lessons = (await store.lessonsIn(word.practices)).find(({ id }) => id === word.id);
    if (!lessons) throw new NotFound(`${word.id} not found`);
    await store.commit({
      lessons: { ...lessons, forms: [], last: null, version: lessons.version + 1 },
      events: [
        {
          message: null,
          practice: lessons.practice,
          subject: lessons.id,
          what: 'lessons.forgotten',
          who: word.who,
          at: now(),
          facts: { forms: lessons.forms.length },
        },
      ],
    });
  };
}
