import { Alert, Button, Card, Code, Group, Stack, Text, TextInput, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { encode } from 'uqr';
import type { FactorList, FactorMade } from '../../../src/http/people-shapes.ts';
import { ask, client, Problem } from '../api.ts';
import { Dialog, Loading, textIn, Trouble, When } from '../parts.tsx';

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

interface AddProps {
  readonly onMade: (made: FactorMade) => void;
  readonly onClose: () => void;
}

function AddApp({ onMade, onClose }: AddProps) {
  const fresh = useQuery({
    queryKey: ['new totp'],
    queryFn: () => ask<{ secret: string; uri: string }>('factors/totp', { method: 'POST' }),
    staleTime: Infinity,
    gcTime: 0,
  });
  const confirm = useMutation({
    mutationFn: (body: object) => ask<FactorMade>('factors/totp/confirm', { method: 'POST', body }),
    onSuccess: onMade,
  });
  const fields = confirm.error instanceof Problem ? confirm.error.fields : {};
  return (
    <Dialog title="Add an authenticator app" onClose={onClose}>
      {fresh.isPending && <Loading />}
      {fresh.isError && <Trouble error={fresh.error} />}
      {fresh.data && (
        <form
          onSubmit={(event) => {
            event.preventDefault();
            const form = new FormData(event.currentTarget);
            confirm.mutate({ label: textIn(form, 'label'), code: textIn(form, 'code') });
          }}
        >
          <Stack>
            <Text>Let the app read this square, or type the key into it.</Text>
            <Square of={fresh.data.uri} />
            <Code block data-testid="secret">
              {fresh.data.secret.match(/.{1,4}/g)?.join(' ')}
            </Code>
            <TextInput name="label" label="Name for it" defaultValue="My phone" required maxLength={60} />
            <TextInput
              name="code"
              label="Code that the app shows now"
              inputMode="numeric"
              autoComplete="one-time-code"
              required
              data-autofocus
              error={fields['code']}
            />
            {confirm.error && !fields['code'] && <Trouble error={confirm.error} />}
            <Group justify="flex-end">
              <Button type="submit" loading={confirm.isPending}>
                Add it
              </Button>
            </Group>
          </Stack>
        </form>
      )}
    </Dialog>
  );
}

/** A QR code: black on white in every colour scheme, as cameras want it. */
function Square({ of }: { readonly of: string }) {
  const { data, size } = encode(of, { border: 4 });
  const path = data.flatMap((row, y) => row.flatMap((dark, x) => (dark ? [`M${x} ${y}h1v1h-1z`] : []))).join('');
  return (
    <svg viewBox={`0 0 ${size} ${size}`} width={220} height={220} role="img" aria-label="QR code of the key below">
      <rect width={size} height={size} fill="#fff" />
      <path d={path} fill="#000" />
    </svg>
  );
}

function AddPasskey({ onMade, onClose }: AddProps) {
  const add = useMutation({
    mutationFn: async (label: string) => {
      const { startRegistration } = await import('@simplewebauthn/browser');
      const optionsJSON = await ask<never>('factors/passkey', { method: 'POST' });
      const response = await startRegistration({ optionsJSON }).catch(() => {
        throw new Problem(0, 'The browser made no passkey. Nothing was changed; try again.');
      });
      return ask<FactorMade>('factors/passkey/confirm', { method: 'POST', body: { label, response } });
    },
    onSuccess: onMade,
  });
  return (
    <Dialog title="Add a passkey" onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          add.mutate(textIn(new FormData(event.currentTarget), 'label'));
        }}
      >
        <Stack>
          <TextInput
            name="label"
            label="Name for it"
            description="Such as the device that keeps it."
            defaultValue="This device"
            required
            maxLength={60}
            data-autofocus
          />
          {add.error && <Trouble error={add.error} />}
          <Group justify="flex-end">
            <Button type="submit" loading={add.isPending}>
              Go on
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
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
