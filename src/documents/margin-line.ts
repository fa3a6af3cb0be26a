import { PDFDocument, StandardFonts } from 'pdf-lib';
import { openPdf } from './pdfium.ts';
import type { Raster } from './raster.ts';
import { drawable } from './text-pdf.ts';

const [indent, baseline] = [24, 4];
const largest = 9;
/** What `drawable` leaves of a text: Latin-1. */
const alphabet = Array.from({ length: 0xff - 0x20 + 1 }, (_, i) => String.fromCharCode(0x20 + i)).filter(
  (letter) => letter < '\x7f' || letter > '\x9f',
);

/** The alphabet at one size, a letter in each cell, one below the other. */
interface Letters {
  readonly raster: Raster;
  /** Points that a letter takes. */
  readonly widths: ReadonlyMap<string, number>;
}

type Size = Omit<Raster, 'data'>;
const drawn = new Map<string, Promise<Letters>>();

/** One line of print on a strip, made smaller where it is too long for it. Letters are drawn once and then copied, as
 *  every page of every fax has such a line. */
export async function marginLine(text: string, strip: Size): Promise<Raster> {
  const line = Array.from(drawable(text));
  const room = (strip.width / strip.xdpi) * 72 - 2 * indent;
  const full = widthOf(line, await lettersAt(largest, strip));
  // Half points, so that few sizes are ever drawn.
  const size = Math.max(1, Math.floor(Math.min(largest, (largest * room) / full) * 2) / 2);
  const letters = await lettersAt(size, strip);
  const data = new Uint8Array(strip.width * strip.height).fill(255);
  line.forEach((letter, i) => {
    const left = indent + widthOf(line.slice(0, i), letters);
    copyLetter(letters.raster, alphabet.indexOf(letter), { ...strip, data }, Math.round((left / 72) * strip.xdpi));
  });
  return { ...strip, data };
}

const widthOf = (line: readonly string[], { widths }: Letters): number =>
  line.reduce((sum, letter) => sum + (widths.get(letter) ?? 0), 0);

function lettersAt(size: number, strip: Size): Promise<Letters> {
  const key = `${size} ${strip.height} ${strip.xdpi}`;
  const known = drawn.get(key) ?? drawLetters(size, strip);
  drawn.set(key, known);
  return known;
}

async function drawLetters(size: number, strip: Size): Promise<Letters> {
  const pdf = await PDFDocument.create();
  const font = await pdf.embedFont(StandardFonts.HelveticaBold);
  const height = (strip.height / strip.ydpi) * 72;
  const page = pdf.addPage([size * 2, height * alphabet.length]);
  alphabet.forEach((letter, i) => {
    page.drawText(letter, { x: size / 2, y: height * (alphabet.length - 1 - i) + baseline, size, font });
  });
  const opened = await openPdf(await pdf.save());
  const raster = opened.draw(0, strip.xdpi, strip.ydpi);
  opened.close();
  return { raster, widths: new Map(alphabet.map((letter) => [letter, font.widthOfTextAtSize(letter, size)])) };
}

/** The darker dot stays where letters touch. */
function copyLetter(from: Raster, index: number, to: Raster, left: number): void {
  const start = left - Math.round(from.width / 4);
  for (let y = 0; y < to.height; y++)
    for (let x = 0; x < from.width && start + x < to.width; x++) {
      const at = y * to.width + start + x;
      to.data[at] = Math.min(to.data[at] as number, from.data[(index * to.height + y) * from.width + x] as number);
    }
}
