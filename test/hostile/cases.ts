import type { HostileTown } from './town.ts';

/** What came back, in words, and the bytes that must have been kept, where any must. */
export interface Act {
  readonly answer: string;
  readonly original?: Uint8Array;
  /** What became of it, in words. Asking the gateway is the judge's business, no part of the act.
   *  @param entry what waits for a person now; null: nothing new does */
  look?(entry: Entry | null): Promise<string> | string;
}

/** One hostile thing to do from outside. */
export interface Case {
  readonly name: string;
  act(town: HostileTown): Promise<Act>;
  readonly answer: RegExp;
  /** What a look finds. */
  readonly found?: RegExp;
  /** It is kept apart with these reasons … */
  readonly quarantine?: RegExp;
  /** … or waits for a person with these warnings. Neither: nothing is kept. */
  readonly entry?: RegExp;
}

export interface Entry {
  readonly id: string;
  readonly from: string | null;
  readonly warnings: readonly string[];
  readonly documents: readonly { readonly id: string; readonly name: string }[];
  /** Its pages, each with the text on it. */
  readonly sheets: readonly { readonly text: string }[];
}
export const entryOf = (town: HostileTown, id: string): Promise<Entry> => town.api<Entry>(`/intake/${id}`);
