import { Button, Group, Stack, Text, TextInput, Title } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { RecipientView } from '../../../src/http/api/recipients.ts';
import type { Me } from '../../../src/http/people-shapes.ts';
import type { Listed } from '../../../src/http/shapes.ts';
import { ask } from '../api.ts';
import { Empty, Loading, Trouble, walkRows } from '../parts.tsx';
import { Go, go, usePlace, withFilters } from '../place.tsx';
import { RecipientForm } from './form.tsx';
import { wayTo } from '../channel-words.ts';

/** Whom the practice refers to. */
export function RecipientsPage({ me }: { readonly me: Me }) {
  const place = usePlace();
  const [q, cursor] = ['q', 'cursor'].map((name) => place.searchParams.get(name) ?? '');
  const query = new URLSearchParams({ limit: '50', ...(q && { q }), ...(cursor && { cursor }) });
  const list = useQuery({
    queryKey: ['recipients', query.toString()],
    queryFn: () => ask<Listed<RecipientView>>(`recipients?${query}`),
    placeholderData: keepPreviousData,
  });
  const [adding, setAdding] = useState(false);
  const search = useDebouncedCallback((words: string) => {
    go(withFilters(new URL(window.location.href), { q: words, cursor: '' }));
  }, 250);
  const sends = me.rights.includes('send');
  const rows = list.data?.rows ?? [];
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={1} size="h3">
          Recipients
        </Title>
        {sends && (
          <Button
            size="xs"
            onClick={() => {
              setAdding(true);
            }}
          >
            Keep a recipient…
          </Button>
        )}
      </Group>
      <TextInput
        type="search"
        label="Search"
        description="Beginnings of words of the name, an NPI, or an address"
        maw={420}
        defaultValue={q}
        onChange={(event) => {
          search(event.currentTarget.value);
        }}
      />
      {list.isPending && <Loading />}
      {list.isError && <Trouble error={list.error} retry={() => void list.refetch()} />}
      {list.data && rows.length === 0 && <Nobody asked={q !== ''} />}
      {rows.length > 0 && <Rows rows={rows} several={me.practices.length > 1} />}
      <Group justify="flex-end">
        {cursor && <Go to={withFilters(place, { cursor: '' })}>First</Go>}
        {list.data && list.data.next !== null && <Go to={withFilters(place, { cursor: list.data.next })}>More</Go>}
      </Group>
      {adding && (
        <RecipientForm
          me={me}
          before={null}
          onClose={() => {
            setAdding(false);
          }}
        />
      )}
    </Stack>
  );
}

const Nobody = ({ asked }: { readonly asked: boolean }) =>
  asked ? (
    <Empty title="Nobody like that">Try fewer letters, or the NPI.</Empty>
  ) : (
    <Empty title="Nobody is kept here yet">
      Keep whom you refer to, with where they are reached: a referral then needs only their name or NPI.
    </Empty>
  );

const Rows = ({ rows, several }: { readonly rows: readonly RecipientView[]; readonly several: boolean }) => (
  <table className="rows" onKeyDown={walkRows}>
    <thead>
      <tr>
        <th scope="col">Recipient</th>
        <th scope="col">NPI</th>
        <th scope="col">Reached by, best first</th>
      </tr>
    </thead>
    <tbody>
      {rows.map(({ id, name, npi, practice, endpoints }) => (
        <tr key={id}>
          <td>
            <Go to={`/recipients/${id}`} fw={600}>
              {name}
            </Go>
            {several && (
              <Text size="sm" c="dimmed">
                kept by {practice}
              </Text>
            )}
          </td>
          <td data-label="NPI" className={npi === null ? 'nothing' : 'number'}>
            {npi ?? '–'}
          </td>
          <td data-label="Reached by">
            {endpoints.map(({ channel, address }) => (
              <Text key={`${channel} ${address}`} size="sm" style={{ overflowWrap: 'anywhere' }}>
                {wayTo(channel, address)}
              </Text>
            ))}
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);
