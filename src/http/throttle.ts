/** Counts misses by key in windows of fixed length. Memory is bounded: when full, the oldest window goes. */
export interface Throttle {
  /** Seconds to wait when the key has spent its tries; 0 when it may try. */
  wait(key: string): number;
  miss(key: string): void;
  forget(key: string): void;
}

const maxKeys = 10_000;

export function throttle(tries: number, windowMs: number, now: () => number): Throttle {
  const windows = new Map<string, { misses: number; until: number }>();
  const current = (key: string): { misses: number; until: number } | undefined => {
    const window = windows.get(key);
    if (window && window.until <= now()) windows.delete(key);
    return windows.get(key);
  };
  return {
    wait(key) {
      const window = current(key);
      return window && window.misses >= tries ? Math.ceil((window.until - now()) / 1000) : 0;
    },
    miss(key) {
      const window = current(key);
      if (window) window.misses += 1;
      else windows.set(key, { misses: 1, until: now() + windowMs });
      const oldest = windows.keys().next();
      if (windows.size > maxKeys && !oldest.done) windows.delete(oldest.value);
    },
    forget: (key) => void windows.delete(key),
  };
}

/** The same, and once so many came from anywhere, few from each key: whoever guesses from many places gets no further. */
export function crowdThrottle(
  tries: { each: number; all: number; then: number },
  windowMs: number,
  now: () => number,
): Throttle {
  const [each, few, all] = [tries.each, tries.then, tries.all].map((most) => throttle(most, windowMs, now)) as [
    Throttle,
    Throttle,
    Throttle,
  ];
  const everybody = '';
  return {
    wait: (key) => each.wait(key) || Math.min(few.wait(key), all.wait(everybody)),
    miss(key) {
      each.miss(key);
      few.miss(key);
      all.miss(everybody);
    },
    forget(key) {
      each.forget(key);
      few.forget(key);
    },
  };
}
