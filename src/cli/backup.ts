import { Command } from 'commander';
import { environmentWith, loadConfig, storeFiles } from '../config.ts';
import { admitGap, type Doubts } from '../pipeline/restored.ts';
import { backup } from '../store/backup.ts';
import type { Manifest } from '../store/manifest.ts';
import { openStore } from '../store/open.ts';
import { restore } from '../store/restore.ts';
import { connect, show } from './client.ts';

interface Options {
  readonly json?: boolean;
}

export function backupCommand(): Command {
  return new Command('backup')
    .description('copy the data into a new folder while the gateway runs; the keys are not in it')
    .argument('<folder>', 'is made')
    .option('--json', 'print JSON')
    .action(async (folder: string, { json }: Options) => {
      const manifest = await backup(storeFiles(await loadConfig()), folder, Date.now, environmentWith);
      show(json, manifest, () => `${described(manifest)}\nback up the key file apart from it`);
    });
}

export function restoreCommand(): Command {
  return new Command('restore')
    .description('put a backup in the place of the data; nothing leaves then until: loopgate resume')
    .argument('<folder>', 'as backup made it')
    .option('--force', 'replace data that is there; a database file is kept beside it')
    .option('--json', 'print JSON')
    .action(async (folder: string, { force = false, json }: Options & { readonly force?: boolean }) => {
      const config = await loadConfig();
      const files = storeFiles(config);
      const manifest = await restore(files, folder, { now: Date.now, force, environment: environmentWith });
      const store = await openStore(files, Date.now);
      try {
        const deps = { store, now: Date.now, practices: config.practices };
        const doubts = await admitGap(deps, Date.parse(manifest.mark));
        show(json, { ...manifest, doubts }, () => restored(manifest, doubts));
      } finally {
        await store.close();
      }
    });
}

export function resumeCommand(): Command {
  return new Command('resume')
    .description('after a restore: let things leave again')
    .requiredOption('--reason <words>', 'kept with the record')
    .option('--json', 'print JSON')
    .action(async ({ reason, json }: Options & { readonly reason: string }) => {
      const hold = await (await connect()).post<unknown>('/resume', { reason });
      show(json, hold, () => 'resumed: what is due leaves within seconds; what is in doubt waits for a person');
    });
}

const described = ({ mark, engine, counts, keys, bytes }: Manifest): string =>
  [
    `backup of ${mark} (${engine}, ${bytes} bytes)`,
    ...Object.entries(counts).map(([table, count]) => `  ${table}: ${count}`),
    `needs the keys ${keys.join(', ')}`,
  ].join('\n');

function restored(manifest: Manifest, doubts: Doubts): string {
  const { pending = 0, sending = 0, sent = 0, held = 0, failed = 0 } = doubts;
  return [
    described(manifest),
    `${pending + sending + sent} deliveries were under way: they may have gone out since, and are not sent again by themselves`,
    `${held + failed} waited for a person or had failed: marked as possible duplicates when somebody sends them again`,
    'start the gateway, look at what is held, then: loopgate resume --reason "…"',
  ].join('\n');
}
