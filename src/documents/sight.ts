import { overturned, straightened, tidied, type Cleaned, type Tidy } from './clean.ts';
import type { OpenFile } from './open-file.ts';
import type { Turn } from '../core/turn.ts';
import { resampled, type Raster } from './raster.ts';

/** The page that several questions in a row are about: what costs time is made once. */
export interface Sight {
  readonly page: number;
  /** As the file draws it. What that costs is the file's to say: some take seconds. */
  drawn(): Promise<Raster>;
  /** Square pixels, as many across as the scan has up to 300 an inch. */
  square(): Promise<Raster>;
  /** Ready to be read in this turn. */
  cleaned(turn: Turn): Promise<Cleaned>;
}

const imageDpi = 204;
const sharpest = 300;

export function sightOf(from: OpenFile, page: number): Sight {
  const drawn = once(() => from.draw(page, imageDpi, imageDpi));
  const tidy = once<Tidy>(async () => tidied(await from.draw(page, sharpest, sharpest)));
  const level = once(async () => straightened(await tidy(), 0));
  const aside = once(async () => straightened(await tidy(), 90));
  return {
    page,
    drawn,
    square: once(async () => {
      const raster = await drawn();
      const dpi = Math.min(raster.xdpi, sharpest);
      return resampled(raster, dpi, dpi);
    }),
    async cleaned(turn) {
      const nearest = await (turn === 0 || turn === 180 ? level() : aside());
      return turn === 0 || turn === 90 ? nearest : overturned(nearest);
    },
  };
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | null = null;
  return () => (made ??= make());
}
