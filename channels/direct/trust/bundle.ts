import { oids } from '../cms/algorithms.ts';
import { childOf, Malformed, octetsOf, oidOf, rawOf, readValue, tags, type Value } from '../cms/der.ts';
import { readSigned } from '../cms/signature.ts';
import { fingerprintOf, readCertificate, readCertificates, type Certificate } from './certificate.ts';

const maxCertificates = 2_000;

/** Certificates in whatever form authorities publish them: one DER certificate, PEM, or a PKCS#7 of certificates
 *  (`.p7c`, `.p7b`), DER or PEM. @throws Malformed */
export function readPublished(file: Buffer): Certificate[] {
  const bytes = derOf(file);
  if (bytes === null) return readCertificates(file);
  const value = readValue(bytes);
  return value.children[0]?.tag === tags.oid ? certificatesOf(signedDataOf(value)) : [readCertificate(bytes)];
}

/** The anchors of a trust bundle (Trust Bundle Implementation Guide v1.0).
 *  @param signer the one certificate that may sign it; null: it is taken unsigned. The certificates beside the
 *  signature are not anchors.
 *  @throws Malformed when it is no bundle, or not signed by that signer */
export function readBundle(file: Buffer, signer: Certificate | null): Certificate[] {
  const info = readValue(derOf(file) ?? Buffer.from(file.toString('latin1'), 'base64'));
  const data = signedDataOf(info);
  const content = childOf(data, 2, tags.sequence).children[1];
  const signed = (data.children[data.children.length - 1]?.children.length ?? 0) > 0;
  if (signer === null) {
    if (signed) throw new Malformed('the bundle is signed: its signer’s certificate must be configured');
    return certificatesOf(data);
  }
  if (!signed || !content) throw new Malformed('the bundle is not signed');
  const { signers } = readSigned(info, null, [signer]);
  const good = signers.some(
    ({ certificate, problems }) =>
      certificate !== null && fingerprintOf(certificate) === fingerprintOf(signer) && problems.length === 0,
  );
  if (!good) throw new Malformed('the bundle is not signed by its configured signer');
  const inner = Buffer.from(octetsOf(childOf(content, 0)));
  return certificatesOf(signedDataOf(readValue(derOf(inner) ?? inner)));
}

/** The DER of a file that is DER, or PEM of PKCS#7; null: PEM certificates. @throws Malformed */
function derOf(file: Buffer): Buffer | null {
  if (file[0] === 0x30) return file;
  const text = file.toString('latin1');
  const pem = /-----BEGIN (?:PKCS7|CMS)-----([^-]+)-----END/.exec(text);
  return pem?.[1] ? Buffer.from(pem[1], 'base64') : null;
}

function signedDataOf(info: Value): Value {
  if (oidOf(childOf(info, 0)) !== oids.signedData) throw new Malformed('it is not a bundle of certificates');
  return childOf(childOf(info, 1, 0xa0), 0, tags.sequence);
}

function certificatesOf(data: Value): Certificate[] {
  const set = data.children.find(({ tag }) => tag === 0xa0)?.children ?? [];
  if (set.length > maxCertificates) throw new Malformed('there are too many certificates');
  return set.filter(({ tag }) => tag === tags.sequence).map((each) => readCertificate(Buffer.from(rawOf(each))));
}
