import { ConfigError } from '../errors.ts';
import { chance, decrypt, derive, encrypt, keyBytes } from './aead.ts';
import type { Db, Row, Statement } from './db.ts';
import type { Kek, KeyProvider } from './key-file.ts';

/** A data key as it lies in the store. */
export interface Wrapped {
  /** Id of the KEK that wraps it. */
  readonly kek: string;
  readonly wrapped: Uint8Array;
}

/** The KEKs at hand and the data keys that they open. */
export interface Keyring {
  /** Brings it up to date: at first use, when a day is over, and when somebody rotated the keys.
   *  @throws ConfigError when a key is missing. */
  ready(): Promise<void>;
  /** The key that seals small rows now. After `ready`. */
  current(): DataKey;
  /** Undefined: made by another process since; `fetch` brings it. */
  find(id: string): Buffer | undefined;
  fetch(): Promise<void>;
  /** After `ready`. */
  wrap(id: string, key: Uint8Array): Wrapped;
  /** @throws ConfigError when the key file lacks its KEK. */
  unwrap(id: string, value: Wrapped): Promise<Buffer>;
}

export interface DataKey {
  /** 16 hex digits. */
  readonly id: string;
  readonly key: Buffer;
  readonly madeAt: number;
}

/** A day of rows stays far below the 2^32 random nonces that one key may see. */
const periodMs = 24 * 3_600_000;
/** How soon a rotation by another process is noticed. Safe at any length: a retired KEK cannot wrap. */
export const lookMs = 10_000;

export function createKeyring(db: Db, provider: KeyProvider, now: () => number): Keyring {
  let keks = new Map<string, Kek>();
  let wrapping = '';
  let known = new Map<string, Buffer>();
  let current: DataKey | null = null;
  let lookedAt: number | null = null;
  let busy: Promise<void> | null = null;

  const stale = (): boolean =>
    lookedAt === null ||
    now() - lookedAt >= lookMs ||
    now() < lookedAt ||
    current === null ||
    now() - current.madeAt >= periodMs;

  async function look(): Promise<void> {
    const at = now();
    if (lookedAt === null) await found(db, provider, at);
    await chooseKek();
    if (known.size === 0) await fetch();
    if (current === null || at - current.madeAt >= periodMs) current = (await youngest(at)) ?? (await make(at));
    lookedAt = at;
  }

  /** The newest that is registered: a key that was only prepared is not used yet. */
  async function chooseKek(): Promise<void> {
    const registered = (await db.all('select id from keks')).map(({ id }) => id as string);
    if (registered.some((id) => !keks.has(id))) await reread();
    const lacking = registered.filter((id) => !keks.has(id));
    const usable = [...keks.keys()].find((id) => registered.includes(id));
    // A machine whose key file lags behind a rotation goes on with the old key; it must not start with it.
    if (usable === undefined || (lookedAt === null && lacking.length > 0)) throw missing(provider, keks.size, lacking);
    wrapping = usable;
  }

  async function reread(): Promise<void> {
    keks = new Map((await provider.read()).map((kek) => [kek.id, kek]));
  }

  async function fetch(): Promise<void> {
    const rows = await db.all('select id, kek, wrapped from data_keys');
    const opened = new Map<string, Buffer>();
    for (const row of rows) {
      const id = row['id'] as string;
      opened.set(id, known.get(id) ?? (await unwrap(id, wrappedOf(row))));
    }
    known = opened;
  }

  async function youngest(at: number): Promise<DataKey | null> {
    const [row] = await db.all(
      `select id, made_at from data_keys where made_at > $1 and made_at <= $2 and id not in ('search', 'v1')
       order by made_at desc limit 1`,
      [at - periodMs, at],
    );
    if (!row) return null;
    const id = row['id'] as string;
    if (!known.has(id)) await fetch();
    return { id, key: keyOf(id), madeAt: row['made_at'] as number };
  }

  /** On disk before anything is sealed with it. */
  async function make(at: number): Promise<DataKey> {
    const id = chance(8).toString('hex');
    const key = Buffer.from(chance(keyBytes));
    await db.apply([insertDataKey(id, wrap(id, key), at)]);
    known.set(id, key);
    return { id, key, madeAt: at };
  }

  function keyOf(id: string): Buffer {
    const key = known.get(id);
    if (!key) throw new Error(`the data key ${id} is unknown`);
    return key;
  }

  function wrap(id: string, key: Uint8Array): Wrapped {
    const kek = keks.get(wrapping);
    if (!kek) throw new Error('the vault is not ready');
    return wrapWith(kek, id, key);
  }

  async function unwrap(id: string, value: Wrapped): Promise<Buffer> {
    if (!keks.has(value.kek)) await reread();
    const kek = keks.get(value.kek);
    if (!kek) throw missing(provider, keks.size, [value.kek]);
    return unwrapWith(kek, id, value.wrapped);
  }

  return {
    async ready() {
      if (!stale()) return;
      busy ??= look().finally(() => (busy = null));
      await busy;
    },
    current() {
      if (!current) throw new Error('the vault is not ready');
      return current;
    },
    find: (id) => known.get(id),
    fetch,
    wrap,
    unwrap,
  };
}

