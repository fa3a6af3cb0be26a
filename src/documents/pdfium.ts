import { PDFiumModule } from '@hyzyla/pdfium';
import type { Box } from '../core/page.ts';
import { maxPages } from './limits.ts';
import { Unreadable } from './protocol.ts';
import type { Raster } from './raster.ts';

/** The C functions beyond those that the package has types for: fpdf_text.h, fpdf_edit.h, fpdfview.h of PDFium. */
interface More {
  readonly HEAPU32: Uint32Array;
  readonly HEAPF32: Float32Array;
  readonly HEAPF64: Float64Array;
  readonly HEAPU16: Uint16Array;
  _FPDFText_GetUnicode(textPage: number, index: number): number;
  _FPDFText_GetCharBox(
    textPage: number,
    index: number,
    left: number,
    right: number,
    bottom: number,
    top: number,
  ): number;
  _FPDFPage_GetRotation(page: number): number;
  _FPDFPageObj_GetMatrix(object: number, matrix: number): number;
  _FPDF_PageToDevice(
    page: number,
    startX: number,
    startY: number,
    sizeX: number,
    sizeY: number,
    rotate: number,
    x: number,
    y: number,
    deviceX: number,
    deviceY: number,
  ): number;
}
type Pdfium = Awaited<ReturnType<typeof PDFiumModule>> & More;

/** A word of the page's own text; the box in fractions of the page, 0 to 1. */
export interface OwnWord {
  readonly text: string;
  readonly box: Box;
}

export interface Pdf {
  readonly pages: number;
  /** At these densities; a page that is one scanned image comes in the scan's own raster instead.
   *  @param into memory to draw in, where the page has room there: fresh memory for each page costs its share */
  draw(page: number, xdpi: number, ydpi: number, into?: Uint8Array): Raster;
  /** The page's own text, or null when the page has none worth trusting. */
  words(page: number): readonly OwnWord[] | null;
  close(): void;
}

const passwordNeeded = 4; // FPDF_ERR_PASSWORD, fpdfview.h
const imageObject = 3; // FPDF_PAGEOBJ_IMAGE, fpdf_edit.h
const drawAnnotations = 1; // FPDF_ANNOT
const drawGrey = 8; // FPDF_GRAYSCALE
const bytesPerPixel: Readonly<Record<number, number>> = { 1: 1, 2: 3, 3: 4, 4: 4 }; // FPDFBitmap_*
const maxSide = 12_000;
const maxChars = 200_000;

let loaded: Promise<Pdfium> | null = null;

async function load(): Promise<Pdfium> {
  const pdfium = (await PDFiumModule({})) as Pdfium;
  pdfium._FPDF_InitLibraryWithConfig({ version: 2 });
  return pdfium;
}

/** Open a PDF with PDFium (WebAssembly, its own fonts, no scripts run).
 *  @throws Unreadable */
export async function openPdf(bytes: Uint8Array): Promise<Pdf> {
  loaded ??= load();
  const pdfium = await loaded;
  const { malloc, free } = pdfium.wasmExports;
  const memory = malloc(bytes.length);
  if (memory === 0) throw new Unreadable('the PDF is too large');
  pdfium.HEAPU8.set(bytes, memory);
  const file = pdfium._FPDF_LoadMemDocument(memory, bytes.length, 0);
  if (file === 0) {
    const reason = pdfium._FPDF_GetLastError();
    free(memory);
    throw new Unreadable(
      reason === passwordNeeded ? 'the PDF needs a password' : 'the PDF is damaged and cannot be read',
    );
  }
  const close = (): void => {
    pdfium._FPDF_CloseDocument(file);
    free(memory);
  };
  const pages = pdfium._FPDF_GetPageCount(file);
  if (pages < 1 || pages > maxPages) {
    close();
    throw new Unreadable(
      pages < 1 ? 'the PDF has no pages' : `the PDF claims ${pages} pages: at most ${maxPages} are read`,
    );
  }
  const withPage = <T>(index: number, use: (page: number) => T): T => {
    const page = pdfium._FPDF_LoadPage(file, index);
    if (page === 0) throw new Unreadable('the page is damaged and cannot be read');
    try {
      return use(page);
    } finally {
      pdfium._FPDF_ClosePage(page);
    }
  };
  return {
    pages,
    draw: (index, xdpi, ydpi, into) =>
      withPage(index, (page) => scan(pdfium, page) ?? rendered(pdfium, page, xdpi, ydpi, into)),
    words: (index) => withPage(index, (page) => ownWords(pdfium, page)),
    close,
  };
}

