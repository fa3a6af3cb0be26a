import { Alert, Button, Group, NativeSelect, Stack, Text } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { EmergencyView, Me } from '../../src/http/people-shapes.ts';
import { ask, client } from './api.ts';
import { Empty, Loading, ReasonDialog, Tag, Trouble, When } from './parts.tsx';
import { Go } from './place.tsx';

/** Everything that was loaded under other rights is loaded anew. */
const whoAgain = () => client.resetQueries();

/** For those without content: the way to it in an emergency, and out again. */
export function Emergency({ me }: { readonly me: Me }) {
  const [asking, setAsking] = useState(false);
  const [practice, setPractice] = useState(me.practices[0]?.id ?? '');
  const start = useMutation({
    mutationFn: (reason: string) => ask('session/emergency', { method: 'POST', body: { practice, reason } }),
    onSuccess: whoAgain,
  });
  const end = useMutation({ mutationFn: () => ask('session/emergency', { method: 'DELETE' }), onSettled: whoAgain });
  if (me.emergency) {
    const name = me.practices.find(({ id }) => id === me.emergency?.practice)?.name;
    return (
      <Alert color="red" variant="light" title="Emergency access" mb="md">
        <Group justify="space-between">
          <Text size="sm">
            You see the content of {name} until <When at={me.emergency.until} />. All that you open is on record and
            will be reviewed.
          </Text>
          <Button
            size="xs"
            variant="default"
            loading={end.isPending}
            onClick={() => {
              end.mutate();
            }}
          >
            End it now
          </Button>
        </Group>
      </Alert>
    );
  }
  if (!me.rights.includes('emergency') || me.rights.includes('content')) return null;
  return (
    <>
      <Button
        size="compact-sm"
        variant="default"
        onClick={() => {
          start.reset();
          setAsking(true);
        }}
      >
        Emergency access…
      </Button>
      {asking && (
        <ReasonDialog
          title="See content in an emergency?"
          note="For one hour, of one practice. Its administrators are told at once and review what you looked at."
          question="What is the emergency?"
          action="See content"
          busy={start.isPending}
          error={start.error}
          onClose={() => {
            setAsking(false);
          }}
          onReason={(reason) => {
            start.mutate(reason, {
              onSuccess: () => {
                setAsking(false);
              },
            });
          }}
        >
          {me.practices.length > 1 && (
            <NativeSelect
              label="Practice"
              value={practice}
              data={me.practices.map(({ id, name }) => ({ value: id, label: name }))}
              onChange={(event) => {
                setPractice(event.currentTarget.value);
              }}
            />
          )}
        </ReasonDialog>
      )}
    </>
  );
}

/** For administrators: who looked, why, and what they make of it. */
export function Emergencies({ me }: { readonly me: Me }) {
  const list = useQuery({
    queryKey: ['emergencies'],
    queryFn: () => ask<{ rows: EmergencyView[] }>('emergencies'),
  });
  const [asked, setAsked] = useState<EmergencyView | null>(null);
  const review = useMutation({
    mutationFn: ({ id, finding }: { id: string; finding: string }) =>
      ask(`emergencies/${id}/review`, { method: 'POST', body: { finding } }),
    onSuccess: () => {
      setAsked(null);
    },
    onSettled: () =>
      Promise.all(['emergencies', 'overview'].map((key) => client.invalidateQueries({ queryKey: [key] }))),
  });
  if (list.isPending) return <Loading />;
  if (list.isError) return <Trouble error={list.error} retry={() => void list.refetch()} />;
  if (list.data.rows.length === 0) return <Empty title="✓ Nobody needed emergency access." />;
  return (
    <>
      <ul className="plain bare">
        {list.data.rows.map((each) => (
          <li key={each.id}>
            <Stack gap={2} py="xs">
              <Group gap="xs">
                <strong>{each.user}</strong>
                <When at={each.startedAt} />
                <Tag tone={each.review ? 'green' : 'orange'} icon={each.review ? '✓' : '!'}>
                  {each.review ? 'reviewed' : 'to be reviewed'}
                </Tag>
              </Group>
              <Text>{each.reason}</Text>
              {each.review && (
                <Text size="sm" c="dimmed">
                  {each.review.by.replace(/^\w+:/, '')}, <When at={each.review.at} />: {each.review.finding}
                </Text>
              )}
              <Group gap="xs">
                <Go to={`/audit?${seenBy(each)}`}>What {each.user} looked at</Go>
                {!each.review && each.user !== me.name && (
                  <Button
                    size="compact-sm"
                    onClick={() => {
                      review.reset();
                      setAsked(each);
                    }}
                  >
                    Review…
                  </Button>
                )}
              </Group>
            </Stack>
          </li>
        ))}
      </ul>
      {asked && (
        <ReasonDialog
          title={`Review what ${asked.user} did`}
          question="What did you find?"
          action="Keep it on record"
          busy={review.isPending}
          error={review.error}
          onClose={() => {
            setAsked(null);
          }}
          onReason={(finding) => {
            review.mutate({ id: asked.id, finding });
          }}
        />
      )}
    </>
  );
}

const seenBy = ({ user, startedAt, until }: EmergencyView): URLSearchParams =>
  new URLSearchParams({ who: `user:${user}`, from: startedAt, to: until });
