import { mkdirSync } from 'node:fs';
import { openPostgres } from '../../src/store/postgres.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { takeOverPlatform } from './boundary.ts';
import { ledgersIn } from './ledgers.ts';
import { deathAt } from './points.ts';
import { play } from './run.ts';

// node test/simulation/life.ts <folder> <store> <seed> <start> [point]
// One life of a gateway on a real store (a URL of PostgreSQL, or `sqlite`): it plays the seed from `start` (epoch ms),
// and kills itself with SIGKILL where it first passes the point. If it lives, it prints its verdict.
const [folder = '', store = '', seed = '', start = '', point] = process.argv.slice(2);
mkdirSync(folder, { recursive: true });
const db = store === 'sqlite' ? openSqlite(`${folder}/loopgate.db`) : await openPostgres(store);
takeOverPlatform();
const kill = (): void => void process.kill(process.pid, 'SIGKILL');
const verdict = await play({
  seed: Number(seed),
  start: Number(start),
  db,
  ledgers: ledgersIn(folder),
  danger: 0,
  deathAt: point === undefined ? () => false : deathAt(point, kill),
});
process.stdout.write(JSON.stringify(verdict.violations));
await db.close();
