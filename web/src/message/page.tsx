import { Alert, Anchor, Card, Group, List, Stack, Text, Timeline, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Me } from '../../../src/http/people-shapes.ts';
import type { DeliveryView, MessageView, Moment } from '../../../src/http/shapes.ts';
import { ask, client } from '../api.ts';
import { Decisions } from './decisions.tsx';
import { Files } from './files.tsx';
import { PortalLink } from './link.tsx';
import { Attempts, Why } from './why.tsx';
import { WrongPlace } from './wrong-place.tsx';
import { useLive } from '../live.ts';
import { NotYet, State, Urgency, When } from '../parts.tsx';
import { Go } from '../place.tsx';

export function MessagePage({ id, me }: { readonly id: string; readonly me: Me }) {
  const key = ['message', id];
  const load = (background: boolean) => ask<MessageView>(`messages/${id}`, { background });
  const message = useQuery({ queryKey: key, queryFn: () => load(false) });
  const seen = message.data?.deliveries.map(({ version }) => version).join();
  useLive(() => {
    void freshened(id, seen, key, load);
  });
  if (!message.isSuccess) return <NotYet title="Message" of={message} />;
  const { data } = message;
  return (
    <Stack>
      <Title order={1} size="h3">
        To {data.deliveries.map(({ recipient }) => recipient.name ?? 'unnamed recipient').join(', ')}
      </Title>
      <Group gap="xs">
        <Urgency of={data.urgency} />
        <Text c="dimmed" size="sm">
          Received <When at={data.receivedAt} exact /> · proof due <When at={data.deadline} exact /> · {data.id}
        </Text>
        {data.entry && (
          <Go to={`/intake/${data.entry}`} size="sm">
            Intake entry
          </Go>
        )}
        {data.referral && (
          <Go to={`/referrals/${data.referral}`} size="sm">
            Referral
          </Go>
        )}
      </Group>
      {data.deliveries.map((each) => (
        <Delivery key={each.id} delivery={each} message={data.id} decides={me.rights.includes('decide')} />
      ))}
      <div className="story">
        <Story moments={data.timeline} />
        <Files documents={data.documents} proofs={data.proofs} />
      </div>
    </Stack>
  );
}

/** Reading a message is itself put on record, so the page asks first, without content, whether anything moved. */
async function freshened(
  id: string,
  seen: string | undefined,
  key: readonly string[],
  load: (background: boolean) => Promise<MessageView>,
): Promise<void> {
  const { rows } = await ask<{ rows: { version: number }[] }>(`deliveries?q=${id}`, { background: true });
  if (rows.map(({ version }) => version).join() === seen) return;
  await client.query({ queryKey: key, queryFn: () => load(true), staleTime: 0 });
}

function Delivery({
  delivery,
  message,
  decides,
}: {
  readonly delivery: DeliveryView;
  readonly message: string;
  readonly decides: boolean;
}) {
  return (
    <Card withBorder>
      <Stack gap="sm">
        <Group justify="space-between">
          <State of={delivery.state} byWord={delivery.byWord} />
          <Group gap="xs">
            {decides && <WrongPlace delivery={delivery} message={message} />}
            <Decisions delivery={delivery} message={message} />
          </Group>
        </Group>
        <Text size="lg" fw={500}>
          {delivery.summary}
        </Text>
        {delivery.doubt && <Doubt delivery={delivery} doubt={delivery.doubt} />}
        {delivery.state === 'delivered' && (
          <Anchor
            size="sm"
            href={`/api/v1/deliveries/${delivery.id}/receipt`}
            download={`receipt-${delivery.id}.json`}
            title="Anybody can verify it off-line"
          >
            Save the delivery receipt
          </Anchor>
        )}
        {delivery.link && <PortalLink delivery={delivery} link={delivery.link} message={message} />}
        <Why delivery={delivery} />
        <Attempts delivery={delivery} />
      </Stack>
    </Card>
  );
}

/** What is known in plain sentences, so that a person can decide. */
function Doubt({
  delivery,
  doubt,
}: {
  readonly delivery: DeliveryView;
  readonly doubt: NonNullable<DeliveryView['doubt']>;
}) {
  return (
    <Alert color="orange" variant="light" title="It may have arrived">
      <List size="sm" spacing={4}>
        {doubt.known.map((moment, index) => (
          <List.Item key={index}>
            {moment.text} <When at={moment.at} exact />
          </List.Item>
        ))}
      </List>
      <Text size="sm" mt="xs">
        In doubt since <When at={doubt.since} exact />. Whatever is sent next is marked as a possible duplicate.
        {delivery.state === 'held' && ' Ask the recipient before you send it again.'}
      </Text>
    </Alert>
  );
}

const tones = { plain: 'gray', good: 'green', bad: 'red', doubt: 'orange' } as const;

function Story({ moments }: { readonly moments: readonly Moment[] }) {
  return (
    <section>
      <Title order={2} size="h4" mb="sm">
        What happened
      </Title>
      <Timeline active={moments.length} bulletSize={14} lineWidth={2}>
        {moments.map((moment, index) => (
          <Timeline.Item key={index} color={tones[moment.tone]} title={moment.text}>
            <Text size="sm" c="dimmed">
              <When at={moment.at} exact />
              {moment.evidence && (
                <>
                  {' · '}
                  <Anchor href={`/api/v1/documents/${moment.evidence}`} download>
                    save the evidence
                  </Anchor>
                </>
              )}
            </Text>
          </Timeline.Item>
        ))}
      </Timeline>
    </section>
  );
}
