/** One waits, anybody rings; a ring while nobody waits is kept. */
export interface Doorbell {
  readonly ring: () => void;
  /** Resolves at the next ring, or at once when one was kept. */
  readonly rung: () => Promise<void>;
}

export function doorbell(): Doorbell {
  let kept = false;
  let wake: (() => void) | null = null;
  return {
    ring: () => {
      kept = true;
      wake?.();
    },
    rung: async () => {
      if (!kept) await new Promise<void>((resolve) => (wake = resolve));
      kept = false;
      wake = null;
    },
  };
}
