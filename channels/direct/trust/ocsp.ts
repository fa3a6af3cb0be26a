import { createHash, createVerify } from 'node:crypto';
import { Integer, Null, OctetString, type AsnType } from 'asn1js';
import {
  AlgorithmIdentifier,
  BasicOCSPResponse,
  CertID,
  OCSPRequest,
  OCSPResponse,
  PublicKeyInfo,
  Request,
  TBSRequest,
  type SingleResponse,
} from 'pkijs';
import { signatures } from '../cms/algorithms.ts';
import { Malformed } from '../cms/der.ts';
import { readCertificate, usages, type Certificate } from './certificate.ts';
import { expected, parse, structure } from './structures.ts';

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
function certId(certificate: Certificate, issuer: Certificate): CertID {
  const hash = (bytes: Uint8Array): OctetString =>
    new OctetString({ valueHex: createHash('sha1').update(bytes).digest() });
  const key = structure(issuer.publicKey.export({ type: 'spki', format: 'der' }), PublicKeyInfo);
  return new CertID({
    hashAlgorithm: new AlgorithmIdentifier({ algorithmId: sha1, algorithmParams: new Null() }),
    issuerNameHash: hash(issuer.subject),
    issuerKeyHash: hash(key.subjectPublicKey.valueBlock.valueHexView),
    serialNumber: expected(parse(certificate.serial), Integer),
  });
}

/** Where to ask a responder about a certificate: the request is part of the address (RFC 6960 appendix A.1), so that it
 *  can be had and remembered like a file. No nonce: the answer says how long it holds. */
export function questionAt(responder: string, certificate: Certificate, issuer: Certificate): string {
  const tbsRequest = new TBSRequest({ requestList: [new Request({ reqCert: certId(certificate, issuer) })] });
  const request = Buffer.from(new OCSPRequest({ tbsRequest }).toSchema(true).toBER());
  return `${responder.replace(/\/$/, '')}/${encodeURIComponent(request.toString('base64'))}`;
}

/** Read a responder's answer about a certificate, and believe it: it must be signed by the issuer, or by one whom the
 *  issuer itself certified for that (§4.2.2.2).
 *  @param at epoch ms
 *  @throws Malformed when it is none, or not to be believed */
export function readAnswer(file: Buffer, certificate: Certificate, issuer: Certificate, at: number): Answer {
  const { responseStatus, responseBytes } = structure(file, OCSPResponse);
  const code = responseStatus.valueBlock.valueDec;
  if (code !== 0 || !responseBytes) throw new Malformed(`the responder answers with error ${code}`);
  if (responseBytes.responseType !== basic) throw new Malformed('the responder answers in a way we do not know');
  const answer = structure(new Uint8Array(responseBytes.response.getValue()), BasicOCSPResponse);
  if (!signersOf(answer, issuer, at).some((signer) => isSignedBy(answer, signer)))
    throw new Malformed('the responder’s answer is not signed by the issuer, or for it');
  const wanted = certId(certificate, issuer);
  const single = answer.tbsResponseData.responses.find(({ certID }) => certID.isEqual(wanted));
  if (!single) throw new Malformed('the responder answers about another certificate');
  return {
    status: statusOf(single),
    thisUpdate: single.thisUpdate.getTime(),
    nextUpdate: single.nextUpdate?.getTime() ?? null,
  };
}

/** By the number of the choice. */
function statusOf(single: SingleResponse): Answer['status'] {
  const { tagNumber } = (single.certStatus as AsnType).idBlock;
  return tagNumber === 0 ? 'good' : tagNumber === 1 ? 'revoked' : 'unknown';
}

function signersOf({ certs = [] }: BasicOCSPResponse, issuer: Certificate, at: number): Certificate[] {
  const delegated = certs
    .slice(0, 8)
    .map((each) => readCertificate(Buffer.from(each.toSchema().toBER())))
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

function isSignedBy(
  { tbsResponseData, signatureAlgorithm, signature }: BasicOCSPResponse,
  { publicKey }: Certificate,
): boolean {
  const known = signatures.get(signatureAlgorithm.algorithmId);
  if (!known?.digest || ['md5', 'sha1'].includes(known.digest) || known.key !== publicKey.asymmetricKeyType)
    return false;
  return createVerify(known.digest)
    .update(tbsResponseData.tbsView)
    .verify(publicKey, signature.valueBlock.valueHexView);
}
