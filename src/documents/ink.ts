import { allWhite, inWords } from './dots.ts';

/** Grey pixels, one byte each, white 255. */
export interface Pixels {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
}

export const white = 255;
/** Pixels of a row that are passed by together where nothing is printed: most of any page. */
export const stretch = 32;

/** Where rows of a page are not all white. */
export interface Ink {
  /** Stretches of a row. */
  readonly across: number;
  /** Whether there is anything in one stretch of a row. */
  at(row: number, place: number): boolean;
  /** Whether there is anything in a row from one column to another, give or take a stretch. */
  between(row: number, first: number, last: number): boolean;
}

export function inkIn({ data, width, height }: Pixels): Ink {
  const across = Math.ceil(width / stretch);
  const inked = new Uint8Array(across * height);
  const { words } = inWords(data);
  const mark = (at: number): void => {
    inked[Math.floor(at / width) * across + ((at % width) >> 5)] = 1;
  };
  let [row, start] = [0, 0];
  for (let word = 0; word < words.length; word++) {
    if (words[word] === allWhite) continue;
    const first = word * 4;
    while (first >= start + width) {
      row += 1;
      start += width;
    }
    inked[row * across + ((first - start) >> 5)] = 1;
    // Its other pixels may be one stretch further on, or in other rows.
    if (first + 3 < start + width) inked[row * across + ((first + 3 - start) >> 5)] = 1;
    else for (let at = first + 1; at < first + 4; at++) mark(at);
  }
  for (let at = words.length * 4; at < data.length; at++) if (data[at] !== white) mark(at);
  return {
    across,
    at: (row, place) => inked[row * across + place] === 1,
    between(row, first, last) {
      const end = row * across + Math.floor(last / stretch);
      for (let at = row * across + Math.floor(first / stretch); at <= end; at++) if (inked[at] === 1) return true;
      return false;
    },
  };
}

/** Each pixel darker than `limit`, row by row from left to right. White is passed by four pixels at once. */
export function eachDark(
  { data, width }: Pick<Pixels, 'data' | 'width'>,
  limit: number,
  visit: (row: number, x: number) => void,
): void {
  const { words } = inWords(data);
  let [row, start] = [0, 0];
  for (let word = 0; word < words.length; word++) {
    if (words[word] === allWhite) continue;
    for (let at = word * 4; at < word * 4 + 4; at++) {
      if ((data[at] as number) >= limit) continue;
      while (at >= start + width) {
        row += 1;
        start += width;
      }
      visit(row, at - start);
    }
  }
  for (let at = words.length * 4; at < data.length; at++)
    if ((data[at] as number) < limit) visit(Math.floor(at / width), at % width);
}
