import { contentOf, type Value } from '../cms/der.ts';
import { nameKeys } from './names.ts';

/** The names of a place where revocation lists lie (DistributionPointName, RFC 5280 §4.2.1.13), in the form in which a
 *  certificate's and a list's are compared.
 *  @param issuer whose lists they are: some names are told from there on */
export function pointKeys(point: Value | undefined, issuer: Value): string[] {
  const [name] = point?.children ?? [];
  if (name?.tag === 0xa0) return name.children.map(generalKey);
  return name?.tag === 0xa1 ? [directoryKey({ ...issuer, children: [...issuer.children, name] })] : [];
}

/** What a certificate's lists are called when it says nothing of them (RFC 5280 §6.3.3). */
export const directoryKey = (name: Value): string => `directory ${JSON.stringify(nameKeys(name))}`;

function generalKey(name: Value): string {
  const [inner] = name.children;
  return name.tag === 0xa4 && inner ? directoryKey(inner) : `${name.tag} ${contentOf(name).toString('latin1')}`;
}
