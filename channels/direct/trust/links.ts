import { signatures } from '../cms/algorithms.ts';
import { nameOf, usages, type Certificate } from './certificate.ts';
import { sameName } from './crl.ts';
import { constraintProblem } from './names.ts';

/** What is wrong with the certificates of a chain, in words: what each of them says of itself and of those below it.
 *  @param chain from the certificate itself to the anchor
 *  @param at epoch ms */
export function linkProblems(chain: readonly Certificate[], at: number): string[] {
  return chain.flatMap((certificate, index) => {
    const below = chain.slice(1, index).filter((each) => !isSelfIssued(each)).length;
    return [
      ...validityProblems(certificate, at),
      ...(index > 0 ? issuerProblems(certificate, below) : []),
      ...(index < chain.length - 1 ? signatureProblems(certificate, index === chain.length - 2) : []),
      ...nameProblems(certificate, chain.slice(index + 1), index),
    ];
  });
}

/** Limits bind everything below their certificate except certificates that an authority issues to itself, unless that
 *  is the end of the chain (RFC 5280 §6.1.3). An anchor's limits bind too: it was configured with them. */
function nameProblems(certificate: Certificate, above: readonly Certificate[], index: number): string[] {
  if (index > 0 && isSelfIssued(certificate)) return [];
  return above.flatMap(({ constraints }) => {
    const problem = constraints && constraintProblem(certificate, constraints);
    return problem ? [`${nameOf(certificate)} ${problem}`] : [];
  });
}

export const isSelfIssued = ({ subjectKeys, issuerKeys }: Pick<Certificate, 'subjectKeys' | 'issuerKeys'>): boolean =>
  sameName(subjectKeys, issuerKeys);

export function validityProblems(certificate: Certificate, at: number): string[] {
  const { notBefore, notAfter, unknownCritical } = certificate;
  const name = nameOf(certificate);
  return [
    ...(at < notBefore ? [`${name} is not valid before ${new Date(notBefore).toISOString()}`] : []),
    ...(at > notAfter ? [`${name} expired at ${new Date(notAfter).toISOString()}`] : []),
    ...(unknownCritical ? [`${name} has a critical extension that is not understood (${unknownCritical})`] : []),
  ];
}

/** @param below how many intermediates stand between it and the end certificate */
function issuerProblems(certificate: Certificate, below: number): string[] {
  const { ca, pathLength, keyUsage } = certificate;
  const name = nameOf(certificate);
  const maySign = keyUsage === null || (keyUsage & usages.keyCertSign) !== 0;
  return [
    ...(ca ? [] : [`${name} is not a certificate authority`]),
    ...(maySign ? [] : [`${name} may not sign certificates`]),
    ...(pathLength !== null && below > pathLength ? [`${name} allows ${pathLength} intermediates, not ${below}`] : []),
    ...keyProblems(certificate),
  ];
}

/** SHA-1 is let pass only where an anchor itself issued the certificate: the reference implementation's own set is so
 *  signed, and whoever configured that anchor knew it. Anywhere else a collision could have made the link. */
function signatureProblems(certificate: Certificate, byAnchor: boolean): string[] {
  const digest = signatures.get(certificate.signatureAlgorithm)?.digest ?? '';
  const weak = digest === 'md5' || (digest === 'sha1' && !byAnchor);
  return weak ? [`${nameOf(certificate)} is signed with ${digest}`] : [];
}

/** Facts A4, A5: RSA from 2048 bits with an honest exponent, or a NIST curve. */
export function keyProblems(certificate: Certificate): string[] {
  const { asymmetricKeyType: type, asymmetricKeyDetails: details } = certificate.publicKey;
  const name = nameOf(certificate);
  if (type === 'ec') {
    const curve = details?.namedCurve ?? '';
    return ['prime256v1', 'secp384r1', 'secp521r1'].includes(curve) ? [] : [`${name} has a key on the curve ${curve}`];
  }
  if (type !== 'rsa' && type !== 'rsa-pss') return [`${name} has a key of type ${type ?? 'unknown'}`];
  const bits = details?.modulusLength ?? 0;
  return [
    ...(bits < 2048 ? [`${name} has an RSA key of ${bits} bits; 2048 are the least`] : []),
    ...((details?.publicExponent ?? 0n) < 65_537n ? [`${name} has an RSA key with a small exponent`] : []),
  ];
}

export function usageProblems(certificate: Certificate, purpose: 'digitalSignature' | 'keyEncipherment'): string[] {
  // A key on a curve receives nothing: it agrees (RFC 5753 §3). Certificates with the other bit are about as common.
  const agrees = purpose === 'keyEncipherment' && certificate.publicKey.asymmetricKeyType === 'ec';
  const wanted = usages[purpose] | (agrees ? usages.keyAgreement : 0);
  const allowed = certificate.keyUsage === null || (certificate.keyUsage & wanted) !== 0;
  const word = purpose === 'digitalSignature' ? 'sign messages' : 'receive encrypted keys';
  return allowed ? [] : [`${nameOf(certificate)} may not ${word}`];
}
