import { createPrivateKey } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Malformed } from './cms/der.ts';
import { readIdentities } from './files.ts';
import { fingerprintOf, nameOf, readCertificates, type Certificate } from './trust/certificate.ts';

/** A PEM file that the settings name, and what for. */
export type Named =
  | { readonly use: 'identity' | 'anchor' | 'partner' | 'authority'; readonly file: string }
  | { readonly use: 'tls'; readonly file: string; readonly key: string };

export interface Found {
  readonly use: Named['use'];
  readonly file: string;
  readonly subject: string;
  /** Hex. */
  readonly sha256: string;
  readonly notAfter: number;
}

export interface Inventory {
  readonly certificates: readonly Found[];
  /** One sentence each, with file and subject. */
  readonly problems: readonly string[];
}

const day = 86_400_000;
/** The nearest that applies is told. */
const soonDays = [1, 7, 30] as const;

/** Look at every file, whatever the others are like.
 *  @param at epoch ms */
export async function takeInventory(named: readonly Named[], at: number): Promise<Inventory> {
  const looked = await Promise.all(named.map((each) => look(each, at)));
  return {
    certificates: looked.flatMap(({ certificates }) => certificates),
    problems: looked.flatMap(({ problems }) => problems),
  };
}

async function look(named: Named, at: number): Promise<Inventory> {
  const { use, file } = named;
  try {
    const bytes = await readFile(file);
    const certificates =
      use === 'identity' ? readIdentities(bytes).map(({ certificate }) => certificate) : readCertificates(bytes);
    const stranger = named.use === 'tls' ? await strangerTo(named.key, certificates) : null;
    const problems = certificates.flatMap((certificate) =>
      flawsOf(certificate, at).map((flaw) => `${file}: ${nameOf(certificate)} ${flaw}`),
    );
    return {
      certificates: certificates.map((each) => ({
        use,
        file,
        subject: nameOf(each),
        sha256: fingerprintOf(each),
        notAfter: each.notAfter,
      })),
      problems: [...problems, ...(stranger === null ? [] : [stranger])],
    };
  } catch (cause) {
    const why = cause instanceof Malformed ? cause.message : 'cannot be read';
    return { certificates: [], problems: [`${file}: ${why}`] };
  }
}

async function strangerTo(keyFile: string, [certificate]: readonly Certificate[]): Promise<string | null> {
  try {
    const key = createPrivateKey(await readFile(keyFile));
    return certificate?.x509.checkPrivateKey(key) ? null : `${keyFile}: the key does not belong to its certificate`;
  } catch {
    return `${keyFile}: the private key cannot be read`;
  }
}

function flawsOf(certificate: Certificate, at: number): string[] {
  return [...ageOf(certificate, at), ...weaknessOf(certificate)];
}

function ageOf({ notBefore, notAfter }: Certificate, at: number): string[] {
  const until = new Date(notAfter).toISOString();
  if (at > notAfter) return [`expired at ${until}`];
  if (at < notBefore) return [`is not valid before ${new Date(notBefore).toISOString()}`];
  const soon = soonDays.find((days) => notAfter - at <= days * day);
  return soon === undefined ? [] : [`expires within ${soon} ${soon === 1 ? 'day' : 'days'}, at ${until}`];
}

/** MD5 and SHA-1, with RSA and ECDSA. */
const brokenHashes = ['1.2.840.113549.1.1.4', '1.2.840.113549.1.1.5', '1.2.840.10045.4.1'];
const curves = ['prime256v1', 'secp384r1', 'secp521r1'];

/** Below NIST SP 800-57's 112 bits. Nobody relies on the signature that a root makes under itself. */
function weaknessOf({ publicKey, signatureAlgorithm, issuer, subject }: Certificate): string[] {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details = {} } = publicKey;
  const short = type === 'rsa' && (details.modulusLength ?? 0) < 2048;
  const odd = type === 'ec' && !curves.includes(details.namedCurve ?? '');
  const broken = brokenHashes.includes(signatureAlgorithm) && !issuer.equals(subject);
  return [
    ...(short ? [`has a weak key (RSA, ${details.modulusLength ?? 0} bits)`] : []),
    ...(odd ? [`has a weak key (${details.namedCurve ?? 'unknown curve'})`] : []),
    ...(broken ? ['is signed with a broken hash (MD5 or SHA-1)'] : []),
  ];
}
