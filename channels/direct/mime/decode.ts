/** So much text is read at once: one string of it all would cost more than the decoding. */
const stepBytes = 65_536;

/** The bytes of base64, whatever junk stands between its letters. Lines of one length, as nearly everybody sends them, are read
 *  piece by piece, to the same effect in less than half the time. */
export function fromBase64(text: Buffer): Buffer {
  const stride = text.indexOf(0x0a) + 1;
  const letters = stride - (text[stride - 2] === 0x0d ? 2 : 1);
  if (letters < 4 || letters % 4 !== 0 || stride > 1_000) return wholly(text);
  const lines = evenLines(text, stride, letters);
  const out = Buffer.allocUnsafe(Math.ceil((text.length * 3) / 4));
  const step = Math.floor(stepBytes / stride);
  let to = 0;
  for (let line = 0; line < lines; line += step) {
    const end = Math.min(line + step, lines);
    const written = out.write(text.toString('latin1', line * stride, end * stride), to, 'base64');
    // Fewer: there was junk, and the next piece would start within a group of four.
    if (written !== ((end - line) * letters * 3) / 4) return wholly(text);
    to += written;
  }
  return out.subarray(0, to + out.write(text.toString('latin1', lines * stride), to, 'base64'));
}

const wholly = (text: Buffer): Buffer => Buffer.from(text.toString('latin1'), 'base64');

/** How many lines from the start end where the first one does. The last of them may end in padding: it does not count. */
function evenLines(text: Buffer, stride: number, letters: number): number {
  let end = stride;
  while (text[end - 1] === 0x0a && text[end - (stride - letters)] === text[letters]) end += stride;
  return Math.max(0, Math.floor(end / stride) - 2);
}
