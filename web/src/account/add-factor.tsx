import { Button, Code, Group, Stack, Text, TextInput } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { encode } from 'uqr';
import type { FactorMade } from '../../../src/http/people-shapes.ts';
import { ask, Problem } from '../api.ts';
import { Dialog, Loading, textIn, Trouble } from '../parts.tsx';

/** The two ways to set a second factor up. */

interface AddProps {
  readonly onMade: (made: FactorMade) => void;
  readonly onClose: () => void;
}

export function AddApp({ onMade, onClose }: AddProps) {
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

export function AddPasskey({ onMade, onClose }: AddProps) {
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
