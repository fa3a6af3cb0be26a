import {
  Alert,
  Anchor,
  Button,
  Container,
  Divider,
  Paper,
  PasswordInput,
  Stack,
  Text,
  TextInput,
  Title,
} from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Me, SignInNeeds, SignInWays } from '../../src/http/people-shapes.ts';
import { ask, client, Problem } from './api.ts';
import { textIn, Trouble } from './parts.tsx';
import { usePlace, withFilters } from './place.tsx';

type Needs = SignInNeeds['needs'];

const entered = (me: Me): void => {
  window.history.replaceState(null, '', withFilters(new URL(window.location.href), { 'sign-in': '' }));
  client.setQueryData(['me'], me);
};

/** By password and code, by passkey, or by the identity provider. */
export function SignIn() {
  const back = usePlace().searchParams.get('sign-in');
  const [needs, setNeeds] = useState<Needs | null>(
    back === null || back === 'refused' ? null : (back.split(' ') as Needs),
  );
  return (
    <Container size={420} py={60} component="main">
      <Title order={1} ta="center" mb="xs">
        Loopgate
      </Title>
      <Text ta="center" c="dimmed" mb="lg">
        Referrals out, faxes in, proof of both.
      </Text>
      <Paper withBorder p="lg" radius="md">
        {needs === null ? (
          <First refused={back === 'refused'} onNeeds={setNeeds} />
        ) : (
          <Second
            needs={needs}
            onBack={() => {
              setNeeds(null);
            }}
          />
        )}
      </Paper>
    </Container>
  );
}

/** In words of this page: any other 401 is a session that ended. */
const said = (error: Error | null, words: string): Error | null =>
  error instanceof Problem && error.status === 401 ? new Problem(401, words) : error;

function First({ refused, onNeeds }: { readonly refused: boolean; readonly onNeeds: (needs: Needs) => void }) {
  const ways = useQuery({ queryKey: ['sign-in'], queryFn: () => ask<SignInWays>('sign-in'), staleTime: Infinity });
  const enter = useMutation({
    mutationFn: (body: { name: string; password: string }) =>
      ask<Me | SignInNeeds>('session', { method: 'POST', body }),
    onSuccess: (found) => {
      if ('needs' in found) onNeeds(found.needs);
      else entered(found);
    },
  });
  const trouble = said(enter.error, 'That name and password do not match.');
  return (
    <Stack>
      {refused && (
        <Alert color="red" variant="light" role="alert" title="You were not let in">
          The identity provider’s answer names nobody here. Ask an administrator whether you have an account.
        </Alert>
      )}
      <form
        onSubmit={(event) => {
          event.preventDefault();
          const form = new FormData(event.currentTarget);
          enter.mutate({ name: textIn(form, 'name'), password: textIn(form, 'password') });
        }}
      >
        <Stack>
          <TextInput name="name" label="Name" autoComplete="username" required autoFocus />
          <PasswordInput name="password" label="Password" autoComplete="current-password" required />
          {trouble && <Trouble error={trouble} />}
          <Button type="submit" loading={enter.isPending} fullWidth>
            Sign in
          </Button>
        </Stack>
      </form>
      {(ways.data?.passkeys || ways.data?.oidc) && <Divider label="or" />}
      {ways.data?.passkeys && <ByPasskey />}
      {ways.data?.oidc && (
        <Button component="a" href="/api/v1/session/oidc" variant="default" fullWidth>
          Sign in with {ways.data.oidc}
        </Button>
      )}
    </Stack>
  );
}

function ByPasskey() {
  const enter = useMutation({
    mutationFn: async () => {
      // Loaded only by whoever asks for it.
      const { startAuthentication } = await import('@simplewebauthn/browser');
      const optionsJSON = await ask<never>('session/passkey/options', { method: 'POST' });
      const response = await startAuthentication({ optionsJSON }).catch(() => {
        throw new Problem(0, 'The browser gave no passkey. Try again, or sign in another way.');
      });
      return ask<Me>('session/passkey', { method: 'POST', body: { response } });
    },
    onSuccess: entered,
  });
  const trouble = said(enter.error, 'Nobody here has this passkey. Sign in another way.');
  return (
    <>
      <Button
        variant="default"
        fullWidth
        loading={enter.isPending}
        onClick={() => {
          enter.mutate();
        }}
      >
        Use a passkey
      </Button>
      {trouble && <Trouble error={trouble} />}
    </>
  );
}

function Second({ needs, onBack }: { readonly needs: Needs; readonly onBack: () => void }) {
  const enter = useMutation({
    mutationFn: (code: string) => ask<Me>('session/code', { method: 'POST', body: { code } }),
    onSuccess: entered,
  });
  const trouble = said(enter.error, 'That code is not right, or was used before. Wait for the next one.');
  return (
    <Stack>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          enter.mutate(textIn(new FormData(event.currentTarget), 'code'));
        }}
      >
        <Stack>
          <TextInput
            name="code"
            label="Code"
            description="Six digits from your authenticator app, or one of your recovery codes."
            autoComplete="one-time-code"
            required
            autoFocus
          />
          {trouble && <Trouble error={trouble} />}
          <Button type="submit" loading={enter.isPending} fullWidth>
            Go on
          </Button>
        </Stack>
      </form>
      {needs.includes('passkey') && <ByPasskey />}
      <Anchor component="button" type="button" size="sm" onClick={onBack}>
        Begin again
      </Anchor>
    </Stack>
  );
}
