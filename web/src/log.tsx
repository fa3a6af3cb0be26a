import { Badge, Button, Group, NativeSelect, Stack, Text, TextInput, Title } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { DeliveryLine, Listed, Me } from '../../src/http/shapes.ts';
import { ask, client } from './api.ts';
import { useLive } from './live.ts';
import { deliveryStates, Empty, Loading, State, Trouble, Urgency, walkRows, When } from './parts.tsx';
import { Go, go, usePlace, withFilters } from './place.tsx';

const filterNames = ['state', 'channel', 'q'] as const;

export function LogPage({ me }: { readonly me: Me }) {
  const place = usePlace();
  const query = place.searchParams.toString();
  return (
    <Stack>
      <Title order={1} size="h3">
        Deliveries
      </Title>
      <Filters me={me} place={place} />
      <Rows key={query} query={query} place={place} />
    </Stack>
  );
}

function Filters({ me, place }: { readonly me: Me; readonly place: URL }) {
  const set = (changes: Record<string, string>): void => {
    go(withFilters(place, { ...changes, cursor: '' }));
  };
  const search = useDebouncedCallback((q: string) => {
    set({ q });
  }, 300);
  const value = (name: string): string => place.searchParams.get(name) ?? '';
  return (
    <Group align="end" gap="sm" role="search" aria-label="Deliveries">
      <NativeSelect
        label="State"
        data={[{ value: '', label: 'all' }, ...deliveryStates]}
        value={value('state')}
        onChange={(event) => {
          set({ state: event.currentTarget.value });
        }}
      />
      <NativeSelect
        label="Channel"
        data={[{ value: '', label: 'all' }, ...me.channels]}
        value={value('channel')}
        onChange={(event) => {
          set({ channel: event.currentTarget.value });
        }}
      />
      <TextInput
        label="Search"
        placeholder="Address, fax number or id"
        type="search"
        maxLength={200}
        defaultValue={value('q')}
        flex={1}
        miw={200}
        onChange={(event) => {
          search(event.currentTarget.value);
        }}
      />
    </Group>
  );
}

function Rows({ query, place }: { readonly query: string; readonly place: URL }) {
  const key = ['deliveries', query];
  const load = (background: boolean) => ask<Listed<DeliveryLine>>(`deliveries?${query}`, { background });
  const list = useQuery({ queryKey: key, queryFn: () => load(false), placeholderData: keepPreviousData });
  const live = useLive(() => {
    void client.query({ queryKey: key, queryFn: () => load(true), staleTime: 0 }).catch(() => undefined);
  });
  // Rows never move under the reader's hand: what is newer than this id waits behind a button. Ids sort by time.
  const [top, setTop] = useState<string | null>(null);
  const newest = list.data?.rows[0]?.id ?? null;
  if (top === null && newest !== null) setTop(newest);

  if (list.isPending) return <Loading />;
  if (list.isError) return <Trouble error={list.error} retry={() => void list.refetch()} />;
  const fresh = list.data.rows.filter(({ id }) => top !== null && id > top).length;
  return (
    <>
      <div aria-live="polite" className="pill">
        {fresh > 0 && (
          <Button
            size="compact-md"
            radius="xl"
            onClick={() => {
              setTop(newest);
            }}
          >
            {fresh} new
          </Button>
        )}
      </div>
      {list.data.rows.length === 0 ? <Nothing place={place} /> : <Table rows={list.data.rows.slice(fresh)} />}
      <Group justify="space-between">
        <Text size="sm" c="dimmed" role="status">
          {live ? '● Live' : '○ Not live: the gateway cannot be reached; trying again'}
        </Text>
        <Group>
          {place.searchParams.has('cursor') && <Go to={withFilters(place, { cursor: '' })}>Newest</Go>}
          {list.data.next !== null && <Go to={withFilters(place, { cursor: list.data.next })}>Older</Go>}
        </Group>
      </Group>
    </>
  );
}

function Table({ rows }: { readonly rows: readonly DeliveryLine[] }) {
  return (
    <table className="rows" onKeyDown={walkRows}>
      <thead>
        <tr>
          <th scope="col">To</th>
          <th scope="col">State</th>
          <th scope="col">By</th>
          <th scope="col">Received</th>
          <th scope="col">Proof due</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((row) => (
          <Row key={row.id} row={row} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ row }: { readonly row: DeliveryLine }) {
  return (
    <tr>
      <td>
        <Go to={`/messages/${row.message}`} fw={600}>
          {row.recipient ?? row.address ?? 'no address'}
        </Go>{' '}
        <Urgency of={row.urgency} />
        {row.direction === 'incoming' && (
          <Badge variant="default" tt="none">
            incoming
          </Badge>
        )}
      </td>
      <td>
        <State of={row.state} byWord={row.byWord} />
        {row.inDoubt && (
          <Text size="xs" c="dimmed">
            may have arrived
          </Text>
        )}
      </td>
      <td>
        {row.channel ? `${row.channel} ` : row.state === 'pending' ? 'being read ' : 'no way found '}
        <Text span size="sm" c="dimmed">
          {row.recipient ? row.address : ''}
        </Text>
      </td>
      <td data-label="Received">
        <When at={row.receivedAt} />
      </td>
      {isOpen(row) ? (
        <td data-label="Proof due">
          <When at={row.deadline} />
        </td>
      ) : (
        <td className="nothing">–</td>
      )}
    </tr>
  );
}

const isOpen = ({ state }: DeliveryLine): boolean => !['delivered', 'cancelled', 'failed'].includes(state);

function Nothing({ place }: { readonly place: URL }) {
  const narrowed = filterNames.some((name) => place.searchParams.has(name)) || place.searchParams.has('cursor');
  if (!narrowed) {
    return (
      <Empty title="No deliveries yet">Send a referral by the API or `loopgate send`; it shows up here at once.</Empty>
    );
  }
  return (
    <Empty title="Nothing matches">
      <Go to="/">Drop the filters</Go> to see all deliveries.
    </Empty>
  );
}
