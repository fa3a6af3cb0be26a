import { Button, Container, Paper, PasswordInput, Stack, Text, TextInput, Title } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import type { Me } from '../../src/http/shapes.ts';
import { ask, client, Problem } from './api.ts';
import { Trouble } from './parts.tsx';

export function SignIn() {
  const enter = useMutation({
    mutationFn: (body: { name: string; password: string }) => ask<Me>('session', { method: 'POST', body }),
    onSuccess: (me) => client.setQueryData(['me'], me),
  });
  const wrong = enter.error instanceof Problem && enter.error.status === 401;
  const submit = (form: FormData): void => {
    const text = (name: string): string => {
      const value = form.get(name);
      return typeof value === 'string' ? value : '';
    };
    enter.mutate({ name: text('name'), password: text('password') });
  };
  return (
    <Container size={420} py={60} component="main">
      <Title order={1} ta="center" mb="xs">
        Loopgate
      </Title>
      <Text ta="center" c="dimmed" mb="lg">
        Referrals out, faxes in, proof of both.
      </Text>
      <Paper withBorder p="lg" radius="md">
        <form
          onSubmit={(event) => {
            event.preventDefault();
            submit(new FormData(event.currentTarget));
          }}
        >
          <Stack>
            <TextInput name="name" label="Name" autoComplete="username" required autoFocus />
            <PasswordInput name="password" label="Password" autoComplete="current-password" required />
            {enter.error && (
              <Trouble error={wrong ? new Problem(401, 'That name and password do not match.') : enter.error} />
            )}
            <Button type="submit" loading={enter.isPending} fullWidth>
              Sign in
            </Button>
          </Stack>
        </form>
      </Paper>
    </Container>
  );
}
