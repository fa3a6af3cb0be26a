import { declineReasons, sheetKinds, type BoxReading, type SheetSays } from './answer-sheet.ts';

/** What the boxes of a sheet say together, and why a person must look before it is believed.
 *  @param arrivedAt epoch ms: an appointment is the next such day after it */
export function sheetSays({ boxes }: { readonly boxes: readonly BoxReading[] }, arrivedAt: number): SheetSays {
  const [kinds, months, days, reasons] = [
    group(boxes, (name) => (sheetKinds as readonly string[]).includes(name)),
    group(boxes, (name) => name.startsWith('month-')),
    group(boxes, (name) => name.startsWith('day-')),
    group(boxes, (name) => name.startsWith('reason-')),
  ];
  const kind = sheetKinds.find((each) => each === kinds.marked[0]) ?? null;
  const dated = kind === 'scheduled' || kind === null;
  const date = dated ? nextDay(months.marked, days.marked, arrivedAt) : null;
  const doubts = [
    ...(kinds.marked.length === 0 ? ['no box is ticked'] : []),
    ...(kinds.marked.length > 1 ? ['two boxes are ticked'] : []),
    ...(kinds.doubtful ? ['a mark is not clear'] : []),
    ...(kind === 'scheduled'
      ? dateDoubts(months, days, date)
      : strayDoubts([months, days], 'a date is ticked as well')),
    ...(kind === 'declined' ? [] : strayDoubts([reasons], 'a reason to decline is ticked as well')),
  ];
  return {
    kind: kinds.marked.length === 1 ? kind : null,
    date,
    reasons: declineReasons.filter((reason) => reasons.marked.includes(`reason-${reason}`)),
    doubts,
  };
}

interface Group {
  readonly marked: readonly string[];
  readonly doubtful: boolean;
}

function group(boxes: readonly BoxReading[], belongs: (name: string) => boolean): Group {
  const own = boxes.filter(({ name }) => belongs(name));
  return {
    marked: own.filter(({ mark }) => mark === 'marked').map(({ name }) => name),
    doubtful: own.some(({ mark }) => mark === 'doubtful'),
  };
}

function dateDoubts(months: Group, days: Group, date: string | null): string[] {
  if (months.doubtful || days.doubtful) return ['the date is not clear'];
  return date === null ? ['no single day of the coming year is ticked'] : [];
}

const strayDoubts = (groups: readonly Group[], words: string): string[] =>
  groups.some(({ marked, doubtful }) => marked.length > 0 || doubtful) ? [words] : [];

const dayMs = 24 * 3_600_000;
/** What would be further ahead is a day that has passed. Yesterday, for time zones, has not. */
const farthest = 330;

/** The next day of that name after an arrival, ISO date; null unless one month and one day are ticked and it exists. */
function nextDay(months: readonly string[], days: readonly string[], arrivedAt: number): string | null {
  if (months.length !== 1 || days.length !== 1) return null;
  const [month, day] = [months[0], days[0]].map((name) => Number(name?.split('-')[1])) as [number, number];
  const yesterday = new Date(arrivedAt - dayMs).toISOString().slice(0, 10);
  const year = Number(yesterday.slice(0, 4));
  for (const each of [year, year + 1]) {
    const date = new Date(Date.UTC(each, month - 1, day));
    const iso = date.toISOString().slice(0, 10);
    if (date.getUTCDate() !== day || iso < yesterday) continue;
    return date.getTime() - arrivedAt > farthest * dayMs ? null : iso;
  }
  return null;
}