function rendered(pdfium: Pdfium, page: number, xdpi: number, ydpi: number, into?: Uint8Array): Raster {
  const inches = [pdfium._FPDF_GetPageWidth(page) / 72, pdfium._FPDF_GetPageHeight(page) / 72] as const;
  const shrink = Math.min(1, maxSide / (inches[0] * xdpi), maxSide / (inches[1] * ydpi));
  const width = Math.max(1, Math.round(inches[0] * xdpi * shrink));
  const height = Math.max(1, Math.round(inches[1] * ydpi * shrink));
  const memory = pdfium.wasmExports.malloc(width * height);
  if (memory === 0) throw new Unreadable('the page is too large');
  const bitmap = pdfium._FPDFBitmap_CreateEx(width, height, 1, memory, width);
  pdfium._FPDFBitmap_FillRect(bitmap, 0, 0, width, height, 0xffffffff);
  pdfium._FPDF_RenderPageBitmap(bitmap, page, 0, 0, width, height, 0, drawAnnotations | drawGrey);
  const dots = width * height;
  const data = into && into.length >= dots ? into.subarray(0, dots) : new Uint8Array(dots);
  data.set(pdfium.HEAPU8.subarray(memory, memory + dots));
  pdfium._FPDFBitmap_Destroy(bitmap);
  pdfium.wasmExports.free(memory);
  return { data, width, height, xdpi: xdpi * shrink, ydpi: ydpi * shrink };
}

/** The scanned image of a page that is nothing else, upright and page-wide; null for any other page. */
function scan(pdfium: Pdfium, page: number): Raster | null {
  if (pdfium._FPDFPage_CountObjects(page) !== 1 || pdfium._FPDFPage_GetRotation(page) !== 0) return null;
  const image = pdfium._FPDFPage_GetObject(page, 0);
  const [pageWidth, pageHeight] = [pdfium._FPDF_GetPageWidth(page), pdfium._FPDF_GetPageHeight(page)];
  if (pdfium._FPDFPageObj_GetType(image) !== imageObject || !fills(pdfium, image, pageWidth, pageHeight)) return null;
  const size = pdfium.wasmExports.malloc(8);
  const known = pdfium._FPDFImageObj_GetImagePixelSize(image, size, size + 4);
  const pixels = (pdfium.HEAPU32[size >> 2] ?? 0) * (pdfium.HEAPU32[(size >> 2) + 1] ?? 0);
  pdfium.wasmExports.free(size);
  if (!known || pixels < 500_000 || pixels > 40_000_000) return null;
  const bitmap = pdfium._FPDFImageObj_GetBitmap(image);
  if (bitmap === 0) return null;
  const step = bytesPerPixel[pdfium._FPDFBitmap_GetFormat(bitmap)];
  const width = pdfium._FPDFBitmap_GetWidth(bitmap);
  const height = pdfium._FPDFBitmap_GetHeight(bitmap);
  const stride = pdfium._FPDFBitmap_GetStride(bitmap);
  const from = pdfium._FPDFBitmap_GetBuffer(bitmap);
  const data = step
    ? greyOf(pdfium.HEAPU8.subarray(from, from + stride * height), { width, height, stride, step })
    : null;
  pdfium._FPDFBitmap_Destroy(bitmap);
  return data && { data, width, height, xdpi: (width * 72) / pageWidth, ydpi: (height * 72) / pageHeight };
}

function fills(pdfium: Pdfium, image: number, pageWidth: number, pageHeight: number): boolean {
  const memory = pdfium.wasmExports.malloc(24);
  const known = pdfium._FPDFPageObj_GetMatrix(image, memory);
  const [a = 0, b = 0, c = 0, d = 0] = pdfium.HEAPF32.subarray(memory >> 2, (memory >> 2) + 6);
  pdfium.wasmExports.free(memory);
  const upright = known && Math.abs(b) < 0.01 && Math.abs(c) < 0.01;
  return (
    Boolean(upright) && a > pageWidth * 0.95 && d > pageHeight * 0.95 && a < pageWidth * 1.05 && d < pageHeight * 1.05
  );
}

interface Layout {
  readonly width: number;
  readonly height: number;
  readonly stride: number;
  /** Bytes a pixel: grey, BGR, BGRx. */
  readonly step: number;
}

