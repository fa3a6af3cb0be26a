/** One waits, anybody rings; a ring while nobody waits is kept. */
export interface Doorbell {
  readonly ring: () => void;
  /** Resolves at the next ring, or at once when one was kept. */
  readonly rung: () => Promise<void>;
}

export function doorbell(): Doorbell {
  let rings = 0;
  let wake = (): void => undefined;
  return {
    ring: () => {
      rings += 1;
      wake();
    },
    rung: async () => {
      if (rings === 0) {
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
      rings = 0;
    },
  };
}
