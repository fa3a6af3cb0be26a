import type { CertificateFacts, Trust } from '../../src/core/trust.ts';

const hour = 3_600_000;

/** Every state that a certificate, a bundle and a list can be shown in. */
export function trust(at: number): Trust {
  const day = 24 * hour;
  const certificate = (use: CertificateFacts['use'], days: number, more: Partial<CertificateFacts> = {}) => ({
    use,
    subject: `CN=riverside.example, O=Riverside Family Practice (${days})`,
    names: ['riverside.example'],
    sha256: String(days).padStart(64, 'a'),
    notBefore: at - 300 * day,
    notAfter: at + days * day,
    from: null,
    domains: null,
    direction: null,
    replaced: false,
    ...more,
  });
  const list = { kind: 'list', from: 'http://crl.authority.example/latest.crl', failure: null, at } as const;
  return {
    certificates: [
      ...[200, 20, 5, 0.5, -3].map((days) => certificate('own', days)),
      certificate('own', 2, { replaced: true }),
      certificate('partner', 90),
      certificate('anchor', 900, { from: 'certs/authority.pem', domains: ['riverside.example'], direction: 'in' }),
    ],
    bundles: [
      {
        url: 'https://bundles.example/community.p7b',
        signed: true,
        anchors: 41,
        fetchedAt: at,
        failure: null,
        dueAt: at + day,
      },
      {
        url: 'https://bundles.example/other.p7b',
        signed: false,
        anchors: 3,
        fetchedAt: null,
        failure: 'status 503',
        dueAt: at,
      },
    ],
    lists: [
      { ...list, nextUpdate: at + day },
      { ...list, from: 'http://old.example/crl', nextUpdate: at - day },
      { ...list, kind: 'responder', from: 'http://ocsp.example', nextUpdate: null, failure: 'no answer in time' },
    ],
    found: [
      {
        address: 'referrals@direct.harbor-orthopaedic.example',
        at,
        place: 'DNS CERT at referrals.direct.harbor-orthopaedic.example',
        told: '',
        certificates: [certificate('partner', 4)],
      },
      {
        address: 'desk@quiet.example',
        at,
        place: null,
        told: 'DNS CERT at desk.quiet.example: no certificate; DNS SRV of _ldap._tcp.quiet.example (no directory): no certificate',
        certificates: [],
      },
    ],
  };
}
