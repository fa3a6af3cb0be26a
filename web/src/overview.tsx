import { Card, Group, SegmentedControl, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { OverviewView } from '../../src/http/desk-shapes.ts';
import type { Me } from '../../src/http/people-shapes.ts';
import { ask, client } from './api.ts';
import { Arrivals } from './chart.tsx';
import { Emergency } from './emergency.tsx';
import { Hold } from './hold.tsx';
import { useLive } from './live.ts';
import { Empty, Loading, Trouble } from './parts.tsx';
import { Go, go, usePlace, withFilters } from './place.tsx';
import { duration } from './times.ts';
import { channelName } from './channel-words.ts';

export function OverviewPage({ me }: { readonly me: Me }) {
  const place = usePlace();
  const span = place.searchParams.get('span') === 'week' ? 'week' : 'day';
  const key = ['overview', span];
  const load = (background: boolean) => ask<OverviewView>(`overview?span=${span}`, { background });
  const seen = useQuery({ queryKey: key, queryFn: () => load(false) });
  useLive(() => {
    void client.query({ queryKey: key, queryFn: () => load(true), staleTime: 5_000 }).catch(() => undefined);
  });
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={1} size="h3">
          What needs a person now
        </Title>
        {!me.emergency && <Emergency me={me} />}
      </Group>
      <Hold me={me} />
      {seen.isPending && <Loading />}
      {seen.isError && <Trouble error={seen.error} retry={() => void seen.refetch()} />}
      {seen.data && (
        <>
          <Needs needs={seen.data.needs} me={me} />
          <Group justify="space-between" mt="md">
            <Title order={2} size="h4">
              How the channels do
            </Title>
            <SegmentedControl
              aria-label="Span"
              data={[
                { value: 'day', label: '24 hours' },
                { value: 'week', label: '7 days' },
              ]}
              value={span}
              onChange={(next) => {
                go(withFilters(place, { span: next === 'day' ? '' : next }));
              }}
            />
          </Group>
          <Figures view={seen.data} />
        </>
      )}
    </Stack>
  );
}

interface Need {
  readonly name: string;
  readonly count: number | null;
  readonly to: string;
  readonly means: string;
}

function Needs({ needs, me }: { readonly needs: OverviewView['needs']; readonly me: Me }) {
  const all: readonly Need[] = [
    { name: 'In doubt', count: needs.doubt, to: '/worklist?kind=doubt', means: 'may have arrived; nobody can say' },
    { name: 'Held', count: needs.held, to: '/worklist?kind=held', means: 'stopped until somebody decides' },
    {
      name: 'Undeliverable',
      count: needs.undeliverable,
      to: '/worklist?kind=undeliverable',
      means: 'every way said no',
    },
    { name: 'Overdue', count: needs.overdue, to: '/deliveries?overdue=1', means: 'no proof by the deadline' },
    ...(me.rights.includes('intake')
      ? [{ name: 'Intake', count: needs.intake, to: '/intake', means: 'arrived, to be reviewed' }]
      : []),
    {
      name: 'Emergencies',
      count: needs.emergencies,
      to: '/worklist?kind=emergencies',
      means: 'content was seen for a reason; to be reviewed',
    },
    {
      name: 'Dead letters',
      count: needs.deadLetters,
      to: '/worklist?kind=dead',
      means: 'our own work that keeps failing',
    },
  ];
  const shown = all.flatMap((each) => (each.count === null ? [] : [{ ...each, count: each.count }]));
  const calm = shown.every(({ count }) => count === 0);
  return (
    <>
      {calm && <Text>✓ Nothing. All that was sent is proven or on its way.</Text>}
      <SimpleGrid cols={{ base: 2, xs: 3, lg: Math.min(4, shown.length), xl: shown.length }} spacing="sm">
        {shown.map(({ name, count, to, means }) => (
          <Card key={name} withBorder padding="sm" className={count > 0 ? 'need some' : 'need'}>
            <Go to={to} className="cover" fw={600} c="var(--mantine-color-text)">
              {name}
            </Go>
            <Text fz={30} fw={700} lh={1.1} className="number">
              {count.toLocaleString()}
            </Text>
            <Text size="sm" c="dimmed">
              {means}
            </Text>
          </Card>
        ))}
      </SimpleGrid>
    </>
  );
}

const percent = (part: number, whole: number): string =>
  whole === 0 ? '–' : `${((100 * part) / whole).toLocaleString(undefined, { maximumFractionDigits: 1 })} %`;

function Figures({ view }: { readonly view: OverviewView }) {
  if (view.channels.length === 0) {
    return (
      <Empty title="Nothing arrived in this time">
        <Go to="/send">Send a referral</Go>, here or by the API: how each channel does shows up then.
      </Empty>
    );
  }
  return (
    <>
      <Arrivals view={view} />
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">Channel</th>
            <th scope="col">Taken on</th>
            <th scope="col">Proven</th>
            <th scope="col">To proof, half within</th>
            <th scope="col">95 % within</th>
            <th scope="col">By a later route</th>
            <th scope="col">Deadline missed</th>
          </tr>
        </thead>
        <tbody>
          {view.channels.map(({ channel, states, fallbacks, missed, p50Ms, p95Ms }) => {
            const total = Object.values(states).reduce((sum, each) => sum + each, 0);
            return (
              <tr key={channel ?? ''}>
                <th scope="row">
                  {channel ? (
                    <Go to={`/deliveries?channel=${encodeURIComponent(channel)}`}>{channelName(channel)}</Go>
                  ) : (
                    'no way yet'
                  )}
                </th>
                <td data-label="Taken on">{total.toLocaleString()}</td>
                <td data-label="Proven">{percent(states.delivered ?? 0, total)}</td>
                <td data-label="To proof, half within">{p50Ms === null ? '–' : duration(p50Ms)}</td>
                <td data-label="95 % within">{p95Ms === null ? '–' : duration(p95Ms)}</td>
                <td data-label="By a later route">{percent(fallbacks, total)}</td>
                <td data-label="Deadline missed">{missed.toLocaleString()}</td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </>
  );
}
