import type { Row, Statement } from './db.ts';

/** What the gateway's thread asks of SQLite's. */
export type Ask =
  | { readonly id: number; readonly read: Statement }
  | { readonly id: number; readonly change: readonly Statement[] }
  | { readonly id: number; readonly close: true };

/** An error that crossed the threads: `code` tells which of ours to make of it. */
export interface Failure {
  readonly code: string;
  readonly message: string;
  readonly problems: readonly string[];
}

/** `id` null: whether the store could be opened; if not, nothing that was or will be asked has an answer. */
export type Answer =
  | { readonly id: number; readonly rows: readonly Row[] }
  | { readonly id: number; readonly failure: Failure }
  | { readonly id: null; readonly failure: Failure | null };

/** Below this, copying is cheaper than handing over. */
const largeBytes = 16_384;

/** The memory behind a large value that is nobody else's. */
export function transferable(value: unknown): ArrayBuffer[] {
  if (!(value instanceof Uint8Array) || value.byteLength < largeBytes) return [];
  const { buffer } = value;
  return buffer instanceof ArrayBuffer && buffer.byteLength === value.byteLength ? [buffer] : [];
}
