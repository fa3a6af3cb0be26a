import sharp, { type Sharp } from 'sharp';
import { maxPages, maxPixels } from './limits.ts';
import type { ReadableType } from './media-type.ts';
import { enlarged } from './enlarge.ts';
import { eachDark } from './ink.ts';
import type { Turn } from '../core/turn.ts';
import { Unreadable } from './protocol.ts';
import { directories, type TiffPage } from './tiff.ts';

sharp.concurrency(1);
sharp.cache(false);

/** Grey pixels, one byte each, white 255, in the raster they came in: not necessarily square. */
export interface Raster {
  readonly data: Uint8Array;
  readonly width: number;
  readonly height: number;
  readonly xdpi: number;
  readonly ydpi: number;
}

export interface Pictures {
  readonly pages: number;
  readonly warnings: readonly string[];
  draw(page: number): Promise<Raster>;
}

/** @throws Unreadable */
export async function openPictures(mediaType: ReadableType, bytes: Uint8Array): Promise<Pictures> {
  return mediaType === 'image/tiff' ? openTiff(bytes) : openImage(bytes);
}

function openTiff(bytes: Uint8Array): Pictures {
  const { pages, stopped } = directories(bytes, maxPages);
  if (stopped === 'loop') throw new Unreadable('the TIFF is damaged: its list of pages runs in a circle');
  if (stopped === 'too many pages') throw new Unreadable(`the TIFF has more than ${maxPages} pages`);
  if (pages.length === 0) throw new Unreadable('the TIFF is cut off: no page can be read');
  pages.forEach((page) => {
    refuseFlood(page.width, page.height);
  });
  const short = pages.some((page) => endOf(page) > bytes.length);
  const whole = short ? padded(bytes, pages) : bytes;
  return {
    pages: pages.length,
    warnings: stopped || short ? ['the TIFF is cut off: some pages or lines are missing'] : [],
    draw: async (index) => {
      const page = pages[index];
      if (!page) throw new Unreadable('there is no such page');
      const picture = sharp(whole, { page: index, failOn: 'none', limitInputPixels: maxPixels });
      return { ...(await grey(picture)), ...density(page.width, page.height, page.xdpi, page.ydpi) };
    },
  };
}

const endOf = (page: TiffPage): number =>
  Math.max(0, ...page.offsets.map((offset, i) => offset + (page.counts[i] ?? 0)));

/** Zeros where the missing strips would be: the decoder then gives the rows it has and leaves the others white. */
function padded(bytes: Uint8Array, pages: readonly TiffPage[]): Uint8Array {
  const length = Math.max(...pages.map(endOf));
  if (length > bytes.length + 64 * 1024 * 1024)
    throw new Unreadable('the TIFF is damaged: its data lies outside the file');
  const whole = new Uint8Array(length);
  whole.set(bytes);
  return whole;
}

async function openImage(bytes: Uint8Array): Promise<Pictures> {
  const picture = (): Sharp => sharp(bytes, { failOn: 'none', limitInputPixels: maxPixels, unlimited: false });
  const {
    width,
    height,
    density: dpi,
  } = await sharp(bytes, { limitInputPixels: false })
    .metadata()
    .catch(() => {
      throw new Unreadable('the image is damaged and cannot be read');
    });
  refuseFlood(width, height);
  return {
    pages: 1,
    warnings: [],
    draw: async () => {
      const raster = await grey(picture().autoOrient());
      return { ...raster, ...density(raster.width, raster.height, dpi ?? null, dpi ?? null) };
    },
  };
}

function refuseFlood(width: number, height: number): void {
  if (width < 1 || height < 1) throw new Unreadable('the image is damaged: it has no size');
  if (width * height > maxPixels || Math.max(width, height) > 30_000)
    throw new Unreadable(`the image is far too large (${width} × ${height} pixels)`);
}

