import { Command } from 'commander';
import { loadConfig } from '../config.ts';
import { ConfigError } from '../errors.ts';
import { Failure, show } from './client.ts';

export function configCommand(): Command {
  const command = new Command('config').description('the settings');
  command
    .command('check')
    .description('name every problem at once; exit 0 when there is none')
    .option('--json', 'print JSON')
    .action(async ({ json }: { readonly json?: boolean }) => {
      const problems = await loadConfig().then(
        () => [],
        (cause: unknown) => {
          if (cause instanceof ConfigError) return cause.problems;
          throw cause;
        },
      );
      show(json, { problems }, () => (problems.length === 0 ? 'the settings are fine' : problems.join('\n')));
      if (problems.length > 0) throw new Failure(1, `${problems.length} problems in the settings`);
    });
  command
    .command('show')
    .description('the settings in force, secrets left out')
    .option('--json', 'the default')
    .action(async () => {
      process.stdout.write(`${JSON.stringify(await loadConfig(), hidden, 2)}\n`);
    });
  return command;
}

const hidden = (key: string, value: unknown): unknown =>
  /key$|secret|pass|token/i.test(key) && typeof value === 'string' ? '…' : value;
