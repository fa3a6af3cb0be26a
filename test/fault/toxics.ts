import type { Toxic } from './proxy.ts';

/** Slow or torn, and yet everything arrives. */
export const harmless: readonly Toxic[] = [
  { kind: 'latency', ms: 60, jitter: 50 },
  { kind: 'bandwidth', bytesPerSecond: 40_000 },
  { kind: 'slicer', bytes: 97, ms: 1 },
  { kind: 'slow close', ms: 200 },
];

/** The conversation does not come to its end. */
export const harmful: readonly Toxic[] = [
  { kind: 'time-out' },
  { kind: 'reset' },
  { kind: 'limit', bytes: 3 },
  { kind: 'down' },
  { kind: 'swallow', ms: 150 },
  { kind: 'cut' },
];

/** What a sender may say after it: *not* (deferred), *in doubt* (unknown), *taken* (accepted). */
export type Verdict = 'deferred' | 'unknown' | 'accepted';

export interface Cell {
  readonly name: string;
  readonly toxic: Toxic;
  readonly phase: string;
  /** Any of these is right. */
  readonly expected: readonly Verdict[];
  readonly skip: number;
}

/** Every toxic in every phase. `harm`: the verdict when a harmful one strikes there. */
export const cellsOf = (channel: string, harm: Readonly<Record<string, readonly Verdict[]>>, skip = 0): Cell[] =>
  Object.entries(harm).flatMap(([phase, verdict]) =>
    [
      ...harmless.map((toxic) => ({ toxic, expected: ['accepted'] as const })),
      ...harmful.map((toxic) => ({ toxic, expected: verdict })),
    ].map(({ toxic, expected }) => ({ name: `${channel}: ${toxic.kind} at ${phase}`, toxic, phase, expected, skip })),
  );
