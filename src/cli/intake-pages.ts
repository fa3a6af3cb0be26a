import { Command } from 'commander';
import type { EntryView } from '../http/intake-shapes.ts';
import { connect, Failure, show, table } from './client.ts';

interface Json {
  readonly json?: boolean;
}

/** What can be done to the pages of an entry; pages count from 1 here, as people count them. */
export function intakePagesCommand(): Command {
  const command = new Command('pages').description('lay the pages of an entry anew; undo takes the last change back');
  command
    .command('show', { isDefault: true })
    .description('its pages: what each is, and which referral it belongs to')
    .argument('<id>', 'itk_…')
    .option('--json', 'print JSON')
    .action(async (id: string, { json }: Json) => {
      const entry = await (await connect()).get<EntryView>(`/intake/${id}`);
      show(json, entry.sheets, () => pagesOf(entry));
    });
  command
    .command('assign')
    .description('put pages with another referral, with a new one, or with none')
    .argument('<id>', 'itk_…')
    .argument('<pages>', 'like 2,3,5-7')
    .requiredOption('--to <referral>', 'its number, "new", or "none"')
    .option('--entry <id>', 'a referral of this entry instead')
    .option('--json', 'print JSON')
    .action(async (id: string, pages: string, { to, entry, json }: Json & { readonly to: string; entry?: string }) => {
      const part = to === 'none' ? null : to === 'new' ? to : numberOf(to);
      await changed(id, 'assign', { pages: indexes(pages), part, ...(entry === undefined ? {} : { entry }) }, json);
    });
  command
    .command('merge')
    .description('make referrals one: the first takes the pages of the others')
    .argument('<id>', 'itk_…')
    .argument('<referrals>', 'their numbers, like 0,1')
    .option('--json', 'print JSON')
    .action((id: string, parts: string, { json }: Json) =>
      changed(id, 'merge', { parts: parts.split(',').map(numberOf) }, json),
    );
  command
    .command('turn')
    .description('turn pages clockwise')
    .argument('<id>', 'itk_…')
    .argument('<pages>', 'like 2,3,5-7')
    .argument('<degrees>', '90, 180 or 270')
    .option('--json', 'print JSON')
    .action((id: string, pages: string, degrees: string, { json }: Json) =>
      changed(id, 'turn', { pages: indexes(pages), turn: numberOf(degrees) }, json),
    );
  command
    .command('order')
    .description('lay all pages in this order')
    .argument('<id>', 'itk_…')
    .argument('<pages>', 'every page once, like 2,1,3-5')
    .option('--json', 'print JSON')
    .action((id: string, pages: string, { json }: Json) => changed(id, 'order', { pages: indexes(pages) }, json));
  command
    .command('undo')
    .description('take back, within ten seconds, what was done to the entry last')
    .argument('<id>', 'itk_…')
    .option('--json', 'print JSON')
    .action(async (id: string, { json }: Json) => {
      const client = await connect();
      await client.post(`/intake/${id}/undo`, {});
      const entry = await client.get<EntryView>(`/intake/${id}`);
      show(json, entry, () => pagesOf(entry));
    });
  return command;
}

async function changed(id: string, verb: string, body: Record<string, unknown>, json: boolean | undefined) {
  const client = await connect();
  const { version } = await client.get<EntryView>(`/intake/${id}`);
  const after = await client.post<EntryView>(`/intake/${id}/${verb}`, { ...body, version });
  show(json, after, () => pagesOf(after));
}

function numberOf(text: string): number {
  if (!/^\d{1,5}$/.test(text)) throw new Failure(2, `${text} is no number`);
  return Number(text);
}

/** "2,5-7" → [1, 4, 5, 6]. */
function indexes(text: string): number[] {
  return text.split(',').flatMap((each) => {
    const [, from = '', to = from] = /^([1-9]\d{0,4})(?:-([1-9]\d{0,4}))?$/.exec(each) ?? [];
    if (from === '' || Number(to) < Number(from)) throw new Failure(2, `${each} is neither a page nor pages like 5-7`);
    return Array.from({ length: Number(to) - Number(from) + 1 }, (_, at) => Number(from) - 1 + at);
  });
}

function pagesOf({ id, state, version, sheets }: EntryView): string {
  const rows = sheets.map(({ kind, part, turn, foreign, copyOf }, index) => [
    `  ${index + 1}`,
    kind,
    part === null ? 'unassigned' : `referral ${part}`,
    [
      turn === 0 ? '' : `turned ${turn}°`,
      foreign ? 'names another patient' : '',
      copyOf === null ? '' : `copy of ${copyOf + 1}`,
    ]
      .filter(Boolean)
      .join(', '),
  ]);
  return [`${id}  ${state}, version ${version}`, ...(rows.length > 0 ? [table(rows)] : ['  it has no pages'])].join(
    '\n',
  );
}
