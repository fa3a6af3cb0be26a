import { mkdirSync } from 'node:fs';
import { flushCompileCache } from 'node:module';
import type { Db } from '../../src/store/db.ts';
import { openPostgres } from '../../src/store/postgres.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { takeOverPlatform } from './boundary.ts';
import { ledgersIn } from './ledgers.ts';
import { deathAt } from './points.ts';
import { play } from './run.ts';

/** Where a gateway lives, and what it lives through. */
export interface Home {
  readonly folder: string;
  /** A URL of PostgreSQL, or `sqlite`. */
  readonly store: string;
  readonly seed: number;
}

/** What one process does: first it goes on where a killed one ended and says what is wrong with that, as a line of JSON
 *  (`[]`: nothing); then it begins elsewhere, and kills itself with SIGKILL where it first passes the point. Starting
 *  takes longer than living, so that who is to be killed is who came after the last. */
export interface Life {
  readonly left: Home | null;
  readonly next: (Home & { readonly point: string }) | null;
}

const first = Date.UTC(2026, 10, 23, 9, 0);
const later = first + 20 * 86_400_000;

async function open({ folder, store }: Home): Promise<Db> {
  mkdirSync(folder, { recursive: true });
  return store === 'sqlite' ? openSqlite(`${folder}/loopgate.db`) : openPostgres(store);
}

async function live(home: Home, db: Db, start: number, passes: (point: string) => boolean): Promise<readonly string[]> {
  const ledgers = ledgersIn(home.folder);
  const { violations } = await play({ seed: home.seed, start, db, ledgers, danger: 0, deathAt: passes });
  await db.close();
  return violations;
}

// node test/simulation/life.ts <a Life as JSON>
const { left, next } = JSON.parse(process.argv[2] ?? '') as Life;
const [found, fresh] = [left && (await open(left)), next && (await open(next))];
takeOverPlatform();
// Who is killed leaves nothing compiled behind by himself.
flushCompileCache();
if (left && found) process.stdout.write(`${JSON.stringify(await live(left, found, later, () => false))}\n`);
const kill = (): void => void process.kill(process.pid, 'SIGKILL');
if (next && fresh) await live(next, fresh, first, deathAt(next.point, kill));
