import type { DocumentId } from './message.ts';

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
}
