import { expect, test } from '@jest/globals';
import { growing, leafHash, proofOf, rootBy, rootOf } from '../../src/audit/merkle.ts';

const hex = (bytes: Uint8Array | null): string => Buffer.from(bytes ?? []).toString('hex');

// The leaves and roots that implementations of RFC 6962 (the same hashes) are tested with.
const leaves = ['', '00', '10', '2021', '3031', '40414243', '5051525354555657', '606162636465666768696a6b6c6d6e6f'].map(
  (text) => leafHash(Buffer.from(text, 'hex')),
);

test.each([
  [0, 'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'],
  [1, '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d'],
  [2, 'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125'],
  [3, 'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77'],
  [8, '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328'],
])('the root of %i leaves', (size, root) => {
  expect(hex(rootOf(leaves.slice(0, size)))).toBe(root);
});

test('every leaf of every tree has a proof, and no other leaf, place, size or proof will do', () => {
  const many = Array.from({ length: 70 }, (_, index) => leafHash(`leaf ${index}`));
  const tree = growing();
  for (let size = 1; size <= many.length; size++) {
    tree.add(many[size - 1] ?? leafHash(''));
    const now = many.slice(0, size);
    const root = hex(tree.root());
    for (const [place, leaf] of now.entries()) {
      const proof = proofOf(now, place);
      expect(hex(rootBy(leaf, place, size, proof))).toBe(root);
      expect(hex(rootBy(leafHash('another'), place, size, proof))).not.toBe(root);
      expect(hex(rootBy(leaf, place, size, [...proof, leaf]))).not.toBe(root);
      expect(hex(rootBy(leaf, place + size, size, proof))).not.toBe(root);
      if (size > 1) {
        expect(hex(rootBy(leaf, (place + 1) % size, size, proof))).not.toBe(root);
        expect(hex(rootBy(leaf, place, size, proof.slice(1)))).not.toBe(root);
      }
    }
  }
});