/** The keys of a store that has none yet: new ones, or those that its values were sealed with before there were data
 *  keys. */
async function found(db: Db, provider: KeyProvider, at: number): Promise<void> {
  if ((await db.all('select id from keks limit 1')).length > 0) return;
  const [probe] = await db.all('select sealed from vault_probe');
  const keks = await provider.read();
  const old = probe ? keks.find((kek) => opensProbe(kek, probe['sealed'] as Uint8Array)) : undefined;
  if (probe && keks.length === 0) throw missing(provider, 0, []);
  if (probe && !old) throw new ConfigError([`vault.keyFile: ${provider.name} is not the key of this data`]);
  const kek = old ?? keks[0] ?? (await provider.add());
  const search = old ? derive(old.key, 'search') : Buffer.from(chance(keyBytes));
  await db.apply([
    registerKek(kek.id, at),
    insertDataKey('search', wrapWith(kek, 'search', search), at),
    ...(old ? [insertDataKey('v1', wrapWith(old, 'v1', derive(old.key, 'seal')), at)] : []),
  ]);
}

function opensProbe({ key }: Kek, sealed: Uint8Array): boolean {
  try {
    decrypt(derive(key, 'seal'), sealed, 1, 'vault_probe');
    return true;
  } catch {
    return false;
  }
}

const head = Buffer.of(1);

export const wrapWith = (kek: Kek, id: string, key: Uint8Array): Wrapped => ({
  kek: kek.id,
  wrapped: encrypt(kek.wrapping, head, key, `key:${id}`),
});

export const unwrapWith = (kek: Kek, id: string, wrapped: Uint8Array): Buffer =>
  decrypt(kek.wrapping, wrapped, head.length, `key:${id}`);

export const registerKek = (id: string, at: number): Statement => ({
  sql: 'insert into keks (id, made_at) values ($1, $2) on conflict do nothing',
  params: [id, at],
});

const insertDataKey = (id: string, { kek, wrapped }: Wrapped, at: number): Statement => ({
  sql: 'insert into data_keys (id, kek, wrapped, made_at) values ($1, $2, $3, $4) on conflict do nothing',
  params: [id, kek, wrapped, at],
});

export const wrappedOf = (row: Row): Wrapped => ({
  kek: row['kek'] as string,
  wrapped: row['wrapped'] as Uint8Array,
});

function missing({ name }: KeyProvider, present: number, ids: readonly string[]): ConfigError {
  const which = present === 0 ? 'is missing' : `lacks the key ${ids.join(', ')}`;
  return new ConfigError([
    `vault.keyFile: ${name} ${which}, but data exists. Restore the key from its own backup; without it nothing can be read`,
  ]);
}
