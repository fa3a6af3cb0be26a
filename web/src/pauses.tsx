import { Alert, Button, Group, NativeSelect, Stack, Text, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { ChannelsView } from '../../src/http/channel-shapes.ts';
import { ask, client } from './api.ts';
import { ReasonDialog, When } from './parts.tsx';

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
        <Paused key={pause.place} pause={pause} may={may} />
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
            {whole ? 'Pause it for another time…' : `Pause ${channel.name}…`}
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

function Paused({ pause: { place, by, reason, since, until }, may }: { readonly pause: Pause; readonly may: boolean }) {
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
    <Alert color="orange" variant="light" title={`${place} is paused: nothing leaves by it`}>
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
          title={`Let ${place} send again now?`}
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

function PauseDialog({
  channel: { name, ways },
  onClose,
}: {
  readonly channel: Channel;
  readonly onClose: () => void;
}) {
  const [place, setPlace] = useState(name);
  const [span, setSpan] = useState('120');
  const [until, setUntil] = useState('');
  const pause = useMutation({
    mutationFn: (reason: string) => {
      const end = span === 'until' ? new Date(until) : new Date(Date.now() + Number(span) * 60_000);
      const body = { reason, until: end.toISOString() };
      return ask(`channels/${encodeURIComponent(place)}/pause`, { method: 'POST', body });
    },
    onSuccess: onClose,
    onSettled: () => client.invalidateQueries({ queryKey: ['channels'] }),
  });
  return (
    <ReasonDialog
      title={`Pause ${name}?`}
      note="Nothing new leaves by it, for any practice. What is on its way is not called back. Arrivals are taken as usual."
      question="Why? Everybody reads this beside the referrals that it holds up: name no patient."
      action="Pause"
      busy={pause.isPending}
      error={pause.error}
      onClose={onClose}
      onReason={(reason) => {
        if (span !== 'until' || until !== '') pause.mutate(reason);
      }}
    >
      {ways.length > 0 && (
        <NativeSelect
          label="What"
          value={place}
          data={[
            { label: `all of ${name}`, value: name },
            ...ways.map((way) => ({ label: `the account ${way} only`, value: `${name} ${way}` })),
          ]}
          onChange={(event) => {
            setPlace(event.currentTarget.value);
          }}
        />
      )}
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
