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

export const isZip = (bytes: Uint8Array): boolean =>
  bytes[0] === 0x50 && bytes[1] === 0x4b && (bytes[2] === 3 || bytes[2] === 5);

/** The files of a ZIP archive, unpacked in memory and nowhere else. What an entry claims of its size is only believed
 *  against it: the bytes are counted while they come.
 *  @throws Malformed when it is damaged, encrypted, too large, or names a place outside itself */
export async function unzip(archive: Buffer, bounds: ZipBounds = usual): Promise<Unzipped[]> {
  const zip = await orMalformed(fromBufferPromise(archive, { lazyEntries: true, validateEntrySizes: true }));
  if (zip.entryCount > bounds.files) throw new Malformed('the archive has too many files');
  const found: Unzipped[] = [];
  let left = bounds.bytes;
  const entries = zip.eachEntry();
  for (;;) {
    const next = await orMalformed(entries.next());
    if (next.done) return found;
    const entry = next.value;
    if (entry.fileName.endsWith('/')) continue;
    if (entry.isEncrypted()) throw new Malformed('the archive is encrypted');
    if (entry.uncompressedSize > left) throw new Malformed('the archive is too large unpacked');
    const bytes = await orMalformed(contentOf(zip, entry, left));
    if (crc32(bytes) !== entry.crc32) throw new Malformed('a file in the archive is damaged');
    left -= bytes.length;
    found.push({ path: entry.fileName, bytes });
  }
}

async function contentOf(zip: ZipFile, entry: Entry, most: number): Promise<Buffer> {
  const pieces: Buffer[] = [];
  let size = 0;
  for await (const piece of await zip.openReadStreamPromise(entry)) {
    size += (piece as Buffer).length;
    if (size > most) throw new Malformed('the archive is too large unpacked');
    pieces.push(piece as Buffer);
  }
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
