import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { openssl } from '../strangers.ts';
import type { Person, scratch } from '../support.ts';

type Folder = Awaited<ReturnType<typeof scratch>>;

/** How a peer is told to encrypt: `digest` of OAEP or of the key derivation. */
export interface Transport {
  readonly name: string;
  readonly kind: 'v15' | 'oaep' | 'ecdh';
  readonly digest: 'sha1' | 'sha256' | 'sha384' | 'sha512';
  readonly to: Person;
}

/** Somebody else's CMS. Everything rejects where the peer cannot do it. */
export interface Peer {
  readonly name: string;
  encrypt(content: Buffer, transport: Transport, cipher: string): Promise<Buffer>;
  open(cms: Buffer, to: Person): Promise<Buffer>;
  /** A detached signature. */
  sign(content: Buffer, by: Person, digest: string): Promise<Buffer>;
  verify(cms: Buffer, content: Buffer, by: Person): Promise<void>;
  close(): Promise<void>;
}

export async function opensslPeer(folder: Folder, ca: string): Promise<Peer> {
  const anchor = await folder.file('anchor.pem', ca);
  const pem = filesOf(folder);
  let files = 0;
  return {
    name: 'openssl cms',
    async encrypt(content, { kind, digest, to }, cipher) {
      const options = {
        v15: [],
        oaep: ['-keyopt', 'rsa_padding_mode:oaep', '-keyopt', `rsa_oaep_md:${digest}`],
        ecdh: ['-keyopt', `ecdh_kdf_md:${digest}`],
      }[kind];
      const recipient = ['-recip', await pem(to), ...options];
      return openssl(['cms', '-encrypt', '-binary', `-${cipher}`, '-outform', 'DER', ...recipient], content);
    },
    open: async (cms, to) => openssl(['cms', '-decrypt', '-inform', 'DER', '-inkey', await pem(to)], cms),
    sign: async (content, by, digest) =>
      openssl(['cms', '-sign', '-binary', '-md', digest, '-outform', 'DER', '-signer', await pem(by)], content),
    async verify(cms, content) {
      const beside = await folder.file(`content-${files++ % 8}`, content);
      await openssl(['cms', '-verify', '-binary', '-inform', 'DER', '-CAfile', anchor, '-content', beside], cms);
    },
    close: () => Promise.resolve(),
  };
}

/** Paths of PEM files with key and certificate, written once. */
function filesOf(folder: Folder): (who: Person) => Promise<string> {
  const paths = new Map<string, Promise<string>>();
  return (who) => {
    const name = createHash('sha256').update(who.identity).digest('hex').slice(0, 12);
    const path = paths.get(name) ?? folder.file(`${name}.pem`, who.identity);
    paths.set(name, path);
    return path;
  };
}

const jars = ['bcprov', 'bcutil', 'bcpkix', 'bcmail'].map((name) => `/usr/share/java/${name}.jar`).join(':');

/** One JVM for all. */
export function castlePeer(): Peer {
  const source = new URL('./Castle.java', import.meta.url).pathname;
  const child = spawn('java', ['-XX:TieredStopAtLevel=1', '-cp', jars, source], { stdio: ['pipe', 'pipe', 'inherit'] });
  const waiting: { resolve(bytes: Buffer): void; reject(cause: Error): void }[] = [];
  createInterface(child.stdout).on('line', (line) => {
    if (line.startsWith('! ')) waiting.shift()?.reject(new Error(line.slice(2)));
    else waiting.shift()?.resolve(Buffer.from(line, 'base64'));
  });
  const ended = new Promise<void>((resolve) => child.on('close', () => resolve()));
  const ask = (...words: (string | Buffer)[]): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      waiting.push({ resolve, reject });
      const line = words.map((word) => (typeof word === 'string' ? word : word.toString('base64'))).join(' ');
      child.stdin.write(`${line}\n`);
    });
  const keyOf = ({ own }: Person): Buffer => own.key.export({ format: 'der', type: 'pkcs8' });
  return {
    name: 'BouncyCastle',
    encrypt: (content, { kind, digest, to }, cipher) => ask('encrypt', to.cert.raw, kind, digest, cipher, content),
    open: (cms, to) => ask('open', keyOf(to), cms),
    sign: (content, by, digest) => ask('sign', keyOf(by), by.cert.raw, digest, content),
    async verify(cms, content, by) {
      await ask('verify', by.cert.raw, cms, content);
    },
    async close() {
      child.stdin.end();
      await ended;
    },
  };
}

/** Bags that old readers open. */
async function bagsOf(folder: Folder, people: readonly Person[]): Promise<string[]> {
  const pem = filesOf(folder);
  const weak = ['-keypbe', 'PBE-SHA1-3DES', '-certpbe', 'PBE-SHA1-3DES', '-macalg', 'sha1'];
  return Promise.all(
    people.map(async (each, index) => {
      const bag = join(folder.path, `bag-${index}.p12`);
      const name = ['-name', each.own.certificate.x509.serialNumber, '-passout', 'pass:'];
      await openssl(['pkcs12', '-export', '-in', await pem(each), '-out', bag, ...name, ...weak]);
      return bag;
    }),
  );
}

