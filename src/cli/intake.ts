import { Command } from 'commander';
import type { EntryLine, EntryView } from '../http/intake-shapes.ts';
import type { Listed } from '../http/shapes.ts';
import { connect, Failure, show, table } from './client.ts';
import { intakeLessonsCommand } from './intake-lessons.ts';
import { intakePagesCommand } from './intake-pages.ts';
import { intakeReadCommand } from './intake-read.ts';

interface Json {
  readonly json?: boolean;
}

export function intakeCommand(): Command {
  const command = new Command('intake').description('the intake queue');
  command
    .command('list')
    .description('what waits for a person')
    .option('--state <state>', 'waiting, accepted or rejected', 'waiting')
    .option('--json', 'print JSON')
    .action(async ({ state, json }: Json & { readonly state: string }) => {
      const list = await (await connect()).get<Listed<EntryLine>>(`/intake?state=${encodeURIComponent(state)}`);
      show(json, list, () => listOf(list.rows));
    });
  command
    .command('show')
    .description('one entry: its fields and text')
    .argument('<id>', 'itk_…')
    .option('--json', 'print JSON')
    .action(async (id: string, { json }: Json) => {
      const entry = await (await connect()).get<EntryView>(`/intake/${id}`);
      show(json, entry, () => entryOf(entry));
    });
  command
    .command('accept')
    .description('confirm an entry; makes the referral')
    .argument('<id>', 'itk_…')
    .option('--set <field=value...>', 'correct a field, for instance patient.name="Ada Lee"')
    .option('--json', 'print JSON')
    .action(async (id: string, { set = [], json }: Json & { readonly set?: readonly string[] }) => {
      const entry = await (await connect()).post<EntryLine>(`/intake/${id}/accept`, { corrections: corrections(set) });
      show(json, entry, () => `${entry.id}  ${entry.state}  ${entry.referral ?? ''}`);
    });
  command
    .command('ask')
    .description('ask its sender, by the route it came by, for what is missing')
    .argument('<id>', 'itk_…')
    .option('--field <name...>', 'ask for these instead, for instance patient.phone')
    .option('--json', 'print JSON')
    .action(async (id: string, { field, json }: Json & { readonly field?: readonly string[] }) => {
      const body = field === undefined ? {} : { fields: field };
      const entry = await (await connect()).post<EntryLine>(`/intake/${id}/ask`, body);
      show(json, entry, () => `${entry.id}  asked for ${entry.asked.at(-1)?.fields.join(', ') ?? 'nothing'}`);
    });
  command
    .command('reject')
    .description('turn an entry away')
    .argument('<id>', 'itk_…')
    .requiredOption('--reason <words>', 'kept with the entry')
    .option('--json', 'print JSON')
    .action(async (id: string, { reason, json }: Json & { readonly reason: string }) => {
      const entry = await (await connect()).post<EntryLine>(`/intake/${id}/reject`, { reason });
      show(json, entry, () => `${entry.id}  ${entry.state}`);
    });
  command.addCommand(intakePagesCommand());
  command.addCommand(intakeLessonsCommand());
  command.addCommand(intakeReadCommand());
  return command;
}

function corrections(pairs: readonly string[]): Record<string, string> {
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new Failure(2, `${pair} is not of the form field=value`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

function listOf(rows: readonly EntryLine[]): string {
  if (rows.length === 0) return 'nothing waits here';
  const lines = rows.map(({ id, channel, pages, fields, warnings, arrivedAt }) => [
    id,
    channel,
    String(pages),
    String(fields.length),
    String(warnings.length),
    arrivedAt,
  ]);
  return table([['ENTRY', 'FROM', 'PAGES', 'FIELDS', 'WARNINGS', 'ARRIVED'], ...lines]);
}

function entryOf(entry: EntryView): string {
  const fields = entry.fields.map(({ name, value, confidence, place, by, sure, doubt }) => [
    `  ${name}`,
    value,
    by === 'person' ? 'typed' : `${Math.round(confidence * 100)} %`,
    place ? `page ${place.page + 1}` : '',
    sure ? 'sure' : (doubt ?? ''),
  ]);
  return [
    `${entry.id}  ${entry.state}, by ${entry.channel}, ${entry.pages} pages, arrived ${entry.arrivedAt}`,
    ...entry.warnings.map((warning) => `  ! ${warning}`),
    ...entry.repeats.map(({ entry: id, pages, whole }) =>
      whole ? `  ! all of it came before: ${id}` : `  ! ${pages} of its pages came before: ${id}`,
    ),
    ...(fields.length > 0 ? [table(fields)] : ['  no field could be read']),
    ...entry.sheets.flatMap(({ text }, index) => ['', `--- page ${index + 1}`, text]),
  ].join('\n');
}
