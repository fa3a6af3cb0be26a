import { createPrivateKey, type KeyObject } from 'node:crypto';
import type { Identity } from './cms/envelope.ts';
import { Malformed } from './cms/der.ts';
import { readCertificates } from './trust/certificate.ts';

/** The identities in a PEM text: each private key with the certificate that it belongs to. Other certificates may stand
 *  in it too.
 *  @throws Malformed when there is no key, or a key without its certificate */
export function readIdentities(pem: Buffer): Identity[] {
  const blocks = pem.toString('latin1').match(/-----BEGIN ([A-Z ]*PRIVATE KEY)-----[^-]+-----END \1-----/g) ?? [];
  const certificates = readCertificates(pem);
  if (blocks.length === 0) throw new Malformed('there is no private key');
  return blocks.map((block) => {
    const key = readKey(block);
    const certificate = certificates.find(({ x509 }) => x509.checkPrivateKey(key));
    if (!certificate) throw new Malformed('a private key has no certificate beside it');
    return { key, certificate };
  });
}

function readKey(block: string): KeyObject {
  try {
    return createPrivateKey(block);
  } catch {
    throw new Malformed('a private key cannot be read');
  }
}