function grey(picture: Sharp): Promise<Pixels> {
  const channel = picture.flatten({ background: '#fff' }).toColourspace('b-w').extractChannel(0);
  return pixelsOf(channel).catch(() => {
    throw new Unreadable('the image is damaged and cannot be read');
  });
}

type Pixels = Pick<Raster, 'data' | 'width' | 'height'>;

/** What a pipeline of one channel gives. No Buffer: its `slice` would share memory, and steps would change what came. */
async function pixelsOf(picture: Sharp): Promise<Pixels> {
  const { data, info } = await picture.raw().toBuffer({ resolveWithObject: true });
  return {
    data: new Uint8Array(data.buffer, data.byteOffset, data.length),
    width: info.width,
    height: info.height,
  };
}

/** Against the ragged edges that noise leaves on letters. `sigma` in pixels. */
export async function blurred(raster: Raster, sigma: number): Promise<Raster> {
  return { ...raster, ...(await pixelsOf(picture(raster).blur(sigma))) };
}

/** As if drawn with a broader pen: each pixel as dark as the darkest beside it. Broken strokes close. */
export function heavier(raster: Raster): Raster {
  const { width, height } = raster;
  const data = new Uint8Array(raster.data.length).fill(255);
  eachDark(raster, 255, (y, x) => {
    const value = raster.data[y * width + x] as number;
    for (let row = Math.max(0, y - 1); row <= y + 1 && row < height; row++)
      for (let at = Math.max(0, x - 1); at <= x + 1 && at < width; at++) {
        const place = row * width + at;
        if (value < (data[place] as number)) data[place] = value;
      }
  });
  return { ...raster, data };
}

/** Dots per inch, trusted when they give a page of 2 to 25 inches. Without them, fax geometry decides
 *  (1728 dots a line; 98, 196 or 391 lines an inch by the length of a letter page), else the longer side is 11 inches. */
export function density(
  width: number,
  height: number,
  xdpi: number | null,
  ydpi: number | null,
): { readonly xdpi: number; readonly ydpi: number } {
  if (xdpi && ydpi && plausible(width / xdpi) && plausible(height / ydpi)) return { xdpi, ydpi };
  if (width === 1728) return { xdpi: 204, ydpi: height < 1400 ? 98 : height < 3300 ? 196 : 391 };
  const guess = Math.max(width, height) / 11;
  return { xdpi: guess, ydpi: guess };
}

const plausible = (inches: number): boolean => inches >= 2 && inches <= 25;

/** The raster as a sharp pipeline of one grey channel. */
export const picture = ({ data, width, height }: Raster): Sharp =>
  sharp(data, { raw: { width, height, channels: 1 }, limitInputPixels: maxPixels }).toColourspace('b-w');

/** Resample to other densities, each at least 1 px. */
export async function resampled(raster: Raster, xdpi: number, ydpi: number): Promise<Raster> {
  const width = Math.max(1, Math.round((raster.width * xdpi) / raster.xdpi));
  const height = Math.max(1, Math.round((raster.height * ydpi) / raster.ydpi));
  return { ...(await resized(raster, width, height)), xdpi, ydpi };
}

export async function resized(raster: Raster, width: number, height: number): Promise<Raster> {
  if (width === raster.width && height === raster.height) return raster;
  const [x, y] = [width / raster.width, height / raster.height];
  const size = { width, height, xdpi: raster.xdpi * x, ydpi: raster.ydpi * y };
  if (x >= 1 && y >= 1) return { ...size, data: enlarged(raster, width, height) };
  return { ...size, ...(await pixelsOf(picture(raster).resize(width, height, { fit: 'fill', kernel: 'cubic' }))) };
}

export async function turned(raster: Raster, turn: Turn): Promise<Raster> {
  if (turn === 0) return raster;
  if (turn === 180) return { ...raster, data: raster.data.slice().reverse() };
  const { xdpi, ydpi } = raster;
  return { ...(await pixelsOf(picture(raster).rotate(turn))), xdpi: ydpi, ydpi: xdpi };
}
