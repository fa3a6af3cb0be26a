import { createHash } from 'node:crypto';
import { answerEach, type Answer } from '../core/box.ts';
import type { Box, Word } from '../core/page.ts';
import { boxesOn } from './boxes.ts';
import { without } from './boxless.ts';
import { readingDpi } from './clean.ts';
import { faxPage, previewPage } from './fax-page.ts';
import { openOcr, type Ocr } from './ocr.ts';
import { openFile, type OpenFile } from './open-file.ts';
import type { OwnWord } from './pdfium.ts';
import type { Turn } from '../core/turn.ts';
import {
  Unreadable,
  type Own,
  type PageImage,
  type Layout,
  type Request,
  type Scan,
  type SeenWord,
} from './protocol.ts';
import { fullest, printOf, sideways, upsideDown } from './look.ts';
import { heavier, picture, turned, type Raster } from './raster.ts';
import { openSecondEngine, type SecondEngine } from './second-engine.ts';
import { lookedAgain } from './second-look.ts';
import { readSheet } from './sheet-read.ts';
import { sightOf, type Sight } from './sight.ts';
import { sheared } from './skew.ts';
import sharp from 'sharp';

/** The process in which files from outside are opened: no environment, no network, no files but its own code.
 *  It answers one request at a time and may be killed at any moment. */

let file: { readonly id: number; readonly opened: OpenFile } | null = null;
/** The page that several questions in a row are about. */
let sight: Sight | null = null;
let ocr: Ocr | null = null;
let second: SecondEngine | null = null;
let used = false;

answerEach((asked) => answer(asked as Request));

async function answer(request: Request): Promise<Answer<unknown>> {
  try {
    return { ok: true, value: await perform(await opened(request), request) };
  } catch (error) {
    // Libraries quote input in their messages: only our own words leave.
    return { ok: false, problem: error instanceof Unreadable ? error.problem : 'the page cannot be read' };
  }
}

async function opened({ file: id, mediaType, bytes }: Request): Promise<OpenFile> {
  if (file?.id === id) return file.opened;
  file?.opened.close();
  file = sight = null;
  if (used) await ocr?.forget();
  used = false;
  if (!bytes) throw new Error('a file was asked for that never came');
  const fresh = await openFile(mediaType, bytes);
  file = { id, opened: fresh };
  return fresh;
}

async function perform(from: OpenFile, { task }: Request): Promise<unknown> {
  switch (task.op) {
    case 'open':
      return { pages: from.pages, warnings: from.warnings, clinical: from.clinical };
    case 'view':
      return from.view?.() ?? null;
    case 'own':
      return own(from, task.page);
    case 'image':
      return asPng(await sightAt(from, task.page).square());
    case 'sheet':
      return readSheet(await sightAt(from, task.page).drawn());
    case 'strip':
      return forEngine(fullest((await sightAt(from, task.page).cleaned(task.turn)).raster));
    case 'scan':
      return scan(sightAt(from, task.page), task.turn);
    case 'recognise':
      return recognised(task.png, task.layout);
    case 'bold':
      return forEngine(heavier(await rasterOf(task.png)));
    case 'again':
      second ??= await openSecondEngine();
      return lookedAgain(second, await rasterOf(task.png), task.words);
    case 'fax':
      return faxPage(from, task.page, task.margin);
    case 'preview':
      return previewPage(from, task.page, task.margin);
  }
}

async function own(from: OpenFile, page: number): Promise<Own> {
  const words = from.words(page);
  if (!words) return { dots: dotsOf(await sightAt(from, page).drawn()) };
  const shown = await sightAt(from, page).square();
  return { ...(await asPng(shown)), words: ownWords(words, shown) };
}

const dotsOf = ({ data, ...size }: Raster): string =>
  createHash('sha256').update(JSON.stringify(size)).update(data).digest('hex');

async function recognised(png: Uint8Array, layout: Layout): Promise<SeenWord[]> {
  ocr ??= await openOcr();
  used = true;
  const { width, height } = await sharp(png).metadata();
  return ocr.read(png, { width, height }, layout);
}

async function scan(from: Sight, turn: Turn): Promise<Scan> {
  const { raster, ruled, blank, cleaning } = await from.cleaned(turn);
  const boxes = boxesOn(ruled, cleaning.ydpi < 150);
  return {
    shown: await asPng(sheared(await turned(await from.square(), turn), cleaning.skew)),
    ready: await forEngine(without(raster, boxes)),
    turns: await turnsOf(from),
    blank,
    cleaning,
    boxes,
    print: await printOf(ruled),
  };
}

async function turnsOf(page: Sight): Promise<readonly Turn[]> {
  const level = await page.cleaned(0);
  if (!sideways(level.ruled)) return upsideDown(level.raster) ? [180, 0, 90, 270] : [0, 180, 90, 270];
  return upsideDown((await page.cleaned(90)).raster) ? [270, 90, 0, 180] : [90, 270, 0, 180];
}

async function asPng(raster: Raster): Promise<PageImage> {
  const png = await picture(raster).png({ compressionLevel: 6 }).toBuffer();
  return { png, width: raster.width, height: raster.height };
}

/** What `forEngine` packed. */
async function rasterOf(png: Uint8Array): Promise<Raster> {
  const { data, info } = await sharp(png)
    .toColourspace('b-w')
    .extractChannel(0)
    .raw()
    .toBuffer({ resolveWithObject: true });
  return { data, width: info.width, height: info.height, xdpi: readingDpi, ydpi: readingDpi };
}

/** Packed lightly: tesseract takes longer to read plain pixels from a pipe than to unpack these. */
const forEngine = (raster: Raster): Promise<Uint8Array> => picture(raster).png({ compressionLevel: 1 }).toBuffer();

function sightAt(from: OpenFile, page: number): Sight {
  if (sight?.page !== page) sight = sightOf(from, page);
  return sight;
}

interface Size {
  readonly width: number;
  readonly height: number;
}

const scaled = (box: Box, { width, height }: Size): Box => ({
  x: Math.round(box.x * width),
  y: Math.round(box.y * height),
  width: Math.max(1, Math.round(box.width * width)),
  height: Math.max(1, Math.round(box.height * height)),
});

/** Words on one printed line overlap by more than half of the lower one's height. */
function ownWords(words: readonly OwnWord[], size: Size): Word[] {
  const lines: { middle: number; height: number; words: OwnWord[] }[] = [];
  for (const word of words) {
    const middle = word.box.y + word.box.height / 2;
    const line = lines.findLast((each) => Math.abs(each.middle - middle) < Math.max(each.height, word.box.height) / 2);
    if (line) line.words.push(word);
    else lines.push({ middle, height: word.box.height, words: [word] });
  }
  lines.sort((a, b) => a.middle - b.middle);
  return lines.flatMap((each, line) =>
    each.words
      .sort((a, b) => a.box.x - b.box.x)
      .map(({ text, box }) => ({ text, confidence: 1, line, box: scaled(box, size) })),
  );
}
