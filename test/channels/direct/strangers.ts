import { spawn } from 'node:child_process';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { crlf, type Person } from './support.ts';

/** Run openssl in a folder; the answer's bytes. */
export function openssl(args: readonly string[], input: Uint8Array = Buffer.alloc(0)): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn('openssl', args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    const errors: Buffer[] = [];
    child.stdout.on('data', (piece: Buffer) => out.push(piece));
    child.stderr.on('data', (piece: Buffer) => errors.push(piece));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(Buffer.concat(out));
      else reject(new Error(Buffer.concat(errors).toString('latin1')));
    });
    // openssl may be done before it has read all: its exit code tells.
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}

export interface Strange {
  readonly signers: readonly Person[];
  readonly to: Person;
  readonly transport?: readonly string[];
  readonly cipher?: string;
  readonly digest?: string;
  readonly opaque?: boolean;
  readonly wrapped?: boolean;
  /** Applied to the signed entity before it is encrypted. */
  alter?(signed: Buffer): Buffer;
}

/** A message as `openssl cms` makes it: wrapped, signed, encrypted. */
export async function strangersMessage(folder: string, inner: Buffer, how: Strange): Promise<Buffer> {
  const write = async (name: string, bytes: string | Uint8Array): Promise<string> => {
    const path = join(folder, `${name}-${Math.random().toString(36).slice(2)}.pem`);
    await writeFile(path, bytes);
    return path;
  };
  const {
    signers,
    to,
    transport = [],
    cipher = '-aes-256-cbc',
    digest = 'sha256',
    opaque = false,
    wrapped = true,
  } = how;
  const entity = wrapped ? Buffer.concat([crlf(['Content-Type: message/rfc822', '', '']), inner]) : inner;
  const by = await Promise.all(signers.map(async (signer) => ['-signer', await write('signer', signer.identity)]));
  const signed = await openssl(
    [
      'cms',
      '-sign',
      '-binary',
      '-crlfeol',
      '-md',
      digest,
      '-outform',
      'SMIME',
      ...(opaque ? ['-nodetach'] : []),
      ...by.flat(),
    ],
    entity,
  );
  const recipient = await write('rcpt', to.certificate);
  const names = ['-from', signers[0]?.address ?? 'nobody@x.example', '-to', to.address];
  return openssl(
    ['cms', '-encrypt', '-binary', cipher, '-outform', 'SMIME', ...names, '-recip', recipient, ...transport],
    how.alter ? how.alter(signed) : signed,
  );
}

export const oaep = (digest = 'sha256'): readonly string[] => [
  '-keyopt',
  'rsa_padding_mode:oaep',
  '-keyopt',
  `rsa_oaep_md:${digest}`,
];
