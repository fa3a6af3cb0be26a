import { writeFileSync } from 'node:fs';
import { Command } from 'commander';
import type { MisdirectionView, NumberDecided, NumberView } from '../http/number-shapes.ts';
import type { Listed } from '../http/shapes.ts';
import { connect, Failure, show, table } from './client.ts';

interface Options {
  readonly json?: boolean;
  readonly practice?: string;
}

interface Word extends Options {
  readonly reason: string;
}

/** The numbers that are dialled: which must not be, and what calls told of them. */
export function numbersCommand(): Command {
  const command = new Command('numbers').description('the fax numbers that are dialled, and those that must not be');
  command
    .command('list')
    .description('the latest changed first')
    .option('--suppressed', 'only those that must not be dialled')
    .option('--doubtful', 'only those that calls spoke against')
    .option('--json', 'print JSON')
    .action(async (options: Options & { readonly suppressed?: boolean; readonly doubtful?: boolean }) => {
      const only = options.suppressed ? '&only=suppressed' : options.doubtful ? '&only=doubtful' : '';
      const list = await (await connect()).get<Listed<NumberView>>(`/numbers?limit=200${only}`);
      show(options.json, list, () => listOf(list.rows));
    });
  command.addCommand(
    wordCommand('confirm', 'the right office stands at its other end; what waited for that goes out').action(
      (number: string, options: Word) => decided('confirm', number, options, {}),
    ),
  );
  command.addCommand(
    wordCommand('suppress', 'it must not be dialled')
      .option('--why <why>', 'misdirected, wrong-number, asked or other', 'other')
      .option('--until <time>', 'RFC 3339; without it, until it is lifted')
      .action((number: string, options: Word & { readonly why: string; readonly until?: string }) => {
        const { why, until } = options;
        return decided('suppress', number, options, { why, ...(until === undefined ? {} : { until }) });
      }),
  );
  command.addCommand(
    wordCommand('lift', 'it may be dialled again').action((number: string, options: Word) =>
      decided('lift', number, options, {}),
    ),
  );
  command.addCommand(misdirectedCommand());
  command.addCommand(letterCommand());
  return command;
}

const wordCommand = (verb: string, description: string): Command =>
  new Command(verb)
    .description(description)
    .argument('<number>', 'for instance +12125550123')
    .requiredOption('--reason <words>', 'kept with the record')
    .option('--practice <id>', 'which practice’s list, where there are several')
    .option('--json', 'print JSON');

async function decided(
  verb: string,
  number: string,
  { reason, practice, json }: Word,
  more: Readonly<Record<string, string>>,
): Promise<void> {
  const query = practice === undefined ? '' : `?practice=${encodeURIComponent(practice)}`;
  const client = await connect();
  const answer = await client.post<NumberDecided>(`/numbers/${verb}${query}`, { number, reason, ...more });
  const { released } = answer;
  show(json, answer, () =>
    [listOf([answer.number]), ...(released > 0 ? [`${released} held deliveries are on their way again`] : [])].join(
      '\n',
    ),
  );
}

function misdirectedCommand(): Command {
  return new Command('misdirected')
    .description(
      'pages of a delivery came to the wrong place: its number is not dialled again, and letters are drawn up',
    )
    .argument('<delivery>', 'dlv_…')
    .requiredOption('--reporter <words>', 'who told it, and how they are reached')
    .requiredOption('--reason <words>', 'what happened; kept with the record')
    .option('--assurance <word>', 'destroyed, returned, kept or unknown', 'unknown')
    .option('--json', 'print JSON')
    .action(async (delivery: string, options: Word & { readonly reporter: string; readonly assurance: string }) => {
      const { reporter, reason, assurance, json } = options;
      const client = await connect();
      const made = await client.post<Pick<MisdirectionView, 'id'>>(`/deliveries/${delivery}/misdirected`, {
        ...{ reporter, reason, assurance },
      });
      show(json, made, () => `${made.id}  the number is not dialled again; loopgate numbers letter ${made.id}`);
    });
}

function letterCommand(): Command {
  return new Command('letter')
    .description('a draft of the letter about pages that came to the wrong place, PDF')
    .argument('<id>', 'mis_…')
    .option('--to <whom>', 'holder: whoever has the pages; patient: whose they are', 'holder')
    .option('--out <file>', 'where it is written; without it letter-<whom>.pdf')
    .option('--json', 'print JSON')
    .action(async (id: string, options: Options & { readonly to: string; readonly out?: string }) => {
      const { to, out = `letter-${to}.pdf`, json } = options;
      if (!['holder', 'patient'].includes(to)) throw new Failure(2, '--to is holder or patient');
      const bytes = await (await connect()).file(`/misdirections/${encodeURIComponent(id)}/letter.pdf?to=${to}`);
      writeFileSync(out, bytes, { mode: 0o600 });
      show(json, { file: out }, () => out);
    });
}

function listOf(rows: readonly NumberView[]): string {
  if (rows.length === 0) return 'no number here';
  const lines = rows.map(({ number, practice, confirmed, suppressed, bar }) => [
    number,
    practice,
    bar ?? 'may be dialled',
    suppressed ? `${suppressed.why}, by ${suppressed.by}, until ${suppressed.until ?? 'it is lifted'}` : '-',
    confirmed ? `${confirmed.by} ${confirmed.at}` : '-',
  ]);
  return table([['NUMBER', 'PRACTICE', 'NOW', 'SUPPRESSED', 'CONFIRMED'], ...lines]);
}
