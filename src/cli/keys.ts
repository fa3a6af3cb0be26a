import { Command } from 'commander';
import { loadConfig, storeFiles } from '../config.ts';
import { openBeside } from '../store/beside.ts';
import type { Db } from '../store/db.ts';
import { checkKeys, type KeyReport } from '../store/key-check.ts';
import { keyFile, type KeyProvider } from '../store/key-file.ts';
import { lookMs } from '../store/keyring.ts';
import { registeredKeks, rotate, type Rotated } from '../store/rotate.ts';
import { Failure, show, table } from './client.ts';

interface Options {
  readonly json?: boolean;
}

/** The keys that protect the data. Each verb may run beside the gateway. */
export function keysCommand(): Command {
  const command = new Command('keys').description('the keys that protect the data');
  command
    .command('check')
    .description('are they all here, well kept, and is every rotation over? exit 0 when so')
    .option('--json', 'print JSON')
    .action(async ({ json }: Options) => {
      const report = await withData((db, provider, file) => checkKeys(db, provider, file));
      show(json, report, () => told(report));
      if (report.problems.length > 0) throw new Failure(1, report.problems.join('; '));
    });
  command
    .command('rotate')
    .description('make a new key and wrap all data keys with it; go on with a rotation that did not end')
    .option('--prepare', 'only make the key; copy the key file to every machine, then call it again without this')
    .option('--json', 'print JSON')
    .action(async ({ prepare, json }: Options & { readonly prepare?: boolean }) => {
      await withData((db, provider) => (prepare ? prepared(provider, json) : rotated(db, provider, json)));
    });
  command
    .command('drop')
    .description('take a key that nothing here needs out of the key file; backups made with it need it still')
    .argument('<id>', 'as keys check shows it')
    .option('--json', 'print JSON')
    .action(async (id: string, { json }: Options) => {
      await withData(async (db, provider) => {
        if (!(await provider.read()).some((kek) => kek.id === id)) throw new Failure(1, `there is no key ${id}`);
        if ((await registeredKeks(db)).includes(id)) {
          throw new Failure(1, `the key ${id} is in use: loopgate keys rotate first`);
        }
        await provider.drop(id);
      });
      show(json, { dropped: id }, () => `dropped ${id}`);
    });
  return command;
}

async function withData<T>(work: (db: Db, provider: KeyProvider, file: string) => Promise<T>): Promise<T> {
  const files = storeFiles(await loadConfig());
  const db = await openBeside(files);
  try {
    return await work(db, keyFile(files.keyFile), files.keyFile);
  } finally {
    await db.close();
  }
}

async function prepared(provider: KeyProvider, json: boolean | undefined): Promise<void> {
  const { id } = await provider.add();
  show(
    json,
    { prepared: id },
    () => `prepared ${id}: copy ${provider.name} to every machine, then: loopgate keys rotate`,
  );
}

const patienceMs = 30_000;

async function rotated(db: Db, provider: KeyProvider, json: boolean | undefined): Promise<void> {
  const result = await rotate(db, provider, Date.now, {
    noticeMs: lookMs + 1_000,
    patienceMs,
    progress: (done, all) => process.stderr.write(`wrapped ${done} of ${all}\n`),
  });
  show(json, result, () => outcome(result));
  if (result.needed.length > 0) {
    throw new Failure(1, `a running gateway still uses ${result.needed.join(', ')}: call it again later`);
  }
}

const outcome = ({ kek, rewrapped, retired }: Rotated): string =>
  [
    `${rewrapped} data keys are wrapped with ${kek}`,
    ...retired.map((id) => `${id} is not needed here any more; backups made before now need it: keep it with them`),
  ].join('\n');

const told = ({ keys, problems }: KeyReport): string =>
  [
    table([['KEY', 'STATE', 'DATA KEYS'], ...keys.map(({ id, state, uses }) => [id, state, String(uses)])]),
    ...problems,
    ...(problems.length === 0 ? ['the keys are fine'] : []),
  ].join('\n');
