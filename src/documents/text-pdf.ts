import { PDFDocument, StandardFonts, type PDFFont } from 'pdf-lib';

/** Letter page, points. */
export const letter = { width: 612, height: 792 } as const;
const margin = 54;
const size = 11;
const leading = 14;
const maxLines = 300 * Math.floor((letter.height - 2 * margin) / leading);

/** Plain text set on letter pages (Helvetica, no font needed on the machine). Letters beyond Latin-1 lose
 *  their marks or become `?`; `altered` says so. At most 300 pages; the rest is left out and `cut` is true. */
export async function textPdf(
  text: string,
): Promise<{ readonly pdf: Uint8Array; readonly altered: boolean; readonly cut: boolean }> {
  const pdf = await PDFDocument.create();
  const font = await pdf.embedFont(StandardFonts.Helvetica);
  const clean = text.normalize('NFC').replaceAll('\t', '    ');
  const plain = drawable(clean);
  const lines = plain.split(/\r\n|[\n\r\f]/).flatMap((line) => wrapped(line, font, size, letter.width - 2 * margin));
  const kept = lines.slice(0, maxLines);
  const perPage = Math.floor((letter.height - 2 * margin) / leading);
  for (let from = 0; from === 0 || from < kept.length; from += perPage) {
    const page = pdf.addPage([letter.width, letter.height]);
    kept.slice(from, from + perPage).forEach((line, i) => {
      page.drawText(line, { x: margin, y: letter.height - margin - (i + 1) * leading, size, font });
    });
  }
  return { pdf: await pdf.save(), altered: plain !== clean, cut: kept.length < lines.length };
}

/** Text that PDF's standard fonts can draw: typographic marks made plain, accents beyond Latin-1 dropped, else `?`. */
export function drawable(text: string): string {
  return Array.from(text.normalize('NFC'), (letter) => {
    const code = letter.codePointAt(0) ?? 0;
    if ((code >= 0x20 && code < 0x7f) || (code >= 0xa0 && code <= 0xff) || /[\n\r\f]/.test(letter)) return letter;
    const known = plain[letter];
    if (known !== undefined) return known;
    if (code < 0xa0) return ' ';
    const bare = letter.normalize('NFKD').replace(/[^\x20-\x7e]/g, '');
    return bare === '' ? '?' : bare;
  }).join('');
}

const plain: Readonly<Record<string, string>> = {
  '‘': "'",
  '’': "'",
  '“': '"',
  '”': '"',
  '–': '-',
  '—': '-',
  '•': '-',
  '…': '...',
  ł: 'l',
  Ł: 'L',
  đ: 'd',
  Đ: 'D',
};

/** Break one line at spaces, or inside a word that is wider than the line. `width` in points. */
export function wrapped(line: string, font: PDFFont, points: number, width: number): string[] {
  const lines: string[] = [];
  let rest = '';
  for (const part of line.split(/(?<= )/).flatMap((word) => chunks(word, 60))) {
    if (rest !== '' && font.widthOfTextAtSize(rest + part.trimEnd(), points) > width) {
      lines.push(rest.trimEnd());
      rest = '';
    }
    rest += part;
  }
  return [...lines, rest.trimEnd()];
}

const chunks = (word: string, length: number): string[] => word.match(new RegExp(`.{1,${length}}`, 'gs')) ?? [];
