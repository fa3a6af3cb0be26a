import { signatures } from '../cms/algorithms.ts';
import { fingerprintOf, nameOf, usages, type Certificate } from './certificate.ts';
import { revocationOf, sameName, type Crl } from './crl.ts';
import { constraintProblem } from './names.ts';
import { policyProblem } from './policies.ts';

/** What a path is judged against. */
export interface Trust {
  readonly anchors: readonly Certificate[];
  readonly crls: readonly Crl[];
  /** Epoch ms of the judgement. */
  readonly at: number;
  /** What to think of a certificate whose revocation cannot be judged though its issuer keeps lists. Default: as
   *  before such lists were looked for, only an outdated one counts against it. */
  readonly revocation?: {
    readonly graceMs: number;
    readonly unknown: 'refuse' | 'accept';
    /** SHA-256 of a certificate → why no list of its issuer could be had. */
    readonly failures: ReadonlyMap<string, string>;
    /** SHA-256 of a certificate → what its issuer's responder says. It counts like a list. */
    readonly answers?: ReadonlyMap<string, 'good' | 'revoked'>;
  };
}

export interface Judgement {
  /** From the certificate itself to the anchor; only the certificate when no path was found. */
  readonly chain: readonly Certificate[];
  /** Empty: trusted. */
  readonly problems: readonly string[];
  /** The chain ends in an anchor, whatever else is wrong. */
  readonly anchored: boolean;
  /** Nothing is wrong but that something could not be fetched: later it may be trusted. */
  readonly passing: boolean;
  /** What was let pass, for the record. */
  readonly notes: readonly string[];
}

/** Paths in the wild have three or four certificates; bounded, because a message brings its own (cross-signed loops). */
const maxLength = 8;
const maxChecks = 64;

/** Judge a certificate for signing or encrypting: a path of real signatures to one of our anchors, each link valid at
 *  that time and allowed to do what it did. A key identifier or a name alone opens nothing.
 *  An anchor may be a root, an intermediate or the certificate itself (facts C4).
 *  @param pool certificates that may serve as intermediates */
export function judgePath(
  certificate: Certificate,
  purpose: 'digitalSignature' | 'keyEncipherment',
  pool: readonly Certificate[],
  trust: Trust,
): Judgement {
  const own = [...keyProblems(certificate), ...usageProblems(certificate, purpose)];
  let best: Judgement | null = null;
  for (const chain of paths(certificate, pool, trust.anchors)) {
    const signers = (index: number): readonly Certificate[] =>
      listSigners(chain, index, [...pool, ...trust.anchors], trust);
    const { doubts, notes } = revocationDoubts(chain, signers, trust);
    const lasting = [...own, ...chainProblems(chain, signers, trust), ...policyProblems(chain, trust.anchors)];
    const problems = [...lasting, ...doubts];
    const passing = lasting.length === 0 && doubts.length > 0;
    if (!best || problems.length < best.problems.length) best = { chain, problems, anchored: true, passing, notes };
    if (problems.length === 0) break;
  }
  if (best) return best;
  const alone = validityProblems(certificate, trust.at);
  return {
    chain: [certificate],
    problems: [...own, ...alone, `no path from ${nameOf(certificate)} to a trust anchor`],
    anchored: false,
    passing: false,
    notes: [],
  };
}

/** Every path by name and signature, anchors first. */
function* paths(
  certificate: Certificate,
  pool: readonly Certificate[],
  anchors: readonly Certificate[],
): Generator<readonly Certificate[]> {
  const budget = { checks: maxChecks };
  const extend = function* (chain: readonly Certificate[]): Generator<readonly Certificate[]> {
    const last = chain[chain.length - 1] ?? certificate;
    if (anchors.some((anchor) => same(anchor, last))) {
      yield chain;
      return;
    }
    if (chain.length >= maxLength) return;
    for (const issuer of [...anchors, ...pool]) {
      if (!sameName(issuer.subjectKeys, last.issuerKeys) || chain.some((each) => same(each, issuer))) continue;
      if (--budget.checks < 0) return;
      if (signed(last, issuer)) yield* extend([...chain, issuer]);
    }
  };
  yield* extend([certificate]);
}

const same = (a: Certificate, b: Certificate): boolean => a.raw.equals(b.raw);

/** Signatures that were right once stay right: the same intermediates come with every message. */
const verified = new Map<string, boolean>();

function signed(certificate: Certificate, issuer: Certificate): boolean {
  const pair = `${fingerprintOf(certificate)} ${fingerprintOf(issuer)}`;
  const known = verified.get(pair);
  if (known !== undefined) return known;
  const right = certificate.x509.verify(issuer.publicKey);
  if (verified.size >= 2_000) verified.clear();
  verified.set(pair, right);
  return right;
}

/** Whose keys may have signed the lists about a certificate of the chain: its issuer's, and others of the same authority
 *  that the chain vouches for (a key of its own for lists, the key before or after a change: RFC 5280 §6.3.3 (f)). */
