const CR = 0x0d;
const LF = 0x0a;

/** Every line ends in CRLF. Returns the same buffer when it already is so. */
export function canonical(bytes: Buffer): Buffer {
  if (isCanonical(bytes)) return bytes;
  const out = Buffer.allocUnsafe(bytes.length + countBare(bytes));
  let to = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === LF && bytes[at - 1] !== CR) out[to++] = CR;
    out[to++] = byte;
    if (byte === CR && bytes[at + 1] !== LF) out[to++] = LF;
  }
  return out;
}

/** So much text is looked at at once: one string of it all would have to be swept up. */
const stepBytes = 16_384;

function isCanonical(bytes: Buffer): boolean {
  for (let at = 0; at < bytes.length;) {
    const end = Math.min(at + stepBytes, bytes.length);
    // No step parts CR from LF.
    const next = bytes[end - 1] === CR && end < bytes.length ? end + 1 : end;
    if (/(^|[^\r])\n|\r(?!\n)/.test(bytes.toString('latin1', at, next))) return false;
    at = next;
  }
  return true;
}

/** Line ends that are half of one. Byte by byte: a text of nothing else would become millions of strings. */
function countBare(bytes: Buffer): number {
  let count = 0;
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at] ?? 0;
    if (byte === LF ? bytes[at - 1] !== CR : byte === CR && bytes[at + 1] !== LF) count++;
  }
  return count;
}
