import { crc32, deflateRawSync } from 'node:zlib';

/** One file of an archive; what is claimed of it need not be so. */
interface Packed {
  readonly name: string;
  readonly content: Buffer;
  /** Unpacked bytes. */
  readonly claimed?: number;
  /** 1: with a password. */
  readonly flags?: number;
}

/** A ZIP archive, written by hand so that it can be wrong: each entry is listed `listed` times over the same bytes.
 *  @param entries how many it claims to have */
function archiveOf({ name, content, claimed = content.length, flags = 0 }: Packed, listed = 1, entries = listed) {
  const packed = deflateRawSync(content, { level: 9 });
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(flags, 2);
  common.writeUInt16LE(8, 4);
  common.writeUInt32LE(crc32(content), 10);
  common.writeUInt32LE(packed.length, 14);
  common.writeUInt32LE(claimed, 18);
  common.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, Buffer.from(name), packed]);
  const head = Buffer.from('PK\x01\x02\x14\0', 'latin1');
  const line = Buffer.concat([head, common, Buffer.alloc(14), Buffer.from(name)]);
  const central = Buffer.concat(Array.from({ length: listed }, () => line));
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(entries, 8);
  end.writeUInt16LE(entries, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}

const letter = Buffer.from('Dear colleague');

export const climbingOut = (): Buffer => archiveOf({ name: '../../METADATA.XML', content: letter });
export const locked = (): Buffer => archiveOf({ name: 'METADATA.XML', content: letter, flags: 1 });
/** 160 MB in 160 KB. */
export const zipBomb = (): Buffer => archiveOf({ name: 'METADATA.XML', content: Buffer.alloc(160_000_000) });
export const lyingBomb = (): Buffer =>
  archiveOf({ name: 'METADATA.XML', content: Buffer.alloc(160_000_000), claimed: 10 });
/** 400 files of 1 MB in one and the same KB. */
export const overlapping = (): Buffer => archiveOf({ name: 'METADATA.XML', content: Buffer.alloc(1_000_000) }, 400);
/** Two files in the same few bytes. */
export const sharing = (): Buffer => archiveOf({ name: 'METADATA.XML', content: letter }, 2);
export const countless = (): Buffer => archiveOf({ name: 'METADATA.XML', content: letter }, 1, 65_000);

/** As 42.zip is built. */
export function matryoshka(depth: number): Buffer {
  let content = letter;
  for (let i = 0; i < depth; i++) content = archiveOf({ name: `${i}.zip`, content });
  return content;
}
