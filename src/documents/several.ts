/** Does something with each, at most `width` at a time, and gives the results in the order of `items`.
 *  The first failure is thrown, and nothing more is begun. */
export async function several<T, R>(
  items: readonly T[],
  width: number,
  perform: (item: T, index: number) => Promise<R>,
): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const index = next++;
      try {
        results[index] = await perform(items[index] as T, index);
      } catch (error) {
        next = items.length;
        throw error;
      }
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, width) }, worker));
  return results;
}
