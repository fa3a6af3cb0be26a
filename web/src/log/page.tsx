import { Group, Stack, Title } from '@mantine/core';
import { useState } from 'react';
import type { Me } from '../../../src/http/people-shapes.ts';
import { usePlace } from '../place.tsx';
import { Export, Filters } from './filters.tsx';
import { Rows } from './rows.tsx';
import { filterOf, type Filter } from './filter.ts';
import { Views } from './views.tsx';

/** Words that may be a patient's name stay out of the address bar: it is kept in histories and logs. */
let lastWords = '';

export function LogPage({ me }: { readonly me: Me }) {
  const place = usePlace();
  const [words, setWords] = useState(lastWords);
  const seek = (next: string): void => {
    lastWords = next;
    setWords(next);
  };
  const filter: Filter = { ...filterOf(place), ...(words === '' ? {} : { q: words }) };
  return (
    <Stack gap="sm">
      <Group justify="space-between">
        <Title order={1} size="h3">
          Delivery log
        </Title>
        {words === '' && <Export place={place} />}
      </Group>
      <Views place={place} />
      <Filters me={me} place={place} words={words} onWords={seek} />
      <Rows
        key={JSON.stringify(filter)}
        filter={filter}
        me={me}
        onDrop={() => {
          seek('');
        }}
      />
    </Stack>
  );
}
