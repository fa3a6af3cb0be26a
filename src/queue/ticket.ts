import { stages } from '../core/change.ts';
import type { Leased } from '../store/store.ts';

/** What the broker carries: the name of a lease, in ids and numbers. Whoever presents it may do the work. */
export const writeTicket = ({ stage, subject, dueAt, generation, claims }: Leased): Buffer =>
  Buffer.from(JSON.stringify({ stage, subject, dueAt, generation, claims }));

/** Null: somebody else writes into our queues. */
export function readTicket(content: Uint8Array): Leased | null {
  const ticket = parsed(content);
  if (!ticket) return null;
  const { stage, subject, dueAt, generation, claims } = ticket;
  const known = stages.find((each) => each === stage);
  const numbers = [dueAt, generation, claims].every(Number.isSafeInteger);
  if (known === undefined || typeof subject !== 'string' || !numbers) return null;
  return { stage: known, subject, dueAt, generation, claims } as Leased;
}

function parsed(content: Uint8Array): Readonly<Record<keyof Leased, unknown>> | null {
  try {
    return JSON.parse(Buffer.from(content).toString()) as Readonly<Record<keyof Leased, unknown>> | null;
  } catch {
    return null;
  }
}
