import { picture, type Raster } from './raster.ts';

/** Lines of print make the ink change more from row to row than from column to column. */
export function sideways({ data, width, height, xdpi, ydpi }: Raster): boolean {
  const rows = new Uint32Array(height);
  const columns = new Uint32Array(width);
  for (let y = 0, at = 0; y < height; y++)
    for (let x = 0; x < width; x++, at++) {
      if ((data[at] as number) >= 128) continue;
      rows[y] = (rows[y] as number) + 1;
      columns[x] = (columns[x] as number) + 1;
    }
  return (changes(columns) * xdpi) / height ** 2 > (changes(rows) * ydpi) / width ** 2;
}

const changes = (sums: Uint32Array): number =>
  sums.reduce((total, sum, i) => total + (i > 0 ? (sum - (sums[i - 1] as number)) ** 2 : 0), 0);

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
