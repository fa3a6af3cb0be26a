import { Button, Card, Group, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Me } from '../../../src/http/people-shapes.ts';
import { ask, client, Problem } from '../api.ts';
import { Loading, Tag, textIn, Trouble, When } from '../parts.tsx';
import { Factors } from './factors.tsx';

/** One's own account: what guards it, and where one is signed in. */
export function AccountPage({ me }: { readonly me: Me }) {
  return (
    <Stack maw={760}>
      <Title order={1} size="h3">
        Your account
      </Title>
      <Text c="dimmed">
        {me.name}, {me.role}, of {me.practices.map(({ name }) => name).join(', ') || 'no practice'}
      </Text>
      <Factors />
      <Password name={me.name} />
      <Sessions />
    </Stack>
  );
}

function Password({ name }: { readonly name: string }) {
  const [done, setDone] = useState(false);
  const change = useMutation({
    mutationFn: (body: object) => ask('session/password', { method: 'POST', body }),
    onSuccess: () => {
      setDone(true);
    },
  });
  const fields = change.error instanceof Problem ? change.error.fields : {};
  return (
    <Card withBorder component="section" aria-label="Password">
      <Title order={2} size="h4" mb="xs">
        Password
      </Title>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const form = event.currentTarget;
          const data = new FormData(form);
          change.mutate(
            { current: textIn(data, 'current'), next: textIn(data, 'next') },
            {
              onSuccess: () => {
                form.reset();
              },
            },
          );
        }}
      >
        <Stack gap="sm" maw={420}>
          {/* So that a password manager knows whose they are. */}
          <input name="name" autoComplete="username" value={name} readOnly hidden />
          <PasswordInput name="current" label="The present one" autoComplete="current-password" required />
          <PasswordInput
            name="next"
            label="The new one"
            description="15 characters or more; a sentence is easy to keep in mind."
            autoComplete="new-password"
            required
            error={fields['next']}
          />
          {change.error && !fields['next'] && <Trouble error={change.error} />}
          {done && <Text role="status">✓ Changed. Your other sessions have ended.</Text>}
          <Group>
            <Button type="submit" variant="default" loading={change.isPending}>
              Change it
            </Button>
          </Group>
        </Stack>
      </form>
    </Card>
  );
}

interface SessionRow {
  readonly id: string;
  readonly user: string;
  readonly startedAt: string;
  readonly seenAt: string;
  readonly own: boolean;
}

/** Where one is signed in; whoever manages people sees theirs too. */
function Sessions() {
  const list = useQuery({ queryKey: ['sessions'], queryFn: () => ask<{ rows: SessionRow[] }>('sessions') });
  const end = useMutation({
    mutationFn: (id: string) => ask(`sessions/${id}`, { method: 'DELETE' }),
    onSettled: () => client.invalidateQueries({ queryKey: ['sessions'] }),
  });
  return (
    <Card withBorder component="section" aria-label="Sessions">
      <Title order={2} size="h4" mb="xs">
        Signed in
      </Title>
      {list.isPending && <Loading />}
      {list.isError && <Trouble error={list.error} retry={() => void list.refetch()} />}
      {end.error && <Trouble error={end.error} />}
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">Who</th>
            <th scope="col">Since</th>
            <th scope="col">Last there</th>
            <th scope="col">
              <span className="unseen">End</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {list.data?.rows.map(({ id, user, startedAt, seenAt, own }) => (
            <tr key={id}>
              <td>
                {user} {own && <Tag tone="blue">this one</Tag>}
              </td>
              <td data-label="Since">
                <When at={startedAt} />
              </td>
              <td data-label="Last there">
                <When at={seenAt} />
              </td>
              <td>
                {!own && (
                  <Button
                    size="compact-sm"
                    variant="default"
                    aria-label={`Sign out ${user}`}
                    onClick={() => {
                      end.mutate(id);
                    }}
                  >
                    Sign out
                  </Button>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </Card>
  );
}
