import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { unzip } from '../../../channels/direct/content/unzip.ts';
import { Malformed } from '../../../channels/direct/cms/der.ts';
import { fingerprintOf, readCertificate, type Certificate } from '../../../channels/direct/trust/certificate.ts';
import { readCrl, sameName, type Crl } from '../../../channels/direct/trust/crl.ts';
import { judge } from '../../../channels/direct/trust/judge-path.ts';
import { judgePath, type Judgement } from '../../../channels/direct/trust/path.ts';
import { now } from './support.ts';

/** NIST's Public Key Interoperability Test Suite: every end certificate in it is judged with all of its authorities at
 *  hand, all of its lists, and none of what can be had later: what no list clears is refused. */
const certificates = new Map<string, Certificate>();
const lists: Crl[] = [];
const unread: string[] = [];

beforeAll(async () => {
  const archive = readFileSync(join(import.meta.dirname, '../../fixtures/pkits/pkits-2011.zip'));
  for (const { path, bytes } of await unzip(archive, { files: 1_000, bytes: 5_000_000 })) {
    const name = path.replace(/^.*\/|\.\w+$/g, '');
    try {
      if (path.endsWith('.crl')) lists.push(readCrl(bytes));
      else certificates.set(name, readCertificate(bytes));
    } catch (cause) {
      if (!(cause instanceof Malformed)) throw cause;
      unread.push(name);
    }
  }
});

function judged(name: string, asks: readonly string[] = []): Judgement | null {
  const certificate = certificates.get(name);
  const anchor = certificates.get('TrustAnchorRootCertificate');
  if (!certificate || !anchor) return null;
  const authorities = [...certificates].flatMap(([each, known]) => (each.endsWith('EE') ? [] : [known]));
  const failures = new Map([...certificates.values()].map((each) => [fingerprintOf(each), 'no list']));
  const revocation = { graceMs: 0, unknown: 'refuse', failures } as const;
  return judgePath(certificate, 'digitalSignature', authorities, {
    anchors: [{ ...anchor, asks }],
    crls: lists,
    at: now,
    revocation,
  });
}

/** What NIST calls valid and we refuse, and why. Every other result is NIST's. */
const stricter: readonly (readonly [why: string, says: RegExp, names: readonly string[]])[] = [
  ['DSA keys sign nothing in Direct', /key of type dsa/, ['ValidDSASignaturesTest4']],
];

/** Sections 4.8 and 4.12 with NIST's default settings, which ask for no policy. */
const policies = [
  'inhibitAnyPolicyTest3',
  'AllCertificatesNoPoliciesTest2',
  'AllCertificatesSamePoliciesTest10',
  'AllCertificatesSamePoliciesTest13',
  'AllCertificatesanyPolicyTest11',
  'AnyPolicyTest14',
  'CPSPointerQualifierTest20',
  'DifferentPoliciesTest3',
  'OverlappingPoliciesTest6',
  'UserNoticeQualifierTest15',
  'UserNoticeQualifierTest16',
  'UserNoticeQualifierTest17',
  'UserNoticeQualifierTest18',
  'UserNoticeQualifierTest19',
];

const nist = (policy: number): string => `2.16.840.1.101.3.2.1.48.${policy}`;

describe('NIST PKITS with a policy asked for (sections 4.8 to 4.12)', () => {
  test.each<[string, number[], boolean]>([
    ['ValidCertificatePathTest1', [1], true],
    ['ValidCertificatePathTest1', [2], false],
    ['ValidCertificatePathTest1', [1, 2], true],
    ['AllCertificatesNoPoliciesTest2', [1], false],
    ['DifferentPoliciesTest3', [1, 2], false],
    ['DifferentPoliciesTest4', [1], false],
    ['DifferentPoliciesTest5', [1], false],
    ['OverlappingPoliciesTest6', [1], true],
    ['OverlappingPoliciesTest6', [2], false],
    ['DifferentPoliciesTest7', [1, 2, 3], false],
    ['DifferentPoliciesTest8', [1, 2, 3], false],
    ['DifferentPoliciesTest9', [1, 2, 3], false],
    ['AllCertificatesSamePoliciesTest10', [1], true],
    ['AllCertificatesSamePoliciesTest10', [2], true],
    ['AllCertificatesanyPolicyTest11', [1], true],
    ['DifferentPoliciesTest12', [1, 3], false],
    ['AllCertificatesSamePoliciesTest13', [3], true],
    ['AnyPolicyTest14', [1], true],
    ['AnyPolicyTest14', [2], false],
    ['ValidPolicyMappingTest1', [1], true],
    ['ValidPolicyMappingTest1', [2], false],
    ['InvalidPolicyMappingTest2', [1], false],
    ['ValidPolicyMappingTest3', [1], false],
    ['ValidPolicyMappingTest3', [2], true],
    ['InvalidPolicyMappingTest4', [1], false],
    ['ValidPolicyMappingTest5', [1], true],
    ['ValidPolicyMappingTest5', [6], false],
    ['ValidPolicyMappingTest6', [1], true],
    ['ValidPolicyMappingTest6', [6], false],
    ['ValidPolicyMappingTest9', [1], true],
    ['InvalidPolicyMappingTest10', [1], false],
    ['ValidPolicyMappingTest11', [1], true],
    ['ValidPolicyMappingTest12', [1], true],
    ['ValidPolicyMappingTest12', [2], true],
    ['ValidPolicyMappingTest13', [1], true],
    ['ValidPolicyMappingTest14', [1], true],
    ['ValidinhibitPolicyMappingTest2', [1], true],
    ['ValidinhibitPolicyMappingTest4', [2], true],
    ['ValidSelfIssuedinhibitPolicyMappingTest7', [1], true],
    ['ValidinhibitAnyPolicyTest2', [1], true],
    ['ValidSelfIssuedinhibitAnyPolicyTest7', [1], true],
  ])('%s, %j: %s', (name, asked, good) => {
    const problems = judged(`${name}EE`, asked.map(nist))?.problems;
    expect(problems).toEqual(good ? [] : [expect.stringMatching(/asserts none of the policies/)]);
  });
});

