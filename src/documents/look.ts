import { eachDark } from './ink.ts';
import { picture, type Raster } from './raster.ts';

/** Lines of print make the ink change more from row to row than from column to column. */
export function sideways(raster: Raster): boolean {
  const { width, height, xdpi, ydpi } = raster;
  const rows = new Uint32Array(height);
  const columns = new Uint32Array(width);
  eachDark(raster, 128, (y, x) => {
    rows[y] = (rows[y] as number) + 1;
    columns[x] = (columns[x] as number) + 1;
  });
  return (changes(columns) * xdpi) / height ** 2 > (changes(rows) * ydpi) / width ** 2;
}

const changes = (sums: Uint32Array): number =>
  sums.reduce((total, sum, i) => total + (i > 0 ? (sum - (sums[i - 1] as number)) ** 2 : 0), 0);

/** Columns that are looked at together: a page may hang a little, and has columns of print. */
const acrossBits = 8;
/** Of print at 300 dpi: rows from the highest to the lowest ink of a line, and of its small letters at least. */
const [lowestLine, tallestLine, lowestLetters] = [18, 60, 8];
/** Dark pixels in the fullest row of a line that tells something. */
const leastInk = 25;

/** Whether lines of print stand on their heads. Of capitals, figures and half of the small letters something stands out
 *  above the others, of few below. Measured on 98 level pages: none was taken for the other way up; of a page that is
 *  read this is only asked to know where to begin. */
export function upsideDown(raster: Raster): boolean {
  const { width, height } = raster;
  const across = (width >> acrossBits) + 1;
  const ink = new Uint16Array(across * height);
  eachDark(raster, 128, (y, x) => {
    const at = y * across + (x >> acrossBits);
    ink[at] = (ink[at] as number) + 1;
  });
  let sum = 0;
  for (let column = 0; column < across; column++) {
    const rows = Uint16Array.from({ length: height }, (_, y) => ink[y * across + column] as number);
    for (const line of linesIn(rows)) sum += standingOut(line);
  }
  return sum < 0;
}

function linesIn(rows: Uint16Array): Uint16Array[] {
  const lines: Uint16Array[] = [];
  for (let from = 0; from < rows.length; from++) {
    let to = from;
    while ((rows[to] ?? 0) > 2) to += 1;
    if (to - from >= lowestLine && to - from <= tallestLine) lines.push(rows.subarray(from, to));
    from = to;
  }
  return lines;
}

/** How much more of a line stands out above its small letters than below: -1 to 1. */
function standingOut(line: Uint16Array): number {
  const fullest = Math.max(...line);
  const full = (count: number): boolean => count * 2 >= fullest;
  const [top, bottom] = [line.findIndex(full), line.findLastIndex(full)];
  if (fullest <= leastInk || bottom - top < lowestLetters) return 0;
  const inkOf = (part: Uint16Array): number => part.reduce((total, count) => total + count, 0);
  const more = (inkOf(line.subarray(0, top)) - inkOf(line.subarray(bottom + 1))) / fullest / 4;
  return Math.min(1, Math.max(-1, more));
}

/** The ninth of a page's height with most ink in it: half a dozen lines. */
export function fullest(raster: Raster): Raster {
  const { data, width, height } = raster;
  const tall = Math.max(1, Math.floor(height / 9));
  const step = Math.max(1, Math.floor(height / 40));
  const ink = Array.from({ length: Math.ceil(height / step) }, (_, band) => {
    let dark = 0;
    for (let at = band * step * width; at < Math.min(height, (band + 1) * step) * width; at += 3)
      if ((data[at] ?? 255) < 128) dark += 1;
    return dark;
  });
  const bands = Math.max(1, Math.floor(tall / step));
  let [best, most] = [0, -1];
  for (let band = 0; band + bands <= ink.length; band++) {
    const sum = ink.slice(band, band + bands).reduce((total, each) => total + each, 0);
    if (sum > most) [best, most] = [band, sum];
  }
  const from = Math.min(best * step, height - tall);
  return { ...raster, height: tall, data: data.slice(from * width, (from + tall) * width) };
}

const side = 16;

/** Difference hash: whether each of 16 × 16 places is darker than its right neighbour, hex. */
export async function printOf(raster: Raster): Promise<string> {
  const small = await picture(raster)
    .resize(side + 1, side, { fit: 'fill' })
    .raw()
    .toBuffer();
  let hex = '';
  for (let y = 0; y < side; y++)
    for (let x = 0; x < side; x += 4) {
      let nibble = 0;
      for (let bit = 0; bit < 4; bit++) {
        const at = y * (side + 1) + x + bit;
        nibble = nibble * 2 + ((small[at] ?? 0) + 1 < (small[at + 1] ?? 0) ? 1 : 0);
      }
      hex += nibble.toString(16);
    }
  return hex;
}
