/** A share of one, [0, 1), that the words alone decide: the same delivery draws the same lot on every machine, and its
 *  neighbours draw others. FNV-1a with the finish of MurmurHash3: ids that differ in their last letter lie far apart. */
export function lot(words: string): number {
  let hash = 0x811c9dc5;
  for (const letter of words) hash = Math.imul(hash ^ (letter.codePointAt(0) ?? 0), 0x01000193);
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35);
  return ((hash ^ (hash >>> 16)) >>> 0) / 2 ** 32;
}
