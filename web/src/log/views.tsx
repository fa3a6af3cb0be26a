import { Button, Group, TextInput } from '@mantine/core';
import { useState } from 'react';
import { Go, usePlace } from '../place.tsx';
import { filterNames, mayBeName } from './filter.ts';

interface View {
  readonly name: string;
  readonly query: string;
}

const builtIn: readonly View[] = [
  { name: 'All', query: '' },
  { name: 'In doubt', query: 'doubt=1' },
  { name: 'Overdue', query: 'overdue=1' },
  { name: 'Held', query: 'state=held' },
  { name: 'Failed', query: 'state=failed' },
  { name: 'Urgent', query: 'urgency=urgent' },
];

const shelf = 'loopgate:views';

function kept(): readonly View[] {
  try {
    const found: unknown = JSON.parse(localStorage.getItem(shelf) ?? '[]');
    return Array.isArray(found) ? (found as View[]).filter(({ name, query }) => Boolean(name) && Boolean(query)) : [];
  } catch {
    return [];
  }
}

/** Filters by name. One's own are kept in this browser; they never hold words that may name a patient. */
export function Views({ place }: { readonly place: URL }) {
  const here = usePlace();
  const [own, setOwn] = useState(kept);
  const [naming, setNaming] = useState<string | null>(null);
  const query = queryOf(place);
  const put = (next: readonly View[]): void => {
    localStorage.setItem(shelf, JSON.stringify(next));
    setOwn(next);
  };
  const all = [...builtIn, ...own];
  const known = all.some((each) => each.query === query);
  const mine = own.find((each) => each.query === query);
  const save = (): void => {
    const name = naming?.trim().slice(0, 40) ?? '';
    if (name !== '') put([...own, { name, query }]);
    setNaming(null);
  };
  return (
    <Group component="nav" gap="xs" aria-label="Views" className="tabs">
      {all.map((each) => (
        <Go
          key={`${each.name} ${each.query}`}
          to={`${here.pathname}${each.query && `?${each.query}`}`}
          className={each.query === query ? 'here' : ''}
          aria-current={each.query === query ? 'page' : undefined}
        >
          {each.name}
        </Go>
      ))}
      {!known && naming === null && (
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => {
            setNaming('');
          }}
        >
          Save this view…
        </Button>
      )}
      {naming !== null && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            save();
          }}
        >
          <Group gap={6}>
            <TextInput
              size="xs"
              aria-label="Name of the view"
              placeholder="Name"
              maxLength={40}
              autoFocus
              value={naming}
              onChange={(event) => {
                setNaming(event.currentTarget.value);
              }}
            />
            <Button size="compact-sm" type="submit">
              Save
            </Button>
          </Group>
        </form>
      )}
      {mine && (
        <Button
          size="compact-sm"
          variant="default"
          onClick={() => {
            put(own.filter((each) => each !== mine));
          }}
        >
          Forget “{mine.name}”
        </Button>
      )}
    </Group>
  );
}

function queryOf(place: URL): string {
  const query = new URLSearchParams();
  for (const name of filterNames) {
    const value = place.searchParams.get(name);
    if (value && !(name === 'q' && mayBeName(value))) query.set(name, value);
  }
  return query.toString();
}
