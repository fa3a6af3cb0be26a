import { afterAll } from '@jest/globals';
import { embeddedQueue } from '../../src/queue/embedded.ts';
import { queueContract } from '../contract/queue.ts';
import { stores } from './stores.ts';

const empty = stores();
afterAll(() => empty.close());

queueContract('the embedded queue on SQLite', empty.sqlite, embeddedQueue, 32);
queueContract('the embedded queue on PostgreSQL', empty.postgres, embeddedQueue, 32);
