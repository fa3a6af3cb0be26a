import type { Dots } from './dots.ts';
import { black, endOfLine, horizontal, pass, vertical, white } from './g4-codes.ts';

/** One page coded as CCITT Group 4 (ITU-T T.6): each row is told by where it differs from the row above. */
export function group4({ width, height, changes, starts }: Dots): Uint8Array {
  const out = new Bits(changes.length * 2 + height);
  let above = new Uint16Array(width + beyond).fill(width);
  let row = new Uint16Array(width + beyond);
  for (let y = 0; y < height; y++) {
    const [from, to] = [starts[y] as number, starts[y + 1] as number];
    for (let at = from; at < to; at++) row[at - from] = changes[at] as number;
    row.fill(width, to - from, to - from + beyond);
    out.room(width * 2);
    codeRow(row, above, width, out);
    [above, row] = [row, above];
  }
  out.room(2 * width);
  out.add(endOfLine);
  out.add(endOfLine);
  return out.whole();
}

/** Every row ends with changes at its width: whatever is looked for behind the last one is there. */
const beyond = 4;

/** The names are the standard's: a0 is where we are, a1 and a2 the next changes of this row, b1 and b2 those above that
 *  lie right of a0, b1 being one to the colour that a1 changes to. */
function codeRow(row: Uint16Array, above: Uint16Array, width: number, out: Bits): void {
  let a0 = -1;
  let next = 0;
  let over = 0;
  while (a0 < width) {
    while (over > 0 && (above[over - 1] as number) > a0) over -= 1;
    while ((above[over] as number) <= a0) over += 1;
    if (over % 2 !== next % 2) over += 1;
    const a1 = row[next] as number;
    const b1 = above[over] as number;
    const b2 = above[over + 1] as number;
    if (b2 < a1) {
      out.add(pass);
      a0 = b2;
    } else if (a1 - b1 <= 3 && b1 - a1 <= 3) {
      out.add(vertical[a1 - b1 + 3] as number);
      a0 = a1;
      next += 1;
    } else {
      const a2 = row[next + 1] as number;
      out.add(horizontal);
      addRun(a1 - Math.max(0, a0), next % 2 === 0 ? white : black, out);
      addRun(a2 - a1, next % 2 === 0 ? black : white, out);
      a0 = a2;
      next += 2;
    }
  }
}

const longest = 2560;

function addRun(length: number, codes: Int32Array, out: Bits): void {
  let rest = length;
  while (rest >= longest + 64) {
    out.add(codes[63 + longest / 64] as number);
    rest -= longest;
  }
  if (rest >= 64) out.add(codes[63 + (rest >> 6)] as number);
  out.add(codes[rest & 63] as number);
}

/** Bits in a row, the first the highest of its byte (TIFF's fill order 1). */
class Bits {
  private bytes: Uint8Array;
  private length = 0;
  private word = 0;
  private held = 0;

  constructor(size: number) {
    this.bytes = new Uint8Array(size);
  }

  /** Makes room for so many bytes more. */
  room(more: number): void {
    if (this.length + more <= this.bytes.length) return;
    const larger = new Uint8Array(this.bytes.length * 2 + more);
    larger.set(this.bytes);
    this.bytes = larger;
  }

  add(code: number): void {
    const length = code & 15;
    this.word = (this.word << length) | (code >> 4);
    this.held += length;
    while (this.held >= 8) {
      this.held -= 8;
      this.bytes[this.length++] = this.word >> this.held;
    }
  }

  whole(): Uint8Array {
    if (this.held > 0) this.bytes[this.length++] = this.word << (8 - this.held);
    return this.bytes.subarray(0, this.length);
  }
}
