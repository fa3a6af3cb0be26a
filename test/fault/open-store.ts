import { openStore, type StoreConfig } from '../../src/store/open.ts';

// Opens a store and closes it again, in a process that may be killed on the way.
process.stdout.write('begins');
const store = await openStore(JSON.parse(process.argv[2] ?? '') as StoreConfig, Date.now);
await store.close();
