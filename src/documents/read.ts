import { createHash } from 'node:crypto';
import type { SheetReading } from '../core/answer-sheet.ts';
import type { ClinicalHeader } from '../core/clinical.ts';
import type { Document, Urgency } from '../core/message.ts';
import type { Box, CheckBox, Page, Word } from '../core/page.ts';
import { acceptable } from './media-type.ts';
import type { Scan, SeenWord } from './protocol.ts';
import type { OpenedFile, Sandbox } from './sandbox.ts';
import { readScan, type ScanRead } from './scan.ts';
import { several } from './several.ts';

export interface ReadDocument {
  readonly pages: readonly PageRead[];
  /** For people: what could not be read and why. They quote no content. */
  readonly warnings: readonly string[];
  /** The head of a C-CDA; null for every other kind of file. */
  readonly clinical: ClinicalHeader | null;
}

export interface PageRead {
  readonly page: Page;
  /** Null: it is kept already, and a long fax is not held in memory until its last page is read. */
  readonly png: Uint8Array | null;
  /** Of a scan: what it looked like before it was read, hex. */
  readonly hash?: string;
  /** Where the page is an answer sheet of ours. */
  readonly sheet?: SheetReading;
}

export interface DrawnPage extends PageRead {
  readonly png: Uint8Array;
}

export const isDrawn = (read: PageRead): read is DrawnPage => read.png !== null;

/** What was read before. */
export interface Memory {
  recall(hash: string): Promise<Pick<DrawnPage, 'page' | 'png'> | null>;
  /** Called for each scanned page as soon as it is read, so that a long fax need not be begun again. */
  keep(read: DrawnPage & { readonly hash: string }): Promise<void>;
}

interface Options {
  readonly care?: Care;
  readonly urgency?: Urgency;
  readonly memory?: Memory;
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
  { care = 'read', urgency = 'routine', memory }: Options = {},
): Promise<ReadDocument> {
  signal.throwIfAborted();
  const accepted = acceptable(document.name, document.mediaType, bytes);
  if ('problem' in accepted) return nothing(accepted.problem);
  const opened = await sandbox.open(accepted.mediaType, bytes, signal, urgency);
  signal.throwIfAborted();
  if (!opened.ok) return nothing(opened.problem);
  const file = opened.value;
  // As many at once as there are processes: the pages of a long fax never stand in a line before somebody else's.
  const read = await several(
    [...Array(file.pages).keys()],
    sandbox.width,
    async (index): Promise<ReadPage<PageRead>> => {
      const one = await readPage(file, document, index, care, memory);
      signal.throwIfAborted();
      if (!one.page) return { page: null, problem: one.problem };
      const page = memory ? await kept(one.page, memory) : one.page;
      return { page: await withSheet(file, index, page, care), problem: one.problem };
    },
  );
  const problems = read.flatMap(({ problem }, index) => (problem === null ? [] : [`page ${index + 1}: ${problem}`]));
  return {
    pages: read.flatMap(({ page }) => page ?? []),
    warnings: [...file.warnings, ...problems, ...blankness(read)],
    clinical: file.clinical,
  };
}

async function kept(page: DrawnPage, memory: Memory): Promise<PageRead> {
  const { hash } = page;
  if (hash === undefined) return page;
  await memory.keep({ ...page, hash });
  return { ...page, png: null };
}

/** A fax sent face up is all blank: somebody has to call its sender. */
const blankness = (read: readonly ReadPage<PageRead>[]): readonly string[] =>
  read.length > 0 && read.every(({ page }) => page?.page.blank) ? ['no text was found: every page is blank'] : [];

const nothing = (problem: string): ReadDocument => ({ pages: [], warnings: [problem], clinical: null });

/** Every scanned page may be one, and a fax company may have put text under it. */
async function withSheet(file: OpenedFile, index: number, read: PageRead, care: Care): Promise<PageRead> {
  const { source, words, blank } = read.page;
  if (care === 'draw' || blank || (source === 'document' && !words.some(({ text }) => text === 'LG'))) return read;
  const sheet = await file.sheet(index);
  return sheet.ok && sheet.value ? { ...read, sheet: sheet.value } : read;
}

interface ReadPage<T = DrawnPage> {
  readonly page: T | null;
  readonly problem: string | null;
}

