/** So many a minute, after a quiet time `burst` at once. */
export interface Rate {
  readonly perMinute: number;
  readonly burst: number;
}

/** What is left to draw, and when that was counted. */
export interface Bucket {
  readonly tokens: number;
  readonly at: number;
}

export const fullBucket = (rate: Rate, now: number): Bucket => ({ tokens: rate.burst, at: now });

/** Draw one, leaving `kept` to others. `wait`: milliseconds until there is one; 0: it was drawn. */
export function draw(
  bucket: Bucket,
  { perMinute, burst }: Rate,
  now: number,
  kept = 0,
): { readonly bucket: Bucket; readonly wait: number } {
  const elapsed = Math.max(0, now - bucket.at);
  const tokens = Math.min(burst, bucket.tokens + (elapsed * perMinute) / 60_000);
  const missing = 1 + kept - tokens;
  // A rounding error of the division must not make it wait for nothing.
  if (missing > 1e-9) return { bucket: { tokens, at: now }, wait: Math.ceil((missing * 60_000) / perMinute) };
  return { bucket: { tokens: tokens - 1, at: now }, wait: 0 };
}
