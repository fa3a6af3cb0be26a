import { createHmac } from 'node:crypto';
import { chance, decrypt, encrypt, keyBytes, overhead } from './aead.ts';
import type { Db, Row } from './db.ts';
import type { KeyProvider } from './key-file.ts';
import { createKeyring, type Wrapped } from './keyring.ts';

/** Seals what nobody may read from the disk (AES-256-GCM), and makes search terms that tell nothing without the key.
 *  Small rows share a data key a day; each document has one of its own. Both lie in the store, wrapped by a
 *  key-encryption key that never does: rotating that one rewrites keys, not data. */
export interface Vault {
  /** Await before `seal`, `sealJson`, `sealDocument` and `term`. */
  ready(): Promise<void>;
  /** Await before opening what came from the store: another process may have made its key. */
  learn(rows: readonly Row[]): Promise<void>;
  /** `context` is bound in: a sealed value moved to another row does not open. */
  seal(plain: Uint8Array, context: string): Uint8Array;
  /** @throws when the bytes were altered, belong elsewhere, or were sealed with another key. */
  open(sealed: Uint8Array, context: string): Uint8Array;
  sealJson(value: unknown, context: string): Uint8Array;
  openJson(sealed: Uint8Array, context: string): unknown;
  /** Under a key of its own, that is to be stored beside it. */
  sealDocument(id: string, plain: Uint8Array): Wrapped & { readonly sealed: Uint8Array };
  /** `key` null: from the time before documents had keys of their own. */
  openDocument(id: string, sealed: Uint8Array, key: Wrapped | null): Promise<Uint8Array>;
  /** Keyed hash of a search term, hex. Stays the same for ever. */
  term(text: string): string;
}

/** First byte of a sealed value: who opens it. */
const versions = {
  /** 0.1: one key for everything. */
  single: 1,
  /** 8 bytes follow that name a data key. */
  row: 2,
  /** A document, by its own key. */
  document: 3,
} as const;

const nameBytes = 8;
const rowHead = 1 + nameBytes;
const documentHead = Buffer.of(versions.document);

export function createVault(db: Db, provider: KeyProvider, now: () => number): Vault {
  const keyring = createKeyring(db, provider, now);
  let head: { readonly id: string; readonly bytes: Buffer } = { id: '', bytes: Buffer.alloc(0) };

  function seal(plain: Uint8Array, context: string): Uint8Array {
    const { id, key } = keyring.current();
    if (head.id !== id) head = { id, bytes: Buffer.concat([Buffer.of(versions.row), Buffer.from(id, 'hex')]) };
    return encrypt(key, head.bytes, plain, `2 ${context}`);
  }

  function open(sealed: Uint8Array, context: string): Uint8Array {
    if (sealed[0] === versions.single) return decrypt(known('v1'), sealed, 1, context);
    return decrypt(known(nameIn(sealed) ?? 'none'), sealed, rowHead, `2 ${context}`);
  }

  function known(id: string): Buffer {
    const key = keyring.find(id);
    if (!key) throw new Error('not a sealed value of this vault');
    return key;
  }

  return {
    ready: () => keyring.ready(),
    async learn(rows) {
      await keyring.ready();
      if (rows.some((row) => Object.values(row).some(isStrange))) await keyring.fetch();
    },
    seal,
    open,
    sealJson: (value, context) => seal(Buffer.from(JSON.stringify(value)), context),
    openJson: (sealed, context) => JSON.parse(Buffer.from(open(sealed, context)).toString()) as unknown,
    sealDocument(id, plain) {
      const key = Buffer.from(chance(keyBytes));
      return { sealed: encrypt(key, documentHead, plain, `3 documents:${id}`), ...keyring.wrap(id, key) };
    },
    async openDocument(id, sealed, key) {
      await keyring.ready();
      if (!key) return open(sealed, `documents:${id}`);
      return decrypt(await keyring.unwrap(id, key), sealed, documentHead.length, `3 documents:${id}`);
    },
    term: (text) => createHmac('sha256', known('search')).update(text).digest('hex'),
  };

  function isStrange(value: unknown): boolean {
    const name = value instanceof Uint8Array ? nameIn(value) : null;
    return name !== null && keyring.find(name) === undefined;
  }
}

const nameIn = (sealed: Uint8Array): string | null =>
  sealed[0] === versions.row && sealed.length >= rowHead + overhead
    ? Buffer.from(sealed.buffer, sealed.byteOffset + 1, nameBytes).toString('hex')
    : null;
