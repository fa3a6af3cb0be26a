/** OCR pages per minute: tesseract.js as we use it against Debian's native tesseract, on the same prepared images, with
 *  the same language data and mode, one thread each, taking turns in one run.   node bench/ocr.ts [rounds] */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { createWorker, PSM } from 'tesseract.js';
import { languageData } from '../src/documents/ocr.ts';
import { straightened, tidied } from '../src/documents/clean.ts';
import { openPictures, picture } from '../src/documents/raster.ts';
import { readDocument } from '../src/documents/read.ts';
import { openSandbox } from '../src/documents/sandbox.ts';

const rounds = Number(process.argv[2] ?? 3);
const faxes = join(import.meta.dirname, '..', 'test', 'fixtures', 'fax');
const upright = readdirSync(faxes).filter((name) => name.endsWith('.tif') && !name.startsWith('records'));
const folder = mkdtempSync(join(tmpdir(), 'loopgate-bench-'));
const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

const images: Buffer[] = [];
for (const name of upright) {
  const pictures = await openPictures('image/tiff', readFileSync(join(faxes, name)));
  for (let page = 0; page < pictures.pages; page++)
    images.push(
      await picture((await straightened(await tidied(await pictures.draw(page)), 0)).raster)
        .png()
        .toBuffer(),
    );
}
images.forEach((png, i) => {
  writeFileSync(join(folder, `${i}.png`), png);
});
writeFileSync(join(folder, 'list.txt'), images.map((_, i) => join(folder, `${i}.png`)).join('\n'));
writeFileSync(join(folder, 'eng.traineddata'), gunzipSync(readFileSync(join(languageData, 'eng.traineddata.gz'))));

const options = { langPath: languageData, cacheMethod: 'none', errorHandler: () => undefined };
const worker = await createWorker('eng', 1, options);
await worker.setParameters({ tessedit_pageseg_mode: PSM.SINGLE_COLUMN, user_defined_dpi: '300' });

async function ours(): Promise<number> {
  const start = performance.now();
  for (const image of images) await worker.recognize(image, {}, { blocks: true });
  return performance.now() - start;
}

function native(data: readonly string[]): number {
  const start = performance.now();
  execFileSync('tesseract', [join(folder, 'list.txt'), '-', '--psm', '4', '--dpi', '300', ...data, 'tsv'], {
    env: { OMP_THREAD_LIMIT: '1' },
    stdio: ['ignore', 'ignore', 'ignore'],
  });
  return performance.now() - start;
}

async function chain(): Promise<number> {
  const sandbox = openSandbox({ log });
  const start = performance.now();
  for (const name of upright) {
    const bytes = readFileSync(join(faxes, name));
    const document = { id: 'doc_bench', name, mediaType: 'image/tiff', bytes: bytes.length, sha256: '' } as const;
    await readDocument(sandbox, document, bytes, new AbortController().signal);
  }
  const spent = performance.now() - start;
  await sandbox.close();
  return spent;
}

const median = (values: readonly number[]): number => values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
const times: Readonly<Record<'ours' | 'native' | 'fast' | 'chain', number[]>> = {
  ours: [],
  native: [],
  fast: [],
  chain: [],
};
await ours(); // warm: WebAssembly is compiled in the first pages
for (let round = 0; round < rounds; round++) {
  times.native.push(native(['--tessdata-dir', folder]));
  times.ours.push(await ours());
  times.fast.push(native([]));
  times.chain.push(await chain());
}
await worker.terminate();
rmSync(folder, { recursive: true });

const perMinute = (ms: number): string => ((images.length * 60_000) / ms).toFixed(1).padStart(6);
const [js, peer, fast, whole] = [times.ours, times.native, times.fast, times.chain].map(median) as [
  number,
  number,
  number,
  number,
];
console.log(`${images.length} fax pages, ${rounds} rounds, medians, pages per minute on one thread`);
console.log(`${perMinute(js)}  tesseract.js, psm 4, best_int data`);
console.log(
  `${perMinute(peer)}  native tesseract, psm 4, the same data     ratio ${(peer / js).toFixed(2)} (aim ≥ 0.65)`,
);
console.log(`${perMinute(fast)}  native tesseract, psm 4, Debian's fast data ratio ${(fast / js).toFixed(2)}`);
console.log(`${perMinute(whole)}  our whole chain in the sandbox: decode, clean, OCR, page image`);
