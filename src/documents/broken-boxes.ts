import {
  cornersOf,
  inkBeside,
  isBlot,
  largest,
  lonely,
  openSides,
  share,
  smallest,
  thinSides,
  within,
  type Inked,
  type Square,
} from './square.ts';

/** Boxes of one question are alike: level with one that was found, another of its size may have larger gaps. */
export function brokenBeside(inked: Inked, width: number, found: readonly Square[]): Square[] {
  const more: Square[] = [];
  const inkedNear = (x: number, y: number): boolean => inked(x, y) || inked(x + 1, y);
  for (const { y, side, tall } of found)
    for (let x = 2; x < width - side - 4; x++) {
      // Something of its upright sides must be there; most places of a page end here.
      if ([x + 1, x + side - 2].some((at) => share(8, (i) => inkedNear(at, y + ((i * tall) >> 3))) < 0.3)) continue;
      if ([...found, ...more].some((each) => isClose(each, x, y))) continue;
      const rows = [0, -2, 2, -4, 4, -6, 6, -8, 8, -10, 10];
      const square = rows.map((off) => ({ x, y: y + off, side, tall })).find((each) => isBroken(inked, each, true));
      if (square) more.push(square);
    }
  return more;
}

/** Boxes of one question all of which noise has broken: by itself such a square may be anything, two that are level and
 *  alike are none by chance. */
export function brokenRows(inked: Inked, width: number, height: number): Square[] {
  const some: Square[] = [];
  for (let y = smallest; y < height - smallest; y += smallest >> 1)
    for (let x = 2; x < width - smallest; x++) {
      if (!inked(x, y) || inked(x - 1, y) || some.some((each) => within(each, x, y))) continue;
      const square = brokenAt(inked, x, y);
      if (square) some.push(square);
    }
  return some.filter((each) => isOneOf(each, some));
}

/** Between two boxes of a row stands a word. */
export const isClose = (each: Square, x: number, y: number): boolean =>
  Math.abs(each.x - x) <= each.side * 2 && Math.abs(each.y - y) < each.tall;

/** Boxes of one question are equally large and stand level with each other, with words between them. */
export const isOneOf = (square: Square, row: readonly Square[]): boolean =>
  row.some(
    ({ x, y, side, tall }) =>
      Math.abs(y - square.y) <= 10 &&
      Math.abs(x - square.x) > square.side * 2 &&
      Math.abs(side - square.side) <= 4 &&
      Math.abs(tall - square.tall) <= 5,
  );

/** Pixels that may be missing of a side in one place. */
const widestGap = 7;

function brokenAt(inked: Inked, x: number, y: number): Square | null {
  const beside = (at: number): boolean => inked(x, at) || inked(x + 1, at) || inked(x + 2, at) || inked(x - 1, at);
  const ends = (step: number): number => {
    let last = y;
    for (let at = y, gap = 0; gap <= widestGap && Math.abs(at - y) <= largest; at += step)
      if (beside(at)) [last, gap] = [at, 0];
      else gap += 1;
    return last;
  };
  const [top, tall] = [ends(-1), ends(1) - ends(-1)];
  if (tall < smallest || tall > largest) return null;
  for (let off = 0; off <= 3; off++)
    for (const side of [tall - off, tall + off]) {
      const square = { x, y: top, side, tall };
      if (isBroken(inked, square) && openSides(inked, square) === 4) return square;
    }
  return null;
}

/** How much of a box must be left, and of each of its sides. */
const [leastLeft, leastOfSide] = [0.7, 0.4];

/** @param known whether it is level with a box of its size */
function isBroken(inked: Inked, square: Square, known = false): boolean {
  const { x, y, side, tall } = square;
  const upright = (at: number) => (i: number) => close.some((off) => inked(at + off, y + 3 + i));
  const level = (at: number) => (i: number) => close.some((off) => inked(x + 3 + i, at + off));
  const first = share(tall - 6, upright(x + 1));
  if (first < leastOfSide) return false;
  const others = [
    [tall - 6, upright(x + side - 1)],
    [side - 6, level(y + 1)],
    [side - 6, level(y + tall - 1)],
  ] as const;
  const sides = [first, ...others.map(([length, line]) => share(length, line))];
  const left = sides.reduce((sum, each) => sum + each, 0) / 4;
  if (Math.min(...sides) < leastOfSide || left < leastLeft) return false;
  const beside = Math.max(inkBeside(inked, square, -12), inkBeside(inked, square, side + 3));
  const corners = cornersOf(inked, square);
  const thin = thinSides(inked, square);
  const plain = thin >= 3 && corners >= 3 && beside < 0.13;
  // A mark that overshoots touches what stands beside it. The letters of bold headings are as whole, but smaller.
  const marked = known && side >= 36 && thin === 4 && corners >= 3 && Math.min(...sides) > 0.9;
  const open = known && beside === 0 && !others.some(([length, line]) => isRound(length, line));
  return (plain || marked || open) && !isBlot(inked, square) && lonely(inked, x, y, side, tall);
}

/** Gaps stand anywhere in the side of a box; a letter lacks the ends of one. */
const isRound = (length: number, line: (i: number) => boolean): boolean =>
  share(5, line) < 0.3 && share(5, (i) => line(length - 1 - i)) < 0.3;

const close = [-1, 0, 1] as const;
