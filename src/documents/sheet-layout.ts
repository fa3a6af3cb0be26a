import { declineReasons, sheetKinds, type BoxName, type SheetKind } from '../core/answer-sheet.ts';

/** Where everything stands on an answer sheet, in millimetres from the top left of a letter page as a fax line draws it
 *  (8.03 × 7.72 dots a millimetre). What prints it and what reads it share this file: a change makes sheets that are
 *  under way unreadable. */

export interface Point {
  readonly x: number;
  readonly y: number;
}

/** Dots a millimetre at 204 × 196. */
export const dots = { x: 204 / 25.4, y: 196 / 25.4 } as const;

/** Solid squares by which the page is found and squared up. The fifth tells the top from the bottom. */
export const fiducialSize = 7;
export const fiducials: readonly Point[] = [
  { x: 12.5, y: 16 },
  { x: 202.5, y: 16 },
  { x: 12.5, y: 266 },
  { x: 202.5, y: 266 },
  { x: 26.5, y: 16 },
];

/** QR codes of 25 × 25 modules, 8 × 8 dots each; the corner in dots, so that modules keep their edges. */
export const modules = 25;
export const moduleDots = 8;
export const codes: readonly { readonly left: number; readonly top: number }[] = [
  { left: 1340, top: 112 },
  { left: 184, top: 1868 },
];

export interface SheetBox {
  readonly name: BoxName;
  /** Of its middle. */
  readonly x: number;
  readonly y: number;
  /** Outer edge to outer edge. */
  readonly size: number;
  /** Of the frame. */
  readonly line: number;
}

const rows: Readonly<Record<SheetKind, number>> = {
  received: 62,
  scheduled: 77,
  seen: 136,
  information: 151,
  declined: 166,
};

const large = { size: 6.5, line: 0.5 } as const;
const small = { size: 5.2, line: 0.4 } as const;
/** Left edge of the small boxes, and from one to the next. */
const grid = { left: 36, pitch: 10 } as const;

export const monthBoxes: readonly SheetBox[] = Array.from({ length: 12 }, (_, i) => ({
  name: `month-${i + 1}` as const,
  x: grid.left + i * grid.pitch,
  y: 92,
  ...small,
}));

export const dayBoxes: readonly SheetBox[] = Array.from({ length: 31 }, (_, i) => ({
  name: `day-${i + 1}` as const,
  x: grid.left + (i % 16) * grid.pitch,
  y: i < 16 ? 106 : 120,
  ...small,
}));

const reasonPlaces: readonly number[] = [36, 65, 102, 135, 186];

export const reasonBoxes: readonly SheetBox[] = declineReasons.map((reason, i) => ({
  name: `reason-${reason}` as const,
  x: reasonPlaces[i] ?? 0,
  y: 179,
  ...small,
}));

export const kindBoxes: readonly SheetBox[] = sheetKinds.map((kind) => ({
  name: kind,
  x: 20,
  y: rows[kind],
  ...large,
}));

export const boxes: readonly SheetBox[] = [...kindBoxes, ...monthBoxes, ...dayBoxes, ...reasonBoxes];

/** Where people write. */
export const remarks = { x: 14, y: 192, width: 187, height: 43 } as const;

/** What is kept as evidence: everything that can be filled in. */
export const crop = { x: 8, y: 52, width: 199, height: 186 } as const;
