import type { KeyObject } from 'node:crypto';
import { appendFileSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import type { Log } from '../core/channel.ts';
import type { Checkpoint, RecordStore } from '../store/store.ts';
import { originOf, signHead, verifierKey } from './note.ts';
import { treeOf, type Tree } from './tree.ts';

/** Signs how long each practice's record is and what is in it, so that nobody can shorten or rewrite it unseen. */
export interface Notary {
  readonly key: KeyObject;
  /** The newest checkpoint that covers all lines on file now, with its tree: made when there is none yet. */
  cover(practice: string): Promise<{ readonly checkpoint: Checkpoint; readonly tree: Tree }>;
  /** A checkpoint of every practice whose record has grown. */
  coverAll(): Promise<readonly Checkpoint[]>;
  /** For whoever verifies, in the form of C2SP. */
  verifier(practice: string): string;
}

interface Deps {
  readonly record: RecordStore;
  readonly key: KeyObject;
  readonly now: () => number;
  /** Folder outside the store that each checkpoint is written to as well; null: none. */
  readonly folder: string | null;
}

export function createNotary({ record, key, now, folder }: Deps): Notary {
  async function cover(practice: string) {
    const size = (await record.chains()).find((chain) => chain.practice === practice)?.size ?? 0;
    const tree = await treeOf(record, practice, size);
    const last = (await record.checkpoints(practice)).find((each) => each.size === size);
    if (last) return { checkpoint: last, tree };
    const at = now();
    const note = signHead({ origin: originOf(practice), size, root: tree.root, at }, key);
    const checkpoint = { practice, size, at, note };
    if (folder !== null) writeOutside(folder, checkpoint);
    await record.keep(checkpoint, tree.fresh);
    return { checkpoint, tree };
  }

  return {
    key,
    cover,
    async coverAll() {
      const made: Checkpoint[] = [];
      for (const { practice } of await record.chains()) made.push((await cover(practice)).checkpoint);
      return made;
    },
    verifier: (practice) => verifierKey(originOf(practice), key),
  };
}

/** Sign again and again, and once more at the end. Returns how to end it. */
export function keepSigned({
  notary,
  log,
  everyMs,
}: {
  readonly notary: Notary;
  readonly log: Log;
  readonly everyMs: number;
}): () => Promise<void> {
  const sign = (): Promise<void> =>
    notary.coverAll().then(
      () => undefined,
      (cause: unknown) => {
        log.error('audit.unsigned', {}, cause);
      },
    );
  const timer = setInterval(() => void sign(), everyMs);
  return async () => {
    clearInterval(timer);
    await sign();
  };
}

/** One file for each practice, one note a line, as JSON texts. */
function writeOutside(folder: string, { practice, note }: Checkpoint): void {
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const name = practice === '' ? 'gateway' : `practice-${encodeURIComponent(practice)}`;
  appendFileSync(join(folder, `${name}.notes`), `${JSON.stringify(note)}\n`, { mode: 0o600, flush: true });
}
