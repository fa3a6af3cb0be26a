import { Button, Card, Group, Stack, Text, TextInput, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Me } from '../../../src/http/people-shapes.ts';
import { ask, client } from '../api.ts';
import { Dialog, Empty, Loading, Tag, textIn, Trouble, When } from '../parts.tsx';
import { BoundFields, boundIn, Once, type Bound } from './bound.tsx';

interface Key extends Bound {
  readonly id: string;
  readonly label: string;
  readonly usedAt: string | null;
  readonly revokedAt: string | null;
}

const refresh = () => client.invalidateQueries({ queryKey: ['keys'] });

export function Keys({ me }: { readonly me: Me }) {
  const list = useQuery({ queryKey: ['keys'], queryFn: () => ask<{ rows: Key[] }>('keys') });
  const [adding, setAdding] = useState(false);
  const [leaving, setLeaving] = useState<Key | null>(null);
  const add = useMutation({
    mutationFn: (body: object) => ask<{ key: Key; secret: string }>('keys', { method: 'POST', body }),
    onSuccess: () => {
      setAdding(false);
    },
    onSettled: refresh,
  });
  const revoke = useMutation({
    mutationFn: (id: string) => ask(`keys/${id}`, { method: 'DELETE' }),
    onSuccess: () => {
      setLeaving(null);
    },
    onSettled: refresh,
  });
  return (
    <Card withBorder component="section" aria-label="Keys for programs">
      <Group justify="space-between" mb="xs">
        <Title order={2} size="h4">
          Keys for programs
        </Title>
        <Button
          size="xs"
          onClick={() => {
            add.reset();
            setAdding(true);
          }}
        >
          Make a key…
        </Button>
      </Group>
      {list.isPending && <Loading />}
      {list.isError && <Trouble error={list.error} retry={() => void list.refetch()} />}
      {list.data?.rows.length === 0 && <Empty title="No program comes in by a key" />}
      {list.data && list.data.rows.length > 0 && <Rows rows={list.data.rows} onRevoke={setLeaving} />}
      {adding && (
        <Dialog
          title="Make a key"
          onClose={() => {
            setAdding(false);
          }}
        >
          <form
            onSubmit={(event) => {
              event.preventDefault();
              const form = new FormData(event.currentTarget);
              add.mutate({ label: textIn(form, 'label'), ...boundIn(form) });
            }}
          >
            <Stack>
              <TextInput name="label" label="Which program?" required maxLength={60} data-autofocus />
              <BoundFields me={me} before={{ role: 'api-client', practice: me.practices[0]?.id ?? null }} />
              {add.error && <Trouble error={add.error} />}
              <Group justify="flex-end">
                <Button type="submit" loading={add.isPending}>
                  Make it
                </Button>
              </Group>
            </Stack>
          </form>
        </Dialog>
      )}
      {add.data && !adding && (
        <Once title={`Key of ${add.data.key.label}`} secret={add.data.secret} onClose={add.reset}>
          Shown only now: keep it as you keep a password.
        </Once>
      )}
      {leaving && (
        <Dialog
          title={`Revoke the key of ${leaving.label}?`}
          onClose={() => {
            setLeaving(null);
          }}
        >
          <Stack>
            <Text>The program is shut out at once, for good.</Text>
            {revoke.error && <Trouble error={revoke.error} />}
            <Group justify="flex-end">
              <Button
                color="red"
                data-autofocus
                loading={revoke.isPending}
                onClick={() => {
                  revoke.mutate(leaving.id);
                }}
              >
                Revoke it
              </Button>
            </Group>
          </Stack>
        </Dialog>
      )}
    </Card>
  );
}

const Rows = ({ rows, onRevoke }: { readonly rows: readonly Key[]; readonly onRevoke: (key: Key) => void }) => (
  <table className="rows">
    <thead>
      <tr>
        <th scope="col">Program</th>
        <th scope="col">Role</th>
        <th scope="col">Practice</th>
        <th scope="col">Last used</th>
        <th scope="col">
          <span className="unseen">Revoke</span>
        </th>
      </tr>
    </thead>
    <tbody>
      {rows.map((key) => (
        <tr key={key.id}>
          <td>
            {key.label} {key.revokedAt !== null && <Tag tone="gray">revoked</Tag>}
          </td>
          <td data-label="Role">{key.role}</td>
          <td data-label="Practice">{key.practice ?? 'all'}</td>
          <td data-label="Last used">{key.usedAt === null ? 'never' : <When at={key.usedAt} />}</td>
          <td>
            {key.revokedAt === null && (
              <Button
                size="compact-sm"
                variant="default"
                aria-label={`Revoke… ${key.label}`}
                onClick={() => {
                  onRevoke(key);
                }}
              >
                Revoke…
              </Button>
            )}
          </td>
        </tr>
      ))}
    </tbody>
  </table>
);
