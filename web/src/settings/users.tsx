import { Button, Card, Group, Menu, Stack, TextInput, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Me } from '../../../src/http/people-shapes.ts';
import { ask, client } from '../api.ts';
import { Dialog, Loading, Tag, textIn, Trouble } from '../parts.tsx';
import { Go } from '../place.tsx';
import { BoundFields, boundIn, Once, type Bound } from './bound.tsx';

interface User extends Bound {
  readonly name: string;
  readonly disabled: boolean;
}

interface FirstPassword {
  readonly user: User;
  readonly password: string;
}

interface Asked {
  readonly path: string;
  readonly method?: 'POST' | 'DELETE';
  readonly body?: object;
}

export function Users({ me }: { readonly me: Me }) {
  const list = useQuery({ queryKey: ['users'], queryFn: () => ask<{ rows: User[] }>('users') });
  const [asked, setAsked] = useState<User | 'new' | null>(null);
  const [made, setMade] = useState<FirstPassword | null>(null);
  const change = useMutation({
    mutationFn: ({ path, method = 'POST', body }: Asked) =>
      ask<User | FirstPassword>(`users${path}`, { method, ...(body ? { body } : {}) }),
    onSuccess: (answer) => {
      setAsked(null);
      if ('password' in answer) setMade(answer);
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['users'] }),
  });
  const open = (what: User | 'new') => (): void => {
    change.reset();
    setAsked(what);
  };
  return (
    <Card withBorder component="section" aria-label="Users">
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4">
          Users
        </Title>
        <Button size="xs" onClick={open('new')}>
          Let somebody in…
        </Button>
      </Group>
      {list.isPending && <Loading />}
      {list.isError && <Trouble error={list.error} retry={() => void list.refetch()} />}
      {change.error && asked === null && <Trouble error={change.error} />}
      {list.data && (
        <table className="rows">
          <thead>
            <tr>
              <th scope="col">Name</th>
              <th scope="col">Role</th>
              <th scope="col">Practice</th>
              <th scope="col">
                <span className="unseen">Change</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {list.data.rows.map((user) => (
              <tr key={user.name}>
                <td>
                  {user.name} {user.disabled && <Tag tone="gray">disabled</Tag>}
                </td>
                <td data-label="Role">{user.role}</td>
                <td data-label="Practice">{user.practice ?? 'all'}</td>
                <td>
                  <Choices user={user} own={user.name === me.name} onEdit={open(user)} onAsk={change.mutate} />
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {asked !== null && (
        <Dialog
          title={asked === 'new' ? 'Let somebody in' : `Change ${asked.name}`}
          onClose={() => {
            setAsked(null);
          }}
        >
          <form
            onSubmit={(event) => {
              event.preventDefault();
              const form = new FormData(event.currentTarget);
              if (asked === 'new') change.mutate({ path: '', body: { name: textIn(form, 'name'), ...boundIn(form) } });
              else change.mutate({ path: `/${encodeURIComponent(asked.name)}`, body: boundIn(form) });
            }}
          >
            <Stack>
              {asked === 'new' && (
                <TextInput
                  name="name"
                  label="Name"
                  description="Small letters, digits, dots, dashes. It stands in the record."
                  required
                  maxLength={100}
                  data-autofocus
                />
              )}
              <BoundFields me={me} {...(asked === 'new' ? {} : { before: asked })} />
              {change.error && <Trouble error={change.error} />}
              <Group justify="flex-end">
                <Button type="submit" loading={change.isPending}>
                  {asked === 'new' ? 'Let them in' : 'Change it'}
                </Button>
              </Group>
            </Stack>
          </form>
        </Dialog>
      )}
      {made && (
        <Once
          title={`First password of ${made.user.name}`}
          secret={made.password}
          onClose={() => {
            setMade(null);
          }}
        >
          Shown only now. They change it themselves under “Your account”.
        </Once>
      )}
    </Card>
  );
}

interface ChoicesProps {
  readonly user: User;
  readonly own: boolean;
  readonly onEdit: () => void;
  readonly onAsk: (asked: Asked) => void;
}

/** Each is in force at once: the sessions of whom it is about end. */
function Choices({ user: { name, disabled }, own, onEdit, onAsk }: ChoicesProps) {
  const path = `/${encodeURIComponent(name)}`;
  return (
    <Group gap={6} justify="flex-end">
      <Go to={`/audit?who=${encodeURIComponent(`user:${name}`)}`}>What they did</Go>
      {!own && (
        <Menu position="bottom-end" withinPortal>
          <Menu.Target>
            <Button size="compact-sm" variant="default" aria-label={`More on ${name}`}>
              More
            </Button>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item onClick={onEdit}>Role and practice…</Menu.Item>
            <Menu.Item
              onClick={() => {
                onAsk({ path, body: { disabled: !disabled } });
              }}
            >
              {disabled ? 'Let in again' : 'Disable, out at once'}
            </Menu.Item>
            <Menu.Item
              onClick={() => {
                onAsk({ path: `${path}/password` });
              }}
            >
              New first password
            </Menu.Item>
            <Menu.Item
              onClick={() => {
                onAsk({ path: `${path}/factors`, method: 'DELETE' });
              }}
            >
              Forget lost second factors
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      )}
    </Group>
  );
}
