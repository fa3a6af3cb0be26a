import { PDFDocument, StandardFonts } from 'pdf-lib';
import type { OpenFile } from './open-file.ts';
import { openPdf } from './pdfium.ts';
import { halftoned } from './halftone.ts';
import { picture, resampled, resized, turned, type Raster } from './raster.ts';
import { drawable } from './text-pdf.ts';

/** A letter page at fine resolution (ITU-T T.4: 1728 dots over 215 mm, 7.7 lines/mm). */
export const sheet = { width: 1728, height: 2156, xdpi: 204, ydpi: 196 } as const;
/** Rows at the top that belong to the margin line: 6 mm. */
const marginRows = 46;

/** One page as a fax line wants it: 1-bit CCITT G4 TIFF of 1728 × 2156, a threshold, dots only in photographs, `margin` on top.
 *  A landscape page is set upright; a page longer than letter is cut where blank, else made smaller. */
export async function faxPage(file: OpenFile, page: number, margin: string): Promise<Uint8Array> {
  const drawn = await file.draw(page, sheet.xdpi, sheet.ydpi);
  const wide = drawn.width / drawn.xdpi > (drawn.height / drawn.ydpi) * 1.1;
  const upright = await turned(drawn, wide ? 90 : 0);
  const fitted = await fitting(upright);
  const canvas = new Uint8Array(sheet.width * sheet.height).fill(255);
  paste(canvas, fitted.raster, Math.floor((sheet.width - fitted.raster.width) / 2), fitted.top);
  paste(canvas, blackAndWhite(await marginLine(margin)), 0, 0);
  return coded(canvas);
}

/** Black and white, at 204×196, no wider and no longer than the sheet, and clear of the margin line. Kept dot for dot where that is so already. */
async function fitting(raster: Raster): Promise<{ readonly raster: Raster; readonly top: number }> {
  const native = raster.width === sheet.width && Math.abs(raster.ydpi - sheet.ydpi) < 8;
  const full = native ? raster : await resampled(raster, sheet.xdpi, sheet.ydpi);
  // Made black and white once: it is what costs most.
  const dots = blackAndWhite(full);
  const [first, last] = inkedRows(dots);
  const narrow = full.width <= sheet.width + 12;
  if (narrow && first >= marginRows && last < sheet.height)
    return { raster: cropped(dots, Math.min(full.width, sheet.width), Math.min(full.height, sheet.height)), top: 0 };
  const body = sheet.height - marginRows;
  const shrink = Math.min(1, sheet.width / full.width, body / Math.max(1, last + 1));
  const used = cropped(full, full.width, Math.max(1, last + 1));
  const small = await resized(used, Math.floor(used.width * shrink), Math.max(1, Math.floor(used.height * shrink)));
  return { raster: blackAndWhite(small), top: marginRows };
}

/** First and last row with ink; an empty page has its first beyond its end. */
function inkedRows({ data, width, height }: Raster): readonly [number, number] {
  const inked = (y: number): boolean => {
    let ink = 0;
    for (let at = y * width; at < (y + 1) * width; at++) if ((data[at] ?? 255) < 128) ink += 1;
    return ink > 2;
  };
  let first = 0;
  while (first < height && !inked(first)) first += 1;
  let last = height - 1;
  while (last > first && !inked(last)) last -= 1;
  return first === height ? [sheet.height, 0] : [first, last];
}

function cropped(raster: Raster, width: number, height: number): Raster {
  const left = Math.floor((raster.width - width) / 2);
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const from = y * raster.width + left;
    data.set(raster.data.subarray(from, from + width), y * width);
  }
  return { ...raster, data, width, height };
}

/** Otsu's threshold within bounds: thin grey strokes of rendered text stay, grey paper goes; photographs get dots. */
function blackAndWhite(raster: Raster): Raster {
  const limit = Math.min(185, Math.max(110, otsu(raster.data)));
  return halftoned(raster, limit);
}

/** The grey level that best parts two classes (Otsu 1979); 160 when there is nothing to part. */
function otsu(data: Uint8Array): number {
  const counts = new Float64Array(256);
  for (const value of data) counts[value] = (counts[value] ?? 0) + 1;
  const total = counts.reduce((sum, count, level) => sum + count * level, 0);
  let [below, sumBelow, best, limit] = [0, 0, 0, 160];
  for (let level = 0; level < 255; level++) {
    const count = counts[level] ?? 0;
    below += count;
    sumBelow += count * level;
    const above = data.length - below;
    if (below === 0 || above === 0) continue;
    const apart = sumBelow / below - (total - sumBelow) / above;
    const score = below * above * apart * apart;
    if (score > best) [best, limit] = [score, level + 1];
  }
  return limit;
}

async function marginLine(text: string): Promise<Raster> {
  const pdf = await PDFDocument.create();
  const [width, height] = [(sheet.width / sheet.xdpi) * 72, (marginRows / sheet.ydpi) * 72];
  const font = await pdf.embedFont(StandardFonts.HelveticaBold);
  const line = drawable(text);
  const size = Math.min(9, (9 * (width - 48)) / font.widthOfTextAtSize(line, 9));
  pdf.addPage([width, height]).drawText(line, { x: 24, y: 4, size, font });
  const opened = await openPdf(await pdf.save());
  const raster = opened.draw(0, sheet.xdpi, sheet.ydpi);
  opened.close();
  return raster;
}

function paste(canvas: Uint8Array, { data, width, height }: Raster, left: number, top: number): void {
  const columns = Math.min(width, sheet.width - left);
  for (let y = 0; y < height && y + top < sheet.height; y++)
    canvas.set(data.subarray(y * width, y * width + columns), (y + top) * sheet.width + left);
}

async function coded(canvas: Uint8Array): Promise<Uint8Array> {
  const raster = { data: canvas, ...sheet };
  return picture(raster).tiff({ compression: 'ccittfax4', bitdepth: 1, miniswhite: true }).toBuffer();
}
