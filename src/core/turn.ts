import type { Box, Page } from './page.ts';

export type Turn = 0 | 90 | 180 | 270;

interface Size {
  readonly width: number;
  readonly height: number;
}

export const turnedSize = ({ width, height }: Size, turn: Turn): Size =>
  turn % 180 === 0 ? { width, height } : { width: height, height: width };

/** Where a box lies once its page, of this size, was turned clockwise. */
export function turnedBox({ x, y, width, height }: Box, page: Size, turn: Turn): Box {
  switch (turn) {
    case 0:
      return { x, y, width, height };
    case 90:
      return { x: page.height - y - height, y: x, width: height, height: width };
    case 180:
      return { x: page.width - x - width, y: page.height - y - height, width, height };
    case 270:
      return { x: y, y: page.width - x - width, width: height, height: width };
  }
}

/** Where a box of a page that was turned lies on it before it was turned, by the size that it has before. */
export const unturnedBox = (box: Box, page: Size, turn: Turn): Box =>
  turnedBox(box, turnedSize(page, turn), back(turn));

const back = (turn: Turn): Turn => ((360 - turn) % 360) as Turn;

/** A page as it lies for its reader: turned as a person turned it. */
export function upright(page: Page): Page {
  const { turn = 0, ...plain } = page;
  if (turn === 0) return page;
  const boxed = <T extends { readonly box: Box }>(each: T): T => ({ ...each, box: turnedBox(each.box, page, turn) });
  return {
    ...plain,
    ...turnedSize(page, turn),
    words: page.words.map(boxed),
    ...(page.boxes ? { boxes: page.boxes.map(boxed) } : {}),
  };
}

/** A page that was read as it lies turned, with its boxes on the image that people see, which stays as it came. */
export function turnedBack(read: Page, seen: Page, turn: Turn): Page {
  const scale = turnedSize(seen, turn);
  const boxed = <T extends { readonly box: Box }>(each: T): T => ({
    ...each,
    box: unturnedBox(scaled(each.box, scale.width / read.width, scale.height / read.height), seen, turn),
  });
  return {
    ...read,
    ...{ width: seen.width, height: seen.height, turn },
    words: read.words.map(boxed),
    ...(read.boxes ? { boxes: read.boxes.map(boxed) } : {}),
  };
}

const scaled = ({ x, y, width, height }: Box, across: number, down: number): Box => ({
  x: Math.round(x * across),
  y: Math.round(y * down),
  width: Math.max(1, Math.round(width * across)),
  height: Math.max(1, Math.round(height * down)),
});