/** Part of each hash: raise it when pages are read otherwise, so that what was read by older rules is read again. */
const rules = 9;

async function readPage(
  file: OpenedFile,
  document: Document,
  index: number,
  care: Care,
  memory: Memory | undefined,
): Promise<ReadPage> {
  const own = await file.own(index);
  if (!own.ok) return { page: null, problem: own.problem };
  if ('words' in own.value) return drawn(document, index, own.value, own.value.words, 'document', null);
  if (care === 'draw') return wordless(file, document, index, null);
  const hash = createHash('sha256').update(`${rules}:${own.value.dots}`).digest('hex');
  const known = await memory?.recall(hash);
  if (known) {
    const page = { ...known.page, document: document.id, number: index + 1 };
    return { page: { page, png: known.png, hash }, problem: problemOf(page) };
  }
  const reading = await readScan(file, index);
  if (!reading.ok) return wordless(file, document, index, `its text could not be read: ${reading.problem}`);
  const read = pageOf(document, index, reading.value);
  const once = reading.value.alone
    ? 'what is hard to read on it was read once, not twice: compare it with the picture'
    : null;
  return { page: { ...read, hash }, problem: problemOf(read.page) ?? once };
}

async function wordless(file: OpenedFile, document: Document, index: number, why: string | null): Promise<ReadPage> {
  const image = await file.image(index);
  if (!image.ok) return { page: null, problem: why ?? image.problem };
  return drawn(document, index, image.value, [], 'none', why);
}

/** A scan as people see it, with what was read on it. */
export function pageOf(
  document: Document,
  index: number,
  { scan, turn, words, looks, again = 0 }: ScanRead,
): { readonly page: Page; readonly png: Uint8Array } {
  const { shown, blank, cleaning, boxes, print } = scan;
  const { page, png } = bare(document, index, shown, linesOf(words, shown), words.length > 0 ? 'ocr' : 'none');
  const more = {
    blank,
    cleaning: { turn, looks, again, ...cleaning },
    boxes: boxes.map((each) => checkBox(each, shown)),
    print,
  };
  return { page: { ...page, ...more }, png };
}

const problemOf = ({ words, blank = false }: Page): string | null =>
  words.length > 0 || blank ? null : 'no text was found on it';

function drawn(...[document, index, shown, words, source, problem]: [...Bare, string | null]): ReadPage {
  return { page: bare(document, index, shown, words, source), problem };
}

type Bare = [document: Document, index: number, shown: Shown, words: readonly Word[], source: Page['source']];

function bare(...[document, index, { png, width, height }, words, source]: Bare): { page: Page; png: Uint8Array } {
  return { page: { document: document.id, number: index + 1, width, height, text: textOf(words), words, source }, png };
}

interface Shown {
  readonly png: Uint8Array;
  readonly width: number;
  readonly height: number;
}

const scaled = ({ x, y, width, height }: Box, size: Shown): Box => ({
  x: Math.round(x * size.width),
  y: Math.round(y * size.height),
  width: Math.max(1, Math.round(width * size.width)),
  height: Math.max(1, Math.round(height * size.height)),
});

const checkBox = ({ ink, ...box }: Scan['boxes'][number], size: Shown): CheckBox => ({ ink, box: scaled(box, size) });

/** Words in the page's pixels, printed lines counted from the top. */
function linesOf(seen: readonly SeenWord[], size: Shown): Word[] {
  const middle = ({ box }: SeenWord): number => box.y + box.height / 2;
  const runs = [...Map.groupBy(seen, ({ run }) => run).values()]
    .map((words) => words.toSorted((a, b) => a.box.x - b.box.x))
    .sort((a, b) => average(a.map(middle)) - average(b.map(middle)));
  return runs.flatMap((words, line) =>
    words.map(({ text, confidence, box, twice }) => ({
      ...{ text, confidence, line, box: scaled(box, size) },
      ...(twice ? { twice } : {}),
    })),
  );
}

const average = (numbers: readonly number[]): number => numbers.reduce((sum, each) => sum + each, 0) / numbers.length;

/** One printed line a line. */
function textOf(words: readonly Word[]): string {
  const lines = new Map<number, string[]>();
  for (const { line, text } of words) lines.set(line, [...(lines.get(line) ?? []), text]);
  return [...lines.values()].map((line) => line.join(' ')).join('\n');
}
