/** No far side can put us off for longer. */
const mostMs = 24 * 3_600_000;

/** Retry-After (RFC 9110 §10.2.3: seconds, or an HTTP-date) as epoch ms, not before `now` and at most a day after it;
 *  undefined when it says nothing usable. */
export function retryAfter(value: unknown, now: number): number | undefined {
  if (typeof value !== 'string') return undefined;
  const text = value.trim();
  const at = /^\d{1,10}$/.test(text) ? now + Number(text) * 1000 : httpDate(text);
  return Number.isNaN(at) ? undefined : Math.min(Math.max(at, now), now + mostMs);
}

/** IMF-fixdate and the two older forms (RFC 9110 §5.6.7); Date.parse alone takes far more than dates. */
function httpDate(text: string): number {
  return /^(Mon|Tue|Wed|Thu|Fri|Sat|Sun)/.test(text) ? Date.parse(asctime.test(text) ? `${text} GMT` : text) : NaN;
}

const asctime = /^[A-Z][a-z]{2} [A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d \d{4}$/;
