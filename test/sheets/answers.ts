import {
  declineReasons,
  sheetKinds,
  type BoxName,
  type SheetKind,
  type SheetSays,
} from '../../src/core/answer-sheet.ts';
import { boxes } from '../../src/documents/sheet-layout.ts';
import { readSheet } from '../../src/documents/sheet-read.ts';
import { sheetSays } from '../../src/core/sheet-says.ts';
import { chance, type Chance } from '../simulation/chance.ts';
import { anyJourney, mark, newToken, printedSheet, returned, scrawl } from './paper.ts';

/** Sheets that people fill in and fax back, read and compared with what was meant. */

export const sentAt = Date.UTC(2026, 10, 23, 12);

export interface Meant {
  readonly ticked: readonly BoxName[];
  readonly kind: SheetKind | null;
  readonly date: string | null;
}

/** What offices answer: mostly one box, now and then none or two. */
export function anyAnswer(draw: Chance): Meant {
  const way = draw.weighed({ received: 20, scheduled: 40, seen: 14, information: 10, declined: 10, none: 2, two: 4 });
  if (way === 'none') return { ticked: [], kind: null, date: null };
  if (way === 'two') {
    const first = draw.pick(sheetKinds);
    return { ticked: [first, draw.pick(sheetKinds.filter((each) => each !== first))], kind: null, date: null };
  }
  if (way === 'declined') return { ticked: [way, `reason-${draw.pick(declineReasons)}`], kind: way, date: null };
  if (way !== 'scheduled') return { ticked: [way], kind: way, date: null };
  const day = new Date(sentAt + draw.between(1, 300) * 24 * 3_600_000);
  return {
    ticked: [way, `month-${day.getUTCMonth() + 1}`, `day-${day.getUTCDate()}`],
    kind: way,
    date: day.toISOString().slice(0, 10),
  };
}

export interface Trial {
  readonly seed: number;
  readonly meant: Meant;
  readonly token: 'right' | 'none' | 'wrong';
  readonly says: SheetSays | null;
  readonly boxes: { readonly right: number; readonly wrong: number; readonly undecided: number };
  readonly ms: number;
}

/** One sheet: printed, faxed, filled in, faxed back on the worst of lines, and read. */
export async function trial(seed: number, ydpi: 98 | 196): Promise<Trial> {
  const draw = chance(seed);
  const token = newToken(draw);
  const meant = anyAnswer(draw);
  const back = returned(await printedSheet(token), anyJourney(draw, ydpi), draw, (paper) => {
    for (const name of meant.ticked) mark(paper, name, draw);
    if (draw.yes(0.4)) scrawl(paper, draw);
  });
  const start = performance.now();
  const reading = await readSheet(back);
  const ms = performance.now() - start;
  const count = { right: 0, wrong: 0, undecided: 0 };
  for (const { name, mark: read } of reading?.boxes ?? []) {
    if (read === 'doubtful') count.undecided++;
    else if ((read === 'marked') === meant.ticked.includes(name)) count.right++;
    else count.wrong++;
  }
  if (!reading) count.undecided += boxes.length;
  const found = reading?.token ?? null;
  return {
    seed,
    meant,
    token: found === null ? 'none' : found === token ? 'right' : 'wrong',
    says: reading && sheetSays(reading, sentAt),
    boxes: count,
    ms,
  };
}

/** Would it have moved a referral on its own, and wrongly? */
export const wronglySet = ({ says, token, meant }: Trial): boolean =>
  token === 'right' &&
  says !== null &&
  says.kind !== null &&
  says.kind !== 'declined' &&
  says.doubts.length === 0 &&
  (says.kind !== meant.kind || says.date !== meant.date);
