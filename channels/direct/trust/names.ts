import { childOf, contentOf, Malformed, oidOf, rawOf, tags, type Value } from '../cms/der.ts';

/** What a certificate lets those below it be called (RFC 5280 §4.2.1.10). Null: that kind of name is not limited. */
export interface NameConstraints {
  readonly permitted: Subtrees;
  readonly excluded: Subtrees;
  /** Tags of the kinds that are limited and not read in subjectAltName: then no such name may appear there. */
  readonly others: readonly number[];
}

export interface Subtrees {
  readonly directories: readonly (readonly string[])[] | null;
  readonly addresses: readonly string[] | null;
  readonly domains: readonly string[] | null;
  readonly hosts: readonly string[] | null;
}

const kinds = { addresses: 0x81, domains: 0x82, directories: 0xa4, hosts: 0x86 } as const;

/** A Name, one entry for each RDN, in the form that RFC 5280 §7.1 compares: letters without case, blanks as one. */
export function nameKeys(name: Value): string[] {
  return name.children.map((rdn) =>
    rdn.children
      .map((each) => `${oidOf(childOf(each, 0))}=${textKey(childOf(each, 1))}`)
      .toSorted()
      .join('+'),
  );
}

function textKey(value: Value): string {
  const text = textOf(value);
  return text === null ? `#${rawOf(value).toString('hex')}` : text.trim().replace(/\s+/g, ' ').toLowerCase();
}

/** PrintableString, UTF8String, IA5String, TeletexString, BMPString; null: no text. */
function textOf(value: Value): string | null {
  const bytes = contentOf(value);
  if (value.tag === 0x0c) return bytes.toString('utf8');
  if (value.tag === 0x1e) return bytes.length % 2 === 0 ? Buffer.from(bytes).swap16().toString('utf16le') : null;
  return [0x13, 0x14, 0x16].includes(value.tag) ? bytes.toString('latin1') : null;
}

/** @throws Malformed */
export function readConstraints(value: Value): NameConstraints {
  const bases = (tag: number): Value[] =>
    value.children
      .filter((each) => each.tag === tag)
      .flatMap(({ children }) => children.map((each) => childOf(each, 0)));
  const [permitted, excluded] = [bases(0xa0), bases(0xa1)];
  return {
    permitted: subtrees(permitted),
    excluded: subtrees(excluded),
    others: [...permitted, ...excluded].flatMap(({ tag }) =>
      (Object.values(kinds) as number[]).includes(tag) ? [] : [tag],
    ),
  };
}

function subtrees(bases: readonly Value[]): Subtrees {
  const of = (kind: number): Value[] => bases.filter(({ tag }) => tag === kind);
  const texts = (kind: number): string[] => of(kind).map((each) => contentOf(each).toString('latin1').toLowerCase());
  const some = <T>(list: T[]): T[] | null => (list.length > 0 ? list : null);
  return {
    directories: some(
      of(kinds.directories).map((each) => {
        const name = childOf(each, 0);
        if (name.tag !== tags.sequence) throw new Malformed('a name constraint is not a name');
        return nameKeys(name);
      }),
    ),
    addresses: some(texts(kinds.addresses)),
    domains: some(texts(kinds.domains)),
    hosts: some(texts(kinds.hosts)),
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
