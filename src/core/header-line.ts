import type { Page } from './page.ts';

/** Where the sending machine draws its line (TTI): about twenty rows, over the image or before it; 6 mm of a page. */
const topShare = 0.035;

const time = /\b\d{1,2}[:.]\d{2}(?:\s?[AP]M)?\b/i;
const pageMark = /\b(?:p(?:age|g)?[.:]?\s*)?\d{1,3}\s*(?:\/|of)\s*\d{1,3}\b|\bp(?:age|g)?[.:]?\s*\d{1,3}\b/i;

/** The line that the sending machine wrote over a faxed page: date, name, number, page. Words for people, not proof: whoever
 *  sends sets them. Null: the first line of the page is none. */
export function headerLineOf({ words, height }: Pick<Page, 'words' | 'height'>): string | null {
  const top = words.filter(({ box }) => box.y + box.height / 2 < height * topShare);
  const text = top
    .toSorted((a, b) => a.line - b.line || a.box.x - b.box.x)
    .map((word) => word.text)
    .join(' ')
    .slice(0, 160);
  return time.test(text) && pageMark.test(text.replace(time, '')) ? text : null;
}
