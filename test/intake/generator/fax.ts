import sharp from 'sharp';
import type { Chance } from './chance.ts';

export type Level = 'clean' | 'light' | 'medium' | 'heavy';
export type Turn = 0 | 90 | 180 | 270;

const noise = { clean: 0, light: 0.0004, medium: 0.003, heavy: 0.009 } as const;
const blur = { clean: 0, light: 0.4, medium: 0.7, heavy: 1 } as const;

export interface Faxed {
  readonly tiff: Buffer;
  readonly skew: number;
}

/** A page as it comes off a fax line: 1728 dots wide, skewed, smeared, specked, streaked, black and white, G4. */
export async function faxed(png: Buffer, chance: Chance, level: Level, fine: boolean, turn: Turn): Promise<Faxed> {
  const skew = level === 'clean' ? 0 : Number(((chance.next() - 0.5) * (level === 'heavy' ? 3 : 1.6)).toFixed(2));
  const rows = fine ? 2156 : 1078;
  const turned = await sharp(png).flatten({ background: '#fff' }).rotate(turn, { background: '#fff' }).png().toBuffer();
  const askew = await sharp(turned)
    .resize(1728, 2156, { fit: 'contain', background: '#fff' })
    .rotate(skew, { background: '#fff' })
    .png()
    .toBuffer();
  const { width, height } = await sharp(askew).metadata();
  const cut = { left: (width - 1728) >> 1, top: (height - 2156) >> 1, width: 1728, height: 2156 };
  let seen = sharp(askew).extract(cut);
  if (blur[level] > 0.3) seen = seen.blur(blur[level]);
  // The glass smears both resolutions alike: lines are taken from what it shows.
  const data = await sharp(await seen.png().toBuffer())
    .resize(1728, rows, { fit: 'fill' })
    .toColourspace('b-w')
    .raw()
    .toBuffer();
  const threshold = 128 + (chance.next() - 0.5) * (level === 'heavy' ? 60 : 24);
  const grain = { clean: 0, light: 14, medium: 34, heavy: 60 }[level];
  for (let at = 0; at < data.length; at++) {
    const value = (data[at] ?? 255) + (grain === 0 ? 0 : (chance.next() - 0.5) * grain);
    data[at] = value < threshold ? 0 : 255;
  }
  specks(data, chance, noise[level]);
  if (level === 'medium' || level === 'heavy') streaks(data, rows, chance, level === 'heavy' ? 3 : chance.int(2));
  const tiff = await sharp(data, { raw: { width: 1728, height: rows, channels: 1 } })
    .toColourspace('b-w')
    .tiff({ compression: 'ccittfax4', bitdepth: 1, miniswhite: true })
    .toBuffer();
  return { tiff, skew };
}

function specks(data: Buffer, chance: Chance, share: number): void {
  for (let count = Math.floor(data.length * share); count > 0; count--) {
    const at = chance.int(data.length);
    data[at] = chance.yes(0.7) ? 0 : 255;
  }
}

function streaks(data: Buffer, rows: number, chance: Chance, count: number): void {
  for (let i = 0; i < count; i++) {
    const x = chance.int(1728);
    for (let y = 0; y < rows; y++) if (chance.yes(0.93)) data.fill(0, y * 1728 + x, y * 1728 + Math.min(1728, x + 2));
  }
}
