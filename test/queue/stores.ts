import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openStore } from '../../src/store/open.ts';
import type { Store } from '../../src/store/store.ts';
import { postgres } from '../services/postgres.ts';

/** Empty stores on either engine; `close` when all are closed. */
export function stores() {
  const folder = mkdtempSync(join(tmpdir(), 'loopgate-queue-'));
  const server = postgres();
  let count = 0;
  const open = (url: string | null, now: () => number): Promise<Store> =>
    openStore({ url, file: ':memory:', keyFile: join(folder, `keys-${count++}`, 'vault.key') }, now);
  return {
    sqlite: (now: () => number) => open(null, now),
    postgres: async (now: () => number) => open(await server.url(), now),
    async close() {
      await server.stop();
      rmSync(folder, { recursive: true });
    },
  };
}
