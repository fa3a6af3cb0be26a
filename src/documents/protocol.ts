import type { Answer } from '../core/box.ts';
import type { ClinicalHeader } from '../core/clinical.ts';
import type { Box, Twice, Word } from '../core/page.ts';
import type { SheetPreview } from '../core/press.ts';
import type { Turn } from '../core/turn.ts';
import type { BoxSeen } from './boxes.ts';
import type { Steps } from './clean.ts';
import type { ReadableType } from './media-type.ts';

/** What the gateway asks of the process that opens files, and what comes back. Pages count from 0 here. */
export type Task =
  | { readonly op: 'open' }
  | { readonly op: 'view' }
  | { readonly op: 'own'; readonly page: number }
  | { readonly op: 'image'; readonly page: number }
  | { readonly op: 'sheet'; readonly page: number }
  | { readonly op: 'scan'; readonly page: number; readonly turn: Turn }
  | { readonly op: 'strip'; readonly page: number; readonly turn: Turn }
  | { readonly op: 'recognise'; readonly png: Uint8Array; readonly layout: Layout }
  | { readonly op: 'bold'; readonly png: Uint8Array }
  | { readonly op: 'again'; readonly png: Uint8Array; readonly words: readonly SeenWord[] }
  | { readonly op: 'fax'; readonly page: number; readonly margin: string }
  | { readonly op: 'preview'; readonly page: number; readonly margin: string };

export interface Request {
  readonly id: number;
  /** Which file: the process keeps the last one open. */
  readonly file: number;
  readonly mediaType: ReadableType;
  /** Absent when the process has the file already. */
  readonly bytes?: Uint8Array;
  readonly task: Task;
}

export interface Reply {
  readonly id: number;
  readonly answer: Answer<unknown>;
}

export interface Opening {
  readonly pages: number;
  readonly warnings: readonly string[];
  readonly clinical: ClinicalHeader | null;
}

/** A page as people see it: PNG with square pixels. */
export interface PageImage {
  readonly png: Uint8Array;
  readonly width: number;
  readonly height: number;
}

/** A page with text of its own, boxes in the image's pixels; or the SHA-256 (hex) of the dots of a scan, whose text must
 *  be read by OCR. */
export type Own = (PageImage & { readonly words: readonly Word[] }) | { readonly dots: string };

/** How the reader looks for print: in one column, as scattered words, or as one block. */
export type Layout = 'column' | 'scattered' | 'block';

/** A word as an engine saw it, its box in fractions of the page. Words with the same `run` stand on one line. */
export interface SeenWord {
  readonly text: string;
  readonly confidence: number;
  readonly run: string;
  readonly box: Box;
  readonly twice?: Twice;
}

/** What a second engine made of a stretch of a line. `figures`: of each word, if there are but figures. */
export interface Reread {
  readonly box: Box;
  readonly words: readonly {
    readonly text: string;
    readonly confidence: number;
    readonly figures: string;
    readonly box: Box;
  }[];
}

/** A scanned page turned by `turn`, straightened and cleaned: what people see and what is read. Boxes on both agree. */
export interface Scan {
  /** Square pixels in the scan's own density, straight; nothing is taken off. */
  readonly shown: PageImage;
  /** PNG at 300 dpi for the engine. */
  readonly ready: Uint8Array;
  /** By which turn it seems to come upright, the likeliest first. */
  readonly turns: readonly Turn[];
  readonly blank: boolean;
  readonly cleaning: Steps;
  readonly boxes: readonly BoxSeen[];
  /** Difference hash of 16 × 16, hex: alike for copies of one page. */
  readonly print: string;
}

/** A page as it would be faxed. */
export type PagePreview = Omit<SheetPreview, 'ours'>;

/** A file that cannot be opened. The words are for people and quote no content. */
export class Unreadable extends Error {
  readonly problem: string;
  constructor(problem: string) {
    super(problem);
    this.problem = problem;
  }
}
