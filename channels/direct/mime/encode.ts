const lineBytes = 57;
/** Two letters are moved at a time, or a line end. */
const linePairs = 38;
const lineEnd = 0x0a0d;
/** Small pieces keep their text short-lived, and in the cache: one long string would cost more in garbage collection than
 *  the encoding itself. */
const scratchLines = 128;
const stepLines = 32;
const scratch = Buffer.allocUnsafeSlow(lineBytes * scratchLines);
const letters = Buffer.allocUnsafeSlow(linePairs * 2 * stepLines);
const pairs = new Uint16Array(letters.buffer);

/** So many bytes, in pieces. */
export interface Bytes {
  readonly size: number;
  readonly pieces: Iterable<Buffer>;
}

export const bytesOf = (buffer: Buffer): Bytes => ({ size: buffer.length, pieces: [buffer] });

/** Base64 in lines of 76 with CRLF, as mail wants it, behind a head that stays as it is. Besides encrypting, this is most
 *  of what we do to large documents: every byte is copied into the scratch, and its letters to their line. */
export function base64Lines({ size, pieces }: Bytes, first: Buffer = Buffer.alloc(0)): Buffer {
  const length = Math.ceil(size / 3) * 4;
  const whole = first.length + length + Math.ceil(length / (linePairs * 2)) * 2;
  // The lines begin at an even place, to be written in pairs.
  const lead = first.length % 2;
  const memory = Buffer.allocUnsafeSlow(lead + whole + (whole % 2) + 1);
  first.copy(memory, lead);
  const out = new Uint16Array(
    memory.buffer,
    lead + first.length,
    Math.floor((memory.length - lead - first.length) / 2),
  );
  let to = 0;
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
  return memory.subarray(lead, lead + whole);
}

/** Encode the scratch, from the place `at` on, into lines. */
function writeLines(filled: number, out: Uint16Array, at: number): number {
  let to = at;
  for (let start = 0; start < filled; start += lineBytes * stepLines) {
    const text = scratch.toString('base64', start, Math.min(start + lineBytes * stepLines, filled));
    letters.write(text, 'latin1');
    const end = text.length / 2;
    for (let from = 0; from < end;) {
      const next = Math.min(from + linePairs, end);
      while (from < next) out[to++] = pairs[from++] ?? 0;
      out[to++] = lineEnd;
    }
  }
  return to;
}
