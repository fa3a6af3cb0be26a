import { PDFDocument, StandardFonts, rgb, type PDFFont, type PDFPage } from 'pdf-lib';
import type { DeclineReason, SheetKind } from '../core/answer-sheet.ts';
import { sheet as paper } from './fax-page.ts';
import { barsOf, sheetCode } from './qr.ts';
import * as layout from './sheet-layout.ts';
import { drawable } from './text-pdf.ts';

/** What stands on an answer sheet beside its boxes. No patient data: it lies open on two machines. */
export interface SheetText {
  readonly token: string;
  readonly from: string;
  readonly phone: string;
  /** Where to fax it back to. */
  readonly fax: string;
  readonly to: string | null;
  readonly reference: string;
  /** Epoch ms. */
  readonly sentAt: number;
}

const kindWords: Readonly<Record<SheetKind, string>> = {
  received: 'Received. The patient will hear from us.',
  scheduled: 'Scheduled: tick the month and the day of the appointment below.',
  seen: 'Seen. The report follows behind this page.',
  information: 'We need more information: please write below what is missing.',
  declined: 'Declined, because:',
};

const reasonWords: Readonly<Record<DeclineReason, string>> = {
  insurance: 'insurance',
  specialty: 'not our specialty',
  capacity: 'no capacity',
  unreachable: 'patient unreachable',
  other: 'other',
};

const months = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
const black = rgb(0, 0, 0);
const points = { x: 72 / paper.xdpi, y: 72 / paper.ydpi } as const;

/** One page of exactly 1728 × 2156 dots at 204 × 196; squares and codes lie on whole dots. */
export async function answerSheet(text: SheetText): Promise<Uint8Array> {
  const pdf = await PDFDocument.create();
  const page = pdf.addPage([paper.width * points.x, paper.height * points.y]);
  const pen = penOn(page, {
    plain: await pdf.embedFont(StandardFonts.Helvetica),
    bold: await pdf.embedFont(StandardFonts.HelveticaBold),
  });
  drawMarks(pen);
  await drawCodes(pen, text.token);
  drawHead(pen, text);
  drawBoxes(pen);
  drawFoot(pen, text);
  return pdf.save();
}

interface Pen {
  /** In dots from the top left, rounded to whole ones. */
  fill(left: number, top: number, width: number, height: number): void;
  /** Millimetres; `y` is the base line. Made smaller where it would be wider than `width`. */
  write(words: string, x: number, y: number, size: number, font?: 'plain' | 'bold', width?: number): void;
  middle(words: string, x: number, y: number, size: number): void;
}

function penOn(page: PDFPage, fonts: Readonly<Record<'plain' | 'bold', PDFFont>>): Pen {
  const write: Pen['write'] = (words, x, y, size, font = 'plain', width = 205 - x) => {
    const line = drawable(words);
    const fits = Math.min(
      size,
      (size * ((width * 72) / 25.4)) / Math.max(1, fonts[font].widthOfTextAtSize(line, size)),
    );
    page.drawText(line, { x: (x * 72) / 25.4, y: page.getHeight() - (y * 72) / 25.4, size: fits, font: fonts[font] });
  };
  return {
    fill(left, top, width, height) {
      const [x, y, w, h] = [left, top, width, height].map(Math.round) as [number, number, number, number];
      page.drawRectangle({
        x: x * points.x,
        y: page.getHeight() - (y + h) * points.y,
        width: w * points.x,
        height: h * points.y,
        color: black,
      });
    },
    write,
    middle: (words, x, y, size) => {
      write(words, x - (fonts.plain.widthOfTextAtSize(words, size) * 25.4) / 144, y, size);
    },
  };
}

const fillMm = (pen: Pen, x: number, y: number, width: number, height: number): void => {
  pen.fill(x * layout.dots.x, y * layout.dots.y, width * layout.dots.x, height * layout.dots.y);
};

function frame(pen: Pen, x: number, y: number, width: number, height: number, line: number): void {
  fillMm(pen, x, y, width, line);
  fillMm(pen, x, y + height - line, width, line);
  fillMm(pen, x, y, line, height);
  fillMm(pen, x + width - line, y, line, height);
}

function drawMarks(pen: Pen): void {
  const half = layout.fiducialSize / 2;
  for (const { x, y } of layout.fiducials) fillMm(pen, x - half, y - half, layout.fiducialSize, layout.fiducialSize);
}

async function drawCodes(pen: Pen, token: string): Promise<void> {
  const step = layout.moduleDots;
  const bars = barsOf(await sheetCode(token));
  for (const { left, top } of layout.codes)
    for (const { x, y, length } of bars) pen.fill(left + x * step, top + y * step, length * step, step);
}

function drawHead(pen: Pen, { from, to, reference, fax, sentAt }: SheetText): void {
  pen.write('Please answer: tick one box,', 34, 17, 15, 'bold', 128);
  pen.write(`and fax this page back to ${fax}`, 34, 24, 15, 'bold', 128);
  pen.write(`From ${from}${to === null ? '' : `, to ${to}`}`, 34, 32, 11, 'plain', 128);
  pen.write(`Referral ${reference}, sent ${new Date(sentAt).toISOString().slice(0, 10)}`, 34, 38, 11, 'plain', 128);
  pen.write(
    'Use a dark pen, and tick inside the box. Leave the black squares and the two codes free.',
    14,
    50,
    11,
    'plain',
    148,
  );
}

function drawBoxes(pen: Pen): void {
  for (const { x, y, size, line } of layout.boxes) frame(pen, x - size / 2, y - size / 2, size, size, line);
  for (const { name, x, y } of layout.kindBoxes) pen.write(kindWords[name as SheetKind], x + 9, y + 1.7, 13, 'bold');
  layout.monthBoxes.forEach(({ x, y }, i) => {
    pen.middle(months[i] ?? '', x, y - 4.2, 10);
  });
  layout.dayBoxes.forEach(({ x, y }, i) => {
    pen.middle(String(i + 1), x, y - 4.2, 10);
  });
  layout.reasonBoxes.forEach(({ name, x, y }) => {
    pen.write(reasonWords[name.slice('reason-'.length) as DeclineReason], x + 5, y + 1.4, 11);
  });
  const { x, y, width, height } = layout.remarks;
  pen.write('Remarks (time and place, what is missing, why):', x, y - 2, 11);
  frame(pen, x, y, width, height, 0.4);
}

function drawFoot(pen: Pen, { token, from, phone }: SheetText): void {
  const spelt = (token.slice(2).match(/.{4}/g) ?? []).join(' ');
  pen.write(`LG ${spelt}`, 56, 250, 14, 'bold', 138);
  pen.write(
    'Put the report behind this page, in the same call. A person reads what is not ticked.',
    56,
    258,
    11,
    'plain',
    138,
  );
  pen.write(`Questions, or not for you? Call ${from}: ${phone}`, 56, 264, 11, 'plain', 138);
}
