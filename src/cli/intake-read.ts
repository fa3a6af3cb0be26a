import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { basename, extname } from 'node:path';
import { Command } from 'commander';
import type { Log } from '../core/channel.ts';
import type { Field, FieldName } from '../core/entry.ts';
import type { Page } from '../core/page.ts';
import { readDocument } from '../documents/read.ts';
import { openSandbox, type Sandbox } from '../documents/sandbox.ts';
import { clinicalFields } from '../intake/ccda.ts';
import { readPacket, type Packet } from '../intake/packet.ts';

/** The names that scorers use for our fields. */
export const outside: Readonly<Record<FieldName, string>> = {
  'patient.name': 'patient.name',
  'patient.birthDate': 'patient.dob',
  'patient.sex': 'patient.sex',
  'patient.phone': 'patient.phone',
  'patient.address': 'patient.address',
  'patient.mrn': 'patient.mrn',
  'coverage.payer': 'insurance.payer',
  'coverage.memberId': 'insurance.memberId',
  'coverage.group': 'insurance.group',
  'referrer.name': 'referring.name',
  'referrer.npi': 'referring.npi',
  'referrer.practice': 'referring.practice',
  'referrer.phone': 'referring.phone',
  'referrer.fax': 'referring.fax',
  'service.specialty': 'referral.specialty',
  'service.reason': 'referral.reason',
  'service.urgency': 'referral.urgency',
  'service.date': 'referral.date',
  'service.authorization': 'authNo',
  'service.diagnoses': 'dx',
};

/** What was read of one file, in the form that scorers take. */
export interface Prediction {
  readonly pages: readonly {
    readonly text: string;
    readonly type: string;
    readonly rotation: number;
    readonly foreign: boolean;
    readonly copyOf: number | null;
  }[];
  readonly referrals: readonly { readonly pages: readonly number[]; readonly fields: Record<string, unknown> }[];
}

export function predictionOf(pages: readonly Page[], { sheets, fields }: Packet): Prediction {
  const parts = [...new Set(sheets.flatMap(({ part }) => part ?? []))].sort((a, b) => a - b);
  return {
    pages: pages.map(({ text, cleaning }, index) => ({
      text,
      type: sheets[index]?.kind ?? 'other',
      rotation: (360 - (cleaning?.turn ?? 0)) % 360,
      foreign: sheets[index]?.foreign ?? false,
      copyOf: sheets[index]?.copyOf ?? null,
    })),
    referrals: parts.map((part) => ({
      pages: sheets.flatMap((sheet, index) => (sheet.part === part ? [index] : [])),
      fields: named(fields.filter((field) => field.part === part)),
    })),
  };
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
  const read = pages.map(({ page }) => page);
  const packet = readPacket(read);
  return predictionOf(read, clinical ? statedPacket(packet, clinicalFields(clinical)) : packet);
}

/** A C-CDA is one referral by its own word. */
const statedPacket = ({ sheets }: Packet, fields: readonly Field[]): Packet => ({
  sheets: sheets.map((sheet) => ({ ...sheet, kind: 'referral', part: 0, foreign: false })),
  fields: fields.map((field) => ({ ...field, part: 0 })),
});

const named = (fields: readonly Field[]): Record<string, unknown> =>
  Object.fromEntries(
    fields
      .filter(({ value }) => value !== '')
      .map(({ name, value, confidence, sure = false }) => [
        outside[name],
        { value: name === 'service.diagnoses' ? value.split(', ') : value, confidence, sure },
      ]),
  );
