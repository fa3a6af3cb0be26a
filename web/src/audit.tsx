import { Button, Code, Group, Stack, Text, TextInput, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { EventView, Listed } from '../../src/http/shapes.ts';
import { ask } from './api.ts';
import { Empty, Loading, textIn, Trouble, When } from './parts.tsx';
import { Go, go, usePlace, withFilters } from './place.tsx';

const words = [
  { name: 'who', label: 'Who', hint: 'user:anna' },
  { name: 'what', label: 'What', hint: 'document.viewed' },
  { name: 'subject', label: 'About', hint: 'an id, or user:anna' },
] as const;
const times = [
  { name: 'from', label: 'From' },
  { name: 'to', label: 'Until' },
] as const;
const filters = [...words, ...times].map(({ name }) => name);

/** Who saw, changed, decided and sent what. The filter is the address, so that it can be handed on. */
export function AuditPage() {
  const place = usePlace();
  const query = new URLSearchParams({ limit: '100' });
  for (const name of [...filters, 'message', 'cursor']) {
    const value = place.searchParams.get(name);
    if (value) query.set(name, value);
  }
  const list = useQuery({
    queryKey: ['audit', query.toString()],
    queryFn: () => ask<Listed<EventView>>(`audit?${query}`),
  });
  const narrowed = [...filters, 'message', 'cursor'].some((name) => place.searchParams.has(name));
  return (
    <Stack>
      <Title order={1} size="h3">
        Audit
      </Title>
      <Filters key={place.search} place={place} />
      {list.isPending && <Loading />}
      {list.isError && <Trouble error={list.error} retry={() => void list.refetch()} />}
      {list.data?.rows.length === 0 && (
        <Empty title={narrowed ? 'Nothing matches' : 'Nothing is on record yet'}>
          {narrowed && (
            <>
              <Go to="/audit">Drop the filters</Go> to see the whole record.
            </>
          )}
        </Empty>
      )}
      {list.data && list.data.rows.length > 0 && <Lines rows={list.data.rows} place={place} />}
      <Group justify="flex-end">
        {place.searchParams.has('cursor') && <Go to={withFilters(place, { cursor: '' })}>Newest</Go>}
        {list.data && list.data.next !== null && <Go to={withFilters(place, { cursor: list.data.next })}>Older</Go>}
      </Group>
    </Stack>
  );
}

function Filters({ place }: { readonly place: URL }) {
  const apply = (form: FormData): void => {
    const local = (name: string): string => {
      const at = new Date(textIn(form, name));
      return Number.isNaN(at.getTime()) ? '' : at.toISOString();
    };
    go(
      withFilters(place, {
        ...Object.fromEntries(words.map(({ name }) => [name, textIn(form, name)])),
        ...Object.fromEntries(times.map(({ name }) => [name, local(name)])),
        message: '',
        cursor: '',
      }),
    );
  };
  return (
    <form
      role="search"
      aria-label="Audit"
      onSubmit={(event) => {
        event.preventDefault();
        apply(new FormData(event.currentTarget));
      }}
    >
      <Group align="end" gap="sm">
        {words.map(({ name, label, hint }) => (
          <TextInput
            key={name}
            name={name}
            label={label}
            placeholder={hint}
            defaultValue={place.searchParams.get(name) ?? ''}
          />
        ))}
        {times.map(({ name, label }) => (
          <TextInput
            key={name}
            name={name}
            label={label}
            type="datetime-local"
            defaultValue={forInput(place.searchParams.get(name))}
          />
        ))}
        <Button type="submit">Show</Button>
      </Group>
    </form>
  );
}

/** In the reader's own time, as the field wants it. */
function forInput(at: string | null): string {
  if (at === null) return '';
  const date = new Date(at);
  return new Date(date.getTime() - date.getTimezoneOffset() * 60_000).toISOString().slice(0, 16);
}

const Lines = ({ rows, place }: { readonly rows: readonly EventView[]; readonly place: URL }) => (
  <table className="rows record">
    <thead>
      <tr>
        <th scope="col">When</th>
        <th scope="col">Who</th>
        <th scope="col">What</th>
        <th scope="col">About</th>
        <th scope="col">More</th>
      </tr>
    </thead>
    <tbody>
      {rows.map(({ cursor, at, who, what, subject, message, facts, note }) => (
        <tr key={cursor}>
          <td>
            <When at={at} exact />
          </td>
          <td data-label="Who">
            <Go to={withFilters(place, { who, cursor: '' })}>{who}</Go>
          </td>
          <td data-label="What">{what}</td>
          <td data-label="About">
            {message === null ? <Code>{subject}</Code> : <Go to={`/messages/${message}`}>{subject}</Go>}
          </td>
          <td className={Object.keys(facts).length === 0 && note === null ? 'nothing' : ''}>
            <Text size="sm">{note}</Text>
            <Text size="sm" c="dimmed">
              {Object.entries(facts)
                .map(([name, value]) => `${name}: ${value}`)
                .join(', ')}
            </Text>
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);
