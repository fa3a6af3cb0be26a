import { Alert, Button, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { ChannelsView } from '../../src/http/channel-shapes.ts';
import { ask, client } from './api.ts';
import { ReasonDialog, When } from './parts.tsx';
import { channelName } from './channel-words.ts';

type Channel = ChannelsView['rows'][number];
type Pause = Channel['pauses'][number];

/** What a person has paused of a channel, and the ways to pause more of it or to end it. `may`: the reader decides for
 *  all practices. */
export function Pauses({ channel, may }: { readonly channel: Channel; readonly may: boolean }) {
  const [asking, setAsking] = useState(false);
  const whole = channel.pauses.some(({ place }) => place === channel.name);
  if (channel.name === 'intake') return null;
  return (
    <Stack gap="xs" mt="sm">
      {channel.pauses.map((pause) => (
        <Paused key={pause.place} pause={pause} farHosts={channel.farHosts} may={may} />
      ))}
      {may && (
        <Group>
          <Button
            size="compact-md"
            variant="default"
            onClick={() => {
              setAsking(true);
            }}
          >
            {whole ? 'Pause it for another time…' : `Pause ${channelName(channel.name)}…`}
          </Button>
        </Group>
      )}
      {asking && (
        <PauseDialog
          channel={channel}
          onClose={() => {
            setAsking(false);
          }}
        />
      )}
    </Stack>
  );
}

interface PausedProps {
  readonly pause: Pause;
  readonly farHosts: boolean;
  readonly may: boolean;
}

function Paused({ pause: { place, by, reason, since, until }, farHosts, may }: PausedProps) {
  const [whole = '', lane] = place.split(' ');
  const name = lane === undefined ? channelName(whole) : `${channelName(whole)} ${lane}`;
  const what =
    lane !== undefined && farHosts
      ? `${lane} is paused: nothing goes there`
      : `${name} is paused: nothing leaves by it`;
  const [asking, setAsking] = useState(false);
  const resume = useMutation({
    mutationFn: (why: string) =>
      ask(`channels/${encodeURIComponent(place)}/resume`, { method: 'POST', body: { reason: why } }),
    onSuccess: () => {
      setAsking(false);
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['channels'] }),
  });
  return (
    <Alert color="orange" variant="light" title={what}>
      <Text size="sm">
        {reason} — {by.replace(':', ' ')}, <When at={since} />. It sends again by itself <When at={until} />; until then
        referrals take their other ways, and those without one wait.
      </Text>
      {may && (
        <Button
          mt="xs"
          size="xs"
          onClick={() => {
            setAsking(true);
          }}
        >
          Let it send again…
        </Button>
      )}
      {asking && (
        <ReasonDialog
          title={`Let ${name} send again now?`}
          action="Let it send"
          busy={resume.isPending}
          error={resume.error}
          onClose={() => {
            setAsking(false);
          }}
          onReason={(why) => {
            resume.mutate(why);
          }}
        />
      )}
    </Alert>
  );
}

const spans = [
  { label: 'for half an hour', value: '30' },
  { label: 'for 2 hours', value: '120' },
  { label: 'for 8 hours', value: '480' },
  { label: 'for a day', value: '1440' },
  { label: 'until a time of my choice', value: 'until' },
];

/** No channel has this name. */
const oneFarHost = '';

const laneOf = async (channel: string, of: string): Promise<string> => {
  const query = new URLSearchParams({ of: of.trim() });
  return (await ask<{ place: string }>(`channels/${encodeURIComponent(channel)}/lane?${query}`)).place;
};

interface FarHostProps {
  readonly channel: string;
  readonly of: string;
  readonly onOf: (of: string) => void;
}

/** The far side by an address there, as people know it; the gateway says which mail server that is. */
function FarHost({ channel, of, onOf }: FarHostProps) {
  const [typed] = useDebouncedValue(of.trim(), 300);
  const found = useQuery({
    queryKey: ['lane', channel, typed],
    queryFn: () => laneOf(channel, typed),
    enabled: typed !== '',
  });
  return (
    <TextInput
      label="An address there, or its domain"
      description={
        found.data
          ? `That is ${found.data.slice(channel.length + 1)}: whatever goes there waits, for other addresses, too.`
          : 'Like desk@direct.clinic.org, or direct.clinic.org.'
      }
      error={typed === of.trim() && found.error?.message}
      required
      maxLength={320}
      value={of}
      onChange={(event) => {
        onOf(event.currentTarget.value);
      }}
    />
  );
}

function PauseDialog({
  channel: { name, ways, farHosts },
  onClose,
}: {
  readonly channel: Channel;
  readonly onClose: () => void;
}) {
  const [what, setWhat] = useState(name);
  const [span, setSpan] = useState('120');
  const [until, setUntil] = useState('');
  const [of, setOf] = useState('');
  const pause = useMutation({
    mutationFn: async (reason: string) => {
      const place = what === oneFarHost ? await laneOf(name, of) : what;
      const end = span === 'until' ? new Date(until) : new Date(Date.now() + Number(span) * 60_000);
      const body = { reason, until: end.toISOString() };
      return ask(`channels/${encodeURIComponent(place)}/pause`, { method: 'POST', body });
    },
    onSuccess: onClose,
    onSettled: () => client.invalidateQueries({ queryKey: ['channels'] }),
  });
  return (
    <ReasonDialog
      title={`Pause ${channelName(name)}?`}
      note="Nothing new leaves by it, for any practice. What is on its way is not called back. Arrivals are taken as usual."
      question="Why? Everybody reads this beside the referrals that it holds up: name no patient."
      action="Pause"
      busy={pause.isPending}
      error={pause.error}
      onClose={onClose}
      onReason={(reason) => {
        if ((span !== 'until' || until !== '') && (what !== oneFarHost || of.trim() !== '')) pause.mutate(reason);
      }}
    >
      {(ways.length > 0 || farHosts) && (
        <NativeSelect
          label="What"
          value={what}
          data={[
            { label: `all of ${channelName(name)}`, value: name },
            ...ways.map((way) => ({ label: `the account ${way} only`, value: `${name} ${way}` })),
            ...(farHosts ? [{ label: 'one far side only', value: oneFarHost }] : []),
          ]}
          onChange={(event) => {
            setWhat(event.currentTarget.value);
          }}
        />
      )}
      {what === oneFarHost && <FarHost channel={name} of={of} onOf={setOf} />}
      <NativeSelect
        label="How long"
        value={span}
        data={spans}
        onChange={(event) => {
          setSpan(event.currentTarget.value);
        }}
      />
      {span === 'until' && (
        <TextInput
          type="datetime-local"
          label="Until"
          description="In your own time zone, at most 30 days from now."
          required
          value={until}
          onChange={(event) => {
            setUntil(event.currentTarget.value);
          }}
        />
      )}
    </ReasonDialog>
  );
}
