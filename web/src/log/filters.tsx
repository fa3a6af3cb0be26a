import { Button, Group, NativeSelect, TextInput } from '@mantine/core';
import { useDebouncedCallback, useHotkeys } from '@mantine/hooks';
import { useRef } from 'react';
import type { Me } from '../../../src/http/people-shapes.ts';
import { deliveryStates } from '../parts.tsx';
import { go, withFilters } from '../place.tsx';
import { filterNames, mayBeName } from './filter.ts';
import { channelName } from '../channel-words.ts';

interface FiltersProps {
  readonly me: Me;
  readonly place: URL;
  readonly words: string;
  readonly onWords: (words: string) => void;
}

export function Filters({ me, place, words, onWords }: FiltersProps) {
  const set = (changes: Record<string, string>): void => {
    go(withFilters(place, changes));
  };
  const value = (name: string): string => place.searchParams.get(name) ?? '';
  const select = (name: string, label: string, data: readonly { value: string; label: string }[]) => (
    <NativeSelect
      label={label}
      data={[{ value: '', label: 'all' }, ...data]}
      value={value(name)}
      onChange={(event) => {
        set({ [name]: event.currentTarget.value });
      }}
    />
  );
  return (
    <Group align="end" gap="sm" role="search" aria-label="Deliveries">
      {select('state', 'State', deliveryStates)}
      {select(
        'channel',
        'Channel',
        me.channels.map((name) => ({ value: name, label: channelName(name) })),
      )}
      {select(
        'urgency',
        'Urgency',
        ['routine', 'urgent', 'stat'].map((name) => ({ value: name, label: channelName(name) })),
      )}
      {me.practices.length > 1 &&
        select(
          'practice',
          'Practice',
          me.practices.map(({ id, name }) => ({ value: id, label: name })),
        )}
      <TextInput
        type="date"
        label="From"
        value={value('from').slice(0, 10)}
        onChange={(event) => {
          set({ from: dayStart(event.currentTarget.value, 0) });
        }}
      />
      <TextInput
        type="date"
        label="To"
        value={dayOf(value('to'))}
        onChange={(event) => {
          set({ to: dayStart(event.currentTarget.value, 1) });
        }}
      />
      <Search place={place} words={words} onWords={onWords} content={me.rights.includes('content')} />
    </Group>
  );
}

/** What the address says, as a table. */
export function Export({ place }: { readonly place: URL }) {
  const query = new URLSearchParams(
    filterNames.flatMap((name) => (place.searchParams.has(name) ? [[name, place.searchParams.get(name) ?? '']] : [])),
  );
  return (
    <Button component="a" size="compact-md" variant="default" href={`/api/v1/deliveries.csv?${query}`} download>
      Export CSV
    </Button>
  );
}

/** Midnight of the reader's day, with its offset in it. */
function dayStart(day: string, plus: number): string {
  if (day === '') return '';
  const at = new Date(`${day}T00:00:00`);
  at.setDate(at.getDate() + plus);
  return at.toISOString();
}

function dayOf(to: string): string {
  if (to === '') return '';
  const at = new Date(Date.parse(to) - 1);
  const two = (part: number): string => String(part).padStart(2, '0');
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())}`;
}

interface SearchProps extends Omit<FiltersProps, 'me'> {
  readonly content: boolean;
}

function Search({ place, words, onWords, content }: SearchProps) {
  const field = useRef<HTMLInputElement>(null);
  useHotkeys([['/', () => field.current?.focus()]]);
  const search = useDebouncedCallback((text: string) => {
    const named = mayBeName(text);
    onWords(named ? text.trim() : '');
    go(withFilters(new URL(window.location.href), { q: named ? '' : text.trim() }));
  }, 150);
  return (
    <TextInput
      ref={field}
      label="Search"
      placeholder={content ? 'Id, address, number, recipient or patient' : 'Id, address, number or recipient'}
      type="search"
      maxLength={200}
      defaultValue={words || (place.searchParams.get('q') ?? '')}
      flex={1}
      miw={220}
      autoComplete="off"
      onChange={(event) => {
        search(event.currentTarget.value);
      }}
    />
  );
}
