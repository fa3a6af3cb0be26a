import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { prepareZXingModule as prepareReader, readBarcodes } from 'zxing-wasm/reader';
import { prepareZXingModule as prepareWriter, writeBarcode } from 'zxing-wasm/writer';

/** Left to itself, the library fetches its WebAssembly from the network. */
const wasm = (name: 'reader' | 'writer'): { readonly overrides: { readonly wasmBinary: ArrayBuffer } } => {
  const bytes = readFileSync(createRequire(import.meta.url).resolve(`zxing-wasm/${name}/zxing_${name}.wasm`));
  return { overrides: { wasmBinary: new Uint8Array(bytes).buffer } };
};

let writer: Promise<unknown> | null = null;
let reader: Promise<unknown> | null = null;

/** The modules of a QR code, true where black: `size` × `size`, row by row. */
interface QrCode {
  readonly size: number;
  readonly black: readonly boolean[];
}

/** Of version 2, so that its modules always have the same size.
 *  @throws when the text is longer than 29 upper-case letters and digits */
export const sheetCode = (text: string): Promise<QrCode> => written(text, 'ecLevel=Q,version=2');

/** As large as the text asks for. */
export const addressCode = (text: string): Promise<QrCode> => written(text, 'ecLevel=Q');

async function written(text: string, options: string): Promise<QrCode> {
  writer ??= prepareWriter({ ...wasm('writer'), fireImmediately: true });
  await writer;
  const { symbol, error } = await writeBarcode(text, { format: 'QRCode', options });
  if (error !== '') throw new Error(`no QR code can be made: ${error}`);
  return { size: symbol.width, black: Array.from(symbol.data, (value) => value === 0) };
}

/** Dark modules side by side are one bar: each rectangle of its own costs as much as a long one. */
export function barsOf({ size, black }: QrCode): { x: number; y: number; length: number }[] {
  const bars: { x: number; y: number; length: number }[] = [];
  for (const [i, dark] of black.entries()) {
    if (!dark) continue;
    const last = bars.at(-1);
    const [x, y] = [i % size, Math.floor(i / size)];
    if (last?.y === y && last.x + last.length === x) last.length += 1;
    else bars.push({ x, y, length: 1 });
  }
  return bars;
}

/** The texts of the QR codes in a grey picture (white 255). `whole`: look everywhere and quickly, else carefully. */
export async function readCodes(
  grey: { readonly data: Uint8Array; readonly width: number; readonly height: number },
  whole: boolean,
): Promise<readonly string[]> {
  reader ??= prepareReader({ ...wasm('reader'), fireImmediately: true });
  await reader;
  const { width, height } = grey;
  const data = new Uint8ClampedArray(width * height * 4).fill(255);
  for (let i = 0; i < grey.data.length; i++) {
    const value = grey.data[i] ?? 255;
    data[i * 4] = value;
    data[i * 4 + 1] = value;
    data[i * 4 + 2] = value;
  }
  const found = await readBarcodes({ data, width, height } as Parameters<typeof readBarcodes>[0], {
    formats: ['QRCode'],
    tryHarder: !whole,
    tryRotate: !whole,
    tryInvert: false,
    tryDownscale: false,
    maxNumberOfSymbols: 4,
  });
  return found.filter(({ isValid }) => isValid).map(({ text }) => text);
}
