import { fingerprintOf, type Certificate } from './certificate.ts';
import { sameName, type Crl } from './crl.ts';
import { judgePath, unlisted, type Judgement, type Trust } from './path.ts';
import type { Sources } from './sources.ts';

/** Whom to trust, and how to find out. */
export interface Trusting {
  readonly anchors: readonly Certificate[];
  /** Lists from files. */
  readonly crls: readonly Crl[];
  /** Epoch ms of the judgement. */
  readonly at: number;
  /** Null: off-line. Then intermediates must be at hand, and only the lists given count. */
  readonly sources: Sources | null;
  readonly revocation: RevocationPolicy;
}

export interface RevocationPolicy {
  /** What a certificate is whose issuer keeps lists of which none can be had. */
  readonly unknown: 'refuse' | 'accept';
  /** How long past its nextUpdate a list still counts, ms. */
  readonly graceMs: number;
}

/** For judging off-line. */
export const offline = { sources: null, revocation: { unknown: 'refuse', graceMs: 0 } } as const;

/** The reference implementation's depth. */
const maxSteps = 5;
const maxFetches = 12;

/** Judge a certificate as `judgePath` does, after fetching what its path lacks: intermediates from where certificates
 *  say that their issuers lie, then the revocation lists of the path that was found, then, of what no list speaks of, the
 *  word of a responder. Strangers' certificates cause none of the latter: a path must end in an anchor first.
 *  @param pool certificates that came along */
export async function judge(
  certificate: Certificate,
  purpose: 'digitalSignature' | 'keyEncipherment',
  pool: readonly Certificate[],
  by: Trusting,
): Promise<Judgement> {
  const { sources, anchors, at } = by;
  const failures = new Map<string, string>();
  const answers = new Map<string, 'good' | 'revoked'>();
  let trust: Trust = { anchors, crls: by.crls, at, revocation: { ...by.revocation, failures, answers } };
  if (!sources) return judgePath(certificate, purpose, pool, trust);
  const budget = { fetches: maxFetches };
  const stands = (all: readonly Certificate[]): boolean => judgePath(certificate, purpose, all, trust).anchored;
  const { known, failures: missing } = await withIssuers(certificate, pool, { sources, stands, budget });
  let judgement = judgePath(certificate, purpose, known, trust);
  // Another path may be the better one once a list has spoken: then its lists are asked for too.
  for (let step = 0; step < maxSteps && judgement.anchored; step++) {
    const more = await listsFor(judgement.chain, failures, sources, budget);
    if (more === null) break;
    trust = { ...trust, crls: [...trust.crls, ...more] };
    judgement = judgePath(certificate, purpose, known, trust);
  }
  if (judgement.anchored && (await heard(judgement.chain, known, trust, { failures, answers, sources, budget })))
    judgement = judgePath(certificate, purpose, known, trust);
  if (judgement.anchored || missing.length === 0) return judgement;
  // Nothing is wrong but that there is no path.
  const passing = judgement.problems.length === 1;
  return { ...judgement, problems: [...judgement.problems, ...missing], passing };
}

/** Fetch issuers, level by level, until a path to an anchor stands or nothing more is named. */
async function withIssuers(
  certificate: Certificate,
  pool: readonly Certificate[],
  by: {
    readonly sources: Sources;
    readonly stands: (known: readonly Certificate[]) => boolean;
    readonly budget: { fetches: number };
  },
): Promise<{ readonly known: readonly Certificate[]; readonly failures: readonly string[] }> {
  const asked = new Set<string>();
  const failures: string[] = [];
  let known = pool;
  for (let step = 0; step < maxSteps && !by.stands(known); step++) {
    const named = topsOf(certificate, known).flatMap(({ issuersAt }) => issuersAt);
    const urls = named.filter((url) => !asked.has(url)).slice(0, by.budget.fetches);
    if (urls.length === 0) break;
    for (const url of urls) {
      asked.add(url);
      by.budget.fetches--;
      const found = await by.sources.issuers(url);
      if (typeof found === 'string') failures.push(`the issuer’s certificate cannot be had from ${found}`);
      else known = [...known, ...found];
    }
  }
  return { known, failures };
}

/** The certificates that a path may have to go beyond: all that are reached from it, nearest first. */
function topsOf(certificate: Certificate, known: readonly Certificate[]): readonly Certificate[] {
  const seen = new Set<Certificate>([certificate]);
  for (const each of seen) {
    for (const one of known) if (seen.size < 32 && sameName(one.subjectKeys, each.issuerKeys)) seen.add(one);
  }
  return [...seen];
}

/** Ask the responders of certificates that no list speaks of. True: there is something new to judge by. */
async function heard(
  chain: readonly Certificate[],
  pool: readonly Certificate[],
  trust: Trust,
  to: {
    readonly failures: Map<string, string>;
    readonly answers: Map<string, 'good' | 'revoked'>;
    readonly sources: Sources;
    readonly budget: { fetches: number };
  },
): Promise<boolean> {
  if (!chain.some(({ respondersAt }) => respondersAt.length > 0)) return false;
  const silent = unlisted(chain, pool, trust).filter(({ certificate }) => certificate.respondersAt.length > 0);
  for (const { certificate, issuer } of silent) {
    const name = fingerprintOf(certificate);
    const whys = [to.failures.get(name)].flatMap((why) => why ?? []);
    for (const responder of certificate.respondersAt.slice(0, 2)) {
      if (--to.budget.fetches < -maxFetches) break;
      const said = await to.sources.status(responder, certificate, issuer);
      if (said === 'good' || said === 'revoked') {
        to.answers.set(name, said);
        break;
      }
      whys.push(said);
    }
    if (!to.answers.has(name)) to.failures.set(name, whys.join('; '));
  }
  return silent.length > 0;
}

/** Lists of every certificate of the chain that was not asked about yet, and why there are none; null: all were. */
async function listsFor(
  chain: readonly Certificate[],
  failures: Map<string, string>,
  sources: Sources,
  budget: { fetches: number },
): Promise<readonly Crl[] | null> {
  const news = chain.slice(0, -1).filter((each) => hasLists(each) && !failures.has(fingerprintOf(each)));
  if (news.length === 0) return null;
  const found = await Promise.all(
    news.map(async (certificate) => ({ certificate, ...(await listsOf(certificate, sources, budget)) })),
  );
  for (const { certificate, why } of found) failures.set(fingerprintOf(certificate), why);
  return found.flatMap(({ lists }) => lists);
}

/** Its issuer, or somebody for it, keeps revocation lists where they can be had. */
export const hasLists = ({ points }: Certificate): boolean => points.some(({ urls }) => urls.length > 0);

/** A list from each place that the certificate names, and what changed since; and why they might not be enough. */
async function listsOf(
  { points, deltasAt }: Certificate,
  sources: Sources,
  budget: { fetches: number },
): Promise<{ readonly lists: readonly Crl[]; readonly why: string }> {
  const lists: Crl[] = [];
  const whys: string[] = [];
  for (const urls of [...points.map((point) => point.urls), deltasAt].slice(0, 6)) {
    for (const url of urls.slice(0, 3)) {
      if (--budget.fetches < -maxFetches) break;
      const { crl, failure } = await sources.list(url);
      if (failure !== null) whys.push(failure);
      if (crl) lists.push(crl);
      if (crl) break;
    }
  }
  const alone =
    lists.length > 0
      ? 'the list is not its issuer’s, not about it, or knows only some reasons'
      : 'too much would have to be fetched';
  return { lists, why: whys.join('; ') || alone };
}
