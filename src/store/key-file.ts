import { randomBytes } from 'node:crypto';
import { linkSync, mkdirSync, readFileSync, renameSync, statSync, unlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { ConfigError } from '../errors.ts';
import { derive, keyBytes } from './aead.ts';
import { keep } from './durable.ts';

/** A key-encryption key (KEK): it wraps data keys and never seals data. */
export interface Kek {
  /** 16 hex digits that follow from the key and tell nothing about it. */
  readonly id: string;
  /** 32 bytes. */
  readonly key: Uint8Array;
  /** What wraps, out of it. */
  readonly wrapping: Uint8Array;
}

/** Where KEKs come from. A token (PKCS#11) or a cloud's KMS can stand behind it: asked once at start, not for each value. */
export interface KeyProvider {
  /** For messages to people. */
  readonly name: string;
  /** Newest first; none when there are no keys yet.
   *  @throws ConfigError */
  read(): Promise<readonly Kek[]>;
  /** Make one; from now on it is the first. Resolved means it survives a power cut. */
  add(): Promise<Kek>;
  /** Forget one. */
  drop(id: string): Promise<void>;
}

export const kekOf = (key: Uint8Array): Kek => ({
  id: derive(key, 'id', 8).toString('hex'),
  key,
  wrapping: derive(key, 'wrap'),
});

/** One key a line, 64 hex digits, newest first. In another folder than the data: a stolen disk image without it is not
 *  a breach. */
export function keyFile(file: string): KeyProvider {
  function read(): Kek[] {
    const lines = contentOf(file)
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => line !== '');
    return lines.map((line, index) => {
      if (!/^[0-9a-f]{64}$/i.test(line)) {
        throw new ConfigError([
          `vault.keyFile: key ${index + 1} in ${file} is not ${keyBytes} bytes in hex. Restore the file from its own backup`,
        ]);
      }
      return kekOf(Buffer.from(line, 'hex'));
    });
  }

  /** Never in the place of another's: two processes may start at once, and both go on with the file that is there. */
  function begin(kek: Kek): void {
    mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
    const draft = `${file}.${kek.id}`;
    writeFileSync(draft, textOf([kek]), { mode: 0o600, flag: 'wx', flush: true });
    try {
      linkSync(draft, file);
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'EEXIST') throw cause;
    } finally {
      unlinkSync(draft);
    }
    keep(dirname(file));
  }

  /** Whole or not at all: the old file stands until the new one is on disk. */
  function write(keks: readonly Kek[]): void {
    writeFileSync(`${file}.new`, textOf(keks), { mode: 0o600, flush: true });
    renameSync(`${file}.new`, file);
    keep(dirname(file));
  }

  return {
    name: file,
    read: () => Promise.try(read),
    add: () =>
      Promise.try(() => {
        const made = kekOf(randomBytes(keyBytes));
        const before = read();
        if (before.length > 0) write([made, ...before]);
        else begin(made);
        const [first] = read();
        if (!first) throw new ConfigError([`vault.keyFile: ${file} is empty: restore it from its own backup`]);
        return first;
      }),
    drop: (id) =>
      Promise.try(() => {
        write(read().filter((kek) => kek.id !== id));
      }),
  };
}

/** What is wrong with who may read the key file, in words; null: nothing. */
export function looseness(file: string): string | null {
  const mode = statSync(file).mode & 0o777;
  if ((mode & 0o077) === 0) return null;
  return `${file} can be read by others (mode ${mode.toString(8)}): chmod 600 ${file}`;
}

const textOf = (keks: readonly Kek[]): string =>
  keks.map(({ key }) => `${Buffer.from(key).toString('hex')}\n`).join('');

function contentOf(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    if (code === 'ENOENT') return '';
    throw new ConfigError([`vault.keyFile: ${file} cannot be read (${code ?? 'unknown'})`]);
  }
}