export async function gpgsmPeer(
  folder: Folder,
  ca: { pem: string; sha1: string },
  all: readonly Person[],
): Promise<Peer> {
  const home = join(folder.path, 'gnupg');
  await mkdir(home, { mode: 0o700 });
  await folder.file('gnupg/trustlist.txt', `${ca.sha1} S relax\n`);
  await folder.file('gnupg/gpg-agent.conf', 'allow-loopback-pinentry\n');
  const quiet = ['--homedir', home, '--batch', '--yes', '--disable-crl-checks'];
  // The empty passphrase comes from the empty standard input.
  const loopback = ['--pinentry-mode', 'loopback', '--passphrase-fd', '0'];
  const gpgsm = (args: readonly string[]): Promise<Buffer> => output('gpgsm', [...quiet, ...loopback, ...args]);
  await gpgsm(['--import', await folder.file('gnupg-ca.pem', ca.pem)]);
  // Keys on curves end this version's import in a segmentation fault, after it has kept the certificate.
  for (const bag of await bagsOf(folder, all)) await gpgsm(['--import', bag]).catch(() => null);
  const nick = ({ cert }: Person): string => cert.x509.fingerprint.replaceAll(':', '');
  let files = 0;
  const file = (bytes: Buffer): Promise<string> => folder.file(`gpgsm-${files++ % 16}`, bytes);
  return {
    name: 'gpgsm',
    async encrypt(content, { kind, digest, to }, cipher) {
      if (kind === 'oaep' || (kind === 'ecdh' && digest === 'sha1')) throw new Error('cannot be asked of gpgsm');
      const name = cipher.replace('aes-', 'AES').replace('-cbc', '').replace('AES128', 'AES');
      return gpgsm(['--cipher-algo', name, '-r', nick(to), '--encrypt', await file(content)]);
    },
    open: async (cms) => gpgsm(['--decrypt', await file(cms)]),
    sign: async (content, by, digest) =>
      gpgsm(['--digest-algo', digest, '-u', nick(by), '--detach-sign', await file(content)]),
    async verify(cms, content) {
      await gpgsm(['--verify', await file(cms), await file(content)]);
    },
    async close() {
      await output('gpgconf', ['--homedir', home, '--kill', 'gpg-agent']);
    },
  };
}

/** NSS. It cannot be asked for a key transport or a cipher: it takes what it thinks the recipient reads. */
export async function nssPeer(folder: Folder, ca: string, all: readonly Person[]): Promise<Peer> {
  const home = join(folder.path, 'nss');
  await mkdir(home);
  const db = ['-d', `sql:${home}`];
  await output('certutil', [...db, '-N', '--empty-password']);
  const anchor = await folder.file('nss-ca.pem', ca);
  await output('certutil', [...db, '-A', '-n', 'anchor', '-t', 'CT,CT,CT', '-a', '-i', anchor]);
  for (const bag of await bagsOf(folder, all)) await output('pk12util', [...db, '-i', bag, '-W', '']);
  const nick = ({ own }: Person): string => own.certificate.x509.serialNumber;
  let files = 0;
  const cmsutil = async (args: readonly string[], input: Buffer): Promise<Buffer> => {
    const n = files++ % 8;
    const into = join(folder.path, `nss-out-${n}`);
    await output('cmsutil', [...args, ...db, '-i', await folder.file(`nss-in-${n}`, input), '-o', into]);
    return readFile(into);
  };
  return {
    name: 'NSS cmsutil',
    async encrypt(content, { kind, to }) {
      if (kind === 'oaep') throw new Error('cannot be asked of NSS');
      return cmsutil(['-E', '-r', nick(to)], content);
    },
    open: (cms) => cmsutil(['-D'], cms),
    sign: (content, by, digest) => cmsutil(['-S', '-T', '-N', nick(by), '-H', digest.toUpperCase()], content),
    async verify(cms, content) {
      await cmsutil(['-D', '-n', '-c', await folder.file(`nss-content-${files % 8}`, content)], cms);
    },
    close: () => Promise.resolve(),
  };
}

/** Standard output of a program that ends well. */
export function output(program: string, args: readonly string[], input: Buffer = Buffer.alloc(0)): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const out: Buffer[] = [];
    const errors: Buffer[] = [];
    child.stdout.on('data', (piece: Buffer) => out.push(piece));
    child.stderr.on('data', (piece: Buffer) => errors.push(piece));
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(Buffer.concat(out));
      else reject(new Error(`${program}: ${Buffer.concat(errors).toString('latin1').slice(-300)}`));
    });
    child.stdin.on('error', () => undefined);
    child.stdin.end(input);
  });
}
