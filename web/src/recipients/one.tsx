import { Button, Card, Group, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { RecipientView } from '../../../src/http/api/recipients.ts';
import type { Me } from '../../../src/http/people-shapes.ts';
import type { DeliveryLine, Listed } from '../../../src/http/shapes.ts';
import { ask, client } from '../api.ts';
import { Dialog, Loading, NotYet, State, Trouble, When } from '../parts.tsx';
import { Go, go } from '../place.tsx';
import { RecipientForm } from './form.tsx';
import { wayTo } from '../channel-words.ts';

type Endpoint = RecipientView['endpoints'][number];

/** One recipient: what is kept, and how the last deliveries to each of their addresses ended. */
export function RecipientPage({ id, me }: { readonly id: string; readonly me: Me }) {
  const one = useQuery({ queryKey: ['recipients', id], queryFn: () => ask<RecipientView>(`recipients/${id}`) });
  const [doing, setDoing] = useState<'change' | 'forget' | null>(null);
  const close = (): void => {
    setDoing(null);
  };
  if (!one.isSuccess) return <NotYet title="Recipient" of={one} />;
  const { name, npi, phone, endpoints, changedAt, by } = one.data;
  return (
    <Stack>
      <Group justify="space-between" align="start">
        <div>
          <Title order={1} size="h3" style={{ overflowWrap: 'anywhere' }}>
            {name}
          </Title>
          <Text size="sm" c="dimmed">
            {npi !== null && <>NPI {npi} · </>}
            {phone !== null && <>phone {phone} · </>}
            kept by {by.replace(':', ' ')}, <When at={changedAt} />
          </Text>
        </div>
        {me.rights.includes('send') && (
          <Group gap="xs">
            <Button
              size="xs"
              onClick={() => {
                setDoing('change');
              }}
            >
              Change…
            </Button>
            <Button
              size="xs"
              variant="default"
              onClick={() => {
                setDoing('forget');
              }}
            >
              Forget…
            </Button>
          </Group>
        )}
      </Group>
      {endpoints.map((endpoint) => (
        <Way key={`${endpoint.channel} ${endpoint.address}`} endpoint={endpoint} />
      ))}
      {doing === 'change' && <RecipientForm me={me} before={one.data} onClose={close} />}
      {doing === 'forget' && <Forget recipient={one.data} onClose={close} />}
    </Stack>
  );
}

const shown = 5;

function Way({ endpoint: { channel, address } }: { readonly endpoint: Endpoint }) {
  const query = new URLSearchParams({ q: address, channel, limit: String(shown) });
  const lately = useQuery({
    queryKey: ['deliveries', 'to', channel, address],
    queryFn: () => ask<Listed<DeliveryLine>>(`deliveries?${query}`),
  });
  const rows = lately.data?.rows ?? [];
  const over = rows.filter(({ state }) => ['delivered', 'failed', 'held'].includes(state));
  const good = over.filter(({ state }) => state === 'delivered').length;
  return (
    <Card withBorder component="section" aria-label={wayTo(channel, address)}>
      <Group justify="space-between">
        <Title order={2} size="h5" style={{ overflowWrap: 'anywhere' }}>
          {wayTo(channel, address)}
        </Title>
        {rows.length > 0 && <Go to={`/deliveries?q=${encodeURIComponent(address)}`}>All in the log</Go>}
      </Group>
      {lately.isPending && <Loading />}
      {lately.isError && <Trouble error={lately.error} retry={() => void lately.refetch()} />}
      {lately.data && rows.length === 0 && (
        <Text size="sm" c="dimmed">
          Nothing went here yet.
        </Text>
      )}
      {over.length > 0 && (
        <Text size="sm">
          Of the last {over.length} that ended, {good} arrived.
          {good === 0 && ' Ask the office whether this is still its address, and change it here.'}
        </Text>
      )}
      {rows.length > 0 && (
        <ul className="lately">
          {rows.map(({ id, message, state, byWord, receivedAt }) => (
            <li key={id}>
              <Go to={`/messages/${message}`}>
                <When at={receivedAt} />
              </Go>{' '}
              <State of={state} byWord={byWord} />
            </li>
          ))}
        </ul>
      )}
    </Card>
  );
}

function Forget({ recipient, onClose }: { readonly recipient: RecipientView; readonly onClose: () => void }) {
  const forget = useMutation({
    mutationFn: () => ask(`recipients/${recipient.id}`, { method: 'DELETE' }),
    onSuccess: async () => {
      go('/recipients');
      // Not asked for again: it is gone.
      await client.invalidateQueries({
        predicate: ({ queryKey: [kind, id] }) => kind === 'recipients' && id !== recipient.id,
      });
    },
  });
  return (
    <Dialog title={`Forget ${recipient.name}?`} onClose={onClose}>
      <Stack>
        <Text>What went there stays on record. A referral that names them by NPI is refused from now on.</Text>
        {forget.error && <Trouble error={forget.error} />}
        <Group justify="flex-end">
          <Button
            color="red"
            data-autofocus
            loading={forget.isPending}
            onClick={() => {
              forget.mutate();
            }}
          >
            Forget them
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
