import { readFile } from 'node:fs/promises';
import type { Identity } from './cms/envelope.ts';
import { Malformed } from './cms/der.ts';
import type { DirectConfig, Peer } from './config.ts';
import { readIdentities } from './files.ts';
import { domainOf } from './mime/address.ts';
import { anchorsFor, type Anchor, type Direction } from './trust/anchors.ts';
import type { BundleSource } from './trust/bundles.ts';
import { readPublished } from './trust/bundle.ts';
import { isBoundTo, readCertificates, type Certificate } from './trust/certificate.ts';
import { readCrl, type Crl } from './trust/crl.ts';

/** Who we are, whom we trust, and what we know of our partners. */
export interface Keyring {
  readonly identities: readonly Identity[];
  /** From files. */
  readonly anchors: readonly Anchor[];
  /** From bundles. */
  readonly bundled: readonly Anchor[];
  readonly crls: readonly Crl[];
  readonly partners: readonly Partner[];
}

export interface Partner {
  readonly peer: Peer;
  readonly certificates: readonly Certificate[];
  readonly ca: string | null;
}

/** @throws Malformed naming the file that cannot be used */
export async function readKeyring({
  identities,
  anchors,
  crls,
  peers,
}: DirectConfig): Promise<Omit<Keyring, 'bundled'>> {
  const partners = peers.map(async (peer) => ({
    peer,
    certificates: (await Promise.all(peer.certificates.map((path) => readWith(path, readCertificates)))).flat(),
    ca: peer.ca === null ? null : await readWith(peer.ca, (bytes) => bytes.toString('utf8')),
  }));
  return {
    identities: (await Promise.all(identities.map((path) => readWith(path, readIdentities)))).flat(),
    anchors: (await Promise.all(anchors.map(readAnchors))).flat(),
    crls: await Promise.all(crls.map((path) => readWith(path, readCrl))),
    partners: await Promise.all(partners),
  };
}

/** All whom we trust, from files and from bundles. */
export const allAnchors = ({ anchors, bundled }: Keyring): readonly Anchor[] => [...anchors, ...bundled];

/** Whom one of our domains trusts in one direction. */
export const trustedBy = (keyring: Keyring, domain: string, direction: Direction): Certificate[] =>
  anchorsFor(allAnchors(keyring), domain, direction);

/** @throws Malformed naming the file of a signer that cannot be used */
export function readBundleSources({ bundles }: DirectConfig): Promise<BundleSource[]> {
  return Promise.all(
    bundles.map(async ({ signer, ...bundle }) => {
      const [certificate = null] = signer === null ? [] : await readWith(signer, readCertificates);
      return { ...bundle, signer: certificate };
    }),
  );
}

async function readAnchors({ file, domains, direction, policies }: DirectConfig['anchors'][number]): Promise<Anchor[]> {
  const certificates = await readWith(file, readPublished);
  return certificates.map((certificate) => ({ certificate, domains, direction, policies, from: file }));
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

/** Our identity that may sign for an address; null when there is none. Of those good today the first, or, where it has a
 *  successor, the one that lasts longest: a renewed identity stands beside the old one. One for the address and one for
 *  its whole domain do not succeed each other. */
export function signerFor({ identities }: Keyring, address: string, at: number): Identity | null {
  const fit = identities.filter(({ certificate }) => isBoundTo(certificate, address) && maySign(certificate));
  const good = fit.filter(({ certificate }) => certificate.notAfter >= at && certificate.notBefore <= at);
  const [first] = good;
  if (!first) return fit[0] ?? null;
  const alike = good.filter(({ certificate }) => forAddress(certificate) === forAddress(first.certificate));
  return alike.reduce((best, each) => (each.certificate.notAfter > best.certificate.notAfter ? each : best), first);
}

const forAddress = ({ addresses }: Certificate): boolean => addresses.length > 0;

const maySign = ({ keyUsage }: Certificate): boolean => keyUsage === null || (keyUsage & 1) !== 0;
