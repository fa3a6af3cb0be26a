import type { ClinicalHeader } from '../core/clinical.ts';
import type { Word } from '../core/page.ts';
import type { ReadableType } from './media-type.ts';

/** What the gateway asks of the process that opens files, and what comes back. Pages count from 0 here. */
export type Task =
  | { readonly op: 'open' }
  | { readonly op: 'image'; readonly page: number; readonly turn: Turn }
  | { readonly op: 'ocr'; readonly page: number }
  | { readonly op: 'sheet'; readonly page: number }
  | { readonly op: 'fax'; readonly page: number; readonly margin: string };

/** Degrees clockwise that set a page upright. */
export type Turn = 0 | 90 | 180 | 270;

export interface Request {
  readonly id: number;
  /** Which file: the process keeps the last one open. */
  readonly file: number;
  readonly mediaType: ReadableType;
  /** Absent when the process has the file already. */
  readonly bytes?: Uint8Array;
  readonly task: Task;
}

/** A value, or in plain words why there is none. */
export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

export interface Reply {
  readonly id: number;
  readonly answer: Answer<unknown>;
}

export interface Opening {
  readonly pages: number;
  readonly warnings: readonly string[];
  readonly clinical: ClinicalHeader | null;
}

export interface PageImage {
  readonly png: Uint8Array;
  readonly width: number;
  readonly height: number;
  /** The page's own text, boxes in the image's pixels; null when it has none and must be read by OCR. */
  readonly words: readonly Word[] | null;
}

export interface Reading {
  /** Boxes in the pixels of the page image turned by `turn`. */
  readonly words: readonly Word[];
  readonly turn: Turn;
}

/** A file that cannot be opened. The words are for people and quote no content. */
export class Unreadable extends Error {
  readonly problem: string;
  constructor(problem: string) {
    super(problem);
    this.problem = problem;
  }
}
