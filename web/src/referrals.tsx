import { Group, NativeSelect, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Listed, ReferralView } from '../../src/http/shapes.ts';
import { ask, client } from './api.ts';
import { useLive } from './live.ts';
import { Empty, Loading, State, Trouble, Urgency, walkRows } from './parts.tsx';
import { Go, go, usePlace, withFilters } from './place.tsx';
import { patientOf, ReferralState, referralStates, requestOf } from './referral-words.tsx';

/** Two axes: whether it arrived, and what became of the patient. */
export function ReferralsPage() {
  const place = usePlace();
  const query = new URLSearchParams();
  for (const name of ['state', 'cursor']) {
    const value = place.searchParams.get(name);
    if (value) query.set(name, value);
  }
  const key = ['referrals', query.toString()];
  const load = (background: boolean) => ask<Listed<ReferralView>>(`referrals?${query}`, { background });
  const list = useQuery({ queryKey: key, queryFn: () => load(false) });
  useLive(() => {
    void client.query({ queryKey: key, queryFn: () => load(true), staleTime: 5_000 }).catch(() => undefined);
  });
  return (
    <Stack>
      <Title order={1} size="h3">
        Referrals
      </Title>
      <NativeSelect
        label="State"
        maw={240}
        data={[{ value: '', label: 'all' }, ...referralStates]}
        value={place.searchParams.get('state') ?? ''}
        onChange={(event) => {
          go(withFilters(place, { state: event.currentTarget.value, cursor: '' }));
        }}
      />
      {list.isPending && <Loading />}
      {list.isError && <Trouble error={list.error} retry={() => void list.refetch()} />}
      {list.data && list.data.rows.length === 0 && <Nothing place={place} />}
      {list.data && list.data.rows.length > 0 && <Rows rows={list.data.rows} />}
      <Group justify="flex-end">
        {place.searchParams.has('cursor') && <Go to={withFilters(place, { cursor: '' })}>Newest</Go>}
        {list.data && list.data.next !== null && <Go to={withFilters(place, { cursor: list.data.next })}>Older</Go>}
      </Group>
    </Stack>
  );
}

const Rows = ({ rows }: { readonly rows: readonly ReferralView[] }) => (
  <table className="rows" onKeyDown={walkRows}>
    <thead>
      <tr>
        <th scope="col">Patient</th>
        <th scope="col">To</th>
        <th scope="col">Referral</th>
        <th scope="col">Delivery</th>
      </tr>
    </thead>
    <tbody>
      {rows.map((row) => {
        const { urgency, recipient, requester } = requestOf(row);
        return (
          <tr key={row.id}>
            <td>
              <Go to={`/referrals/${row.id}`} fw={600}>
                {patientOf(row)}
              </Go>{' '}
              <Urgency of={urgency} />
            </td>
            <td data-label="To">
              {row.direction === 'incoming'
                ? `us, from ${requester?.name ?? 'an unknown provider'}`
                : (recipient?.name ?? 'unnamed recipient')}
            </td>
            <td>
              <ReferralState of={row.state} />
            </td>
            <td>
              {row.direction === 'outgoing' ? (
                row.deliveries.map((each) => <State key={each.id} of={each.state} byWord={each.byWord} />)
              ) : (
                <Text size="sm" c="dimmed">
                  arrived here
                </Text>
              )}
            </td>
          </tr>
        );
      })}
    </tbody>
  </table>
);

function Nothing({ place }: { readonly place: URL }) {
  if (!place.searchParams.has('state') && !place.searchParams.has('cursor')) {
    return <Empty title="No referrals yet">Those you send, and those you accept in intake, show up here.</Empty>;
  }
  return (
    <Empty title="Nothing matches">
      <Go to="/referrals">Drop the filter</Go> to see all referrals.
    </Empty>
  );
}
