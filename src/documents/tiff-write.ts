import { directories } from './tiff.ts';

/** A page coded as CCITT G4, in the words of TIFF 6.0. */
export interface CodedPage {
  readonly width: number;
  readonly height: number;
  readonly strips: readonly Uint8Array[];
  readonly rowsPerStrip: number;
  readonly photometric: number;
  readonly fillOrder: number;
}

/** Joins single-page CCITT G4 TIFFs to one fax file: each page keeps its coded strips. Nothing is decoded again. */
export function joined(sheets: readonly Uint8Array[]): Uint8Array {
  return tiffOf(
    sheets.map((sheet) => {
      const [page] = directories(sheet, 1).pages;
      if (!page) throw new Error('a rendered fax page is not a TIFF');
      return {
        ...page,
        strips: page.offsets.map((offset, i) => sheet.subarray(offset, offset + (page.counts[i] ?? 0))),
      };
    }),
  );
}

/** A fax file (RFC 2306, profile F) with the tags that a fax line expects: 204×196 dpi, page n of m. */
export function tiffOf(pages: readonly CodedPage[]): Uint8Array {
  const parts: Uint8Array[] = [];
  let length = 8;
  const add = (bytes: Uint8Array): number => {
    const at = length;
    const padded = bytes.length % 2 === 0 ? bytes : Buffer.concat([bytes, Buffer.alloc(1)]);
    parts.push(padded);
    length += padded.length;
    return at;
  };
  const links: { readonly part: Buffer; readonly at: number }[] = [];
  const starts: number[] = [];
  for (const [index, page] of pages.entries()) {
    const counts = page.strips.map((strip) => strip.length);
    const offsets = page.strips.map(add);
    const resolution = add(longs([204, 1, 196, 1]));
    const many = offsets.length > 1;
    const fields: Field[] = [
      [254, 4, 1, 2],
      [256, 4, 1, page.width],
      [257, 4, 1, page.height],
      [258, 3, 1, 1],
      [259, 3, 1, 4],
      [262, 3, 1, page.photometric],
      [266, 3, 1, page.fillOrder],
      [273, 4, offsets.length, many ? add(longs(offsets)) : (offsets[0] ?? 0)],
      [277, 3, 1, 1],
      [278, 4, 1, page.rowsPerStrip],
      [279, 4, offsets.length, many ? add(longs(counts)) : (counts[0] ?? 0)],
      [282, 5, 1, resolution],
      [283, 5, 1, resolution + 8],
      [293, 4, 1, 0],
      [296, 3, 1, 2],
      [297, 3, 2, index + pages.length * 0x10000],
    ];
    const part = entries(fields);
    starts.push(add(part));
    links.push({ part, at: part.length - 4 });
  }
  links.forEach(({ part, at }, i) => part.writeUInt32LE(starts[i + 1] ?? 0, at));
  const head = Buffer.from('II*\0\0\0\0\0', 'latin1');
  head.writeUInt32LE(starts[0] ?? 0, 4);
  return Buffer.concat([head, ...parts]);
}

/** Tag, type (3 short, 4 long, 5 rational), count, value or its place. Tags ascend, as TIFF 6.0 asks. */
type Field = readonly [tag: number, type: number, count: number, value: number];

function entries(fields: readonly Field[]): Buffer {
  const out = Buffer.alloc(2 + fields.length * 12 + 4);
  out.writeUInt16LE(fields.length, 0);
  for (const [i, [tag, type, count, value]] of fields.entries()) {
    const at = 2 + i * 12;
    out.writeUInt16LE(tag, at);
    out.writeUInt16LE(type, at + 2);
    out.writeUInt32LE(count, at + 4);
    out.writeUInt32LE(value, at + 8);
  }
  return out;
}

function longs(values: readonly number[]): Buffer {
  const out = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => out.writeUInt32LE(value, i * 4));
  return out;
}
