import type { RecordStore } from '../store/store.ts';
import { proofOf, rootOf } from './merkle.ts';

/** So many leaves make a tile: a power of two, so that a whole one is a node of every larger tree. */
export const tileSize = 1024;

export interface Tree {
  readonly root: Uint8Array;
  /** Tiles that are whole in it, and were not kept before. */
  readonly fresh: readonly { readonly tile: number; readonly hash: Uint8Array }[];
  /** Tiles, the last of them perhaps not whole. */
  readonly nodes: readonly Uint8Array[];
}

/** The tree of a practice's first `size` lines, by what is kept of it and the leaves that came since. */
export async function treeOf(record: RecordStore, practice: string, size: number): Promise<Tree> {
  const kept = (await record.tiles(practice)).slice(0, Math.floor(size / tileSize));
  const nodes = [...kept];
  const fresh: { tile: number; hash: Uint8Array }[] = [];
  for (let tile = kept.length; tile * tileSize < size; tile++) {
    const end = Math.min(size, (tile + 1) * tileSize);
    const hash = rootOf(await record.leaves(practice, tile * tileSize, end));
    nodes.push(hash);
    if (end === (tile + 1) * tileSize) fresh.push({ tile, hash });
  }
  return { root: rootOf(nodes), fresh, nodes };
}

/** The way from the line at this place to the root of that tree. */
export async function pathTo(
  record: RecordStore,
  { nodes }: Tree,
  { practice, size, place }: { readonly practice: string; readonly size: number; readonly place: number },
): Promise<Uint8Array[]> {
  const tile = Math.floor(place / tileSize);
  const leaves = await record.leaves(practice, tile * tileSize, Math.min(size, (tile + 1) * tileSize));
  return [...proofOf(leaves, place - tile * tileSize), ...proofOf(nodes, tile)];
}
