import {
  BaseStringBlock,
  BmpString,
  IA5String,
  PrintableString,
  Sequence,
  Set,
  TeletexString,
  Utf8String,
} from 'asn1js';
import {
  AttributeTypeAndValue,
  RelativeDistinguishedNames,
  type GeneralName,
  type NameConstraints as Limits,
} from 'pkijs';
import { Malformed } from '../cms/der.ts';
import { parse, strictly } from './structures.ts';

/** What a certificate lets those below it be called (RFC 5280 §4.2.1.10). Null: that kind of name is not limited. */
export interface NameConstraints {
  readonly permitted: Subtrees;
  readonly excluded: Subtrees;
  /** Kinds that are limited and not read in subjectAltName: then no such name may appear there. */
  readonly others: readonly number[];
}

export interface Subtrees {
  readonly directories: readonly (readonly string[])[] | null;
  readonly addresses: readonly string[] | null;
  readonly domains: readonly string[] | null;
  readonly hosts: readonly string[] | null;
}

/** Choices of GeneralName (RFC 5280 §4.2.1.6). */
export const kinds = { addresses: 1, domains: 2, directories: 4, hosts: 6 } as const;

/** A Name in DER, one entry for each RDN, in the form that RFC 5280 §7.1 compares: letters without case, blanks as one.
 *  The library's own class for names forgets where one RDN ends and the next begins.
 *  @throws Malformed */
export function nameKeys(name: Uint8Array): string[] {
  const rdns = parse(name);
  if (!(rdns instanceof Sequence)) throw new Malformed('a name is no list');
  return rdns.valueBlock.value.map((rdn) => {
    if (!(rdn instanceof Set)) throw new Malformed('a part of a name is no set');
    return rdn.valueBlock.value
      .map((schema) => strictly(() => new AttributeTypeAndValue({ schema })))
      .map(({ type, value }) => `${type}=${textKey(value)}`)
      .toSorted()
      .join('+');
  });
}

const texts = [Utf8String, BmpString, PrintableString, TeletexString, IA5String];

function textKey(value: AttributeTypeAndValue['value']): string {
  return value instanceof BaseStringBlock && texts.some((kind) => value instanceof kind)
    ? value.getValue().trim().replace(/\s+/g, ' ').toLowerCase()
    : `#${Buffer.from(value.valueBeforeDecodeView).toString('hex')}`;
}

/** What a GeneralName says, by its kind. */
export const textsOf = (names: readonly GeneralName[], kind: number): string[] =>
  names.flatMap(({ type, value }) => (type === kind && typeof value === 'string' ? [value.toLowerCase()] : []));

export const directoriesOf = (names: readonly GeneralName[]): string[][] =>
  names.flatMap(({ value }: { value: unknown }) =>
    value instanceof RelativeDistinguishedNames ? [nameKeys(new Uint8Array(value.valueBeforeDecode))] : [],
  );

/** Kinds of names that are not read. */
export const othersOf = (names: readonly GeneralName[]): number[] =>
  names.flatMap(({ type }) => ((Object.values(kinds) as number[]).includes(type) ? [] : [type]));

/** @throws Malformed */
export function readConstraints({ permittedSubtrees = [], excludedSubtrees = [] }: Limits): NameConstraints {
  const [permitted, excluded] = [permittedSubtrees, excludedSubtrees].map((each) => each.map(({ base }) => base));
  return {
    permitted: subtrees(permitted ?? []),
    excluded: subtrees(excluded ?? []),
    others: othersOf([...(permitted ?? []), ...(excluded ?? [])]),
  };
}

function subtrees(bases: readonly GeneralName[]): Subtrees {
  const some = <T>(list: T[]): T[] | null => (list.length > 0 ? list : null);
  return {
    directories: some(directoriesOf(bases)),
    addresses: some(textsOf(bases, kinds.addresses)),
    domains: some(textsOf(bases, kinds.domains)),
    hosts: some(textsOf(bases, kinds.hosts)),
  };
}

