import { randomBytes } from 'node:crypto';
import { embeddedQueue } from '../../src/queue/embedded.ts';
import { sqlStore } from '../../src/store/sql-store.ts';
import { openSqlite } from '../../src/store/sqlite.ts';
import { createVault } from '../../src/store/vault.ts';
import { queueContract } from '../contract/queue.ts';

queueContract(
  'the embedded queue on SQLite',
  (now) => Promise.resolve(sqlStore(openSqlite(':memory:'), createVault(randomBytes(32)), now)),
  embeddedQueue,
);
