import { crc32 } from 'node:zlib';
import { fromBufferPromise, type Entry, type ZipFile } from 'yauzl';
import { Malformed } from '../cms/der.ts';

export interface ZipBounds {
  readonly files: number;
  /** Of all files together, unpacked. */
  readonly bytes: number;
}

export interface Unzipped {
  /** As it stands in the archive, with `/` between folders: never a path of ours. */
  readonly path: string;
  readonly bytes: Buffer;
}

/** So much fits an XDM package: what a message may carry, several times over. */
const usual: ZipBounds = { files: 500, bytes: 150_000_000 };
/** Text with much white space shrinks to a thirtieth. More than this is no document, unless it is small all the same. */
const mostRatio = 100;
const smallBytes = 10_000_000;

export const isZip = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5);

/** The files of a ZIP archive, unpacked in memory and nowhere else. What an entry claims of its size
 *  bounds what comes of it.
 *  @throws Malformed when it is damaged, encrypted, too large, or names a place outside itself */
export async function unzip(archive: Buffer, bounds: ZipBounds = usual): Promise<Unzipped[]> {
  const zip = await orMalformed(fromBufferPromise(archive, { lazyEntries: true, validateEntrySizes: true }));
  if (zip.entryCount > bounds.files) throw new Malformed('the archive has too many files');
  const entries = await orMalformed(entriesOf(zip));
  checkClaims(entries, Math.min(bounds.bytes, Math.max(smallBytes, archive.length * mostRatio)));
  const found: Unzipped[] = [];
  for (const entry of entries) {
    const bytes = await orMalformed(contentOf(zip, entry));
    if (crc32(bytes) !== entry.crc32) throw new Malformed('a file in the archive is damaged');
    found.push({ path: entry.fileName, bytes });
  }
  return found;
}

async function entriesOf(zip: ZipFile): Promise<Entry[]> {
  const entries: Entry[] = [];
  for await (const entry of zip.eachEntry()) if (!entry.fileName.endsWith('/')) entries.push(entry);
  return entries;
}

/** Before anything is unpacked, which would keep everybody else waiting: entries that lie in each other's bytes are made to
 *  be larger than they look, and nobody packs by the hundredfold.
 *  @throws Malformed */
function checkClaims(entries: readonly Entry[], most: number): void {
  if (entries.some((entry) => entry.isEncrypted())) throw new Malformed('the archive is encrypted');
  const claimed = entries.reduce((sum, { uncompressedSize }) => sum + uncompressedSize, 0);
  if (claimed > most) throw new Malformed('the archive is too large unpacked');
  let end = 0;
  for (const entry of entries.toSorted((a, b) => a.relativeOffsetOfLocalHeader - b.relativeOffsetOfLocalHeader)) {
    if (entry.relativeOffsetOfLocalHeader < end) throw new Malformed('files in the archive share their bytes');
    end = entry.relativeOffsetOfLocalHeader + localHeaderBytes + entry.compressedSize;
  }
}

/** Without name and extra field, which it may have or not. */
const localHeaderBytes = 30;

/** `validateEntrySizes` ends it where more comes than was claimed. */
async function contentOf(zip: ZipFile, entry: Entry): Promise<Buffer> {
  const pieces: Buffer[] = [];
  for await (const piece of await zip.openReadStreamPromise(entry)) pieces.push(piece as Buffer);
  return Buffer.concat(pieces);
}

/** yauzl and zlib throw plain errors, whose words can quote file names. */
async function orMalformed<T>(work: Promise<T>): Promise<T> {
  try {
    return await work;
  } catch (cause) {
    if (cause instanceof Malformed) throw cause;
    throw new Malformed('the archive is damaged', { cause });
  }
}
