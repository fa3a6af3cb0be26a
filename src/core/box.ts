/** A value, or in plain words why there is none. */
export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

/** A process of its own for what strangers made. It holds nothing worth stealing: no environment, no network, no file but
 *  its code; its time and memory are limited. It starts with the first question. */
export interface Box {
  /** What goes wrong in there is an answer.
   *  @throws when the gateway stops meanwhile: nobody knows what it would have been */
  ask<T>(task: unknown): Promise<Answer<T>>;
}

/** @param worker the module that runs in there: it hears `{ id, task }` and answers `{ id, answer }` over IPC
 *  @param code the folder whose files it may read */
export type OpenBox = (worker: URL, code: URL) => Box;
