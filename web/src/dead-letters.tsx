import { Button, Card, Group, Stack, Text } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { DeadLetterView } from '../../src/http/dead-letter-shapes.ts';
import type { Me } from '../../src/http/people-shapes.ts';
import { ask, client } from './api.ts';
import { Empty, Loading, ReasonDialog, Tag, Trouble, When } from './parts.tsx';
import { Go } from './place.tsx';

type Verb = 'retry' | 'set-aside';

/** What stands still since, and how a person can get it moving meanwhile. */
const meanings: Readonly<Record<DeadLetterView['stage'], readonly [what: string, until: string]>> = {
  extract: ['An arrival could not be read', 'It lies in no queue: open its message and read the original meanwhile.'],
  route: ['Ways to a recipient could not be planned', 'Nothing has left. If it is urgent, send it by hand.'],
  deliver: [
    'An attempt could not be made',
    'Look at its message for what left before. If it is urgent, send it by hand.',
  ],
  settle: [
    'What became of an attempt could not be settled',
    'It may have arrived: ask the recipient before sending again.',
  ],
  remind: ['A reminder of a portal link could not be sent', 'The link itself works: phone the recipient.'],
  acknowledge: ['The sender could not be told', 'The delivery itself is not touched: tell the sender by phone.'],
  purge: ['Content could not be erased after its time', 'It is kept longer than the settings say.'],
};

/** Work that our own code gave up on, after twenty tries. */
export function DeadLetters({ me }: { readonly me: Me }) {
  const key = ['dead-letters'];
  const list = useQuery({
    queryKey: key,
    queryFn: () => ask<{ readonly rows: readonly DeadLetterView[] }>('dead-letters'),
    refetchInterval: 30_000,
    enabled: me.everywhere,
  });
  if (!me.everywhere)
    return <Empty title="Not for one practice alone">Those who look after all practices see what was given up.</Empty>;
  if (list.isPending) return <Loading />;
  if (list.isError) return <Trouble error={list.error} retry={() => void list.refetch()} />;
  const { rows } = list.data;
  if (rows.length === 0)
    return (
      <Empty title="✓ Nothing was given up.">Work that fails twenty times through our own fault comes here.</Empty>
    );
  return (
    <Stack>
      <Text size="sm" c="dimmed">
        These failed twenty times through a fault of the gateway, not of a far side, and are left alone. Report the
        class and the place of the error; try again once it is mended or the cause is gone.
      </Text>
      {rows.map((row) => (
        <DeadLetter key={`${row.stage} ${row.subject}`} row={row} may={me.rights.includes('decide')} />
      ))}
    </Stack>
  );
}

function DeadLetter({ row, may }: { readonly row: DeadLetterView; readonly may: boolean }) {
  const [asking, setAsking] = useState<Verb | null>(null);
  const { stage, subject, message, since, tries, failure, asideAt } = row;
  const [what, until] = meanings[stage];
  const decide = useMutation({
    mutationFn: (reason: string) =>
      ask(`dead-letters/${stage}/${subject}/${asking ?? 'retry'}`, { method: 'POST', body: { reason } }),
    onSuccess: () => {
      setAsking(null);
    },
    onSettled: () =>
      Promise.all(['dead-letters', 'overview'].map((each) => client.invalidateQueries({ queryKey: [each] }))),
  });
  return (
    <Card withBorder component="article">
      <Group gap="xs">
        <Text fw={600} component="h2" size="md">
          {message === null ? what : <Go to={`/messages/${message}`}>{what}</Go>}
        </Text>
        {asideAt !== null && (
          <Tag tone="gray" icon="–">
            set aside
          </Tag>
        )}
      </Group>
      <Text size="sm">
        Given up after {tries} tries, since <When at={since} />.{' '}
        {failure === null ? (
          'No error was caught: each time the process that did it died or froze.'
        ) : (
          <>
            The last error: <code>{failure}</code>.
          </>
        )}{' '}
        {until}
      </Text>
      {may && (
        <Group gap="xs" mt="xs">
          <Button
            size="compact-md"
            onClick={() => {
              setAsking('retry');
            }}
          >
            Try again…
          </Button>
          {asideAt === null && (
            <Button
              size="compact-md"
              variant="default"
              onClick={() => {
                setAsking('set-aside');
              }}
            >
              Set aside…
            </Button>
          )}
        </Group>
      )}
      {asking && (
        <ReasonDialog
          title={asking === 'retry' ? 'Try it again?' : 'Set it aside?'}
          note={
            asking === 'retry'
              ? 'It begins anew, with twenty tries. Nothing that the far side has is sent again by this alone.'
              : 'It counts no more as waiting. It stays where it is, undone, and can be tried again later.'
          }
          action={asking === 'retry' ? 'Try again' : 'Set aside'}
          busy={decide.isPending}
          error={decide.error}
          onClose={() => {
            setAsking(null);
          }}
          onReason={(reason) => {
            decide.mutate(reason);
          }}
        />
      )}
    </Card>
  );
}
