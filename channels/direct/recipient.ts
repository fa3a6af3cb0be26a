import type { Reason } from '../../src/core/outcome.ts';
import type { EnvelopeRecipient, Reads } from './cms/envelope.ts';

import { toldOf, untagged, type Discover } from './discovery/discover.ts';
import { isBoundTo, nameOf, type Certificate } from './trust/certificate.ts';
import { judge, type Trusting } from './trust/judge-path.ts';

/** Why nothing can be encrypted for a recipient. `passing`: it may be otherwise later. */
export interface NoRecipient {
  readonly reason: Reason;
  readonly passing: boolean;
}

/** Encrypt to whichever of the certificates is trusted, valid, bound to the address and may receive keys; or the reason
 *  why none is (facts C9): then nothing may be sent. Certificates that the settings name, or that the recipient's own
 *  message brought, come first and alone; only without any is the world asked. */
export async function recipientFor(
  address: string,
  known: readonly Certificate[],
  reads: Required<Reads>,
  { trusting, discover }: { readonly trusting: Trusting; readonly discover: Discover },
): Promise<EnvelopeRecipient | NoRecipient> {
  if (known.length > 0) return choose(address, known, reads, trusting, '');
  const discovery = await discover(address);
  const { certificates, place, passing } = discovery;
  if (certificates.length > 0) return choose(address, certificates, reads, trusting, `found by ${place ?? ''}: `);
  return { reason: { code: 'no-certificate', detail: toldOf(discovery) }, passing };
}

async function choose(
  address: string,
  certificates: readonly Certificate[],
  { transport, cipher, digest }: Required<Reads>,
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
    if (bound && path.problems.length === 0) return { certificate, transport, cipher, digest };
    doubts.push(...(bound ? [] : [`${nameOf(certificate)} does not speak for the recipient`]), ...path.problems);
    passing ||= bound && path.passing;
  }
  return { reason: { code: 'untrusted', detail: lead + [...new Set(doubts)].join('; ') }, passing };
}
