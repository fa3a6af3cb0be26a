import { Button, Group, Stack, Text } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useState } from 'react';
import type { Me, SessionLimits } from '../../src/http/people-shapes.ts';
import { ask, client, signedOut } from './api.ts';
import { Dialog, Trouble } from './parts.tsx';

const second = 1000;
/** So long before the end somebody is asked whether they are still there (WCAG 2.2.1: at least 20 s). */
const warnedMs = 120 * second;

/** Until when, by this page's own clock: the gateway's may be another one. */
interface Ends {
  readonly idle: number;
  readonly whole: number;
}

const endsOf = ({ at, idleUntil, endsAt }: SessionLimits): Ends => {
  const ahead = Date.now() - Date.parse(at);
  return { idle: Date.parse(idleUntil) + ahead, whole: Date.parse(endsAt) + ahead };
};

/** Before a session ends because nobody seems to be there, its reader is asked, and stays by one key. What others of its
 *  pages did counts, too: the gateway is asked, in the background, before it is said. */
export function Idle({ me }: { readonly me: Me }) {
  const key = ['session'];
  const {
    data: ends,
    dataUpdatedAt,
    isError,
    refetch,
  } = useQuery({
    queryKey: key,
    queryFn: async () => {
      const { session } = await ask<Me>('session', { background: true });
      return session && endsOf(session);
    },
    initialData: me.session && endsOf(me.session),
    staleTime: Infinity,
  });
  const now = useNow();
  const stay = useMutation({
    mutationFn: () => ask<SessionLimits>('session/extend', { method: 'POST' }),
    onSuccess: (limits) => {
      client.setQueryData(key, endsOf(limits));
    },
  });
  const left = ends ? Math.min(ends.idle, ends.whole) - now : Infinity;
  const near = left <= warnedMs;
  // Asked anew every ten seconds while it is near: another page may have gone on.
  const turn = near ? Math.floor(now / (10 * second)) : null;
  useEffect(() => {
    if (turn !== null) void refetch();
  }, [turn, refetch]);
  const over = left <= 0;
  useEffect(() => {
    // The gateway tells whether it is over, and shows the sign-in then; while it is not there, nothing stays on the screen.
    if (over) void refetch().then((answer) => (answer.isError ? signedOut() : undefined));
  }, [over, refetch]);
  const asked = isError || now - dataUpdatedAt < 15 * second;
  if (!near || !asked || over || !ends) return null;
  const last = ends.whole <= ends.idle;
  return (
    <Dialog title="Are you still there?" busy onClose={stay.mutate}>
      <Stack>
        <Text>
          {last
            ? 'Nobody stays signed in longer than this: finish what you do, then sign in anew.'
            : 'Nobody has done anything here for a while. What is typed and not sent is gone when you are signed out.'}
        </Text>
        <Text fw={600} aria-live="polite">
          You are signed out in {spanOf(left)}.
        </Text>
        {stay.error && <Trouble error={stay.error} />}
        {!last && (
          <Group justify="flex-end">
            <Button
              data-autofocus
              loading={stay.isPending}
              onClick={() => {
                stay.mutate();
              }}
            >
              Stay signed in
            </Button>
          </Group>
        )}
      </Stack>
    </Dialog>
  );
}

/** Told in steps, so that whoever listens to the page is not told every second. */
const spanOf = (ms: number): string =>
  ms > 60 * second ? 'less than two minutes' : ms > 30 * second ? 'less than a minute' : 'less than half a minute';

/** The time, twice in ten seconds. */
function useNow(): number {
  const [now, setNow] = useState(Date.now);
  useEffect(() => {
    const timer = setInterval(() => {
      setNow(Date.now());
    }, 5 * second);
    return () => {
      clearInterval(timer);
    };
  }, []);
  return now;
}
