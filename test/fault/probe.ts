import { createHash, randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../harness.ts';
import { referralForm, type Neighbourhood } from '../e2e/neighbourhood.ts';

/** Milliseconds until one referral was in the far side's ledger. */
export interface Took {
  readonly fromRequest: number;
  readonly fromAcceptance: number;
}

export interface Made {
  readonly form: FormData;
  /** Of its only document. */
  readonly sha256: string;
}

/** A referral that is like no other. */
export function referral(to: string, urgency: 'routine' | 'urgent'): Made {
  const text = `Synthetic referral ${randomUUID()}`;
  const form = referralForm([{ channel: 'direct', address: to }], text);
  form.set('referral', JSON.stringify({ ...(JSON.parse(form.get('referral') as string) as object), urgency }));
  return { form, sha256: createHash('sha256').update(text).digest('hex') };
}

const everyMs = 100;

/** So many referrals to the partner, one after the other at an easy pace. */
export async function probe(town: Neighbourhood, urgency: 'routine' | 'urgent', count: number): Promise<Took[]> {
  const running: Promise<Took>[] = [];
  for (let n = 0; n < count; n++) {
    running.push(one(town, urgency));
    await sleep(everyMs);
  }
  return Promise.all(running);
}

async function one(town: Neighbourhood, urgency: 'routine' | 'urgent'): Promise<Took> {
  const { form, sha256 } = referral(town.partner.address('ok'), urgency);
  const requestedAt = performance.now();
  const response = await town.ask('/referrals', { method: 'POST', body: form });
  if (response.status !== 202) throw new Error(`a probe was answered ${response.status}`);
  const acceptedAt = performance.now();
  await until('the partner has it', () => town.partner.taken.includes(sha256), 600_000);
  const now = performance.now();
  return { fromRequest: now - requestedAt, fromAcceptance: now - acceptedAt };
}
