/** So much text is read at once: one string of it all would cost more than the decoding. */
const stepBytes = 16_384;

/** The bytes of base64, whatever junk stands between its letters. Lines of one length, as nearly everybody sends them, are
 *  read piece by piece, to the same effect in less than half the time. */
export function fromBase64(text: Buffer): Buffer {
  const stride = text.indexOf(0x0a) + 1;
  const letters = stride - (text[stride - 2] === 0x0d ? 2 : 1);
  if (letters < 4 || letters % 4 !== 0 || stride > 1_000) return wholly(text);
  const out = Buffer.allocUnsafe(Math.ceil((text.length * 3) / 4));
  const step = Math.floor(stepBytes / stride) * stride;
  let to = 0;
  let at = 0;
  for (; at + step + stride < text.length && isEven(text, at, at + step, stride, letters); at += step) {
    const written = out.write(text.toString('latin1', at, at + step), to, 'base64');
    // Fewer: there was junk, and the next piece would start within a group of four.
    if (written !== (((step / stride) * letters) / 4) * 3) return wholly(text);
    to += written;
  }
  return out.subarray(0, to + out.write(text.toString('latin1', at), to, 'base64'));
}

const wholly = (text: Buffer): Buffer => Buffer.from(text.toString('latin1'), 'base64');

/** Does every line of that piece end where the first one does? */
function isEven(text: Buffer, from: number, to: number, stride: number, letters: number): boolean {
  for (let line = from; line < to; line += stride) {
    if (text[line + stride - 1] !== 0x0a || text[line + letters] !== text[letters]) return false;
  }
  return true;
}
