import { Malformed } from '../cms/der.ts';

/** So much text is read at once: one string of it all would cost more than the decoding. */
const stepBytes = 32_768;

/** The bytes of base64, whatever junk stands between its letters. Lines of one length, as nearly everybody sends them, are
 *  read piece by piece, to the same effect in a third of the time.
 *  @param room where the bytes may be put, if they find room there: fresh memory costs as much as the decoding */
export function fromBase64(text: Buffer, room: Buffer | null = null): Buffer {
  const stride = text.indexOf(0x0a) + 1;
  const letters = stride - (text[stride - 2] === 0x0d ? 2 : 1);
  if (letters < 4 || letters % 4 !== 0 || stride > 1_000) return wholly(text);
  const size = Math.ceil((text.length * 3) / 4);
  const out = room && room.length >= size ? room : Buffer.allocUnsafe(size);
  const step = Math.floor(stepBytes / stride) * stride;
  const bytes = (((step / stride) * letters) / 4) * 3;
  let to = 0;
  let at = 0;
  for (; startsWithLetters(text, at + step); at += step) {
    // Three letters of the next line tell whether the lines before it hold whole groups of four, and no junk: two bytes
    // more than theirs come out then, and else never.
    if (out.write(text.toString('latin1', at, at + step + 3), to, 'base64') !== bytes + 2) return wholly(text);
    to += bytes;
  }
  return out.subarray(0, to + out.write(text.toString('latin1', at), to, 'base64'));
}

const wholly = (text: Buffer): Buffer => Buffer.from(text.toString('latin1'), 'base64');

const startsWithLetters = (text: Buffer, at: number): boolean =>
  at + 3 <= text.length && /^[A-Za-z0-9+/]{3}$/.test(text.toString('latin1', at, at + 3));

/** Uuencoded lines: how many bytes, then four letters for every three of them. Blanks that got lost at the end of a line
 *  stand for zeros.
 *  @throws Malformed when the lines promise far more than they hold */
export function uudecode(body: Buffer): Buffer {
  const most = Math.max(body.length, 1 << 20);
  const out = Buffer.alloc(Math.min(most, body.length * 32));
  let to = 0;
  for (let line = 0, end = 0; line < body.length; line = end + 1) {
    end = lineEnd(body, line);
    if (isFrame(body, line, end)) continue;
    const size = six(body, line, end);
    if (to + size > out.length) throw new Malformed('the uuencoded lines promise more than they hold');
    for (let at = line + 1, made = 0; made < size && at < end; at += 4, made += 3) {
      const group = (six(body, at, end) << 18) | (six(body, at + 1, end) << 12) | (six(body, at + 2, end) << 6);
      const bytes = group | six(body, at + 3, end);
      for (let i = 0; i < 3 && made + i < size; i++) out[to + made + i] = bytes >> (16 - 8 * i);
    }
    to += size;
  }
  return out.subarray(0, to);
}

function lineEnd(body: Buffer, line: number): number {
  let end = line;
  while (end < body.length && body[end] !== 0x0a) end++;
  return end;
}

/** `begin 644 name`, `end`, and lines that hold nothing. */
function isFrame(body: Buffer, line: number, end: number): boolean {
  const length = body[end - 1] === 0x0d ? end - 1 - line : end - line;
  if (length === 0 || body[line] === 0x60) return true;
  if (body[line] === 0x62 && length > 6) return body.toString('latin1', line, line + 6) === 'begin ';
  return length === 3 && body.toString('latin1', line, line + 3) === 'end';
}

/** Six bits of a letter; of none, zeros. */
const six = (body: Buffer, at: number, end: number): number => (at < end ? ((body[at] ?? 0) - 0x20) & 0x3f : 0);
