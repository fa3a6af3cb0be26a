import { createHash, randomUUID } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { basename, extname, join } from 'node:path';
import { Command, InvalidArgumentError, Option } from 'commander';
import { Malformed } from '../../channels/direct/cms/der.ts';
import type { Transport } from '../../channels/direct/cms/key-transport.ts';
import { readIdentities } from '../../channels/direct/files.ts';
import { openDirect, type Opened } from '../../channels/direct/judge.ts';
import { domainOf, normalAddress } from '../../channels/direct/mime/address.ts';
import { composeLetter } from '../../channels/direct/mime/compose.ts';
import { endings } from '../../channels/direct/mime/documents.ts';
import { seal } from '../../channels/direct/seal.ts';
import { fingerprintOf, nameOf, readCertificates, type Certificate } from '../../channels/direct/trust/certificate.ts';
import { readCrl } from '../../channels/direct/trust/crl.ts';
import { checkPartner } from './direct-check.ts';

/** `direct open` and `direct seal`: the gateway's own code on files. No gateway, no network, nothing stored. `direct
 *  check`: a walk to a partner that sends nothing. */
export function directCommand(): Command {
  const command = new Command('direct').description('open and seal Direct messages off-line; check a partner');
  // Wrong usage is 2 (docs: command line): 1 means refused.
  command.exitOverride(({ exitCode }) => process.exit(exitCode === 0 ? 0 : 2));
  command
    .command('open')
    .description('judge one raw message; exit 0 accepted, 1 refused')
    .argument('<file>', 'the raw message')
    .requiredOption('--identity <pem...>', 'a private key and its certificate in one PEM file')
    .requiredOption('--anchor <pem...>', 'trust anchors, PEM or DER')
    .option('--crl <file...>', 'revocation lists; without one revocation is not judged')
    .option('--mail-from <address>', 'envelope sender; without it that check is left out', address)
    .option('--rcpt <address...>', 'envelope recipients; without them that check is left out')
    .option('--at <time>', 'the time of the judgement, RFC 3339; default now', time)
    .option('--out <dir>', 'write the documents of an accepted message there')
    .option('--json', 'the default')
    .action(guard(open));
  command
    .command('seal')
    .description('print the raw wrapped, signed, encrypted message')
    .argument('<file...>', 'documents to enclose')
    .requiredOption('--from <address>', 'the sender', address)
    .requiredOption('--to <address>', 'the recipient', address)
    .requiredOption('--identity <pem>', 'the sender’s private key and certificate in one PEM file')
    .requiredOption('--rcpt-cert <pem>', 'the recipient’s certificate')
    .addOption(new Option('--transport <kind>', 'key transport').choices(['oaep', 'v15']).default('oaep'))
    .action(guard(sealFiles));
  command
    .command('check')
    .description('what would happen to a message for a partner; nothing is sent; exit 0 it would be sent')
    .argument('<address>', 'the partner’s Direct address', address)
    .option('--from <address>', 'our address; default the first practice’s first', address)
    .option('--json', 'print JSON')
    .action(guard(checkPartner));
  return command;
}

interface OpenOptions {
  readonly identity: readonly string[];
  readonly anchor: readonly string[];
  readonly crl?: readonly string[];
  readonly mailFrom?: string;
  readonly rcpt?: readonly string[];
  readonly at?: number;
  readonly out?: string;
}

async function open(file: string, options: OpenOptions): Promise<void> {
  const verdict = await openDirect(await readFile(file), {
    identities: (await readAll(options.identity, readIdentities)).flat(),
    anchors: (await readAll(options.anchor, readCertificates)).flat(),
    crls: await readAll(options.crl ?? [], readCrl),
    mailFrom: options.mailFrom ?? null,
    rcpts: options.rcpt ?? null,
    at: options.at ?? Date.now(),
  });
  const documents = await describeDocuments(verdict, options.out ?? null);
  const { accepted, rule, reasons, signer, chain, recipients, notification } = verdict;
  const report = {
    accepted,
    rule,
    reasons,
    signer: signer && describe(signer),
    chain: chain.map(describe),
    recipients,
    notification,
    documents,
  };
  process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
  if (!accepted) process.exitCode = 1;
}

