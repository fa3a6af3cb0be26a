import type { Reason } from '../../src/core/outcome.ts';
import { oids } from './cms/algorithms.ts';
import type { EnvelopeRecipient, Reads } from './cms/envelope.ts';
import type { Peer } from './config.ts';
import { toldOf, untagged, type Discover } from './discovery/discover.ts';
import { isBoundTo, nameOf, type Certificate } from './trust/certificate.ts';
import { judge, type Trusting } from './trust/judge-path.ts';

/** Why nothing can be encrypted for a recipient. `passing`: it may be otherwise later. */
export interface NoRecipient {
  readonly reason: Reason;
  readonly passing: boolean;
}

/** What the settings say that a partner's system reads; null: as its certificate says. */
export type Wish = Pick<Peer, 'transport' | 'cipher' | 'digest'>;

/** Of whom the settings say nothing. */
export const unknown: Wish = { transport: null, cipher: null, digest: 'sha256' };

/** What a certificate says that its owner reads (S/MIME capabilities, RFC 4262), where the settings leave it open. */
export function readsOf({ capabilities }: Pick<Certificate, 'capabilities'>, wish: Wish): Required<Reads> {
  const says = new Set(capabilities);
  const old = says.has(oids.rsa) && !says.has(oids.rsaOaep);
  return {
    transport: wish.transport ?? (old ? 'v15' : 'oaep'),
    cipher: wish.cipher ?? (says.has(oids.aes256Gcm) ? 'aes-256-gcm' : 'aes-256-cbc'),
    digest: wish.digest,
  };
}

/** Encrypt to whichever of the certificates is trusted, valid, bound to the address and may receive keys; or the reason
 *  why none is (facts C9): then nothing may be sent. Certificates that the settings name, or that the recipient's own
 *  message brought, come first and alone; only without any is the world asked. */
export async function recipientFor(
  address: string,
  known: readonly Certificate[],
  wish: Wish,
  { trusting, discover }: { readonly trusting: Trusting; readonly discover: Discover },
): Promise<EnvelopeRecipient | NoRecipient> {
  if (known.length > 0) return choose(address, known, wish, trusting, '');
  const discovery = await discover(address);
  const { certificates, place, passing } = discovery;
  if (certificates.length > 0) return choose(address, certificates, wish, trusting, `found by ${place ?? ''}: `);
  return { reason: { code: 'no-certificate', detail: toldOf(discovery) }, passing };
}

async function choose(
  address: string,
  certificates: readonly Certificate[],
  wish: Wish,
  trusting: Trusting,
  lead: string,
): Promise<EnvelopeRecipient | NoRecipient> {
  const doubts: string[] = [];
  let passing = false;
  for (const certificate of certificates) {
    const bound = isBoundTo(certificate, address) || isBoundTo(certificate, untagged(address));
    // For those who speak for somebody else nothing is fetched.
    const by = bound ? trusting : { ...trusting, sources: null };
    const path = await judge(certificate, 'keyEncipherment', certificates, by);
    if (bound && path.problems.length === 0) return { certificate, ...readsOf(certificate, wish) };
    doubts.push(...(bound ? [] : [`${nameOf(certificate)} does not speak for the recipient`]), ...path.problems);
    passing ||= bound && path.passing;
  }
  return { reason: { code: 'untrusted', detail: lead + [...new Set(doubts)].join('; ') }, passing };
}
