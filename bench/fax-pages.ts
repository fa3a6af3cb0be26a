/** Pages as a fax line wants them, against Ghostscript's tiffg4 on the same pages in the same run: how fast they are made,
 *  how large they are beside libtiff's own G4 of the same dots, and how well small print can still be read.
 *  Needs gs, tiffcp and tesseract.   node bench/fax-pages.ts [pages of each size] */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { PDFDocument, StandardFonts } from 'pdf-lib';
import { openPictures, picture, resampled } from '../src/documents/raster.ts';
import { openSandbox } from '../src/documents/sandbox.ts';
import { several } from '../src/documents/several.ts';
import { joined } from '../src/documents/tiff-write.ts';
import { chance } from '../test/simulation/chance.ts';

const each = Number(process.argv[2] ?? 3);
const points = [8, 9, 10, 11, 12];
const fonts = [StandardFonts.Helvetica, StandardFonts.TimesRoman];
const words =
  'patient presents with new onset atrial fibrillation and palpitations since March history of hypertension diabetes mellitus metoprolol 50 mg apixaban 5 mg twice daily echocardiogram shows ejection fraction 55 percent mild mitral regurgitation please evaluate for ablation allergies penicillin smoker former MRN 4471902 telephone 212 555 0123 insurance member W8812077'.split(
    ' ',
  );
const folder = mkdtempSync(join(tmpdir(), 'loopgate-bench-'));
const file = (name: string): string => join(folder, name);

interface Sheet {
  readonly text: string;
  readonly name: string;
}

const draw = chance(1);
const pdf = await PDFDocument.create();
const sheets: Sheet[] = [];
for (const font of fonts) {
  const face = await pdf.embedFont(font);
  for (const size of points)
    for (let page = 0; page < each; page++) {
      const lines = Array.from({ length: Math.floor(600 / (size * 1.5)) }, () =>
        Array.from({ length: 9 }, () => draw.pick(words)).join(' '),
      );
      const paper = pdf.addPage([612, 792]);
      lines.forEach((line, row) => {
        paper.drawText(line, { x: 60, y: 690 - row * size * 1.5, size, font: face });
      });
      sheets.push({ text: lines.join(' '), name: `${font} ${size} pt` });
    }
}
const bytes = await pdf.save();
writeFileSync(file('in.pdf'), bytes);

const sandbox = openSandbox({
  width: availableParallelism(),
  log: {
    info: () => undefined,
    warn: (event, facts) => {
      console.error(event, facts);
    },
    error: (event, facts) => {
      console.error(event, facts);
    },
  },
});

/** As the gateway prints: in the processes that hostile files are opened in. */
async function ours(): Promise<number> {
  const start = performance.now();
  const opened = await sandbox.open('application/pdf', bytes);
  if (!opened.ok) throw new Error(opened.problem);
  const { fax, pages: count } = opened.value;
  const pages = await several([...Array(count).keys()], sandbox.width, async (page) => {
    const answer = await fax(page, `Riverside   page ${page + 1} of ${count}`);
    if (!answer.ok) throw new Error(answer.problem);
    return answer.value;
  });
  writeFileSync(file('ours.tif'), joined(pages));
  return performance.now() - start;
}

function theirs(): number {
  const start = performance.now();
  const words = ['-q', '-dNOPAUSE', '-dBATCH', '-sDEVICE=tiffg4', '-r204x196', '-sPAPERSIZE=letter'];
  execFileSync('gs', [...words, `-sOutputFile=${file('gs.tif')}`, file('in.pdf')]);
  return performance.now() - start;
}

/** Share of the words that were read wrong, left out or made up: edit distance over words. */
function wrongWords(read: readonly string[], meant: readonly string[]): number {
  let row = Array.from({ length: meant.length + 1 }, (_, index) => index);
  for (const [index, word] of read.entries()) {
    const next = [index + 1];
    for (let at = 1; at <= meant.length; at++) {
      const kept = (row[at - 1] ?? 0) + Number(word !== meant[at - 1]);
      next.push(Math.min(kept, (row[at] ?? 0) + 1, (next[at - 1] ?? 0) + 1));
    }
    row = next;
  }
  return (row[meant.length] ?? 0) / meant.length;
}

const split = (text: string): string[] => text.split(/\s+/).filter((word) => word !== '');

/** With square dots, as every page is read here. Our margin line is no part of the letter. */
async function errors(name: string): Promise<number[]> {
  const pictures = await openPictures('image/tiff', readFileSync(file(name)));
  const rates: number[] = [];
  for (const [page, sheet] of sheets.entries()) {
    const square = await resampled(await pictures.draw(page), 204, 204);
    const png = picture(square).extract({ left: 0, top: 120, width: square.width, height: square.height - 120 });
    writeFileSync(file('page.png'), await png.png().toBuffer());
    const told = execFileSync('tesseract', [file('page.png'), '-', '--psm', '6', '--dpi', '204'], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    rates.push(100 * wrongWords(split(told.toString()), split(sheet.text)));
  }
  return rates;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;
const perSecond = (ms: number): string => (sheets.length / (ms / 1_000)).toFixed(1);

try {
  // A process that opens files lasts for a thousand pages, and is slow for its first fifty.
  const cold = await ours();
  for (let round = 0; round < 3; round++) await ours();
  theirs();
  const times = { ours: [] as number[], theirs: [] as number[] };
  for (let round = 0; round < 5; round++) {
    times.ours.push(await ours());
    times.theirs.push(theirs());
  }
  execFileSync('tiffcp', ['-c', 'g4', file('ours.tif'), file('libtiff.tif')]);
  const size = statSync(file('ours.tif')).size / statSync(file('libtiff.tif')).size;
  console.log(
    `pages a second: ${perSecond(Math.min(...times.ours))}, gs ${perSecond(Math.min(...times.theirs))} (${sheets.length} pages, best of 5); the first ${sheets.length} of new processes ${perSecond(cold)}`,
  );
  console.log(`size: ${size.toFixed(3)} × libtiff's G4 of the same dots`);
  const [here, there] = [await errors('ours.tif'), await errors('gs.tif')];
  console.log(`words read wrong: ${mean(here).toFixed(2)} %, gs ${mean(there).toFixed(2)} %`);
  for (const name of new Set(sheets.map((sheet) => sheet.name))) {
    const of = (rates: readonly number[]): string =>
      mean(rates.filter((_, at) => sheets[at]?.name === name)).toFixed(2);
    console.log(`  ${name.padEnd(18)} ${of(here)} %, gs ${of(there)} %`);
  }
} finally {
  await sandbox.close();
  rmSync(folder, { recursive: true });
}
