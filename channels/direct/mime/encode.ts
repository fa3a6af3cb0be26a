/** Base64 in lines of 76 with CRLF, as mail wants it. One pass and one copy: this is most of what we do to large
 *  documents besides encrypting them. */
export function base64Lines(pieces: readonly Buffer[]): Buffer {
  const text = (pieces.length === 1 && pieces[0] ? pieces[0] : Buffer.concat(pieces)).toString('base64');
  const flat = Buffer.from(text, 'latin1');
  const lines = Math.ceil(flat.length / 76);
  const out = Buffer.allocUnsafe(flat.length + lines * 2);
  let to = 0;
  for (let from = 0; from < flat.length; from += 76) {
    to += flat.copy(out, to, from, Math.min(from + 76, flat.length));
    out[to++] = 0x0d;
    out[to++] = 0x0a;
  }
  return out;
}
