import { maxPages } from './limits.ts';
import { acceptable, claim, type ReadableType } from './media-type.ts';
import { directories } from './tiff.ts';

/** What to call an offered file on its way out, or in plain words why we will not carry it. Stricter than what we
 *  make of arrivals: half a file is better than none to a reader, but nobody means to send half a file; and no honest
 *  C-CDA declares entities, so theirs go to nobody. */
export function sendable(
  name: string,
  declared: string,
  bytes: Uint8Array,
): { readonly mediaType: ReadableType } | { readonly problem: string } {
  const verdict = acceptable(name, declared, bytes);
  if ('problem' in verdict) return verdict;
  const claimed = claim(name, declared);
  // Who opens it at the other end would be told that it is damaged.
  if (verdict.mediaType === 'text/plain' && claimed !== null)
    return { problem: `the file calls itself ${claimed}, but it is plain text` };
  if (verdict.mediaType === 'image/tiff') {
    const problem = tiffProblem(bytes);
    if (problem !== null) return { problem };
  }
  if (verdict.mediaType === 'text/xml' && /<!(DOCTYPE|ENTITY)/i.test(Buffer.from(bytes).toString('latin1')))
    return { problem: 'the clinical document carries a DOCTYPE, which is not allowed' };
  return verdict;
}

interface File {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** Files to be sent, with the types that they really are, and by index what is wrong with those that cannot be. */
export function sendableFiles(files: readonly File[]): {
  readonly checked: readonly File[];
  readonly problems: ReadonlyMap<number, string>;
} {
  const problems = new Map<number, string>();
  const checked = files.map((file, index) => {
    const verdict = sendable(file.name, file.mediaType, file.bytes);
    if ('mediaType' in verdict) return { ...file, mediaType: verdict.mediaType };
    problems.set(index, verdict.problem);
    return file;
  });
  return { checked, problems };
}

function tiffProblem(bytes: Uint8Array): string | null {
  const { pages, stopped } = directories(bytes, maxPages);
  const outside = pages.some(({ offsets, counts }) =>
    offsets.some((offset, i) => offset + (counts[i] ?? 0) > bytes.length),
  );
  if (stopped === 'cut off' || outside) return 'the TIFF is cut off: a part of it is missing';
  return stopped === 'loop' ? 'the TIFF is damaged: its pages run in a circle' : null;
}
