import type { Event } from '../core/change.ts';
import type { MessageId, PracticeId } from '../core/message.ts';
import type { Listed } from './store.ts';

/** The permanent record as one chain for each practice; the chain of '' is the gateway's own. Reads only, but for
 *  checkpoints: lines are written by `commit` alone. */
export interface RecordStore {
  /** Where each chain ends. */
  chains(): Promise<readonly Chain[]>;
  /** Lines from a place on, in the order of the chain. */
  lines(practice: string, from: number, limit: number): Promise<readonly Line[]>;
  /** Leaves of the places from … to, the latter not included. */
  leaves(practice: string, from: number, to: number): Promise<readonly Uint8Array[]>;
  /** Lines of one message; those from before there was a chain are left out. */
  linesOf(message: MessageId): Promise<readonly Line[]>;
  /** Lines that stand in no chain: how many, and up to which cursor; and where the chained ones begin. */
  unchained(): Promise<{ readonly count: number; readonly last: number; readonly first: number | null }>;
  tiles(practice: string): Promise<readonly Uint8Array[]>;
  /** Newest last. */
  checkpoints(practice: string): Promise<readonly Checkpoint[]>;
  /** Keep a checkpoint and the tiles that it filled. Twice is harmless. */
  keep(checkpoint: Checkpoint, tiles: readonly { readonly tile: number; readonly hash: Uint8Array }[]): Promise<void>;
  /** What was done by whom, newest first. */
  search(query: RecordQuery): Promise<Listed<{ readonly cursor: number; readonly event: Event }>>;
}

export interface Chain {
  readonly practice: string;
  readonly size: number;
  readonly chain: Uint8Array;
}

/** A line as it is kept. `text` is made of what stands in the row: its hash is the leaf, unless somebody altered it. */
export interface Line {
  readonly place: number;
  readonly text: string;
  readonly leaf: Uint8Array;
  readonly chain: Uint8Array;
}

export interface Checkpoint {
  readonly practice: string;
  readonly size: number;
  readonly at: number;
  readonly note: string;
}

export interface RecordQuery {
  readonly practices: readonly PracticeId[] | null;
  readonly who?: string | undefined;
  readonly what?: string | undefined;
  readonly subject?: string | undefined;
  readonly message?: string | undefined;
  readonly from?: number | undefined;
  readonly to?: number | undefined;
  readonly cursor?: number | undefined;
  readonly limit: number;
}
