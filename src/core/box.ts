/** A value, or in plain words why there is none. */
export type Answer<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

/** A process of its own for what strangers made. It holds nothing worth stealing: no environment, no network, no file but
 *  its code; its time and memory are limited. It starts with the first question. */
export interface Box {
  /** What goes wrong in there is an answer.
   *  @throws when the gateway stops meanwhile: nobody knows what it would have been */
  ask<T>(task: unknown): Promise<Answer<T>>;
}

/** @param worker the module that runs in there: it calls `answerEach`
 *  @param code the folder whose files it may read */
export type OpenBox = (worker: URL, code: URL) => Box;

/** A question, and whatever else the worker wants to know. */
interface Asked {
  readonly id: number;
  readonly task: unknown;
}

/** The whole of a worker: what it says first is that its code is loaded, and nobody has asked that. */
export function answerEach(answerOf: (asked: Asked) => Promise<Answer<unknown>>): void {
  process.on('message', (asked: Asked) => {
    void answerOf(asked).then((answer) => process.send?.({ id: asked.id, answer }));
  });
  process.on('disconnect', () => process.exit(0));
  process.send?.({ id: 0 });
}
