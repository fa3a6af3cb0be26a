import type { OpenFile } from './open-file.ts';
import type { PagePreview } from './protocol.ts';
import { dotted, inkedRows, placed, undotted, type Dots, type Part } from './dots.ts';
import { warningsOf } from './fax-look.ts';
import { group4 } from './g4.ts';
import { halftoned } from './halftone.ts';
import { marginLine } from './margin-line.ts';
import { picture, resampled, resized, turned, type Raster } from './raster.ts';
import { tiffOf } from './tiff-write.ts';
import { threshold, tonesOf } from './tones.ts';

/** A letter page at fine resolution (ITU-T T.4: 1728 dots over 215 mm, 7.7 lines/mm). */
export const sheet = { width: 1728, height: 2156, xdpi: 204, ydpi: 196 } as const;
/** Rows at the top that belong to the margin line: 6 mm. */
const marginRows = 46;

/** One page as a fax line wants it: 1-bit CCITT G4 TIFF of 1728 × 2156, a threshold, dots only in photographs, `margin` on top.
 *  A landscape page is set upright; a page longer than letter is cut where blank, else made smaller. */
export async function faxPage(file: OpenFile, page: number, margin: string): Promise<Uint8Array> {
  const { body, line } = await dotsOf(file, page, margin);
  return coded(onSheet(body, line));
}

/** The same page to look at, and what a person should know of it. */
export async function previewPage(file: OpenFile, page: number, margin: string): Promise<PagePreview> {
  const { body, line } = await dotsOf(file, page, margin);
  const whole = onSheet(body, line);
  const shown = picture({ ...sheet, data: undotted(whole) }).resize(864, 1122, { fit: 'fill' });
  return {
    png: await shown.png({ compressionLevel: 6, palette: true, colours: 16 }).toBuffer(),
    bytes: coded(whole).length,
    warnings: warningsOf(placed(sheet.width, sheet.height, [body])),
  };
}

/** Memory for the greys of a page. Whoever draws has it alone: two pages in the same memory would be one. */
let spare: Uint8Array | null = null;

async function dotsOf(
  file: OpenFile,
  page: number,
  margin: string,
): Promise<{ readonly body: Part; readonly line: Dots }> {
  const memory = spare ?? new Uint8Array((sheet.width + 16) * sheet.height);
  spare = null;
  const drawn = await file.draw(page, sheet.xdpi, sheet.ydpi, memory);
  const wide = drawn.width / drawn.xdpi > (drawn.height / drawn.ydpi) * 1.1;
  const body = await fitting(await turned(drawn, wide ? 90 : 0));
  spare = memory;
  return { body, line: blackAndWhite(await marginLine(margin, { ...sheet, height: marginRows })) };
}

const onSheet = (body: Part, line: Dots): Dots =>
  placed(sheet.width, sheet.height, [body, { dots: line, left: 0, top: 0 }]);

const coded = (dots: Dots): Uint8Array =>
  tiffOf([{ ...dots, strips: [group4(dots)], rowsPerStrip: dots.height, photometric: 0, fillOrder: 1 }]);

/** Black and white, at 204×196, no wider and no longer than the sheet, and clear of the margin line. Kept dot for dot where that is so already. */
async function fitting(raster: Raster): Promise<Part> {
  const native = raster.width === sheet.width && Math.abs(raster.ydpi - sheet.ydpi) < 8;
  const full = native ? raster : await resampled(raster, sheet.xdpi, sheet.ydpi);
  const dots = blackAndWhite(full);
  const { first, last } = inkedRows(dots) ?? { first: marginRows, last: 0 };
  const narrow = full.width <= sheet.width + 12;
  if (narrow && first >= marginRows && last < sheet.height) return { dots, left: centred(dots.width), top: 0 };
  const room = sheet.height - marginRows;
  const shrink = Math.min(1, sheet.width / full.width, room / Math.max(1, last + 1));
  const used = {
    ...full,
    data: full.data.subarray(0, full.width * Math.max(1, last + 1)),
    height: Math.max(1, last + 1),
  };
  const small = await resized(used, Math.floor(used.width * shrink), Math.max(1, Math.floor(used.height * shrink)));
  return { dots: blackAndWhite(small), left: centred(small.width), top: marginRows };
}

const centred = (width: number): number => Math.floor((sheet.width - width) / 2);

/** A threshold that parts ink from paper, within bounds: thin grey strokes of rendered text stay, grey paper goes.
 *  Photographs get dots. */
function blackAndWhite(raster: Raster): Dots {
  const tones = tonesOf(raster);
  return dotted(halftoned(raster, tones), Math.min(185, Math.max(110, threshold(tones.counts))));
}
