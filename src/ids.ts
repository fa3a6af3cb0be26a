import { randomBytes } from 'node:crypto';
import type { Id } from './core/message.ts';

const alphabet = '0123456789abcdefghjkmnpqrstvwxyz'; // Crockford: no i, l, o, u
const timeLength = 10;
const chanceLength = 16;

// Drawn in bulk: each call to the system costs more than all the rest of an id.
let pool = Buffer.alloc(0);

/** `prefix_` and 26 characters: 48 bits of time so that ids sort by birth, 80 bits of chance so that none can be guessed. */
export function newId<P extends string>(prefix: P, now: number): Id<P> {
  if (pool.length === 0) pool = randomBytes(chanceLength * 256);
  let chance = '';
  for (let i = 0; i < chanceLength; i++) chance += letter((pool[i] ?? 0) % 32);
  pool = pool.subarray(chanceLength);
  return `${prefix}_${timeOf(now)}${chance}`;
}

/** No id of that time or later comes before it. */
export const earliestId = <P extends string>(prefix: P, at: number): Id<P> =>
  `${prefix}_${timeOf(Math.max(0, at))}${'0'.repeat(chanceLength)}`;

function timeOf(at: number): string {
  let time = '';
  for (let rest = at; time.length < timeLength; rest = Math.floor(rest / 32)) time = letter(rest % 32) + time;
  return time;
}

const letter = (value: number): string => alphabet[value] ?? '';
