import type { KeyObject } from 'node:crypto';
import { fingerprintOf, nameOf, type Certificate } from './certificate.ts';
import { sameName, type Crl } from './crl.ts';
import { isSelfIssued, keyProblems, linkProblems, usageProblems, validityProblems } from './links.ts';
import { directoryKey } from './points.ts';
import { policyProblem } from './policies.ts';
import { revocationOf } from './revocation.ts';

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
    const lasting = [
      ...own,
      ...linkProblems(chain, trust.at),
      ...revokedProblems(chain, signers, trust),
      ...policyProblems(chain, trust.anchors),
    ];
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
  if (isCostly(issuer.publicKey)) return false;
  const pair = `${fingerprintOf(certificate)} ${fingerprintOf(issuer)}`;
  const known = verified.get(pair);
  if (known !== undefined) return known;
  const right = certificate.x509.verify(issuer.publicKey);
  if (verified.size >= 2_000) verified.clear();
  verified.set(pair, right);
  return right;
}

/** No authority has such a key, but a stranger's message may bring fifty: to verify by an RSA key of 3,072 bits whose exponent
 *  is as long takes three hundred times as long as by an honest one. */
function isCostly({ asymmetricKeyType: type, asymmetricKeyDetails: details }: KeyObject): boolean {
  const { modulusLength = 0, publicExponent = 0n } = details ?? {};
  return modulusLength > (type === 'dsa' ? 3_072 : 8_192) || publicExponent >= 1n << 33n;
}

/** Whose keys may have signed the lists about a certificate of the chain: its issuer's, others of the same authority that
 *  the chain vouches for (a key of its own for lists, the key before or after a change: RFC 5280 §6.3.3 (f)), and those of
 *  others to whom the certificate says its issuer left the lists. */
function listSigners(
  chain: readonly Certificate[],
  index: number,
  known: readonly Certificate[],
  trust: Trust,
): readonly Certificate[] {
  const [issuer, ...above] = chain.slice(index + 1);
  if (!issuer) return [];
  const others = known.filter((each) => {
    if (same(each, issuer) || !sameName(each.subjectKeys, issuer.subjectKeys) || !isSound(each, trust.at)) return false;
    const by = [issuer, ...above].find((one) => sameName(one.subjectKeys, each.issuerKeys) && signed(each, one));
    return by !== undefined && !isRevokedBy(each, by, trust);
  });
  return [issuer, ...others.slice(0, maxSigners), ...foreignSigners(chain, index, known, trust)];
}

const maxSigners = 4;

const isSound = (certificate: Certificate, at: number): boolean =>
  validityProblems(certificate, at).length === 0 && keyProblems(certificate).length === 0;

const isRevokedBy = (certificate: Certificate, issuer: Certificate, { crls, at, revocation }: Trust): boolean =>
  revocationOf(certificate, [issuer], crls, { at, graceMs: revocation?.graceMs ?? 0 }) === 'revoked';

/** Whom the certificate names as issuers of lists about it, if they too come from the anchor of its chain. */
function foreignSigners(
  chain: readonly Certificate[],
  index: number,
  known: readonly Certificate[],
  trust: Trust,
): readonly Certificate[] {
  const named = new Set(chain[index]?.points.flatMap(({ issuers }) => issuers));
  const anchors = chain.slice(-1);
  if (named.size === 0) return [];
  const candidates = known.filter((each) => named.has(directoryKey(each.subjectKeys)) && isSound(each, trust.at));
  return candidates.slice(0, maxSigners).filter((each) => {
    for (const path of paths(each, known, anchors)) {
      const links = path.map((one, at) => [one, path[at + 1]] as const);
      const revoked = links.some(([one, by]) => by && isRevokedBy(one, by, trust));
      if (!revoked && linkProblems(path, trust.at).length === 0) return true;
    }
    return false;
  });
}

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

function revokedProblems(chain: readonly Certificate[], signers: Signers, { crls, at, revocation }: Trust): string[] {
  const graceMs = revocation?.graceMs ?? 0;
  return chain.slice(0, -1).flatMap((certificate, index) => {
    const listed = revocationOf(certificate, signers(index), crls, { at, graceMs }) === 'revoked';
    const revoked = listed || revocation?.answers?.get(fingerprintOf(certificate)) === 'revoked';
    return revoked ? [`${nameOf(certificate)} is revoked`] : [];
  });
}

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
