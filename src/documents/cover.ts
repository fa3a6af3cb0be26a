import { PDFDocument, StandardFonts, rgb, type PDFPage } from 'pdf-lib';
import { Unprintable, type Cover } from '../core/press.ts';
import { filled, type CoverValues } from '../core/cover-template.ts';
import { coverWords } from './cover-words.ts';
import { drawable, letter, wrapped } from './text-pdf.ts';

const left = 54;
const bottom = 40;

/** The sheet that goes first: who, to whom, how many pages, how urgent, and what to do if it came to the wrong machine
 *  (47 CFR 68.318(d): date, sender and its telephone). It has no room for patient data. Letter, black on white.
 *  @throws Unprintable when the practice's own template does not fit on it: nothing of it may be missing */
export async function coverSheet(cover: Cover, pages: number): Promise<Uint8Array> {
  const { language = 'en', template = null } = cover.style ?? {};
  const words = coverWords[language];
  const lines = filled(template ?? words.template, valuesOf(cover, pages));
  return printed([...lines, ...(cover.possibleDuplicate ? ['', ...words.duplicate] : [])]);
}

function valuesOf({ from, to, at, urgency, reference, style }: Cover, pages: number): CoverValues {
  const words = coverWords[style?.language ?? 'en'];
  return {
    practice: from.name,
    phone: from.phone,
    fax: from.fax,
    to: [to.name, to.fax].filter(Boolean).join(`, ${words.fax} `),
    date: `${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    pages: words.pages(pages),
    urgency: words.urgencies[urgency],
    alert: urgency === 'routine' ? null : words.urgencies[urgency],
    reference,
    misdirected: words.misdirected(from.phone),
  };
}

/** What stands at the right of a sheet: lines that begin below `top` leave `width` to it. Points. */
interface Beside {
  readonly top: number;
  readonly width: number;
  draw(page: PDFPage): void;
}

/** `# ` and `## ` are headings, `> ` a line that must not be broken, `---` is a rule, `Label: text` stands in two columns,
 *  an empty line is a gap.
 *  @throws Unprintable when it is more than a page */
export async function printed(
  lines: readonly string[],
  beside: Beside = { top: 0, width: 0, draw: () => undefined },
): Promise<Uint8Array> {
  const pdf = await PDFDocument.create();
  const page = pdf.addPage([letter.width, letter.height]);
  const fonts = {
    plain: await pdf.embedFont(StandardFonts.Helvetica),
    bold: await pdf.embedFont(StandardFonts.HelveticaBold),
  };
  let y = letter.height - 110;
  const write = (text: string, size: number, font: keyof typeof fonts = 'plain', x = left): void => {
    const free = letter.width - left - x - (y < beside.top ? beside.width : 0);
    for (const line of wrapped(drawable(text), fonts[font], size, free)) {
      if (y <= bottom) throw new Unprintable('the cover sheet of the practice does not fit on one page: shorten it');
      page.drawText(line, { x, y, size, font: fonts[font] });
      y -= size * 1.35;
    }
  };
  for (const line of lines) {
    const [, marks, heading = ''] = /^(##?) (.*)$/.exec(line) ?? [];
    const [, label, value = ''] = /^([^:]{1,18}): (.*)$/.exec(line) ?? [];
    if (line.startsWith('> ')) {
      const whole = drawable(line.slice(2));
      const size = Math.min(18, (18 * (letter.width - 2 * left)) / fonts.bold.widthOfTextAtSize(whole, 18));
      page.drawText(whole, { x: left, y, size, font: fonts.bold });
      y -= 26;
    } else if (line === '---') {
      rule(page, y + 14);
      y -= 12;
    } else if (line.trim() === '') y -= 12;
    else if (marks !== undefined) {
      y -= marks === '#' ? 0 : 8;
      write(heading, marks === '#' ? 34 : 18, 'bold');
    } else if (label !== undefined) {
      const row = y;
      write(value, 13, 'plain', left + 110);
      page.drawText(drawable(label), { x: left, y: row, size: 13, font: fonts.bold });
      y -= 6;
    } else write(line, 12);
  }
  beside.draw(page);
  return pdf.save();
}

function rule(page: PDFPage, y: number): void {
  page.drawLine({ start: { x: left, y }, end: { x: letter.width - left, y }, thickness: 1.5, color: rgb(0, 0, 0) });
}