function greyOf(source: Uint8Array, { width, height, stride, step }: Layout): Uint8Array {
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const row = y * stride;
    if (step === 1) data.set(source.subarray(row, row + width), y * width);
    else for (let x = 0; x < width; x++) data[y * width + x] = luma(source, row + x * step);
  }
  return data;
}

/** Rec. 601. */
const luma = (source: Uint8Array, at: number): number =>
  (114 * (source[at] ?? 0) + 587 * (source[at + 1] ?? 0) + 299 * (source[at + 2] ?? 0)) / 1000;

/** Text under a scan that covers the page may be only a machine's header line: it is trusted from 50 words on. */
const wordsOverScan = 50;

function ownWords(pdfium: Pdfium, page: number): readonly OwnWord[] | null {
  const text = pdfium._FPDFText_LoadPage(page);
  if (text === 0) return null;
  try {
    const words = grouped(pdfium, page, text);
    return words.length >= (hasImage(pdfium, page) ? wordsOverScan : 1) ? words : null;
  } finally {
    pdfium._FPDFText_ClosePage(text);
  }
}

function hasImage(pdfium: Pdfium, page: number): boolean {
  const count = Math.min(pdfium._FPDFPage_CountObjects(page), 10_000);
  const area = pdfium._FPDF_GetPageWidth(page) * pdfium._FPDF_GetPageHeight(page);
  const memory = pdfium.wasmExports.malloc(24);
  let large = false;
  for (let i = 0; i < count && !large; i++) {
    const object = pdfium._FPDFPage_GetObject(page, i);
    if (pdfium._FPDFPageObj_GetType(object) !== imageObject) continue;
    pdfium._FPDFPageObj_GetMatrix(object, memory);
    const [a = 0, b = 0, c = 0, d = 0] = pdfium.HEAPF32.subarray(memory >> 2, (memory >> 2) + 4);
    large = Math.abs(a * d - b * c) > area * 0.5;
  }
  pdfium.wasmExports.free(memory);
  return large;
}

function grouped(pdfium: Pdfium, page: number, text: number): OwnWord[] {
  const memory = pdfium.wasmExports.malloc(48);
  const words: OwnWord[] = [];
  let word = '';
  let boxes: Box[] = [];
  const finish = (): void => {
    if (word !== '' && boxes.length > 0) words.push({ text: word, box: around(boxes) });
    word = '';
    boxes = [];
  };
  const count = Math.min(pdfium._FPDFText_CountChars(text), maxChars);
  for (let i = 0; i < count; i++) {
    const letter = String.fromCodePoint(Math.min(pdfium._FPDFText_GetUnicode(text, i), 0x10ffff));
    if (/[\s\p{Cc}\p{Co}\p{Cn}]/u.test(letter)) finish();
    else {
      word += letter;
      boxes.push(charBox(pdfium, page, text, i, memory));
    }
  }
  finish();
  pdfium.wasmExports.free(memory);
  return words;
}

const device = 20_000;

function charBox(pdfium: Pdfium, page: number, text: number, index: number, memory: number): Box {
  pdfium._FPDFText_GetCharBox(text, index, memory, memory + 8, memory + 16, memory + 24);
  const [left = 0, right = 0, bottom = 0, top = 0] = pdfium.HEAPF64.slice(memory >> 3, (memory >> 3) + 4);
  const corner = (x: number, y: number): readonly [number, number] => {
    pdfium._FPDF_PageToDevice(page, 0, 0, device, device, 0, x, y, memory + 32, memory + 36);
    const at = (memory + 32) >> 2;
    return [(pdfium.HEAP32[at] ?? 0) / device, (pdfium.HEAP32[at + 1] ?? 0) / device];
  };
  const [x0, y0] = corner(left, top);
  const [x1, y1] = corner(right, bottom);
  return { x: Math.min(x0, x1), y: Math.min(y0, y1), width: Math.abs(x1 - x0), height: Math.abs(y1 - y0) };
}

/** The smallest box around boxes. */
export function around(boxes: readonly Box[]): Box {
  const x = Math.min(...boxes.map((box) => box.x));
  const y = Math.min(...boxes.map((box) => box.y));
  return {
    x,
    y,
    width: Math.max(...boxes.map((box) => box.x + box.width)) - x,
    height: Math.max(...boxes.map((box) => box.y + box.height)) - y,
  };
}
