import { Command } from 'commander';
import { leavesOf, loadConfig, readSettings, type Tree } from '../config.ts';
import { ConfigError } from '../errors.ts';
import { sectionsOf } from '../sections.ts';
import { connect, Failure, show, table } from './client.ts';

export function configCommand(): Command {
  const command = new Command('config').description('the settings');
  command
    .command('check')
    .description('name every problem at once; exit 0 when there is none')
    .option('--json', 'print JSON')
    .action(async ({ json }: { readonly json?: boolean }) => {
      const problems = await loadConfig()
        .then(sectionsOf)
        .then(
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
    .description('the settings in force and where each comes from, secrets left out')
    .option('--json', 'print JSON')
    .action(async ({ json }: { readonly json?: boolean }) => {
      const { tree, from } = await readSettings();
      const shown = leavesOf(tree).map((path) => ({
        path,
        value: hidden(path, valueAt(tree, path)),
        from: from.get(path) ?? setAbove(path, from) ?? 'default',
      }));
      show(json, shown, () => table(shown.map(({ path, value, from }) => [path, JSON.stringify(value), from])));
    });
  return command;
}

const valueAt = (tree: Tree, path: string): unknown =>
  path.split('.').reduce<unknown>((value, name) => (value as Tree)[name], tree);

/** A variable can set a whole section. */
const setAbove = (path: string, from: ReadonlyMap<string, string>): string | undefined =>
  [...from].find(([above]) => path.startsWith(`${above}.`))?.[1];

/** What is named like a secret, and passwords in addresses. Names of where a secret lies are no secret. */
function hidden(name: string, value: unknown): unknown {
  if (typeof value === 'string') {
    return /(?:key|secret|pass|password|token)$/i.test(name) ? '…' : value.replace(/(:\/\/[^:/@]*):[^@/]*@/, '$1:…@');
  }
  if (Array.isArray(value)) return value.map((each) => hidden(name, each));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, hidden(key, each)]));
}

export function reloadCommand(): Command {
  return new Command('reload')
    .description('let the running gateway read its settings and certificates again (as kill -HUP does)')
    .option('--json', 'print JSON')
    .action(async ({ json }: { readonly json?: boolean }) => {
      const result = await (await connect()).post<{ changed: string[]; restart: string[] }>('/reload', {});
      const { changed, restart } = result;
      show(json, result, () =>
        [
          changed.length === 0 ? 'certificates were read again; no setting changed' : `in force: ${changed.join(', ')}`,
          ...(restart.length === 0 ? [] : [`needs a restart: ${restart.join(', ')}`]),
        ].join('\n'),
      );
    });
}
