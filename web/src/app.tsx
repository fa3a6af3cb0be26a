import { Box, Button, Container, Group, Text } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import type { Me } from '../../src/http/shapes.ts';
import { ask, client, whoAmI } from './api.ts';
import { EntryPage } from './entry.tsx';
import { IntakePage } from './intake.tsx';
import { LogPage } from './log.tsx';
import { MessagePage } from './message.tsx';
import { Empty, Loading, Trouble } from './parts.tsx';
import { Go, usePlace } from './place.tsx';
import { SignIn } from './sign-in.tsx';

export function App() {
  const me = useQuery({ queryKey: ['me'], queryFn: whoAmI, staleTime: Infinity });
  if (me.isPending) {
    return (
      <Container py="xl">
        <Loading />
      </Container>
    );
  }
  if (me.isError) {
    return (
      <Container py="xl">
        <Trouble error={me.error} retry={() => void me.refetch()} />
      </Container>
    );
  }
  return me.data ? <House me={me.data} /> : <SignIn />;
}

function House({ me }: { readonly me: Me }) {
  const place = usePlace();
  const main = useRef<HTMLDivElement>(null);
  const path = place.pathname;
  const first = useRef(true);
  useEffect(() => {
    // A new page is announced by moving the focus to it, as a loaded page would.
    if (first.current) first.current = false;
    else main.current?.focus();
  }, [path]);
  return (
    <>
      <Header me={me} path={path} />
      <Container size="xl" py="md" component="main" ref={main} tabIndex={-1}>
        <Page me={me} path={path} />
      </Container>
    </>
  );
}

function Page({ me, path }: { readonly me: Me; readonly path: string }) {
  const [, kind, id] = path.split('/');
  if (path === '/') return <LogPage me={me} />;
  if (kind === 'messages' && id) return <MessagePage id={id} key={id} />;
  if (kind === 'intake') return id ? <EntryPage id={id} key={id} /> : <IntakePage />;
  return <Empty title="There is no such page">The menu above leads everywhere.</Empty>;
}

function Header({ me, path }: { readonly me: Me; readonly path: string }) {
  const leave = useMutation({
    mutationFn: () => ask('session', { method: 'DELETE' }),
    onSettled: () => {
      client.clear();
      client.setQueryData(['me'], null);
    },
  });
  const links = [
    ...(me.rights.includes('log')
      ? [{ to: '/', name: 'Deliveries', here: path === '/' || path.startsWith('/messages') }]
      : []),
    ...(me.rights.includes('intake') ? [{ to: '/intake', name: 'Intake', here: path.startsWith('/intake') }] : []),
  ];
  return (
    <Box
      component="header"
      bd="0 0 1px 0"
      py="xs"
      style={{ borderBottom: '1px solid var(--mantine-color-default-border)' }}
    >
      <Container size="xl">
        <Group justify="space-between" gap="xs">
          <Group component="nav" aria-label="Main" gap="lg">
            <Text fw={800}>Loopgate</Text>
            {links.map(({ to, name, here }) => (
              <Go key={to} to={to} fw={here ? 700 : 400} aria-current={here ? 'page' : undefined}>
                {name}
              </Go>
            ))}
          </Group>
          <Group gap="xs">
            <Text size="sm" c="dimmed" truncate maw={220} title={me.practices.map(({ name }) => name).join(', ')}>
              {me.name}
            </Text>
            <Button
              size="compact-sm"
              variant="default"
              onClick={() => {
                leave.mutate();
              }}
            >
              Sign out
            </Button>
          </Group>
        </Group>
      </Container>
    </Box>
  );
}
