import { contentOf, rawOf, sequence, tags, toDer, type Value } from '../cms/der.ts';
import { nameKeys } from './names.ts';

/** One place of lists that may speak of a certificate, as the certificate names it (DistributionPoint, RFC 5280
 *  §4.2.1.13). By our own reader: PKI.js 4 wants a list of RDNs where a name relative to the issuer is one RDN, and of a
 *  list's reasons it keeps the count of unused bits. */
export interface ListPoint {
  /** What the place is called, in the form in which a certificate's and a list's are compared. */
  readonly names: readonly string[];
  /** Those whose lists they are, in that form; empty: the certificate's issuer. */
  readonly issuers: readonly string[];
  /** The reasons to revoke that its lists know of: bit n of ReasonFlags at position n. */
  readonly reasons: number;
  /** HTTP addresses of one and the same list. */
  readonly urls: readonly string[];
}

export const allReasons = 0x1fe;

/** The places that a certificate names, and the one that its issuer's lists have anyhow (RFC 5280 §6.3.3). */
export function readPoints(value: Value | undefined, issuer: readonly string[]): ListPoint[] {
  const named = (value?.children ?? []).map((point): ListPoint => {
    const part = (tag: number): Value | undefined => point.children.find((each) => each.tag === tag);
    const issuers = (part(0xa2)?.children ?? []).map(generalKey);
    const of = part(0xa2)?.children[0]?.children[0];
    const reasons = part(0x81);
    return {
      names: pointKeys(part(0xa0), of ? nameKeys(rawOf(of)) : issuer),
      issuers,
      reasons: reasons ? reasonsOf(reasons) : allReasons,
      urls: urlsOf(point),
    };
  });
  return [...named, { names: [directoryKey(issuer)], issuers: [], reasons: allReasons, urls: [] }];
}

/** HTTP addresses in the full name of a DistributionPoint. */
export function urlsOf({ children }: Value): string[] {
  const names = children.find(({ tag }) => tag === 0xa0)?.children ?? [];
  return names.flatMap((name) =>
    name.tag === 0xa0
      ? name.children.flatMap((each) => (each.tag === uriTag ? httpOf(contentOf(each).toString('latin1')) : []))
      : [],
  );
}

const uriTag = 0x86;

/** The address, if it is one of HTTP. */
export const httpOf = (text: string): string[] => (/^https?:\/\/[!-~]+$/i.test(text) ? [text] : []);

/** ReasonFlags. */
export function reasonsOf(bits: Value): number {
  const [, first = 0, second = 0] = contentOf(bits);
  let reasons = 0;
  for (let bit = 0; bit < 9; bit++) if (((first << 8) | second) & (0x8000 >> bit)) reasons |= 1 << bit;
  return reasons & allReasons;
}

/** The names of a DistributionPointName.
 *  @param issuer whose lists they are: some names are told from there on */
export function pointKeys(point: Value | undefined, issuer: readonly string[]): string[] {
  const [name] = point?.children ?? [];
  if (name?.tag === 0xa0) return name.children.map(generalKey);
  if (name?.tag !== 0xa1) return [];
  return [directoryKey([...issuer, ...nameKeys(sequence(toDer(name, tags.set)))])];
}

export const directoryKey = (keys: readonly string[]): string => `directory ${JSON.stringify(keys)}`;

export function generalKey(name: Value): string {
  const [inner] = name.children;
  return name.tag === 0xa4 && inner
    ? directoryKey(nameKeys(rawOf(inner)))
    : `${name.tag} ${contentOf(name).toString('latin1')}`;
}
