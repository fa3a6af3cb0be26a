import type { Db } from './db.ts';
import { looseness, type Kek, type KeyProvider } from './key-file.ts';
import { unwrapWith, wrappedOf } from './keyring.ts';
import { registeredKeks, usesOf } from './rotate.ts';

export interface KeyState {
  readonly id: string;
  /** `current` wraps what is new; `old` wraps something still; `unused` is needed by backups at most; `prepared` waits
   *  for `keys rotate`; `missing` is not in the key file. */
  readonly state: 'current' | 'old' | 'unused' | 'prepared' | 'missing';
  /** Data keys that it wraps. */
  readonly uses: number;
}

export interface KeyReport {
  readonly keys: readonly KeyState[];
  /** Each says what to do. */
  readonly problems: readonly string[];
}

/** Are the keys all here, well kept, and is every rotation over? */
export async function checkKeys(db: Db, provider: KeyProvider, file: string): Promise<KeyReport> {
  const keks = await provider.read();
  const registered = await registeredKeks(db);
  const first = keks.findIndex(({ id }) => registered.includes(id));
  const known = await Promise.all(
    keks.map(async ({ id }, index): Promise<KeyState> => {
      const uses = await usesOf(db, id);
      if (index < first) return { id, uses, state: 'prepared' };
      if (!registered.includes(id)) return { id, uses, state: 'unused' };
      return { id, uses, state: index === first ? 'current' : 'old' };
    }),
  );
  const absent = registered.filter((id) => !keks.some((kek) => kek.id === id));
  const missing = await Promise.all(
    absent.map(async (id): Promise<KeyState> => ({ id, state: 'missing', uses: await usesOf(db, id) })),
  );
  const keys = [...known, ...missing];
  return { keys, problems: [...keys.flatMap(problemOf), ...(await unopened(db, keks)), ...loose(keks, file)] };
}

function problemOf({ id, state, uses }: KeyState): string[] {
  if (state === 'missing') {
    return [`the key ${id} is missing and ${uses} data keys need it: restore the key file from its own backup`];
  }
  if (state === 'old')
    return [`the rotation is not over: ${uses} data keys need the old key ${id}: loopgate keys rotate`];
  return [];
}

/** That a key has the right name does not prove that it opens anything. */
async function unopened(db: Db, keks: readonly Kek[]): Promise<string[]> {
  const rows = await db.all('select id, kek, wrapped from data_keys');
  const closed = rows.filter((row) => {
    const kek = keks.find(({ id }) => id === row['kek']);
    if (!kek) return false;
    try {
      unwrapWith(kek, row['id'] as string, wrappedOf(row).wrapped);
      return false;
    } catch {
      return true;
    }
  });
  return closed.map((row) => `the data key ${row['id'] as string} does not open: the store was altered, restore it`);
}

const loose = (keks: readonly Kek[], file: string): string[] => {
  const words = keks.length > 0 ? looseness(file) : null;
  return words === null ? [] : [words];
};
