import { Button, Group, SegmentedControl, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { EntryLine } from '../../../src/http/intake-shapes.ts';
import type { Listed } from '../../../src/http/shapes.ts';
import { ask, client } from '../api.ts';
import { useLive } from '../live.ts';
import { Empty, Loading, Tag, Trouble, walkRows, When } from '../parts.tsx';
import { Go, go, usePlace, withFilters } from '../place.tsx';
import { Lessons } from './lessons.tsx';
import { nextWaiting } from './next.ts';
import { channelName } from '../channel-words.ts';

export function IntakePage() {
  const place = usePlace();
  const state = place.searchParams.get('state') ?? 'waiting';
  const cursor = place.searchParams.get('cursor') ?? '';
  const key = ['intake', state, cursor];
  const path = `intake?state=${encodeURIComponent(state)}${cursor && `&cursor=${encodeURIComponent(cursor)}`}`;
  const load = (background: boolean) => ask<Listed<EntryLine>>(path, { background });
  const list = useQuery({ queryKey: key, queryFn: () => load(false) });
  useLive(() => {
    void client.query({ queryKey: key, queryFn: () => load(true), staleTime: 0 }).catch(() => undefined);
  });
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={1} size="h3">
          Intake
        </Title>
        <SegmentedControl
          aria-label="State"
          data={['waiting', 'accepted', 'rejected']}
          value={state}
          onChange={(next) => {
            go(withFilters(place, { state: next, cursor: '' }));
          }}
        />
      </Group>
      {state === 'waiting' && list.data && list.data.rows.length > 0 && (
        <Button
          autoFocus
          w="max-content"
          onClick={() => {
            void nextWaiting().then((id) => {
              if (id) go(`/intake/${id}`);
            });
          }}
        >
          Review the next one
        </Button>
      )}
      {list.isPending && <Loading />}
      {list.isError && <Trouble error={list.error} retry={() => void list.refetch()} />}
      {list.data && <Entries list={list.data} state={state} />}
      {list.data && list.data.next !== null && <Go to={withFilters(place, { cursor: list.data.next })}>Older</Go>}
      <Lessons />
    </Stack>
  );
}

function Entries({ list, state }: { readonly list: Listed<EntryLine>; readonly state: string }) {
  if (list.rows.length === 0) {
    return state === 'waiting' ? (
      <Empty title="Nothing waits">Faxes and Direct messages that arrive for your practice show up here.</Empty>
    ) : (
      <Empty title={`Nothing ${state} yet`} />
    );
  }
  return (
    <table className="rows" onKeyDown={walkRows}>
      <thead>
        <tr>
          <th scope="col">Patient</th>
          <th scope="col">Reason</th>
          <th scope="col">By</th>
          <th scope="col">Arrived</th>
        </tr>
      </thead>
      <tbody>
        {list.rows.map((entry) => (
          <tr key={entry.id}>
            <td>
              <Go to={`/intake/${entry.id}`} fw={600}>
                {value(entry, 'patient.name') ?? 'Name not read'}
              </Go>
              {entry.warnings.length > 0 && (
                <Tag tone="orange">
                  ! {entry.warnings.length} {entry.warnings.length === 1 ? 'warning' : 'warnings'}
                </Tag>
              )}
            </td>
            <td>
              <Text lineClamp={2}>{value(entry, 'service.reason') ?? '–'}</Text>
            </td>
            <td className="number">
              {channelName(entry.channel)}, {entry.pages} {entry.pages === 1 ? 'page' : 'pages'}
            </td>
            <td data-label="Arrived">
              <When at={entry.arrivedAt} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

const value = ({ fields }: EntryLine, name: EntryLine['fields'][number]['name']): string | null =>
  fields.find((field) => field.name === name && field.value !== '')?.value ?? null;
