/** Class, code and place of an error, for people who report it; never its message, which may quote what a stranger sent. */
export function failureOf(cause: unknown): string {
  if (!(cause instanceof Error)) return typeof cause;
  const code = 'code' in cause && typeof cause.code === 'string' ? ` ${cause.code}` : '';
  const place = /\/((?:src|channels)\/[\w./-]+:\d+)/.exec(cause.stack ?? '')?.[1];
  return `${cause.name}${code}${place === undefined ? '' : ` at ${place}`}`.slice(0, 200);
}
