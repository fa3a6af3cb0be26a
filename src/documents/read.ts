import type { SheetReading } from '../core/answer-sheet.ts';
import type { ClinicalHeader } from '../core/clinical.ts';
import type { Document } from '../core/message.ts';
import type { Page, Word } from '../core/page.ts';
import { acceptable } from './media-type.ts';
import type { Turn } from './protocol.ts';
import type { OpenedFile, Sandbox } from './sandbox.ts';

export interface ReadDocument {
  readonly pages: readonly PageRead[];
  /** For people: what could not be read and why. They quote no content. */
  readonly warnings: readonly string[];
  /** The head of a C-CDA; null for every other kind of file. */
  readonly clinical: ClinicalHeader | null;
}

export interface PageRead {
  readonly page: Page;
  readonly png: Uint8Array;
  /** Where the page is an answer sheet of ours. */
  readonly sheet?: SheetReading;
}

/** `draw`: only what people look at; the text of images stays unread. */
export type Care = 'read' | 'draw';

/** A document as pages: images with square pixels, upright, with their words. Text is the document's own where it has
 *  any, else read by OCR. Never throws on a bad file: what cannot be read is a warning, its neighbours are unaffected.
 *  @throws the signal's reason when it aborts. */
export async function readDocument(
  sandbox: Sandbox,
  document: Document,
  bytes: Uint8Array,
  signal: AbortSignal,
  care: Care = 'read',
): Promise<ReadDocument> {
  signal.throwIfAborted();
  const accepted = acceptable(document.name, document.mediaType, bytes);
  if ('problem' in accepted) return nothing(accepted.problem);
  const opened = await sandbox.open(accepted.mediaType, bytes, signal);
  signal.throwIfAborted();
  if (!opened.ok) return nothing(opened.problem);
  const file = opened.value;
  const pages: PageRead[] = [];
  const warnings = [...file.warnings];
  for (let index = 0; index < file.pages; index++) {
    const read = await readPage(file, document, index, care);
    signal.throwIfAborted();
    if (read.page) pages.push(await withSheet(file, index, read.page, care));
    if (read.problem) warnings.push(`page ${index + 1}: ${read.problem}`);
  }
  return { pages, warnings, clinical: file.clinical };
}

const nothing = (problem: string): ReadDocument => ({ pages: [], warnings: [problem], clinical: null });

/** Every scanned page may be one, and a fax company may have put text under it. */
async function withSheet(file: OpenedFile, index: number, read: PageRead, care: Care): Promise<PageRead> {
  const { source, words } = read.page;
  if (care === 'draw' || (source === 'document' && !words.some(({ text }) => text === 'LG'))) return read;
  const sheet = await file.sheet(index);
  return sheet.ok && sheet.value ? { ...read, sheet: sheet.value } : read;
}

interface ReadPage {
  readonly page: PageRead | null;
  readonly problem: string | null;
}

async function readPage(file: OpenedFile, document: Document, index: number, care: Care): Promise<ReadPage> {
  const image = await file.image(index, 0);
  if (!image.ok) return { page: null, problem: image.problem };
  const own = image.value.words;
  if (own)
    return {
      page: { page: pageOf(document, index, image.value, own, 'document'), png: image.value.png },
      problem: null,
    };
  if (care === 'draw')
    return { page: { page: pageOf(document, index, image.value, [], 'none'), png: image.value.png }, problem: null };
  const reading = await file.ocr(index);
  if (!reading.ok) {
    const page = pageOf(document, index, image.value, [], 'none');
    return { page: { page, png: image.value.png }, problem: `its text could not be read: ${reading.problem}` };
  }
  const { words, turn } = reading.value;
  const shown = await upright(file, index, turn, image.value);
  const page = pageOf(document, index, shown, words, words.length > 0 ? 'ocr' : 'none');
  return { page: { page, png: shown.png }, problem: words.length > 0 ? null : 'no text was found on it' };
}

interface Shown {
  readonly png: Uint8Array;
  readonly width: number;
  readonly height: number;
}

async function upright(file: OpenedFile, index: number, turn: Turn, image: Shown): Promise<Shown> {
  if (turn === 0) return image;
  const again = await file.image(index, turn);
  return again.ok ? again.value : image;
}

function pageOf(
  document: Document,
  index: number,
  { width, height }: Shown,
  words: readonly Word[],
  source: Page['source'],
): Page {
  return { document: document.id, number: index + 1, width, height, text: textOf(words), words, source };
}

/** One printed line a line. */
function textOf(words: readonly Word[]): string {
  const lines = new Map<number, string[]>();
  for (const { line, text } of words) lines.set(line, [...(lines.get(line) ?? []), text]);
  return [...lines.values()].map((line) => line.join(' ')).join('\n');
}