describe('NIST PKITS', () => {
  test('is all here, and read but for DSA keys that take their parameters from elsewhere', () => {
    expect([certificates.size, lists.length]).toEqual([403, 171]);
    expect(unread.toSorted()).toEqual([
      'DSACACRL',
      'DSAParametersInheritedCACRL',
      'DSAParametersInheritedCACert',
      'ValidDSAParameterInheritanceTest5EE',
    ]);
  });

  test('every path that must be refused is refused', () => {
    const names = [...certificates.keys()].filter((name) => /^Invalid.*EE$/.test(name));
    expect(names).toHaveLength(115);
    expect(names.filter((name) => judged(name)?.problems.length === 0)).toEqual([]);
  });

  test.each([4, 5, 7, 8, 9, 12])('DifferentPoliciesTest%s: its authorities demand what none holds', (number) => {
    expect(judged(`DifferentPoliciesTest${number}EE`)?.problems).toEqual([expect.stringMatching(/demands a policy/)]);
  });

  test('every path that is good is accepted, but for the exceptions', () => {
    const excepted = new Set(stricter.flatMap(([, , names]) => names));
    const valid = [...certificates.keys()].flatMap((name) => /^(Valid.*)EE$/.exec(name)?.[1] ?? []);
    const good = [...valid, ...policies].filter((name) => !excepted.has(name));
    const refused = good.flatMap((name) => {
      const problems = judged(`${name}EE`)?.problems ?? ['missing'];
      return problems.length > 0 ? [[name, problems]] : [];
    });
    expect(refused).toEqual([]);
    expect(good.length).toBeGreaterThan(70);
  });

  test.each(stricter)('we are stricter: %s', (_why, says, names) => {
    for (const name of names)
      expect([name, judged(`${name}EE`)?.problems.join('; ')]).toEqual([name, expect.stringMatching(says)]);
  });

  test('every place is asked that a certificate names, for the reasons that its list knows of', async () => {
    const certificate = certificates.get('ValidonlySomeReasonsTest19EE');
    const anchor = certificates.get('TrustAnchorRootCertificate');
    if (!certificate || !anchor) throw new Error('the suite is not whole');
    const own = lists.filter(({ issuerKeys }) => sameName(issuerKeys, certificate.issuerKeys));
    const verdict = async (places: number): Promise<readonly string[]> => {
      const urls = (index: number): string[] => (index < places ? [`http://lists.example/${index}`] : []);
      const asking = { ...certificate, points: certificate.points.map((each, i) => ({ ...each, urls: urls(i) })) };
      const { problems } = await judge(asking, 'digitalSignature', [...certificates.values()], {
        anchors: [anchor],
        crls: lists.filter((list) => !own.includes(list)),
        at: now,
        revocation: { graceMs: 0, unknown: 'refuse' },
        sources: {
          issuers: () => Promise.resolve([]),
          list: (url) => Promise.resolve({ crl: own[Number(url.slice(-1))] ?? null, failure: null }),
          status: () => Promise.resolve('nobody answers'),
          facts: () => [],
        },
      });
      return problems;
    };
    expect(own).toHaveLength(2);
    expect(await verdict(2)).toEqual([]);
    expect(await verdict(1)).toEqual([expect.stringMatching(/whether .* is revoked is not known/)]);
  });
});
