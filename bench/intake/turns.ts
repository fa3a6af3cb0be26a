/** A long fax beside an urgent one, and memory: how many pages of the long one are read between the arrival of an urgent
 *  page and its being read (those that were under way included), and the memory of all processes over the pages. More
 *  pages than a fax may have come in several, one after the other.
 *    node bench/intake/turns.ts [pages of the long fax] */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { maxPages } from '../../src/documents/limits.ts';
import { readDocument, type Memory } from '../../src/documents/read.ts';
import { openSandbox } from '../../src/documents/sandbox.ts';
import { joined } from '../../src/documents/tiff-write.ts';

const pages = Number(process.argv[2] ?? 60);
const folder = join(import.meta.dirname, '..', '..', 'test', 'fixtures', 'fax');
/** Clean and dirty ones, at both resolutions. */
const scans = await Promise.all(
  readdirSync(folder)
    .filter((name) => name.endsWith('.tif'))
    .map((name) =>
      sharp(readFileSync(join(folder, name)), { page: 0 })
        .toColourspace('b-w')
        .tiff({ compression: 'ccittfax4', bitdepth: 1 })
        .toBuffer(),
    ),
);

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
const sandbox = openSandbox({ log, width: 1 });
const memory: number[] = [];
let read = 0;
const counted: Memory = {
  recall: () => Promise.resolve(null),
  keep: () => {
    read += 1;
    memory.push(resident());
    return Promise.resolve();
  },
};

const opened = (name: string, count: number, urgency: 'routine' | 'stat', memory?: Memory): Promise<unknown> => {
  const bytes = joined(Array.from({ length: count }, (_, page) => scans[page % scans.length] as Buffer));
  const document = {
    id: `doc_${name}`,
    name: `${name}.tif`,
    mediaType: 'image/tiff',
    bytes: bytes.length,
    sha256: '',
  } as const;
  return readDocument(sandbox, document, bytes, new AbortController().signal, {
    urgency,
    ...(memory ? { memory } : {}),
  });
};

/** Equally long faxes, so that their parts can be compared. */
const each = Math.ceil(pages / Math.ceil(pages / maxPages));

async function inFaxes(): Promise<void> {
  for (let left = pages; left > 0; left -= each) await opened('long', Math.min(left, each), 'routine', counted);
}

const long = inFaxes();
while (read < Math.min(3, pages - 1)) await sleep(20);
const [before, at] = [read, performance.now()];
await opened('urgent', 1, 'stat');
const [between, ms] = [read - before, performance.now() - at];
await long;
await sandbox.close();

const mean = (of: readonly number[]): number => of.reduce((sum, each) => sum + each, 0) / Math.max(1, of.length);
const quarter = Math.ceil(memory.length / 4);
// The first pages load the engine's data.
const [first, last] = [mean(memory.slice(2, 2 + quarter)), mean(memory.slice(-quarter))];
console.log(
  `an urgent page beside ${pages} others: read after ${between} of them (aim 1), in ${(ms / 1000).toFixed(1)} s`,
);
console.log(
  `memory, all processes: first quarter ${first.toFixed(0)} MB, last ${last.toFixed(0)} MB; ratio ${(last / first).toFixed(2)} (flat: 1.10)`,
);

/** Of this process and those that it started, megabytes (Linux). */
function resident(): number {
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').split(' ').filter(Boolean);
  const kilobytes = ['self', ...children].map((pid) => {
    try {
      return Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1] ?? 0);
    } catch (cause) {
      // It ended since it was listed.
      if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return 0;
      throw cause;
    }
  });
  return kilobytes.reduce((sum, each) => sum + each, 0) / 1024;
}
