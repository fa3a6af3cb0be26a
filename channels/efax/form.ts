/** One part of a multipart/form-data body (RFC 7578). */
export interface Part {
  readonly name: string;
  /** Null: a field, not a file. */
  readonly file: string | null;
  readonly bytes: Buffer;
}

const mostParts = 100;

/** The parts of a body as a company posts it, or null when it is not one. Small: companies send a handful. */
export function partsOf(contentType: string | null, raw: Uint8Array): Part[] | null {
  const [, quoted, bare] =
    /^multipart\/form-data\s*;.*?boundary=(?:"([^"]{1,70})"|([^\s;]{1,70}))/i.exec(contentType ?? '') ?? [];
  const boundary = quoted ?? bare;
  if (boundary === undefined) return null;
  const body = Buffer.concat([Buffer.from('\r\n'), raw]);
  const mark = Buffer.from(`\r\n--${boundary}`);
  const parts: Part[] = [];
  let at = body.indexOf(mark);
  while (at >= 0 && parts.length < mostParts) {
    const from = at + mark.length;
    if (body.subarray(from, from + 2).toString('latin1') === '--') return parts;
    const next = body.indexOf(mark, from);
    const part = next < 0 ? null : partIn(body.subarray(from + 2, next));
    if (!part) return null;
    parts.push(part);
    at = next;
  }
  return null;
}

function partIn(bytes: Buffer): Part | null {
  const end = bytes.indexOf('\r\n\r\n');
  if (end < 0) return null;
  const headers = bytes.toString('utf8', 0, end);
  const [, disposition = ''] = /^content-disposition:\s*form-data;(.*)$/im.exec(headers) ?? [];
  const parameter = (word: string): string | null =>
    new RegExp(`(?:^|;)\\s*${word}="([^"]*)"`, 'i').exec(disposition)?.[1] ?? null;
  const name = parameter('name');
  return name === null ? null : { name, file: parameter('filename'), bytes: bytes.subarray(end + 4) };
}

/** The text of a field; null where there is none. */
export const fieldOf = (parts: readonly Part[], name: string): string | null =>
  parts.find((part) => part.name === name && part.file === null)?.bytes.toString('utf8') ?? null;
