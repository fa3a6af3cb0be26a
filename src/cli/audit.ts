import { createPublicKey } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Command } from 'commander';
import { signingKey } from '../audit/key.ts';
import { checkReceipt } from '../audit/receipt-check.ts';
import type { Receipt } from '../audit/receipt.ts';
import { verifyRecord, type Verdict } from '../audit/verify.ts';
import { auditKeyFile, loadConfig, storeFiles } from '../config.ts';
import { openBeside } from '../store/beside.ts';
import { keyFile } from '../store/key-file.ts';
import { recordStore } from '../store/record-store.ts';
import { createVault } from '../store/vault.ts';
import { connect, Failure, show } from './client.ts';

interface Options {
  readonly json?: boolean;
}

interface Checkpoints {
  readonly rows: readonly { readonly practice: string; readonly size: number; readonly note: string }[];
  readonly keys: readonly { readonly practice: string; readonly key: string }[];
}

export function auditCommand(): Command {
  const command = new Command('audit').description('the permanent record');
  command
    .command('verify')
    .description(
      'read the whole record and say whether anybody altered, removed or moved a line; exit 0 when nobody did',
    )
    .option('--checkpoints <folder>', 'signed checkpoints kept outside the store; audit.folder by default')
    .option('--json', 'print JSON')
    .action(async ({ json, checkpoints }: Options & { readonly checkpoints?: string }) => {
      const config = await loadConfig();
      const folder = checkpoints ?? config.audit.folder;
      const verdict = await withRecord((record) =>
        verifyRecord(record, createPublicKey(signingKey(auditKeyFile(config))), notesIn(folder)),
      );
      show(json, verdict, () => told(verdict));
      if (verdict.problems.length > 0) throw new Failure(1, 'the record is not as it was written');
    });
  command
    .command('checkpoint')
    .description('sign the record as it stands now, and print the checkpoints: keep them where nobody can change them')
    .option('--json', 'print JSON')
    .action(async ({ json }: Options) => {
      const made = await (await connect()).post<Checkpoints>('/audit/checkpoints', {});
      show(json, made, () => made.rows.map(({ note }) => note).join('\n'));
    });
  command
    .command('keys')
    .description('what others need to verify checkpoints and receipts')
    .option('--json', 'print JSON')
    .action(async ({ json }: Options) => {
      const { keys } = await (await connect()).get<Checkpoints>('/audit/checkpoints');
      show(json, keys, () => keys.map(({ key }) => key).join('\n'));
    });
  return command;
}

export function receiptCommand(): Command {
  const command = new Command('receipt').description('receipts of deliveries that anybody can verify off-line');
  command
    .command('get')
    .description('the receipt of a delivery, as JSON')
    .argument('<delivery>', 'dlv_…')
    .option('--out <file>', 'write it there')
    .action(async (id: string, { out }: { readonly out?: string }) => {
      const text = `${JSON.stringify(await (await connect()).get<Receipt>(`/deliveries/${id}/receipt`), null, 2)}\n`;
      if (out === undefined) process.stdout.write(text);
      else writeFileSync(out, text, { mode: 0o600, flag: 'wx' });
    });
  command
    .command('verify')
    .description('does a receipt hold? needs no gateway; exit 0 when it does')
    .argument('<file>', 'as receipt get wrote it')
    .option('--key <key>', "the gateway's verifier key, as its operator published it")
    .option('--document <file...>', 'documents as they arrived')
    .option('--json', 'print JSON')
    .action((file: string, { key, document = [], json }: Options & { key?: string; document?: string[] }) => {
      const problems = checkReceipt(
        received(file),
        key ?? null,
        document.map((each) => readFileSync(each)),
      );
      const whose =
        key === undefined ? ': signed with the key in it, compare that with the one its operator published' : '';
      show(json, { problems }, () => (problems.length === 0 ? `the receipt holds${whose}` : problems.join('\n')));
      if (problems.length > 0) throw new Failure(1, 'the receipt does not hold');
    });
  return command;
}

function received(file: string): Receipt {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Receipt;
  } catch {
    throw new Failure(1, `${file} cannot be read as JSON`);
  }
}

async function withRecord<T>(work: (record: ReturnType<typeof recordStore>) => Promise<T>): Promise<T> {
  const files = storeFiles(await loadConfig());
  const db = await openBeside(files);
  try {
    return await work(recordStore(db, createVault(db, keyFile(files.keyFile), Date.now)));
  } finally {
    await db.close();
  }
}

/** One note a line, as the gateway writes them. */
const notesIn = (folder: string | null): string[] =>
  folder === null || !existsSync(folder)
    ? []
    : readdirSync(folder)
        .filter((name) => name.endsWith('.notes'))
        .flatMap((name) => readFileSync(join(folder, name), 'utf8').split('\n'))
        .filter((line) => line !== '')
        .map(noteIn);

/** What is no JSON text is no note either, and is told of as one that nobody signed. */
function noteIn(line: string): string {
  try {
    return String(JSON.parse(line));
  } catch {
    return line;
  }
}

const told = ({ chains, unchained, problems }: Verdict): string =>
  [
    ...chains.map(
      ({ practice, lines, checkpoints }) =>
        `${practice === '' ? 'the gateway' : practice}: ${lines} lines, ${checkpoints} checkpoints`,
    ),
    ...(unchained > 0 ? [`${unchained} lines from before there was a chain: nothing vouches for them`] : []),
    ...problems,
    ...(problems.length === 0 ? ['the record is as it was written'] : []),
  ].join('\n');
