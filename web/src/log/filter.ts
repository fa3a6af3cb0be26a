/** What the log is narrowed by, as the API takes it. */
export type Filter = Readonly<Partial<Record<(typeof filterNames)[number], string>>>;

export const filterNames = ['state', 'channel', 'practice', 'urgency', 'doubt', 'overdue', 'from', 'to', 'q'] as const;

export function filterOf(place: URL): Filter {
  const given = filterNames.flatMap((name) => {
    const value = place.searchParams.get(name);
    return value ? [[name, value] as const] : [];
  });
  return Object.fromEntries(given);
}

/** Ids, numbers and addresses name no patient; words may. */
export const mayBeName = (text: string): boolean =>
  text.trim() !== '' && !/^[a-z]{3}_[0-9a-z]+$/.test(text.trim()) && !/[@\d]/.test(text);
