/** The result of `work`, or null where it throws, in about the same time either way: OpenSSL's error costs some ten
 *  microseconds, which would tell a wrong tag or a wrong wrapped key from a right one.
 *  @param decoy work of the same kind that succeeds or throws as it is told; it does the other of what `work` did */
export function evenly<T>(work: () => T, decoy: (succeeds: boolean) => unknown): T | null {
  const found = attempt(work);
  attempt(() => decoy(found === null));
  return found;
}

export function attempt<T>(work: () => T): T | null {
  try {
    return work();
  } catch {
    return null;
  }
}
