import { generateKeyPairSync, X509Certificate } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import forge from 'node-forge';
import { createAuthority, issue } from '../../channels/direct/authority.ts';
import { readIdentities } from '../../channels/direct/files.ts';
import { Failure } from './client.ts';

/** Verbs that make certificate files or change their form. None of them touches the settings. */
export function addMakingVerbs(command: Command): void {
  command
    .command('ca')
    .description('an authority for trying out; nobody trusts it who was not told to')
    .requiredOption('--name <name>', 'its common name')
    .requiredOption('--out <pem>', 'file for its key and certificate; to be trusted, give away the certificate alone')
    .action(async ({ name, out }: { readonly name: string; readonly out: string }) => {
      const { key, certificate } = createAuthority({ name, now: Date.now() });
      await writeSecret(out, `${key}${certificate}`);
    });
  command
    .command('issue')
    .description('an identity by that authority')
    .requiredOption('--ca <pem>', 'the file that `certs ca` made')
    .requiredOption('--for <name>', 'an address or a domain')
    .requiredOption('--out <pem>', 'file for its key and certificate, as `identities` takes it')
    .action(async (options: { readonly ca: string; readonly for: string; readonly out: string }) => {
      const { key, certificate } = await identityIn(options.ca);
      const bound = options.for.includes('@') ? { address: options.for } : { domain: options.for };
      await writeSecret(options.out, issue({ key, certificate, now: Date.now() }, bound).identity);
    });
  command
    .command('csr')
    .description('a new key and a request for an authority to certify it (PKCS#10)')
    .requiredOption('--for <name>', 'an address or a domain')
    .requiredOption('--key <pem>', 'file for the new key')
    .requiredOption('--out <pem>', 'file for the request')
    .action(async (options: { readonly for: string; readonly key: string; readonly out: string }) => {
      const { key, request } = requestFor(options.for);
      await writeSecret(options.key, key);
      await writeFile(options.out, request);
      process.stdout.write(`${options.out}: send it to your authority\n${options.key}: keep it secret, and here\n`);
    });
  command
    .command('export')
    .description('an identity as PKCS#12, for other programs (RSA keys)')
    .requiredOption('--identity <pem>', 'key and certificate')
    .requiredOption('--password-file <file>', 'its first line is the password')
    .requiredOption('--out <p12>', 'the file to make')
    .action(async (options: { readonly identity: string; readonly passwordFile: string; readonly out: string }) => {
      const { key, certificate } = await identityIn(options.identity);
      await writeSecret(options.out, toPkcs12(key, certificate, await passwordIn(options.passwordFile)));
    });
  command
    .command('import')
    .description('an identity out of PKCS#12 (RSA keys)')
    .argument('<p12>')
    .requiredOption('--password-file <file>', 'its first line is the password')
    .requiredOption('--out <pem>', 'file for key and certificates, as `identities` takes it')
    .action(async (file: string, options: { readonly passwordFile: string; readonly out: string }) => {
      const password = await passwordIn(options.passwordFile);
      await writeSecret(options.out, fromPkcs12(await readFile(file), password));
    });
}

/** Never over a file that is there: it may hold the only copy of a key. */
async function writeSecret(file: string, content: string | Buffer): Promise<void> {
  await writeFile(file, content, { mode: 0o600, flag: 'wx' }).catch((cause: unknown) => {
    const { code } = cause as NodeJS.ErrnoException;
    throw new Failure(1, code === 'EEXIST' ? `${file} is there already` : `${file} cannot be written`);
  });
}

async function identityIn(file: string): Promise<{ readonly key: string; readonly certificate: string }> {
  const [identity] = readIdentities(await readFile(file));
  if (!identity) throw new Failure(1, `${file}: there is no private key`);
  const key = identity.key.export({ type: 'pkcs8', format: 'pem' });
  return { key, certificate: identity.certificate.x509.toString() };
}

const passwordIn = async (file: string): Promise<string> => (await readFile(file, 'utf8')).split(/\r?\n/)[0] ?? '';

/** RSA-2048, the name in subjectAltName as Direct binds it (rfc822Name or dNSName). */
function requestFor(name: string): { readonly key: string; readonly request: string } {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
    publicKeyEncoding: { type: 'spki', format: 'pem' },
  });
  const request = forge.pki.createCertificationRequest();
  request.publicKey = forge.pki.publicKeyFromPem(publicKey);
  request.setSubject([{ name: 'commonName', value: name }]);
  const altNames = [{ type: name.includes('@') ? 1 : 2, value: name }];
  request.setAttributes([{ name: 'extensionRequest', extensions: [{ name: 'subjectAltName', altNames }] }]);
  request.sign(forge.pki.privateKeyFromPem(privateKey), forge.md.sha256.create());
  return { key: privateKey, request: forge.pki.certificationRequestToPem(request) };
}

function toPkcs12(key: string, certificate: string, password: string): Buffer {
  if (new X509Certificate(certificate).publicKey.asymmetricKeyType !== 'rsa') {
    throw new Failure(1, 'only RSA keys can be exported; openssl pkcs12 -export does others');
  }
  const [own, its] = [forge.pki.privateKeyFromPem(key), forge.pki.certificateFromPem(certificate)];
  const made = forge.pkcs12.toPkcs12Asn1(own, [its], password, { algorithm: 'aes256' });
  return Buffer.from(forge.asn1.toDer(made).getBytes(), 'latin1');
}

/** @throws Failure when it cannot be opened, or holds no RSA key with its certificate */
function fromPkcs12(file: Buffer, password: string): string {
  const blocks: string[] = [];
  try {
    const store = forge.pkcs12.pkcs12FromAsn1(forge.asn1.fromDer(file.toString('latin1')), password);
    for (const { key, cert } of store.safeContents.flatMap(({ safeBags }) => safeBags)) {
      if (key) blocks.unshift(forge.pki.privateKeyToPem(key));
      if (cert) blocks.push(forge.pki.certificateToPem(cert));
    }
  } catch {
    throw new Failure(1, 'it cannot be opened: a wrong password, a key that is not RSA, or no PKCS#12');
  }
  const pem = blocks.join('').replaceAll('\r\n', '\n');
  if (readIdentities(Buffer.from(pem)).length === 0) throw new Failure(1, 'it holds no key with its certificate');
  return pem;
}
