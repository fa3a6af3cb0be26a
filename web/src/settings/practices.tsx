import { Card, Code, Group, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import type { Me } from '../../../src/http/people-shapes.ts';
import type { PracticeList, PracticeView } from '../../../src/http/practice-shapes.ts';
import { ask } from '../api.ts';
import { Loading, Tag, Trouble } from '../parts.tsx';
import { CoverSheet } from './cover-sheet.tsx';
import { Reload } from './reload.tsx';
import { channelName } from '../channel-words.ts';

/** All that concerns a practice in one place. It is changed in the settings file alone: two places would not agree. */
export function Practices({ me }: { readonly me: Me }) {
  const list = useQuery({ queryKey: ['practices'], queryFn: () => ask<PracticeList>('practices') });
  const mayReload = me.rights.includes('operate');
  return (
    <Card withBorder component="section" aria-label="Practices">
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4">
          Practices
        </Title>
        {mayReload && <Reload />}
      </Group>
      <Text size="sm" c="dimmed" mb="xs">
        These stand in the gateway’s settings file, under the name that is shown with each.{' '}
        {mayReload
          ? 'Change them there and put them in force here, or by '
          : 'Whoever looks after the gateway changes them there, and puts them in force by '}
        <Code>loopgate reload</Code>: no restart is needed.
      </Text>
      {list.isPending && <Loading />}
      {list.isError && <Trouble error={list.error} retry={() => void list.refetch()} />}
      <Stack gap="lg">
        {list.data?.rows.map((each) => (
          <Practice key={each.id} practice={each} />
        ))}
      </Stack>
    </Card>
  );
}

const languages = { en: 'English', es: 'Spanish' } as const;

function Practice({ practice }: { readonly practice: PracticeView }) {
  const { id, name, phone, npi, addresses, answerSheet, cover, policy } = practice;
  return (
    <section aria-label={name}>
      <Title order={3} size="h5">
        {name}{' '}
        <Text span size="sm" c="dimmed" fw={400}>
          {id}
        </Text>
      </Title>
      <dl className="keys settings">
        <Setting name="Phone on cover sheets" path="phone">
          {phone}
        </Setting>
        <Setting name="NPI" path="npi">
          {npi ?? 'not given'}
        </Setting>
        {addresses.map(({ channel, off, own, accounts }) => (
          <Setting key={channel} name={channelName(channel)} path={`addresses.${channel}`}>
            {own.join(', ') || 'no address of its own: nothing comes in there'}
            {accounts.length > 0 && `; sends by ${accounts.join(', then ')}`}{' '}
            {off && (
              <Tag tone="orange" icon="!">
                this channel is off
              </Tag>
            )}
          </Setting>
        ))}
        <Setting name="Ways, best first" path="policies">
          {orderWords(policy)}
        </Setting>
        <Setting name="Page to answer on" path="answerSheet">
          {answerSheet ? 'goes along with its faxes' : 'does not go along'}
        </Setting>
        <Setting name="Cover sheet" path="cover">
          {languages[cover.language]}, {cover.ownText ? 'its own text' : 'the text that comes along'}
          <CoverSheet practice={id} name={name} />
        </Setting>
      </dl>
    </section>
  );
}

const Setting = ({
  name,
  path,
  children,
}: {
  readonly name: string;
  readonly path: string;
  readonly children: ReactNode;
}) => (
  <div>
    <dt>
      {name}
      <Text size="xs" c="dimmed">
        {path}
      </Text>
    </dt>
    <dd>{children}</dd>
  </div>
);

/** Once where all urgencies go the same ways. */
function orderWords(policy: PracticeView['policy']): string {
  const words = (['stat', 'urgent', 'routine'] as const).map(
    (urgency) => [urgency, policy[urgency].map(channelName).join(', then ') || 'none'] as const,
  );
  const [first] = words;
  if (words.every(([, order]) => order === first?.[1])) return first?.[1] ?? '';
  return words.map(([urgency, order]) => `${urgency}: ${order}`).join('; ');
}