const describe = (certificate: Certificate): object => ({
  subject: nameOf(certificate),
  issuer: certificate.x509.issuer.replaceAll('\n', ', '),
  serial: certificate.x509.serialNumber,
  sha256: fingerprintOf(certificate),
  addresses: certificate.addresses,
  domains: certificate.domains,
  notBefore: new Date(certificate.notBefore).toISOString(),
  notAfter: new Date(certificate.notAfter).toISOString(),
});

/** Written under names of our own: the sender's are only shown. */
async function describeDocuments({ documents }: Opened, out: string | null): Promise<object[]> {
  if (out !== null) await mkdir(out, { recursive: true });
  return Promise.all(
    documents.map(async ({ name, mediaType, bytes }, index) => {
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      const file = `document-${index + 1}.${endings[mediaType] ?? 'bin'}`;
      if (out !== null) await writeFile(join(out, file), bytes);
      return { name, mediaType, bytes: bytes.length, sha256, file: out === null ? null : file };
    }),
  );
}

interface SealOptions {
  readonly from: string;
  readonly to: string;
  readonly identity: string;
  readonly rcptCert: string;
  readonly transport: Transport;
}

async function sealFiles(files: readonly string[], options: SealOptions): Promise<void> {
  const { from, to, transport } = options;
  const [identity] = readIdentities(await readFile(options.identity));
  const [certificate] = readCertificates(await readFile(options.rcptCert));
  if (!identity || !certificate) throw new Malformed('a key or certificate is missing');
  const documents = await Promise.all(
    files.map(async (file) => ({ name: basename(file), mediaType: mediaTypeOf(file), bytes: await readFile(file) })),
  );
  const at = Date.now();
  const messageId = `${randomUUID()}@${domainOf(from)}`;
  const letter = {
    from,
    to: [to],
    subject: 'Documents',
    messageId,
    at,
    fields: [],
    text: '',
    documents,
  };
  const recipients = [{ certificate, transport }];
  const sealed = await seal({ message: composeLetter(letter), from, to: [to], identity, recipients, at });
  for (const piece of sealed) process.stdout.write(piece);
}

function mediaTypeOf(file: string): string {
  const ending = extname(file).slice(1).toLowerCase();
  const type = Object.entries(endings).find(([, known]) => known === (ending === 'tif' ? 'tiff' : ending));
  return type?.[0] ?? 'application/octet-stream';
}

async function readAll<T>(files: readonly string[], read: (bytes: Buffer) => T): Promise<T[]> {
  return Promise.all(
    files.map(async (file) => {
      try {
        return read(await readFile(file));
      } catch (cause) {
        if (cause instanceof Malformed) throw new Malformed(`${file}: ${cause.message}`);
        throw cause;
      }
    }),
  );
}

/** A file that cannot be used is wrong usage: exit 2, one line. */
const guard =
  <Args extends readonly unknown[]>(action: (...args: Args) => Promise<void>) =>
  async (...args: Args): Promise<void> => {
    try {
      await action(...args);
    } catch (cause) {
      const unreadable = cause instanceof Error && 'code' in cause && typeof cause.code === 'string';
      if (!(cause instanceof Malformed) && !unreadable) throw cause;
      process.stderr.write(`${cause.message}\n`);
      process.exitCode = 2;
    }
  };

function address(text: string): string {
  const normal = normalAddress(text);
  if (normal === null) throw new InvalidArgumentError('not an address');
  return normal;
}

function time(text: string): number {
  const at = Date.parse(text);
  if (Number.isNaN(at)) throw new InvalidArgumentError('not a time');
  return at;
}
