import { createHash, createVerify } from 'node:crypto';
import { algorithmOf, signatures } from '../cms/algorithms.ts';
import {
  childOf,
  contentOf,
  Malformed,
  nothing,
  octetsOf,
  octetString,
  oid,
  oidOf,
  rawOf,
  readValue,
  sequence,
  tags,
  type Value,
} from '../cms/der.ts';
import { readCertificate, usages, type Certificate } from './certificate.ts';
import { timeOf } from './crl.ts';

/** What an authority's responder says of one certificate (OCSP, RFC 6960). Times are epoch ms. */
export interface Answer {
  readonly status: 'good' | 'revoked' | 'unknown';
  readonly thisUpdate: number;
  readonly nextUpdate: number | null;
}

const sha1 = '1.3.14.3.2.26';
const basic = '1.3.6.1.5.5.7.48.1.1';
const mayAnswer = '1.3.6.1.5.5.7.3.9'; // id-kp-OCSPSigning

/** CertID of RFC 6960 §4.1.1. SHA-1 here only names: it is what every responder knows. */
function certId(certificate: Certificate, issuer: Certificate): Buffer {
  const hash = (bytes: Buffer): Buffer => octetString(createHash('sha1').update(bytes).digest());
  const key = readValue(issuer.publicKey.export({ type: 'spki', format: 'der' }));
  const bits = contentOf(childOf(key, 1, tags.bits)).subarray(1);
  return sequence(sequence(oid(sha1), nothing), hash(issuer.subject), hash(bits), certificate.serial);
}

/** Where to ask a responder about a certificate: the request is part of the address (RFC 6960 appendix A.1), so that it
 *  can be had and remembered like a file. No nonce: the answer says how long it holds. */
export function questionAt(responder: string, certificate: Certificate, issuer: Certificate): string {
  const request = sequence(sequence(sequence(sequence(certId(certificate, issuer)))));
  return `${responder.replace(/\/$/, '')}/${encodeURIComponent(request.toString('base64'))}`;
}

/** Read a responder's answer about a certificate, and believe it: it must be signed by the issuer, or by one whom the
 *  issuer itself certified for that (§4.2.2.2).
 *  @param at epoch ms
 *  @throws Malformed when it is none, or not to be believed */
export function readAnswer(file: Buffer, certificate: Certificate, issuer: Certificate, at: number): Answer {
  const response = readValue(file);
  const [code = 255] = contentOf(childOf(response, 0, 0x0a));
  if (code !== 0) throw new Malformed(`the responder answers with error ${code}`);
  const bytes = childOf(childOf(response, 1, 0xa0), 0, tags.sequence);
  if (oidOf(childOf(bytes, 0)) !== basic) throw new Malformed('the responder answers in a way we do not know');
  const whole = readValue(Buffer.from(octetsOf(childOf(bytes, 1, tags.octets))));
  const data = childOf(whole, 0, tags.sequence);
  if (!signersOf(whole, issuer, at).some((signer) => isSignedBy(whole, data, signer)))
    throw new Malformed('the responder’s answer is not signed by the issuer, or for it');
  const wanted = certId(certificate, issuer);
  const list = data.children.find(({ tag }) => tag === tags.sequence);
  const single = (list?.children ?? []).find((each) => rawOf(childOf(each, 0, tags.sequence)).equals(wanted));
  if (!single) throw new Malformed('the responder answers about another certificate');
  const next = single.children.find(({ tag }) => tag === 0xa0);
  return {
    status: statusOf(childOf(single, 1)),
    thisUpdate: timeOf(childOf(single, 2, tags.generalizedTime)),
    nextUpdate: next ? timeOf(childOf(next, 0, tags.generalizedTime)) : null,
  };
}

const statusOf = ({ tag }: Value): Answer['status'] => (tag === 0x80 ? 'good' : tag === 0xa1 ? 'revoked' : 'unknown');

function signersOf(whole: Value, issuer: Certificate, at: number): Certificate[] {
  const sent = whole.children.find(({ tag }) => tag === 0xa0)?.children[0]?.children ?? [];
  const delegated = sent
    .slice(0, 8)
    .map((each) => readCertificate(Buffer.from(rawOf(each))))
    .filter(
      (each) =>
        isResponder(each) &&
        (each.keyUsage === null || (each.keyUsage & usages.digitalSignature) !== 0) &&
        each.notBefore <= at &&
        at <= each.notAfter &&
        each.issuer.equals(issuer.subject) &&
        each.x509.verify(issuer.publicKey),
    );
  return [issuer, ...delegated];
}

/** Of a certificate without extended usages node:crypto gives undefined, whatever its types say. */
const isResponder = ({ x509 }: Certificate): boolean =>
  (x509.keyUsage as string[] | undefined)?.includes(mayAnswer) ?? false;

function isSignedBy(whole: Value, data: Value, { publicKey }: Certificate): boolean {
  const known = signatures.get(algorithmOf(childOf(whole, 1, tags.sequence)).oid);
  if (!known?.digest || ['md5', 'sha1'].includes(known.digest) || known.key !== publicKey.asymmetricKeyType)
    return false;
  const signature = contentOf(childOf(whole, 2, tags.bits)).subarray(1);
  return createVerify(known.digest).update(rawOf(data)).verify(publicKey, signature);
}
