import type { Certificate } from './certificate.ts';
import { entryKey, isSigned, sameName, type Crl } from './crl.ts';
import { allReasons, directoryKey, type ListPoint } from './points.ts';

/** What the lists say of a certificate. `outdated`: they are too old to clear it; `none`: no lists that are about it know
 *  of every reason to revoke. */
export type Revocation = 'good' | 'revoked' | 'outdated' | 'none';

/** A list counts when the one who should really signed it. An old one, and one for another place, still revokes what it
 *  names: an issuer gives each number once.
 *  @param signers certificates whose keys may have signed lists about it: its issuer's, and those of others whom it names
 *  @param at epoch ms
 *  @param graceMs how long past its nextUpdate a list still counts as current */
export function revocationOf(
  certificate: Certificate,
  signers: readonly Certificate[],
  crls: readonly Crl[],
  { at, graceMs }: { readonly at: number; readonly graceMs: number },
): Revocation {
  const lists = crls.filter(
    (crl) =>
      mayBeAbout(crl, certificate) &&
      signers.some((signer) => sameName(signer.subjectKeys, crl.issuerKeys) && isSigned(crl, signer)),
  );
  if (isListed(certificate, lists)) return 'revoked';
  const whole = lists.filter(
    ({ partial, delta, about }) =>
      partial === null && !delta && (about === 'all' || (about === 'authorities') === certificate.ca),
  );
  const current = whole.filter(({ nextUpdate }) => nextUpdate === null || at <= nextUpdate + graceMs);
  if (covered(certificate, current) === allReasons) return 'good';
  return covered(certificate, whole) === allReasons ? 'outdated' : 'none';
}

/** Its issuer's own lists, and others' that it names and that say whose certificates they mean. */
function mayBeAbout({ issuerKeys, indirect }: Crl, certificate: Certificate): boolean {
  if (sameName(issuerKeys, certificate.issuerKeys)) return true;
  const issuer = directoryKey(issuerKeys);
  return indirect && certificate.points.some(({ issuers }) => issuers.includes(issuer));
}

/** CRLReason removeFromCRL: what was on hold is good again. */
const removed = 8;

/** What a delta list takes off again no longer counts in the lists before it. */
function isListed(certificate: Certificate, lists: readonly Crl[]): boolean {
  const said = lists.flatMap((crl) => {
    const reason = crl.entries.get(entryKey(crl.issuerKeys, certificate));
    return reason === undefined ? [] : [{ crl, reason }];
  });
  const takenOff = said.filter(({ crl, reason }) => crl.delta && reason === removed);
  return said.some(({ crl, reason }) => reason !== removed && !takenOff.some((later) => isBefore(crl, later.crl)));
}

/** By number, of lists of one issuer; they may be made in the same second. */
const isBefore = (crl: Crl, later: Crl): boolean =>
  sameName(crl.issuerKeys, later.issuerKeys) &&
  crl.number !== null &&
  later.number !== null &&
  crl.number < later.number;

/** The reasons to revoke that the lists know of, at the places that the certificate names. */
function covered(certificate: Certificate, lists: readonly Crl[]): number {
  let reasons = 0;
  for (const point of certificate.points) {
    for (const crl of lists) if (liesAt(crl, point, certificate)) reasons |= point.reasons & crl.reasons;
  }
  return reasons;
}

/** RFC 5280 §6.3.3 (b). */
function liesAt(
  { issuerKeys, indirect, points }: Crl,
  { names, issuers }: ListPoint,
  certificate: Certificate,
): boolean {
  const right =
    issuers.length > 0
      ? indirect && issuers.includes(directoryKey(issuerKeys))
      : sameName(issuerKeys, certificate.issuerKeys);
  const called = names.length > 0 ? names : issuers;
  return right && (points === null || points.some((point) => called.includes(point)));
}
