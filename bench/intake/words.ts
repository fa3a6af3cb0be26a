/** Reads the packets of a folder through the sandbox and keeps what was read beside them, so that rules can be
 *  measured again without reading again.   node bench/intake/words.ts FOLDER OUT.json [--builtin] */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Page } from '../../src/core/page.ts';
import { readDocument } from '../../src/documents/read.ts';
import { openSandbox } from '../../src/documents/sandbox.ts';

const log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** Pages by packet, and the milliseconds they took. */
export interface Words {
  readonly packets: Record<string, readonly Page[]>;
  readonly ms: number;
  readonly pages: number;
}

export async function wordsOf(folder: string, native: boolean, width = 1): Promise<Words> {
  const sandbox = openSandbox({ log, native, width });
  const packets: Record<string, readonly Page[]> = {};
  const start = performance.now();
  for (const name of readdirSync(folder).filter((each) => /^packet_.*\.(tif|pdf)$/.test(each))) {
    const bytes = readFileSync(join(folder, name));
    const document = { id: `doc_${name}`, name, mediaType: '', bytes: bytes.length, sha256: '' } as const;
    const { pages } = await readDocument(sandbox, document, bytes, new AbortController().signal);
    packets[name.replace(/\.\w+$/, '')] = pages.map(({ page }) => page);
  }
  const ms = performance.now() - start;
  await sandbox.close();
  return { packets, ms, pages: Object.values(packets).flat().length };
}

if (import.meta.main) {
  const [folder = '', out = ''] = process.argv.slice(2);
  const words = await wordsOf(folder, !process.argv.includes('--builtin'));
  writeFileSync(out, JSON.stringify(words));
  console.log(`${words.pages} pages, ${(words.ms / words.pages / 1000).toFixed(2)} s a page`);
}
