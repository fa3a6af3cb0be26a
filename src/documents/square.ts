/** What is left of a square that was printed on a page, and what stands around it. Pixels at 300 dpi. */

/** Sides of a check box: 2.5 to 7 mm. Capitals of usual print are smaller, or have round corners. */
export const [smallest, largest] = [30, 84];

export type Inked = (x: number, y: number) => boolean;

/** Sides in pixels, from outer edge to outer edge. */
export interface Square {
  readonly x: number;
  readonly y: number;
  readonly side: number;
  readonly tall: number;
}

export const near = (each: Square, x: number, y: number): boolean =>
  x >= each.x - 4 && x < each.x + each.side + 4 && y >= each.y - 4 && y < each.y + each.tall + 4;

/** Whether a box as large, a few rows off, would be the same one. */
export const within = (each: Square, x: number, y: number): boolean =>
  Math.abs(each.x - x) < each.side + 4 && Math.abs(each.y - y) < each.tall;

/** How many corners it has: letters have round ones or none. */
export function cornersOf(inked: Inked, { x, y, side, tall }: Square): number {
  const corner = (cx: number, cy: number, dx: number, dy: number): boolean =>
    share(7, (i) => [0, 1, 2].some((inward) => inked(cx + dx * i, cy + dy * inward))) > 0.7 &&
    share(7, (i) => [0, 1, 2].some((inward) => inked(cx + dx * inward, cy + dy * i))) > 0.7;
  const [right, bottom] = [x + side, y + tall];
  return [corner(x, y, 1, 1), corner(right, y, -1, 1), corner(x, bottom, 1, -1), corner(right, bottom, -1, -1)].filter(
    Boolean,
  ).length;
}

/** Whether something black stands here that no side runs around: a punch hole, a bar, a blot. */
export function isBlot(inked: Inked, { x, y, side, tall }: Square): boolean {
  const white = (from: number, step: number, line: (at: number, i: number) => boolean, length: number): boolean =>
    [3, 4, 5, 6, 7, 8].some((inward) => share(length - 20, (i) => line(from + step * inward, 10 + i)) < 0.25);
  const upright = (at: number, i: number): boolean => inked(at, y + i);
  const level = (at: number, i: number): boolean => inked(x + i, at);
  const open = [
    white(x, 1, upright, tall),
    white(x + side, -1, upright, tall),
    white(y, 1, level, side),
    white(y + tall, -1, level, side),
  ];
  return open.filter(Boolean).length < 2;
}

export function thinSides(inked: Inked, { x, y, side, tall }: Square): number {
  const stroke = (cx: number, cy: number, dx: number, dy: number): number => {
    let run = 0;
    while (run < 14 && inked(cx + dx * run, cy + dy * run)) run += 1;
    return run;
  };
  const [middle, centre] = [y + Math.round(tall * 0.3), x + Math.round(side * 0.3)];
  return [
    stroke(x + 1, middle, 1, 0),
    stroke(x + side - 2, middle, -1, 0),
    stroke(centre, y + 1, 0, 1),
    stroke(centre, y + tall - 1, 0, -1),
  ].filter((each) => each <= 8).length;
}

/** Sides with white behind their middle: crosses and ticks leave it, the bars of letters do not. */
export function openSides(inked: Inked, { x, y, side, tall }: Square): number {
  const [middle, centre] = [y + (tall >> 1), x + (side >> 1)];
  const white = (left: number, top: number): boolean =>
    share(25, (i) => inked(left - 2 + (i % 5), top - 2 + Math.floor(i / 5))) < 0.2;
  return [white(x + 8, middle), white(x + side - 8, middle), white(centre, y + 8), white(centre, y + tall - 8)].filter(
    Boolean,
  ).length;
}

/** The blackest of five columns from `from` right of the left side on. */
export const inkBeside = (inked: Inked, { x, y, tall }: Square, from: number): number =>
  Math.max(...[0, 2, 4, 6, 8].map((step) => share(tall, (i) => inked(x + from + step, y + i))));

/** The sides of a table's cell run on; a box stands alone. */
export function lonely(inked: Inked, x: number, y: number, side: number, tall: number): boolean {
  const ahead = 10;
  const runs = [
    share(ahead, (i) => inked(x - 3 - i, y)) > 0.9,
    share(ahead, (i) => inked(x + side + 3 + i, y)) > 0.9,
    share(ahead, (i) => inked(x + 1, y - 3 - i)) > 0.9,
    share(ahead, (i) => inked(x + 1, y + tall + 4 + i)) > 0.9,
  ].filter(Boolean).length;
  return runs === 0;
}

export function share(length: number, test: (i: number) => boolean): number {
  let count = 0;
  for (let i = 0; i < length; i++) if (test(i)) count += 1;
  return count / Math.max(1, length);
}
