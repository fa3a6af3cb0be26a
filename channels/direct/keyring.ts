import { readFile } from 'node:fs/promises';
import type { Reason } from '../../src/core/outcome.ts';
import type { EnvelopeRecipient, Identity, Reads } from './cms/envelope.ts';
import { Malformed } from './cms/der.ts';
import type { DirectConfig, Peer } from './config.ts';
import { readIdentities } from './files.ts';
import { domainOf } from './mime/address.ts';
import { isBoundTo, nameOf, readCertificates, type Certificate } from './trust/certificate.ts';
import { readCrl, type Crl } from './trust/crl.ts';
import { judgePath } from './trust/path.ts';

/** Who we are, whom we trust, and what we know of our partners. */
export interface Keyring {
  readonly identities: readonly Identity[];
  readonly anchors: readonly Certificate[];
  readonly crls: readonly Crl[];
  readonly partners: readonly Partner[];
}

export interface Partner {
  readonly peer: Peer;
  readonly certificates: readonly Certificate[];
  readonly ca: string | null;
}

/** @throws Malformed naming the file that cannot be used */
export async function readKeyring({ identities, anchors, crls, peers }: DirectConfig): Promise<Keyring> {
  const partners = peers.map(async (peer) => ({
    peer,
    certificates: (await Promise.all(peer.certificates.map((path) => readWith(path, readCertificates)))).flat(),
    ca: peer.ca === null ? null : await readWith(peer.ca, (bytes) => bytes.toString('utf8')),
  }));
  return {
    identities: (await Promise.all(identities.map((path) => readWith(path, readIdentities)))).flat(),
    anchors: (await Promise.all(anchors.map((path) => readWith(path, readCertificates)))).flat(),
    crls: await Promise.all(crls.map((path) => readWith(path, readCrl))),
    partners: await Promise.all(partners),
  };
}

async function readWith<T>(path: string, read: (bytes: Buffer) => T): Promise<T> {
  try {
    return read(await readFile(path));
  } catch (cause) {
    const why = cause instanceof Malformed ? cause.message : 'cannot be read';
    throw new Malformed(`${path}: ${why}`, { cause });
  }
}

/** The partner for an address: by the address itself, else by its domain. */
export function partnerOf({ partners }: Keyring, address: string): Partner | null {
  const wanted = address.toLowerCase();
  const by = (match: string): Partner | undefined => partners.find(({ peer }) => peer.match === match);
  return by(wanted) ?? by(domainOf(wanted)) ?? null;
}

/** What we take a partner to read of whom nothing is configured. */
export const usual: Required<Reads> = { transport: 'oaep', cipher: 'aes-256-cbc', digest: 'sha256' };

/** Our identity that may sign for an address; null when there is none. */
export function signerFor({ identities }: Keyring, address: string, at: number): Identity | null {
  const fit = identities.filter(({ certificate }) => isBoundTo(certificate, address) && maySign(certificate));
  return fit.find(({ certificate }) => certificate.notAfter >= at && certificate.notBefore <= at) ?? fit[0] ?? null;
}

const maySign = ({ keyUsage }: Certificate): boolean => keyUsage === null || (keyUsage & 1) !== 0;

/** Encrypt to whichever of the certificates is trusted, valid, bound to the address and may receive keys; or the reason
 *  why none is (facts C9): then nothing may be sent. */
export function recipientFor(
  { anchors, crls }: Keyring,
  certificates: readonly Certificate[],
  address: string,
  { transport, cipher, digest }: Required<Reads>,
  at: number,
): EnvelopeRecipient | Reason {
  if (certificates.length === 0) return { code: 'no-certificate', detail: 'no certificate of the recipient is known' };
  const doubts: string[] = [];
  for (const certificate of certificates) {
    const bound = isBoundTo(certificate, address) ? [] : [`${nameOf(certificate)} does not speak for the recipient`];
    const path = judgePath(certificate, 'keyEncipherment', certificates, { anchors, crls, at });
    const problems = [...bound, ...path.problems];
    if (problems.length === 0) return { certificate, transport, cipher, digest };
    doubts.push(...problems);
  }
  return { code: 'untrusted', detail: [...new Set(doubts)].join('; ') };
}
