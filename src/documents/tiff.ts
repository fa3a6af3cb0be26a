/** A bounded reader of TIFF directories (TIFF 6.0 §2, RFC 3949). sharp decodes the pixels but reports
 *  one density only, so 204×98 looks square; and libtiff walks loops that we refuse beforehand. */

export interface TiffPage {
  readonly width: number;
  readonly height: number;
  /** Dots per inch; null when the file does not say. */
  readonly xdpi: number | null;
  readonly ydpi: number | null;
  readonly rowsPerStrip: number;
  readonly photometric: number;
  readonly fillOrder: number;
  readonly offsets: readonly number[];
  readonly counts: readonly number[];
}

export interface Directories {
  readonly pages: readonly TiffPage[];
  /** Why the chain of pages stopped before its proper end. */
  readonly stopped: 'cut off' | 'loop' | 'too many pages' | null;
}

const tag = {
  width: 256,
  height: 257,
  photometric: 262,
  fillOrder: 266,
  offsets: 273,
  rowsPerStrip: 278,
  counts: 279,
  xResolution: 282,
  yResolution: 283,
  unit: 296,
} as const;

const wanted: ReadonlySet<number> = new Set(Object.values(tag));
const sizes: Readonly<Record<number, number>> = { 1: 1, 3: 2, 4: 4, 5: 8 };
const maxStrips = 20_000;

/** Walk the page directories of a TIFF, at most `limit`. Never throws: what is cut off or runs in a circle ends the walk. */
export function directories(bytes: Uint8Array, limit: number): Directories {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
  const pages: TiffPage[] = [];
  const seen = new Set<number>();
  if (bytes.length < 8) return { pages, stopped: 'cut off' };
  const little = bytes[0] === 0x49;
  let at = view.getUint32(4, little);
  while (at !== 0) {
    if (seen.has(at)) return { pages, stopped: 'loop' };
    if (pages.length >= limit) return { pages, stopped: 'too many pages' };
    seen.add(at);
    const entries = at + 2 <= bytes.length ? view.getUint16(at, little) : 0;
    const end = at + 2 + entries * 12;
    if (entries === 0 || end + 4 > bytes.length) return { pages, stopped: 'cut off' };
    pages.push(directory(view, at + 2, entries, little));
    at = view.getUint32(end, little);
  }
  return { pages, stopped: null };
}

function directory(view: DataView, start: number, entries: number, little: boolean): TiffPage {
  const found = new Map<number, number[]>();
  for (let i = 0; i < entries; i++) {
    const at = start + i * 12;
    const id = view.getUint16(at, little);
    // Each once, and only ours: 65,535 entries that all point at one long list would cost minutes.
    if (wanted.has(id) && !found.has(id)) found.set(id, values(view, at, little));
  }
  const one = (id: number): number | null => found.get(id)?.[0] ?? null;
  const perInch = one(tag.unit) === 3 ? 2.54 : 1;
  const height = one(tag.height) ?? 0;
  const dpi = (value: number | null): number | null => (value !== null && value > 0 ? value * perInch : null);
  return {
    width: one(tag.width) ?? 0,
    height,
    xdpi: dpi(one(tag.xResolution)),
    ydpi: dpi(one(tag.yResolution)),
    rowsPerStrip: Math.min(one(tag.rowsPerStrip) ?? height, height),
    photometric: one(tag.photometric) ?? 0,
    fillOrder: one(tag.fillOrder) ?? 1,
    offsets: found.get(tag.offsets) ?? [],
    counts: found.get(tag.counts) ?? [],
  };
}

function values(view: DataView, at: number, little: boolean): number[] {
  const type = view.getUint16(at + 2, little);
  const count = view.getUint32(at + 4, little);
  const size = sizes[type];
  if (size === undefined || count > maxStrips) return [];
  const from = size * count <= 4 ? at + 8 : view.getUint32(at + 8, little);
  if (from + size * count > view.byteLength) return [];
  return Array.from({ length: count }, (_, i) => value(view, from + i * size, type, little));
}

function value(view: DataView, at: number, type: number, little: boolean): number {
  switch (type) {
    case 1:
      return view.getUint8(at);
    case 3:
      return view.getUint16(at, little);
    case 5: {
      const below = view.getUint32(at + 4, little);
      return below === 0 ? 0 : view.getUint32(at, little) / below;
    }
    default:
      return view.getUint32(at, little);
  }
}
