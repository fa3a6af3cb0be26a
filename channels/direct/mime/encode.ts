const lineBytes = 57;
const lineLetters = 76;
const lineEnd = 0x0d0a;
/** Small pieces keep their text short-lived, and in the cache: one long string would cost more in garbage collection than
 *  the encoding itself. */
const stepLines = 256;
const scratch = Buffer.allocUnsafeSlow(lineBytes * stepLines);
const letters = Buffer.allocUnsafeSlow(lineLetters * stepLines);
const lettersView = new DataView(letters.buffer);

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
  const out = Buffer.allocUnsafeSlow(first.length + length + Math.ceil(length / lineLetters) * 2);
  const view = new DataView(out.buffer);
  let to = first.copy(out);
  let filled = 0;
  for (const piece of pieces) {
    for (let from = 0; from < piece.length;) {
      const copied = piece.copy(scratch, filled, from);
      from += copied;
      filled += copied;
      if (filled < scratch.length) continue;
      to = writeLines(filled, out, view, to);
      filled = 0;
    }
  }
  writeLines(filled, out, view, to);
  return out;
}

/** Encode the scratch into lines, from the place `at` on. Returns the place behind them. */
function writeLines(filled: number, out: Buffer, view: DataView, at: number): number {
  const length = letters.write(scratch.toString('base64', 0, filled), 'latin1');
  let to = at;
  let from = 0;
  for (; from + lineLetters <= length; from += lineLetters) {
    copyLine(view, to, from);
    to += lineLetters + 2;
  }
  if (from === length) return to;
  to += letters.copy(out, to, from, length);
  view.setUint16(to, lineEnd);
  return to + 2;
}

/** Eight letters at a time, written out: seven times as fast as letter by letter, and a third faster than a loop. */
function copyLine(out: DataView, to: number, from: number): void {
  out.setBigUint64(to, lettersView.getBigUint64(from));
  out.setBigUint64(to + 8, lettersView.getBigUint64(from + 8));
  out.setBigUint64(to + 16, lettersView.getBigUint64(from + 16));
  out.setBigUint64(to + 24, lettersView.getBigUint64(from + 24));
  out.setBigUint64(to + 32, lettersView.getBigUint64(from + 32));
  out.setBigUint64(to + 40, lettersView.getBigUint64(from + 40));
  out.setBigUint64(to + 48, lettersView.getBigUint64(from + 48));
  out.setBigUint64(to + 56, lettersView.getBigUint64(from + 56));
  out.setBigUint64(to + 64, lettersView.getBigUint64(from + 64));
  out.setUint32(to + 72, lettersView.getUint32(from + 72));
  out.setUint16(to + lineLetters, lineEnd);
}
