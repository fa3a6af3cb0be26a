import type { Leased } from '../store/store.ts';

/** What one relay has at the broker, of one stage. */
export interface Outbox {
  /** How many more may go there now. */
  room(): number;
  sending(): void;
  /** The broker has it. */
  sent(work: Leased): void;
  /** The broker does not have it, or nobody can tell. */
  unsent(): void;
  /** Look how many wait at the broker, whoever sent them. */
  look(count: () => Promise<number>): Promise<void>;
  /** What may still wait there: the leases that are the relay's to keep. */
  waiting(): readonly Leased[];
  /** Its lease is not the relay's any more. */
  drop(work: Leased): void;
}

/** @param window bounds what waits at the broker, so that leases there need not be kept for long, and no message is
 *  overtaken by the end of its lease. */
export function outbox(window: number): Outbox {
  let [depth, since, unconfirmed] = [0, 0, 0];
  let waiting: Leased[] = [];
  return {
    room: () => window - depth - since - unconfirmed,
    sending() {
      unconfirmed += 1;
    },
    sent(work) {
      unconfirmed -= 1;
      since += 1;
      waiting.push(work);
    },
    unsent() {
      unconfirmed -= 1;
    },
    async look(count) {
      const [counted, known] = [since, waiting.slice()];
      depth = await count();
      since -= counted;
      // A queue hands out in order: of ours no more than the last `depth` still wait. The others are with consumers,
      // who keep their leases themselves, or gone, and then nobody may.
      const gone = new Set(known.slice(0, Math.max(0, known.length - depth)));
      waiting = waiting.filter((work) => !gone.has(work));
    },
    waiting: () => waiting,
    drop(work) {
      waiting = waiting.filter((each) => each !== work);
    },
  };
}
