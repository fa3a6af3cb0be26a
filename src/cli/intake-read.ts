import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { Command } from 'commander';
import type { Log } from '../core/channel.ts';
import type { Field, FieldName } from '../core/entry.ts';
import { readDocument } from '../documents/read.ts';
import { openSandbox, type Sandbox } from '../documents/sandbox.ts';
import { clinicalFields } from '../intake/ccda.ts';
import { proposeFields } from '../intake/fields.ts';

/** The scorer's words for our fields. */
const outside: Readonly<Record<FieldName, string>> = {
  'patient.name': 'patient.name',
  'patient.birthDate': 'patient.dob',
  'patient.phone': 'patient.phone',
  'referrer.name': 'referring.name',
  'referrer.npi': 'referring.npi',
  'service.reason': 'referral.reason',
};

interface Prediction {
  readonly pages: readonly { readonly text: string }[];
  readonly referrals: readonly { readonly pages: readonly number[]; readonly fields: Record<string, unknown> }[];
}

const silent: Log = { info: () => undefined, warn: () => undefined, error: () => undefined };

/** `read FILE…`: reads fax files as the gateway does and prints one JSON object, keyed by file name without its
 *  ending. A file that cannot be read is named on stderr, the others are still printed, and the exit code is 1. */
export function intakeReadCommand(): Command {
  return new Command('read')
    .description('read fax files off line and print their text and fields as JSON; nothing is stored')
    .argument('<files...>', 'PDF, TIFF, PNG, JPEG, C-CDA or text files')
    .option('--json', 'print JSON (this command always does)')
    .action(async (files: readonly string[]) => {
      const sandbox = openSandbox({ log: silent });
      const predictions: Record<string, Prediction> = {};
      try {
        for (const file of files) {
          const prediction = await read(sandbox, file);
          if (prediction) predictions[basename(file, extname(file))] = prediction;
          else process.exitCode = 1;
        }
      } finally {
        await sandbox.close();
      }
      process.stdout.write(`${JSON.stringify(predictions, null, 1)}\n`);
    });
}

async function read(sandbox: Sandbox, file: string): Promise<Prediction | null> {
  const complain = (problem: string): void => {
    process.stderr.write(`${file}: ${problem}\n`);
  };
  const bytes = await readFile(file).catch(() => null);
  if (!bytes) {
    complain('the file cannot be opened: check its name and your rights to it');
    return null;
  }
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  const document = { id: 'doc_offline', name: basename(file), mediaType: '', bytes: bytes.length, sha256 } as const;
  const { pages, warnings, clinical } = await readDocument(sandbox, document, bytes, new AbortController().signal);
  warnings.forEach(complain);
  if (pages.length === 0) return null;
  const fields = clinical ? clinicalFields(clinical) : proposeFields(pages.map(({ page }) => page));
  return {
    pages: pages.map(({ page }) => ({ text: page.text })),
    referrals: fields.length > 0 ? [{ pages: pages.map((_, index) => index), fields: named(fields) }] : [],
  };
}

const named = (fields: readonly Field[]): Record<string, unknown> =>
  Object.fromEntries(fields.map(({ name, value, confidence }) => [outside[name], { value, confidence }]));
