const line = 76;
/** So many bytes become whole lines. Small pieces keep the text short-lived: one long string would cost more in garbage
 *  collection than the encoding itself. */
const scratch = Buffer.allocUnsafeSlow(57 * 128);

/** So many bytes, in pieces. */
export interface Bytes {
  readonly size: number;
  readonly pieces: Iterable<Buffer>;
}

export const bytesOf = (buffer: Buffer): Bytes => ({ size: buffer.length, pieces: [buffer] });

/** Base64 in lines of 76 with CRLF, as mail wants it, behind a head that stays as it is. Besides encrypting, this is most
 *  of what we do to large documents: every byte is copied twice and no more. */
export function base64Lines({ size, pieces }: Bytes, first: Buffer = Buffer.alloc(0)): Buffer {
  const length = Math.ceil(size / 3) * 4;
  const out = Buffer.allocUnsafeSlow(first.length + length + Math.ceil(length / line) * 2);
  first.copy(out);
  let to = first.length;
  let filled = 0;
  for (const piece of pieces) {
    for (let from = 0; from < piece.length;) {
      const copied = piece.copy(scratch, filled, from);
      from += copied;
      filled += copied;
      if (filled < scratch.length) continue;
      to = writeLines(filled, out, to);
      filled = 0;
    }
  }
  writeLines(filled, out, to);
  return out;
}

/** Encode the scratch into lines. The text is written behind its place, and moved down line by line. */
function writeLines(filled: number, out: Buffer, start: number): number {
  const length = Math.ceil(filled / 3) * 4;
  const breaks = Math.ceil(length / line) * 2;
  let from = start + breaks;
  let to = start;
  const end = from + length;
  out.write(scratch.toString('base64', 0, filled), from, 'latin1');
  while (from < end) {
    const next = Math.min(from + line, end);
    out.copyWithin(to, from, next);
    to += next - from;
    out[to++] = 0x0d;
    out[to++] = 0x0a;
    from = next;
  }
  return to;
}
