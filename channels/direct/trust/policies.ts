import type { PolicyConstraints, PolicyMappings } from 'pkijs';
import { Malformed } from '../cms/der.ts';

/** What a certificate says of policies beside those that it asserts (RFC 5280 §4.2.1.5, 11, 14). */
export interface PolicyRules {
  /** What the domain of its issuer calls the first, that of its subject calls the second. */
  readonly mappings: readonly (readonly [issuers: string, subjects: string])[];
  /** How many more certificates may come before a policy must hold; null: it says nothing. So the other two. */
  readonly requireExplicit: number | null;
  readonly inhibitMapping: number | null;
  readonly inhibitAny: number | null;
}

export interface Policied {
  /** OIDs; null: the extension is absent. */
  readonly policies: readonly string[] | null;
  readonly policyRules: PolicyRules;
  /** An authority certified itself: such certificates count for no limit. */
  readonly selfIssued: boolean;
}

const anyPolicy = '2.5.29.32.0';

/** @throws Malformed */
export function readPolicyRules(of: {
  readonly mappings: PolicyMappings | null;
  readonly limits: PolicyConstraints | null;
  readonly inhibitAny: number | null;
}): PolicyRules {
  const { requireExplicitPolicy, inhibitPolicyMapping } = of.limits ?? {};
  return {
    mappings: of.mappings?.mappings.map((each) => [each.issuerDomainPolicy, each.subjectDomainPolicy]) ?? [],
    requireExplicit: smallNumber(requireExplicitPolicy),
    inhibitMapping: smallNumber(inhibitPolicyMapping),
    inhibitAny: of.inhibitAny,
  };
}

/** What the library made of a number that may be absent: others than small ones stay objects there.
 *  @throws Malformed */
export function smallNumber(value: unknown): number | null {
  if (value === undefined) return null;
  if (typeof value !== 'number' || value < 0) throw new Malformed('a small number was expected');
  return value;
}

/** One policy that holds down to a certificate of the path. */
interface Held {
  /** What certificates below may call it. */
  readonly expected: ReadonlySet<string>;
  /** It is, or was mapped from, one of those that are asked for. */
  readonly asked: boolean;
}

type Level = ReadonlyMap<string, Held>;

/** Does a policy that is asked for hold all the way down (RFC 5280 §6.1, as RFC 9618 has it: one node for each policy and
 *  level, so that no path makes us work more than it is long)?
 *  @param path from the certificate below the anchor to the end certificate
 *  @param anchor its limits bind too
 *  @param asks none: whatever the path's own certificates demand
 *  @returns in words why not; null: it does */
export function policyProblem(
  path: readonly Policied[],
  anchor: Pick<Policied, 'policyRules'>,
  asks: readonly string[],
): string | null {
  const unlimited = path.length + 1;
  const { requireExplicit, inhibitMapping, inhibitAny } = anchor.policyRules;
  let explicit = asks.length > 0 ? 0 : (requireExplicit ?? unlimited);
  let mapping = inhibitMapping ?? unlimited;
  let any = inhibitAny ?? unlimited;
  const asked = (policy: string): boolean => asks.length === 0 || asks.includes(policy);
  let level: Level = new Map([[anyPolicy, { expected: new Set([anyPolicy]), asked: true }]]);
  for (const [index, { policies, policyRules, selfIssued }] of path.entries()) {
    const last = index === path.length - 1;
    level = policies ? below(level, policies, asked, any > 0 || (selfIssued && !last)) : new Map();
    if (explicit === 0 && level.size === 0) break;
    if (last) {
      if (policyRules.requireExplicit === 0 || explicit <= 1) explicit = 0;
      break;
    }
    if (policyRules.mappings.flat().includes(anyPolicy)) return 'the path maps the policy that stands for all';
    level = mapped(level, policyRules.mappings, asked, mapping > 0);
    const passed = selfIssued ? 0 : 1;
    explicit = Math.min(Math.max(0, explicit - passed), policyRules.requireExplicit ?? unlimited);
    mapping = Math.min(Math.max(0, mapping - passed), policyRules.inhibitMapping ?? unlimited);
    any = Math.min(Math.max(0, any - passed), policyRules.inhibitAny ?? unlimited);
  }
  if (explicit > 0 || [...level.values()].some((held) => held.asked)) return null;
  return asks.length > 0
    ? 'the path asserts none of the policies that its anchor is trusted for'
    : 'an authority of the path demands a policy, and none holds all the way';
}

type Asked = (policy: string) => boolean;

/** The policies of a certificate, of those that may be asserted below the level above. */
function below(level: Level, policies: readonly string[], asked: Asked, anyCounts: boolean): Level {
  const above = new Map<string, boolean>();
  for (const held of level.values()) {
    for (const each of held.expected) above.set(each, above.get(each) === true || held.asked);
  }
  const found = new Map<string, Held>();
  const hold = (policy: string, isAsked: boolean): void => {
    found.set(policy, { expected: new Set([policy]), asked: isAsked });
  };
  for (const policy of policies) {
    if (policy === anyPolicy) continue;
    const parents = above.get(policy);
    if (parents !== undefined) hold(policy, parents);
    else if (level.has(anyPolicy)) hold(policy, asked(policy));
  }
  if (!policies.includes(anyPolicy) || !anyCounts) return found;
  for (const [policy, parents] of above) if (!found.has(policy)) hold(policy, parents);
  return found;
}

/** The level with the names that its certificate gives to policies for those below it. */
function mapped(level: Level, mappings: PolicyRules['mappings'], asked: Asked, allowed: boolean): Level {
  const after = new Map(level);
  for (const [policy, pairs] of Map.groupBy(mappings, ([issuers]) => issuers)) {
    if (!allowed) {
      after.delete(policy);
      continue;
    }
    const held = level.get(policy) ?? (level.has(anyPolicy) ? { asked: asked(policy) } : null);
    if (held) after.set(policy, { expected: new Set(pairs.map(([, subjects]) => subjects)), asked: held.asked });
  }
  return after;
}
