import type { DocumentId, MessageId } from './message.ts';
import type { Turn } from './turn.ts';

/** A rectangle on a page image, in its pixels, origin top left. */
export interface Box {
  readonly x: number;
  readonly y: number;
  readonly width: number;
  readonly height: number;
}

export interface Word {
  readonly text: string;
  readonly box: Box;
  /** 0 to 1; 1 for text that the document itself carried. */
  readonly confidence: number;
  /** Index of the printed line it stands on, counted from the top of the page. */
  readonly line: number;
  /** Where a second engine read it too: the first was unsure, or each figure counts. */
  readonly twice?: Twice;
}

export interface Twice {
  /** How sure the first engine was of what stands there, 0 to 1; 0 when it saw nothing. */
  readonly first: number;
  /** The reading that was not taken, and how sure that engine was. */
  readonly said: string;
  readonly saidSurely: number;
  /** What it says, by the second engine, if it is nothing but figures. */
  readonly figures: string;
}

/** What was done to a scan before it was read: degrees clockwise, and counts of what was taken off the copy that is read. */
export interface Cleaning {
  readonly turn: Turn;
  readonly skew: number;
  readonly xdpi: number;
  readonly ydpi: number;
  readonly streaks: number;
  readonly specks: number;
  readonly rules: number;
  /** How often the engine read it, all layouts and turns together. */
  readonly looks: number;
  /** Stretches of lines that a second engine read besides. */
  readonly again?: number;
}

/** A printed box to tick, and how much of its inside is inked, 0 to 1. */
export interface CheckBox {
  readonly box: Box;
  readonly ink: number;
}

/** One page as people see it. The image (PNG, square pixels) is sealed and opened by document and number. */
export interface Page {
  readonly document: DocumentId;
  /** From 1. */
  readonly number: number;
  readonly width: number;
  readonly height: number;
  readonly text: string;
  readonly words: readonly Word[];
  /** Where the text is from: the document's own, our reading of the image, or none could be had. */
  readonly source: 'document' | 'ocr' | 'none';
  /** Nothing is on it. */
  readonly blank?: boolean;
  /** Absent where nothing was cleaned: the text is the document's own. */
  readonly cleaning?: Cleaning;
  readonly boxes?: readonly CheckBox[];
  /** Difference hash of the image, hex: alike for copies of one page. */
  readonly print?: string;
  /** Degrees clockwise by which a person turned it: its text is read that way up, its boxes are of the image as it is. */
  readonly turn?: Turn;
}

/** One page among those of an entry: where it is from, and by how many degrees clockwise a person turned it. */
export interface Leaf {
  readonly message: MessageId;
  readonly document: DocumentId;
  readonly number: number;
  readonly turn: Turn;
}
