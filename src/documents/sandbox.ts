import { join } from 'node:path';
import type { SheetReading } from '../core/answer-sheet.ts';
import type { Answer } from '../core/box.ts';
import type { Log } from '../core/channel.ts';
import type { ReadableType } from './media-type.ts';
import { urgencies, type Urgency } from '../core/message.ts';
import { nativeTesseract, type Recognise } from './native.ts';
import type { Turn } from '../core/turn.ts';
import type {
  Layout,
  Opening,
  Own,
  PageImage,
  PagePreview,
  Request,
  Reread,
  Scan,
  SeenWord,
  Task,
} from './protocol.ts';
import { startReader, stopped, type Reader } from './reader.ts';

/** Opens hostile files in processes of their own. What goes wrong there is an answer in plain words. */
export interface Sandbox {
  /** Pages at once. */
  readonly width: number;
  /** What is more urgent is served first, page by page. */
  open(
    mediaType: ReadableType,
    bytes: Uint8Array,
    signal?: AbortSignal,
    urgency?: Urgency,
  ): Promise<Answer<OpenedFile>>;
  /** Ends every process; what is under way is answered as stopped. */
  close(): Promise<void>;
}

/** Pages count from 0. */
export interface OpenedFile extends Opening {
  /** A page of HTML, safe to show; null: the file is read by its pages. */
  view(): Promise<Answer<string | null>>;
  own(page: number): Promise<Answer<Own>>;
  image(page: number): Promise<Answer<PageImage>>;
  /** The answer sheet that the page is, or null. */
  sheet(page: number): Promise<Answer<SheetReading | null>>;
  scan(page: number, turn: Turn): Promise<Answer<Scan>>;
  /** The stretch of a page with most print, to see quickly whether it makes sense this way up. PNG. */
  strip(page: number, turn: Turn): Promise<Answer<Uint8Array>>;
  /** Read what `scan` or `strip` made ready. */
  recognise(png: Uint8Array, layout: Layout): Promise<Answer<readonly SeenWord[]>>;
  /** What `scan` made ready, in heavier print. */
  bold(png: Uint8Array): Promise<Answer<Uint8Array>>;
  /** What a second engine makes of the places that were left out in `words` or read unsurely. */
  again(png: Uint8Array, words: readonly SeenWord[]): Promise<Answer<readonly Reread[]>>;
  fax(page: number, margin: string): Promise<Answer<Uint8Array>>;
  preview(page: number, margin: string): Promise<Answer<PagePreview>>;
}

export interface SandboxOptions {
  readonly log: Log;
  /** Processes at once. */
  readonly width?: number;
  /** Most milliseconds for one page, without those in line for a processor. */
  readonly patience?: number;
  /** Most bytes of memory (RSS) for one process. */
  readonly memory?: number;
  /** Use the system's own tesseract where it is installed. */
  readonly native?: boolean;
}

interface Job {
  readonly urgency: Urgency;
  readonly request: Omit<Request, 'bytes'>;
  readonly bytes: Uint8Array;
  readonly signal: AbortSignal | undefined;
  /** Processes that the file has cost so far. */
  readonly cost: { ended: number };
  readonly settle: (answer: Answer<unknown>) => void;
}

/** A place for one process: which file it has open, and how much it has done. */
interface Lane {
  reader: Reader | null;
  busy: boolean;
  file: number;
  done: number;
}

const worker = join(import.meta.dirname, 'worker.ts');
const tasksPerProcess = 100;
/** A file that has ended so many processes is asked nothing more: each of 300 pages could hold us for half a minute. */
const mostEnded = 3;
const givenUp = { ok: false, problem: 'it was given up: too many pages of this file cannot be read' } as const;
/** Tasks that leave nothing behind; a new process is slow for its first twenty pages. */
const lasting: ReadonlySet<Task['op']> = new Set(['fax', 'preview']);

/** Processes start with the first file and are renewed after a hundred tasks, as tesseract.js grows with use. */
export function openSandbox({
  log,
  width = 1,
  patience = 30_000,
  memory = 1_500_000_000,
  native = true,
}: SandboxOptions): Sandbox {
  const lanes: Lane[] = Array.from({ length: width }, () => ({ reader: null, busy: false, file: 0, done: 0 }));
  const waiting: Job[] = [];
  let files = 0;
  let tasks = 0;
  let closed = false;
  let engine: Promise<Recognise | null> | null = native ? null : Promise.resolve(null);

  function next(): void {
    const job = urgencies.map((urgency) => waiting.find((each) => each.urgency === urgency)).findLast(Boolean);
    const free = lanes.filter((lane) => !lane.busy);
    const lane = free.find((each) => each.file === job?.request.file) ?? free[0];
    if (!job || !lane) return;
    waiting.splice(waiting.indexOf(job), 1);
    lane.busy = true;
    void run(lane, job).then((answer) => {
      lane.busy = false;
      job.settle(answer);
      next();
    });
  }

  async function run(lane: Lane, { request, bytes, signal, cost }: Job): Promise<Answer<unknown>> {
    if (closed || signal?.aborted) return stopped;
    if (cost.ended >= mostEnded) return givenUp;
    const { task } = request;
    if (task.op === 'recognise') {
      const recognise = await (engine ??= nativeTesseract(patience));
      const read = await recognise?.(task.png, task.layout, signal);
      if (read) return read;
      if (recognise) log.warn('reader.ended', { reason: 'native' });
    }
    if (lane.done >= tasksPerProcess) await lane.reader?.stop();
    if (!lane.reader?.alive())
      Object.assign(lane, { reader: startReader(worker, [import.meta.dirname]), file: 0, done: 0 });
    const known = lane.file === request.file;
    lane.file = request.file;
    lane.done += lasting.has(task.op) ? 0.1 : 1;
    const onEnd = (reason: string): void => {
      if (reason !== 'stopped') cost.ended++;
      log.warn('reader.ended', { reason });
    };
    const limits = { patience, memory, signal, onEnd };
    return lane.reader?.perform(known ? request : { ...request, bytes }, limits) ?? stopped;
  }

  return {
    width,
    async open(mediaType, bytes, signal, urgency = 'routine') {
      const file = ++files;
      const cost = { ended: 0 };
      const ask = <T>(task: Task): Promise<Answer<T>> =>
        new Promise((resolve) => {
          const settle = resolve as (answer: Answer<unknown>) => void;
          waiting.push({ request: { id: ++tasks, file, mediaType, task }, bytes, signal, cost, settle, urgency });
          next();
        });
      const opening = await ask<Opening>({ op: 'open' });
      if (!opening.ok) return opening;
      const value: OpenedFile = {
        ...opening.value,
        view: () => ask({ op: 'view' }),
        own: (page) => ask({ op: 'own', page }),
        image: (page) => ask({ op: 'image', page }),
        sheet: (page) => ask({ op: 'sheet', page }),
        scan: (page, turn) => ask({ op: 'scan', page, turn }),
        strip: (page, turn) => ask({ op: 'strip', page, turn }),
        recognise: (png, layout) => ask({ op: 'recognise', png, layout }),
        bold: (png) => ask({ op: 'bold', png }),
        again: (png, words) => ask({ op: 'again', png, words }),
        fax: (page, margin) => ask({ op: 'fax', page, margin }),
        preview: (page, margin) => ask({ op: 'preview', page, margin }),
      };
      return { ok: true, value };
    },
    async close() {
      closed = true;
      await Promise.all(lanes.flatMap((lane) => (lane.reader ? [lane.reader.stop()] : [])));
    },
  };
}
