import pLimit from 'p-limit';

/** Does something with each, at most `width` at a time, and gives the results in the order of `items`.
 *  The first failure is thrown, and nothing more is begun. */
export async function several<T, R>(
  items: readonly T[],
  width: number,
  perform: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const limit = pLimit(Math.max(1, width));
  try {
    return await limit.map(items, perform);
  } finally {
    limit.clearQueue();
  }
}
