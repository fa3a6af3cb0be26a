import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createAuthority, issue, type Authority } from '../channels/direct/authority.ts';
import { startFaxCompany, type FaxCompany } from './fax-company.ts';
import { freePort } from './free-port.ts';
import { startMailbox } from './mailbox.ts';
import { startPartner, type Partner } from './partner.ts';

export interface NeighboursOptions {
  /** Where keys and certificates are put. */
  readonly folder: string;
  readonly ourDomain: string;
  readonly theirDomain: string;
  /** Where the gateway in the middle will listen. */
  readonly httpPort: number;
  readonly directPort: number;
  /** Milliseconds that one step of a fax call takes. */
  readonly pace: number;
  readonly slowMs?: number;
  /** Milliseconds before the second and the third try of a webhook. */
  readonly retryDelays?: readonly number[];
  readonly ledgers?: { readonly direct: string; readonly fax: string };
  readonly onMail: (link: string, to: string, mail: string) => void;
}

export interface Neighbours {
  readonly partner: Partner;
  readonly company: FaxCompany;
  readonly authority: Authority;
  /** The gateway's own Direct certificate. */
  readonly certificate: string;
  /** The gateway's settings: one practice, and the channels that reach these neighbours. */
  readonly settings: {
    readonly practices: readonly Record<string, unknown>[];
    readonly channels: Readonly<Record<'direct' | 'efax' | 'portal', Record<string, unknown>>>;
  };
  close(): Promise<void>;
}

const number = '+12125550101';

/** A partner HISP, a fax company and a specialist's mailbox on loopback, around a gateway that is not started yet. */
export async function startNeighbours(options: NeighboursOptions): Promise<Neighbours> {
  const { folder, ourDomain, theirDomain, httpPort, directPort, ledgers } = options;
  const pem = (name: string, content: string): string => {
    writeFileSync(join(folder, name), content, { mode: 0o600 });
    return join(folder, name);
  };
  const authority = createAuthority({ name: 'Neighbourhood authority', now: Date.now() });
  const own = issue(authority, { domain: ourDomain });
  const partnerPort = await freePort();
  const partner = await startPartner({
    domain: theirDomain,
    authority,
    folder,
    port: partnerPort,
    gateway: { domain: ourDomain, port: directPort, certificate: own.certificate },
    ...(options.slowMs === undefined ? {} : { slowMs: options.slowMs }),
    ...(ledgers ? { ledgerFile: ledgers.direct } : {}),
  });
  const account = { apiKey: 'KEY-of-the-emulator', connectionId: 'app-1' };
  const company = await startFaxCompany({
    ...account,
    pace: options.pace,
    webhookUrl: `http://127.0.0.1:${httpPort}/webhooks/efax/main`,
    ...(options.retryDelays ? { retryDelays: options.retryDelays } : {}),
    ...(ledgers ? { ledgerFile: ledgers.fax } : {}),
  });
  const mailbox = await startMailbox(options.onMail);
  const peer = {
    match: theirDomain,
    host: '127.0.0.1',
    port: partnerPort,
    certificates: [pem('partner.pem', partner.certificate)],
  };
  return {
    partner,
    company,
    authority,
    certificate: own.certificate,
    settings: {
      practices: [
        {
          id: 'main',
          name: 'Riverside Family Practice',
          phone: '+1 212 555 0100',
          npi: '1234567893',
          addresses: { direct: [`referrals@${ourDomain}`], efax: [number] },
        },
      ],
      channels: {
        direct: {
          identities: [pem('own.pem', own.identity)],
          anchors: [pem('anchor.pem', authority.certificate)],
          listen: { host: '127.0.0.1', port: directPort },
          peers: [peer],
        },
        efax: {
          mediaHosts: [company.mediaHost],
          accounts: {
            main: {
              ...account,
              provider: 'telnyx',
              publicKey: company.publicKey,
              baseUrl: company.url,
              from: number,
              practice: 'main',
            },
          },
        },
        portal: {
          mail: { host: '127.0.0.1', port: mailbox.port, from: 'referrals@riverside.example', tls: 'none' },
          fax: true,
        },
      },
    },
    async close() {
      partner.close();
      await company.close();
      await mailbox.close();
    },
  };
}
