import { createHash } from 'node:crypto';

/** Merkle trees by RFC 9162 section 2.1, SHA-256. Hashes are 32 bytes. */

export const leafHash = (text: string | Uint8Array): Uint8Array =>
  createHash('sha256').update('\0').update(text).digest();

const nodeHash = (left: Uint8Array, right: Uint8Array): Uint8Array =>
  createHash('sha256').update('\u0001').update(left).update(right).digest();

/** A tree that grows to the right. */
export interface Growing {
  add(leaf: Uint8Array): void;
  /** 2.1.1: of the leaves so far. */
  root(): Uint8Array;
}

export function growing(): Growing {
  // From the left, whole subtrees side by side: each is twice the next or more.
  const whole: { readonly hash: Uint8Array; readonly size: number }[] = [];
  return {
    add(leaf) {
      let node = { hash: leaf, size: 1 };
      for (let last = whole.at(-1); last && last.size === node.size; last = whole.at(-1)) {
        whole.pop();
        node = { hash: nodeHash(last.hash, node.hash), size: node.size * 2 };
      }
      whole.push(node);
    },
    root() {
      if (whole.length === 0) return createHash('sha256').digest();
      return whole.map(({ hash }) => hash).reduceRight((right, left) => nodeHash(left, right));
    },
  };
}

/** 2.1.1: the root of a tree with these leaves; they may be roots of whole subtrees of one size, the last of any. */
export function rootOf(leaves: readonly Uint8Array[]): Uint8Array {
  const tree = growing();
  for (const leaf of leaves) tree.add(leaf);
  return tree.root();
}

/** 2.1.3.1: what must be added to the leaf at this place to come to the root, from below. */
export function proofOf(leaves: readonly Uint8Array[], place: number): Uint8Array[] {
  if (leaves.length <= 1) return [];
  const split = 2 ** Math.ceil(Math.log2(leaves.length) - 1);
  const [left, right] = [leaves.slice(0, split), leaves.slice(split)];
  return place < split ? [...proofOf(left, place), rootOf(right)] : [...proofOf(right, place - split), rootOf(left)];
}

/** 2.1.3.2: the root that a proof leads to; null when it cannot be a proof for this place. */
export function rootBy(leaf: Uint8Array, place: number, size: number, proof: readonly Uint8Array[]): Uint8Array | null {
  if (!(place < size)) return null;
  let [node, last] = [place, size - 1];
  let hash = leaf;
  for (const step of proof) {
    if (last === 0) return null;
    if (node % 2 === 1 || node === last) {
      hash = nodeHash(step, hash);
      while (node % 2 === 0 && node !== 0) [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
    } else {
      hash = nodeHash(hash, step);
    }
    [node, last] = [Math.floor(node / 2), Math.floor(last / 2)];
  }
  return last === 0 ? hash : null;
}
