import { readFileSync, writeFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { holders, matrix, type Belongings } from '../http/matrix.ts';
import type { Case } from './cases.ts';
import type { HostileTown, Story } from './town.ts';

/** A practice that shares the gateway, and asks for what is another's. */

const neighbour = { id: 'other', name: 'The practice next door', phone: '+1 212 555 0190', npi: '1457389249' };

let edits = 0;
async function inForce(town: HostileTown, file: string, settings: string): Promise<void> {
  writeFileSync(file, settings);
  // Two edits in one tick of the disk's clock are still two.
  utimesSync(file, new Date(), new Date(Date.now() + 100_000 + 1000 * ++edits));
  await town.api('/reload', { method: 'POST' });
}

/** With somebody next door for as long as it takes. */
async function withNeighbour<T>(town: HostileTown, run: (key: string) => Promise<T>): Promise<T> {
  const file = join(town.folder, 'config.mjs');
  const first = readFileSync(file, 'utf8');
  const own = first.replace(/^export default |;$/g, '');
  const more = JSON.stringify({ ...neighbour, addresses: { direct: ['desk@riverside.example'] } });
  await inForce(
    town,
    file,
    `const first = ${own};\nexport default { ...first, practices: [...first.practices, ${more}] };`,
  );
  try {
    const made = { label: 'next door', role: 'practice-admin', practice: neighbour.id };
    const init = { method: 'POST', headers: { 'content-type': 'application/json' }, body: JSON.stringify(made) };
    const { secret, key } = await town.api<{ secret: string; key: { id: string } }>('/keys', init);
    const found = await run(secret);
    await town.api(`/keys/${key.id}`, { method: 'DELETE' });
    return found;
  } finally {
    await inForce(town, file, first);
  }
}

/** What the practice has, of what the rows of the matrix ask for by name. */
async function belongings(town: HostileTown): Promise<Partial<Belongings>> {
  const message = town.sent[0] ?? '';
  const story = await town.api<Story & { referral: string }>(`/messages/${message}`);
  const [entry] = (await town.api<{ rows: { id: string; message: string }[] }>('/intake?limit=1')).rows;
  const { referral, deliveries, documents } = story;
  const [delivery = { id: '' }, document = { id: '' }] = [deliveries[0], documents[0]];
  return { message, referral, delivery: delivery.id, document: document.id, ...(entry ? { entry: entry.id } : {}) };
}

const nowhere = (path: string): string => path.replace(/_[0-9a-z]+/, `_${'0'.repeat(26)}`);

export const isolationCases: readonly Case[] = [
  {
    name: '76: another practice asks for each thing by its true id',
    async act(town) {
      const things = await belongings(town);
      const rows = Object.values(matrix).flatMap(({ needs, ask = '', everywhere, init }) => {
        if (needs === 'public' || needs === 'anyone' || everywhere || !holders[needs].includes('practice-admin'))
          return [];
        const names = [...ask.matchAll(/\{(\w+)\}/g)].map(([, name]) => things[name as keyof Belongings]);
        if (names.length === 0 || names.some((id) => id === undefined)) return [];
        const path = ask.replace(/\{(\w+)\}/g, (_, name: keyof Belongings) => things[name] ?? '');
        return [{ path, init }];
      });
      const differing = await withNeighbour(town, async (key) => {
        const asked = async (path: string, init: RequestInit = {}): Promise<string> => {
          const headers = { ...(init.headers as Record<string, string> | undefined), authorization: `Bearer ${key}` };
          const reply = await fetch(town.url + path, { ...init, headers });
          return `${reply.status} ${await reply.text()}`;
        };
        const told: string[] = [];
        for (const { path, init } of rows) {
          const [theirs, missing] = [await asked(path, init?.()), await asked(nowhere(path), init?.())];
          if (!theirs.startsWith('404 ') || theirs !== missing) told.push(`${path}: ${theirs}`);
        }
        return told;
      });
      return { answer: `${rows.length} asked for; not as if it were not there: ${differing.join() || 'none'}` };
    },
    answer: /^2\d asked for; not as if it were not there: none$/,
  },
];
