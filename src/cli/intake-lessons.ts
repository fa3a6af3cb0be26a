import { Command } from 'commander';
import type { LessonsView } from '../http/api/lessons.ts';
import { connect, show, table } from './client.ts';

interface Json {
  readonly json?: boolean;
}

export function intakeLessonsCommand(): Command {
  const command = new Command('lessons').description('what corrections taught about the forms of each sender');
  command
    .command('list', { isDefault: true })
    .description('one line for each sender')
    .option('--json', 'print JSON')
    .action(async ({ json }: Json) => {
      const { rows } = await (await connect()).get<{ readonly rows: readonly LessonsView[] }>('/lessons');
      const lines = rows.map(({ id, sender, forms, lessons, at }) => [id, sender, String(forms), String(lessons), at]);
      show(json, rows, () =>
        rows.length === 0 ? 'nothing was learnt yet' : table([['ID', 'SENDER', 'FORMS', 'LESSONS', 'LAST'], ...lines]),
      );
    });
  command
    .command('forget')
    .description('forget what was learnt about a sender')
    .argument('<id>', 'as listed')
    .option('--json', 'print JSON')
    .action(async (id: string, { json }: Json) => {
      const forgotten = await (await connect()).remove<{ readonly id: string }>(`/lessons/${encodeURIComponent(id)}`);
      show(json, forgotten, () => `${forgotten.id} is forgotten`);
    });
  return command;
}