function listSigners(
  chain: readonly Certificate[],
  index: number,
  known: readonly Certificate[],
  { crls, at, revocation }: Trust,
): readonly Certificate[] {
  const [issuer, ...above] = chain.slice(index + 1);
  if (!issuer) return [];
  const graceMs = revocation?.graceMs ?? 0;
  const others = known.filter((each) => {
    if (same(each, issuer) || !sameName(each.subjectKeys, issuer.subjectKeys)) return false;
    if (validityProblems(each, at).length > 0 || keyProblems(each).length > 0) return false;
    const by = [issuer, ...above].find((one) => sameName(one.subjectKeys, each.issuerKeys) && signed(each, one));
    return by !== undefined && revocationOf(each, [by], crls, { at, graceMs }) !== 'revoked';
  });
  return [issuer, ...others.slice(0, maxSigners)];
}

const maxSigners = 4;

/** Certificates of a chain, with their issuers, of which no list says anything that still counts. */
export function unlisted(
  chain: readonly Certificate[],
  pool: readonly Certificate[],
  trust: Trust,
): { readonly certificate: Certificate; readonly issuer: Certificate }[] {
  const when = { at: trust.at, graceMs: trust.revocation?.graceMs ?? 0 };
  return chain.slice(0, -1).flatMap((certificate, index) => {
    const issuer = chain[index + 1];
    const signers = listSigners(chain, index, [...pool, ...trust.anchors], trust);
    const known = revocationOf(certificate, signers, trust.crls, when);
    return issuer && (known === 'none' || known === 'outdated') ? [{ certificate, issuer }] : [];
  });
}

type Signers = (index: number) => readonly Certificate[];

function chainProblems(chain: readonly Certificate[], signers: Signers, { crls, at, revocation }: Trust): string[] {
  const graceMs = revocation?.graceMs ?? 0;
  return chain.flatMap((certificate, index) => {
    const issuer = chain[index + 1] ?? null;
    const listed = issuer !== null && revocationOf(certificate, signers(index), crls, { at, graceMs }) === 'revoked';
    const revoked = listed || revocation?.answers?.get(fingerprintOf(certificate)) === 'revoked';
    const below = chain.slice(1, index).filter((each) => !isSelfIssued(each)).length;
    return [
      ...validityProblems(certificate, at),
      ...(index > 0 ? issuerProblems(certificate, below) : []),
      ...(issuer ? signatureProblems(certificate, index === chain.length - 2) : []),
      ...(revoked ? [`${nameOf(certificate)} is revoked`] : []),
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

const isSelfIssued = ({ subjectKeys, issuerKeys }: Pick<Certificate, 'subjectKeys' | 'issuerKeys'>): boolean =>
  sameName(subjectKeys, issuerKeys);

/** An anchor that the settings name twice is trusted as far as either says. */
function policyProblems(chain: readonly Certificate[], anchors: readonly Certificate[]): string[] {
  const last = chain[chain.length - 1];
  if (!last) return [];
  const asking = anchors.filter((anchor) => same(anchor, last)).map(({ asks = [] }) => asks);
  const asks = asking.some((each) => each.length === 0) ? [] : asking.flat();
  const path = chain.slice(0, -1).toReversed();
  const problem = policyProblem(
    path.map(({ policies, policyRules, ...names }) => ({ policies, policyRules, selfIssued: isSelfIssued(names) })),
    last,
    asks,
  );
  return problem === null ? [] : [problem];
}

/** Certificates of the chain whose revocation cannot be judged, as problems or, where the settings say so, as notes. */
function revocationDoubts(
  chain: readonly Certificate[],
  signers: Signers,
  { crls, at, revocation }: Trust,
): { readonly doubts: string[]; readonly notes: string[] } {
  const { graceMs = 0, unknown = 'refuse', failures = new Map<string, string>(), answers } = revocation ?? {};
  const found = chain.slice(0, -1).flatMap((certificate, index) => {
    const known = revocationOf(certificate, signers(index), crls, { at, graceMs });
    const failure = failures.get(fingerprintOf(certificate));
    if (answers?.get(fingerprintOf(certificate)) === 'good') return [];
    if (known === 'outdated')
      return [`${nameOf(certificate)} has a revocation list that is out of date${because(failure)}`];
    if (known !== 'none' || failure === undefined) return [];
    return [`whether ${nameOf(certificate)} is revoked is not known${because(failure)}`];
  });
  return unknown === 'accept' ? { doubts: [], notes: found } : { doubts: found, notes: [] };
}

const because = (failure: string | undefined): string => (failure === undefined ? '' : `: ${failure}`);

function validityProblems(certificate: Certificate, at: number): string[] {
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
function keyProblems(certificate: Certificate): string[] {
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

function usageProblems(certificate: Certificate, purpose: 'digitalSignature' | 'keyEncipherment'): string[] {
  // A key on a curve receives nothing: it agrees (RFC 5753 §3). Certificates with the other bit are about as common.
  const agrees = purpose === 'keyEncipherment' && certificate.publicKey.asymmetricKeyType === 'ec';
  const wanted = usages[purpose] | (agrees ? usages.keyAgreement : 0);
  const allowed = certificate.keyUsage === null || (certificate.keyUsage & wanted) !== 0;
  const word = purpose === 'digitalSignature' ? 'sign messages' : 'receive encrypted keys';
  return allowed ? [] : [`${nameOf(certificate)} may not ${word}`];
}
