/** How well faxed packets are read: invented ones from the generator under test/, next to native tesseract on the image
 *  as it came.   node bench/intake/main.ts [--small] [--seed N] [--count N] */
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { predictionOf } from '../../src/cli/intake-read.ts';
import { readPacket } from '../../src/intake/packet.ts';
import { writePackets } from '../../test/intake/generator/packets.ts';
import { copiesIn, sentIn } from './copies.ts';
import { scored, type Read, type Truth } from './score.ts';
import { ticksIn } from './ticks.ts';
import { wordsOf } from './words.ts';

const argument = (name: string, usual: number): number => {
  const at = process.argv.indexOf(name);
  return at < 0 ? usual : Number(process.argv[at + 1]);
};

const folder = mkdtempSync(join(tmpdir(), 'loopgate-intake-'));
try {
  await writePackets(folder, argument('--seed', 11), argument('--count', process.argv.includes('--small') ? 12 : 120));
  const truths = readdirSync(folder)
    .filter((name) => name.endsWith('.json'))
    .map((name) => JSON.parse(readFileSync(join(folder, name), 'utf8')) as Truth);
  const words = await wordsOf(folder, true);
  const reads = new Map<string, Read>();
  for (const [name, pages] of Object.entries(words.packets)) reads.set(name, predictionOf(pages, readPacket(pages)));
  const plain = new Map<string, Read>();
  const start = performance.now();
  for (const { packet, pages } of truths)
    plain.set(packet, { pages: await plainly(packet, pages.length), referrals: [] });
  const plainMs = performance.now() - start;
  const copies = copiesIn(sentIn(folder), words.packets);
  console.log(`${words.pages} pages of ${truths.length} packets\n\nLoopgate`);
  for (const line of scored(truths, reads)) console.log(`  ${line}`);
  for (const line of [...copies, ...ticksIn(truths, words.packets)]) console.log(`  ${line}`);
  console.log('\nnative tesseract on the image as it came (line CER only)');
  for (const line of scored(truths, plain).filter((each) => each.startsWith('line CER'))) console.log(`  ${line}`);
  const [ours, theirs] = [words.ms / words.pages, plainMs / words.pages].map((ms) => (ms / 1000).toFixed(2));
  console.log(
    `\nseconds a page on one core: ours ${ours}, native tesseract alone ${theirs}; ratio ${(words.ms / plainMs).toFixed(2)} (aim ≤ 2.5)`,
  );
} finally {
  rmSync(folder, { recursive: true, force: true });
}

/** What anybody gets who calls tesseract on each page. */
async function plainly(packet: string, pages: number): Promise<Read['pages']> {
  const read: { text: string }[] = [];
  for (let page = 0; page < pages; page++) {
    const png = await sharp(join(folder, `${packet}.tif`), { page, failOn: 'none' })
      .png()
      .toBuffer();
    const { stdout } = spawnSync('tesseract', ['-', '-'], {
      input: png,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'] ?? '', OMP_THREAD_LIMIT: '1' },
    });
    read.push({ text: stdout });
  }
  return read;
}
