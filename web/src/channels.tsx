import { Card, Group, SimpleGrid, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ChannelsView } from '../../src/http/channel-shapes.ts';
import type { Me } from '../../src/http/people-shapes.ts';
import { ask, client } from './api.ts';
import { Hold } from './hold.tsx';
import { useLive } from './live.ts';
import { Empty, Loading, Tag, Trouble, When } from './parts.tsx';
import { Pauses } from './pauses.tsx';
import { Go } from './place.tsx';
import { channelName } from './channel-words.ts';

type Channel = ChannelsView['rows'][number];

export function ChannelsPage({ me }: { readonly me: Me }) {
  const key = ['channels'];
  const load = (background: boolean) => ask<ChannelsView>('channels', { background });
  const seen = useQuery({ queryKey: key, queryFn: () => load(false) });
  useLive(() => {
    void client.query({ queryKey: key, queryFn: () => load(true), staleTime: 10_000 }).catch(() => undefined);
  });
  return (
    <Stack>
      <Title order={1} size="h3">
        Channels
      </Title>
      {me.everywhere && (
        <Text size="sm">
          <Go to="/trust">Certificates and trust</Go>: who we are to others, whom we trust, and what ends soon.
        </Text>
      )}
      <Hold me={me} />
      {seen.isPending && <Loading />}
      {seen.isError && <Trouble error={seen.error} retry={() => void seen.refetch()} />}
      {seen.data && (
        <>
          <SimpleGrid cols={{ base: 1, sm: 2 }}>
            {seen.data.rows.map((channel) => (
              <ChannelCard key={channel.name} channel={channel} may={me.everywhere && me.rights.includes('decide')} />
            ))}
          </SimpleGrid>
          {seen.data.rows.length === 0 && <Empty title="No channel is on">Switch some on in the settings.</Empty>}
          <Work view={seen.data} />
        </>
      )}
    </Stack>
  );
}

const proofs = {
  acceptance: 'the far side’s yes',
  processed: 'its gateway’s receipt',
  receipt: 'a receipt from the end',
} as const;

function ChannelCard({ channel, may }: { readonly channel: Channel; readonly may: boolean }) {
  const { name, health, capabilities, circuits, pauses } = channel;
  const { perLane } = capabilities;
  const perMinute = perLane.perMinute === null ? '' : `, ${perLane.perMinute} a minute`;
  return (
    <Card withBorder>
      <Group justify="space-between">
        <Title order={2} size="h4">
          <Go to={`/deliveries?channel=${encodeURIComponent(name)}`} c="inherit" inherit>
            {channelName(name)}
          </Go>
        </Title>
        {pauses.some(({ place }) => place === name) ? (
          <Tag tone="orange" icon="‖">
            paused
          </Tag>
        ) : (
          <Tag tone={health.ok ? 'green' : 'red'} icon={health.ok ? '✓' : '✕'}>
            {health.ok ? 'well' : 'trouble'}
          </Tag>
        )}
      </Group>
      {health.problem && <Text c="var(--bad)">{health.problem}</Text>}
      <dl className="keys">
        <div>
          <dt>Counts as proof</dt>
          <dd>{proofs[capabilities.proof]}</dd>
        </div>
        <div>
          <dt>At once</dt>
          <dd>
            {capabilities.width}; to one far side {perLane.width}
            {perMinute}
          </dd>
        </div>
        <div>
          <dt>At most</dt>
          <dd>
            {capabilities.maxBytes > 0 ? `${Math.round(capabilities.maxBytes / 1024 / 1024)} MB` : 'all that arrives'}
          </dd>
        </div>
      </dl>
      <Title order={3} size="h5" mt="xs">
        Far sides that are spared
      </Title>
      {circuits.length === 0 ? (
        <Text size="sm" c="dimmed">
          None: all take work.
        </Text>
      ) : (
        <Lanes circuits={circuits} />
      )}
      <Pauses channel={channel} may={may} />
    </Card>
  );
}

const whys = {
  circuit: 'did not answer',
  throttled: 'asked us to slow down',
  rate: 'has had its share of this minute',
  paused: 'is paused',
} as const;

const Lanes = ({ circuits }: { readonly circuits: Channel['circuits'] }) => (
  <ul className="plain">
    {circuits.map(({ lane, state, why, since, until }) => (
      <li key={lane}>
        <strong>{lane.slice(lane.indexOf(' ') + 1)}</strong>: {whys[why]}, since <When at={since} />;{' '}
        {state === 'open' ? (
          <>
            nothing routine goes there until <When at={until} />
          </>
        ) : (
          'the next routine item tells whether it is back'
        )}
      </li>
    ))}
  </ul>
);

const stages: Readonly<Record<string, string>> = {
  extract: 'to be read',
  route: 'to be routed',
  deliver: 'to be sent',
  settle: 'to be settled',
  remind: 'reminders',
  acknowledge: 'senders to be told',
  purge: 'to be erased',
};

const Work = ({ view }: { readonly view: ChannelsView }) => (
  <section>
    <Title order={2} size="h4" mb="xs">
      Work that is due
    </Title>
    <Group gap="lg">
      {Object.entries(view.depth).map(([stage, count]) => (
        <Text key={stage}>
          {stages[stage] ?? stage}: <strong>{count.toLocaleString()}</strong>
        </Text>
      ))}
      <Text {...(view.deadLetters > 0 ? { c: 'var(--bad)' } : {})}>
        dead letters: <strong>{view.deadLetters.toLocaleString()}</strong>
        {view.deadLetters > 0 && (
          <>
            {' '}
            (our own work that keeps failing: <Go to="/worklist?kind=dead">see why, and what to do</Go>)
          </>
        )}
      </Text>
    </Group>
  </section>
);
