import { PDFDocument, StandardFonts, rgb, type PDFPage } from 'pdf-lib';
import type { Cover } from '../core/channel.ts';
import { drawable, letter, wrapped } from './text-pdf.ts';

const left = 54;
const urgencies = { routine: 'Routine', urgent: 'URGENT', stat: 'STAT: please read at once' } as const;

/** The sheet that goes first: who, to whom, how many pages, how urgent, and what to do if it came to the wrong machine
 *  (47 CFR 68.318(d): date, sender and its telephone). It has no room for patient data. Letter, black on white. */
export async function coverSheet(cover: Cover, pages: number): Promise<Uint8Array> {
  const pdf = await PDFDocument.create();
  const page = pdf.addPage([letter.width, letter.height]);
  const fonts = {
    plain: await pdf.embedFont(StandardFonts.Helvetica),
    bold: await pdf.embedFont(StandardFonts.HelveticaBold),
  };
  let y = letter.height - 110;
  const write = (text: string, size: number, font: keyof typeof fonts = 'plain', x = left): void => {
    for (const line of wrapped(drawable(text), fonts[font], size, letter.width - left - x)) {
      page.drawText(line, { x, y, size, font: fonts[font] });
      y -= size * 1.35;
    }
  };
  const row = (label: string, value: string): void => {
    page.drawText(label, { x: left, y, size: 13, font: fonts.bold });
    write(value, 13, 'plain', left + 110);
    y -= 6;
  };
  write('Fax', 34, 'bold');
  rule(page, y + 14);
  y -= 12;
  if (cover.urgency !== 'routine') write(urgencies[cover.urgency], 24, 'bold');
  y -= 6;
  row('To', [cover.to.name, cover.to.fax].filter(Boolean).join(', fax '));
  row('From', cover.from.name);
  row('Call back', cover.from.phone);
  if (cover.from.fax) row('Fax back', cover.from.fax);
  row('Date', `${new Date(cover.at).toISOString().slice(0, 16).replace('T', ' ')} UTC`);
  row('Pages', `${pages} with this one`);
  row('Urgency', urgencies[cover.urgency]);
  row('Reference', cover.reference);
  if (cover.possibleDuplicate) {
    y -= 6;
    write('Possible duplicate', 16, 'bold');
    write('An earlier try to send this may have reached you. If you have these pages already, file them once.', 12);
  }
  y -= 12;
  rule(page, y + 10);
  y -= 10;
  write('Confidential health information', 14, 'bold');
  write(
    `These pages are meant only for the recipient named above. If they reached you by mistake, call ${cover.from.phone} ` +
      'at once, then destroy them. Do not read, copy or pass them on.',
    12,
  );
  return pdf.save();
}

function rule(page: PDFPage, y: number): void {
  page.drawLine({ start: { x: left, y }, end: { x: letter.width - left, y }, thickness: 1.5, color: rgb(0, 0, 0) });
}