/** The names of a certificate, as constraints see them. */
export interface Named {
  readonly subjectKeys: readonly string[];
  readonly addresses: readonly string[];
  readonly domains: readonly string[];
  readonly directories: readonly (readonly string[])[];
  /** Of the URIs in subjectAltName; empty text: a URI that names no host. */
  readonly hosts: readonly string[];
  readonly otherNames: readonly number[];
}

/** Which of a certificate's names are outside of what an issuer may certify, in words; null: none. */
export function constraintProblem(named: Named, { permitted, excluded, others }: NameConstraints): string | null {
  const beyond = <T>(name: T, yes: readonly T[] | null, no: readonly T[] | null, fits: Fits<T>): boolean =>
    (yes !== null && !yes.some((base) => fits(name, base))) || (no !== null && no.some((base) => fits(name, base)));
  if (named.otherNames.some((kind) => others.includes(kind)))
    return 'has a name of a kind that its issuer’s limits are about';
  const addresses = [...named.addresses, ...subjectAddresses(named)];
  const address = addresses.find((each) => beyond(each, permitted.addresses, excluded.addresses, addressFits));
  if (address !== undefined) return `has the address ${address}, which its issuer may not certify`;
  const domain = named.domains.find((each) => beyond(each, permitted.domains, excluded.domains, domainFits));
  if (domain !== undefined) return `has the domain ${domain}, which its issuer may not certify`;
  // What names no host may not stand below any limits on hosts (RFC 5280 §4.2.1.10).
  const limited = (permitted.hosts ?? excluded.hosts) !== null;
  const host = named.hosts.find(
    (each) => (each === '' && limited) || beyond(each, permitted.hosts, excluded.hosts, hostFits),
  );
  if (host !== undefined) return `has a URI of the host ${host || '(none)'}, which its issuer may not certify`;
  // An empty subject is no directory name.
  const directories = [named.subjectKeys, ...named.directories].filter((each) => each.length > 0);
  return directories.some((each) => beyond(each, permitted.directories, excluded.directories, subjectFits))
    ? 'has a subject that its issuer may not certify'
    : null;
}

type Fits<T> = (name: T, base: T) => boolean;

const subjectFits: Fits<readonly string[]> = (subject, base) => base.every((key, index) => subject[index] === key);

const emailAddress = '1.2.840.113549.1.9.1=';

/** RFC 5280 §4.2.1.10: without an address in subjectAltName, the old attribute of the subject is held to the limits. */
function subjectAddresses({ addresses, subjectKeys }: Named): string[] {
  if (addresses.length > 0) return [];
  return subjectKeys.flatMap((key) => (key.startsWith(emailAddress) ? [key.slice(emailAddress.length)] : []));
}

/** `user@host`: that mailbox; `host`: all on that host; `.host`: all on hosts below it. */
const addressFits: Fits<string> = (address, base) => {
  const host = address.slice(address.lastIndexOf('@') + 1);
  if (base.includes('@')) return address === base;
  return base.startsWith('.') ? host.endsWith(base) : host === base;
};

/** `host`: that host; `.host`: all below it. */
const hostFits: Fits<string> = (host, base) => (base.startsWith('.') ? host.endsWith(base) : host === base);

/** The host that a URI names, without case; empty: none, or a number instead of a name. */
export function hostOf(uri: string): string {
  const host =
    /^[a-z][a-z0-9+.-]*:\/\/(?:[^/?#@]*@)?([a-z0-9.-]+)(?::\d*)?(?:[/?#]|$)/.exec(uri.toLowerCase())?.[1] ?? '';
  return /^[\d.]*$/.test(host) ? '' : host;
}

/** The domain itself and all below it. */
const domainFits: Fits<string> = (domain, base) => {
  const bare = base.replace(/^\./, '');
  return bare === '' || domain.endsWith(`.${bare}`) || (domain === bare && !base.startsWith('.'));
};
