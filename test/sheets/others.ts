import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { openPictures, type Raster } from '../../src/documents/raster.ts';
import { readSheet } from '../../src/documents/sheet-read.ts';
import { chance, type Chance } from '../simulation/chance.ts';
import { anyJourney, faxed } from './paper.ts';

/** Pages that are no answer sheets: those of the fixtures, each time worn in another way, half of them with squares. */

export interface Other {
  readonly seed: number;
  /** Taken for an answer sheet. */
  readonly found: boolean;
  /** A token was read where there is none. */
  readonly named: boolean;
  readonly ms: number;
}

export async function fixturePages(): Promise<Raster[]> {
  const folder = join(import.meta.dirname, '..', 'fixtures', 'fax');
  const pages: Raster[] = [];
  for (const name of readdirSync(folder).filter((each) => each.endsWith('.tif'))) {
    const pictures = await openPictures('image/tiff', readFileSync(join(folder, name)));
    for (let page = 0; page < pictures.pages; page++) pages.push(await pictures.draw(page));
  }
  return pages;
}

/** Every fifth comes askew and worn; squares as large as those of a sheet lie anywhere. */
export async function other(seed: number, pages: readonly Raster[]): Promise<Other> {
  const draw = chance(seed);
  const base = draw.pick(pages);
  const page = seed % 5 === 0 ? faxed(base, anyJourney(draw, 196), draw) : { ...base, data: base.data.slice() };
  if (draw.yes(0.5)) addSquares(page, draw.between(1, 12), draw);
  const start = performance.now();
  const reading = await readSheet(page);
  const ms = performance.now() - start;
  return { seed, found: reading !== null, named: typeof reading?.token === 'string', ms };
}

function addSquares({ data, width, height, xdpi, ydpi }: Raster, count: number, draw: Chance): void {
  const [w, h] = [Math.round((7 * xdpi) / 25.4), Math.round((7 * ydpi) / 25.4)];
  for (let i = 0; i < count; i++) {
    const [left, top] = [draw.below(width - w), draw.below(height - h)];
    for (let y = top; y < top + h; y++) data.fill(0, y * width + left, y * width + left + w);
  }
}
