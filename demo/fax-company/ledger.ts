import { createHash } from 'node:crypto';
import { closeSync, fsyncSync, openSync, writeSync } from 'node:fs';
import { PDFDocument } from 'pdf-lib';
import sharp from 'sharp';

/** One call that brought pages to the far machine. */
export interface Transmission {
  readonly fax: string;
  readonly to: string;
  readonly from: string;
  /** As it was given, and decoded. */
  readonly client_state: string | null;
  readonly state: string | null;
  readonly pages: number;
  /** False: the call ended before the last page. */
  readonly whole: boolean;
  /** Hex SHA-256 of the file that was fetched. */
  readonly sha256: string;
  readonly at: string;
}

/** What really went out, kept apart from what anybody says about it; a judge reads the file.
 *  Each line is on disk before the company tells anyone. */
export function openLedger(file: string | null): {
  readonly lines: Transmission[];
  write(line: Transmission): void;
  close(): void;
} {
  const lines: Transmission[] = [];
  const handle = file === null ? null : openSync(file, 'a');
  return {
    lines,
    write(line) {
      lines.push(line);
      if (handle === null) return;
      writeSync(handle, `${JSON.stringify(line)}\n`);
      fsyncSync(handle);
    },
    close() {
      if (handle !== null) closeSync(handle);
    },
  };
}

export const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Pages of a TIFF or PDF.
 *  @throws when it is neither, as a fax company's own converter would. */
export async function countPages(bytes: Uint8Array): Promise<number> {
  const isPdf = Buffer.from(bytes.subarray(0, 5)).toString('latin1') === '%PDF-';
  if (isPdf) return (await PDFDocument.load(bytes)).getPageCount();
  return (await sharp(bytes).metadata()).pages ?? 1;
}
