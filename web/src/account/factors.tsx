import { Alert, Button, Card, Code, Group, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { FactorList, FactorMade } from '../../../src/http/people-shapes.ts';
import { ask, client } from '../api.ts';
import { Dialog, Loading, Trouble, When } from '../parts.tsx';
import { AddApp, AddPasskey } from './add-factor.tsx';

const refresh = () => client.invalidateQueries({ queryKey: ['factors'] });
/** Whoever had no rights before has them now: the page is told when the codes were read. */
const whoAgain = () => client.invalidateQueries({ queryKey: ['me'] });

type Adding = 'totp' | 'passkey';

/** One's own second factors: added, removed, and the codes for when they are lost. */
export function Factors() {
  const list = useQuery({ queryKey: ['factors'], queryFn: () => ask<FactorList>('factors') });
  const [adding, setAdding] = useState<Adding | null>(null);
  const [codes, setCodes] = useState<readonly string[] | null>(null);
  const remove = useMutation({
    mutationFn: (id: string) => ask(`factors/${encodeURIComponent(id)}`, { method: 'DELETE' }),
    onSettled: refresh,
  });
  const renew = useMutation({
    mutationFn: () => ask<{ recoveryCodes: string[] }>('factors/recovery-codes', { method: 'POST' }),
    onSuccess: ({ recoveryCodes }) => {
      setCodes(recoveryCodes);
    },
    onSettled: refresh,
  });
  const made = ({ recoveryCodes }: FactorMade): void => {
    setAdding(null);
    setCodes(recoveryCodes);
    void refresh();
    if (recoveryCodes === null) void whoAgain();
  };
  const trouble = remove.error ?? renew.error;
  return (
    <Card withBorder component="section" aria-label="Second factors">
      <Title order={2} size="h4">
        Second factors
      </Title>
      <Text size="sm" c="dimmed" mb="xs">
        Besides the password: a code from an app, or a passkey (finger, face or PIN of your device).
      </Text>
      {list.isPending && <Loading />}
      {list.isError && <Trouble error={list.error} retry={() => void list.refetch()} />}
      {trouble && <Trouble error={trouble} />}
      {list.data && (
        <Stack gap="sm">
          <Rows list={list.data} busy={remove.isPending} onRemove={remove.mutate} />
          <Group gap="xs">
            <Button
              size="xs"
              onClick={() => {
                setAdding('totp');
              }}
            >
              Add an authenticator app…
            </Button>
            {list.data.passkeys && (
              <Button
                size="xs"
                onClick={() => {
                  setAdding('passkey');
                }}
              >
                Add a passkey…
              </Button>
            )}
            {list.data.rows.length > 0 && (
              <Button
                size="xs"
                variant="default"
                loading={renew.isPending}
                onClick={() => {
                  renew.mutate();
                }}
              >
                New recovery codes
              </Button>
            )}
          </Group>
          {!list.data.passkeys && (
            <Text size="sm" c="dimmed">
              Browsers make passkeys only for an address with a name, not for an IP address.
            </Text>
          )}
        </Stack>
      )}
      {adding === 'totp' && (
        <AddApp
          onMade={made}
          onClose={() => {
            setAdding(null);
          }}
        />
      )}
      {adding === 'passkey' && (
        <AddPasskey
          onMade={made}
          onClose={() => {
            setAdding(null);
          }}
        />
      )}
      {codes && (
        <RecoveryCodes
          codes={codes}
          onClose={() => {
            setCodes(null);
            void whoAgain();
          }}
        />
      )}
    </Card>
  );
}

interface RowsProps {
  readonly list: FactorList;
  readonly busy: boolean;
  readonly onRemove: (id: string) => void;
}

function Rows({ list: { rows, recoveryCodes, demanded }, busy, onRemove }: RowsProps) {
  if (rows.length === 0) {
    return demanded ? (
      <Alert color="orange" variant="light" title="Your role needs one">
        Add one below; everything else opens then.
      </Alert>
    ) : (
      <Text>None yet: whoever knows your password comes in.</Text>
    );
  }
  return (
    <>
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">Name</th>
            <th scope="col">Kind</th>
            <th scope="col">Last used</th>
            <th scope="col">
              <span className="unseen">Remove</span>
            </th>
          </tr>
        </thead>
        <tbody>
          {rows.map(({ id, kind, label, usedAt }) => (
            <tr key={id}>
              <td>{label}</td>
              <td data-label="Kind">{kind === 'totp' ? 'authenticator app' : 'passkey'}</td>
              <td data-label="Last used">{usedAt === null ? 'never' : <When at={usedAt} />}</td>
              <td>
                <Button
                  size="compact-sm"
                  variant="default"
                  disabled={busy}
                  aria-label={`Remove ${label}`}
                  onClick={() => {
                    onRemove(id);
                  }}
                >
                  Remove
                </Button>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
      <Text size="sm" {...(recoveryCodes < 3 ? { c: 'var(--bad)' } : {})}>
        {recoveryCodes} of 10 recovery codes left.
      </Text>
    </>
  );
}

const RecoveryCodes = ({ codes, onClose }: { readonly codes: readonly string[]; readonly onClose: () => void }) => (
  <Dialog title="Recovery codes" onClose={onClose}>
    <Stack>
      <Text>
        Each lets you in once, after your password, when your app or passkey is lost. They are shown only now: print
        them, or keep them where you keep passwords.
      </Text>
      <ul className="codes" aria-label="Codes">
        {codes.map((code) => (
          <li key={code}>
            <Code>{code}</Code>
          </li>
        ))}
      </ul>
      <Group justify="flex-end">
        <Button data-autofocus onClick={onClose}>
          I have kept them
        </Button>
      </Group>
    </Stack>
  </Dialog>
);
