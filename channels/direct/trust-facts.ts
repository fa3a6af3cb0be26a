import type { CertificateFacts, FoundFacts, Trust } from '../../src/core/trust.ts';
import { toldOf, type Discovering, type Looked } from './discovery/discover.ts';
import { currentOf } from './health.ts';
import { allAnchors, type Keyring } from './keyring.ts';
import type { Bundles } from './trust/bundles.ts';
import { bindingsOf, fingerprintOf, nameOf, type Certificate } from './trust/certificate.ts';
import type { Sources } from './trust/sources.ts';

interface Known {
  readonly bundles: Pick<Bundles, 'facts'>;
  readonly sources: Pick<Sources, 'facts'>;
  readonly discovery: Pick<Discovering, 'looked'>;
}

/** Who we are, whom we trust, and how fresh what we know of revocations is; nothing is fetched for it. */
export function trustOf(keyring: Keyring, { bundles, sources, discovery }: Known): Trust {
  const current = new Set(currentOf(keyring).map(fingerprintOf));
  const own = keyring.identities.map(({ certificate }) => ({
    ...factsOf('own', certificate),
    replaced: !current.has(fingerprintOf(certificate)),
  }));
  const partners = keyring.partners.flatMap(({ certificates }) => certificates.map((each) => factsOf('partner', each)));
  const anchors = allAnchors(keyring).map(({ certificate, from, domains, direction }) => ({
    ...factsOf('anchor', certificate),
    from,
    domains,
    direction,
  }));
  const files = keyring.crls.map(({ issuerKeys, nextUpdate, partial }) => ({
    kind: 'list' as const,
    from: issuerKeys.join(', '),
    nextUpdate,
    failure: partial,
    at: null,
  }));
  return {
    certificates: [...own, ...partners, ...anchors],
    bundles: bundles.facts(),
    lists: [...files, ...sources.facts()],
    found: discovery.looked().map(foundOf),
  };
}

const foundOf = ({ address, at, discovery }: Looked): FoundFacts => ({
  address,
  at,
  place: discovery.place,
  told: toldOf(discovery),
  certificates: discovery.certificates.map((certificate) => factsOf('partner', certificate)),
});

function factsOf(use: CertificateFacts['use'], certificate: Certificate): CertificateFacts {
  const { addresses, domains } = bindingsOf(certificate);
  return {
    use,
    subject: nameOf(certificate),
    names: [...addresses, ...domains],
    sha256: fingerprintOf(certificate),
    notBefore: certificate.notBefore,
    notAfter: certificate.notAfter,
    from: null,
    domains: null,
    direction: null,
    replaced: false,
  };
}
