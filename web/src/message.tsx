import {
  Alert,
  Anchor,
  Badge,
  Button,
  Card,
  Group,
  List,
  NativeSelect,
  Stack,
  Text,
  Timeline,
  Title,
} from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { DeliveryView, MessageView, Moment } from '../../src/http/shapes.ts';
import { ask, client } from './api.ts';
import { Files } from './files.tsx';
import { useLive } from './live.ts';
import { Loading, ReasonDialog, State, Trouble, Urgency, When } from './parts.tsx';
import { Go } from './place.tsx';

export function MessagePage({ id }: { readonly id: string }) {
  const key = ['message', id];
  const load = (background: boolean) => ask<MessageView>(`messages/${id}`, { background });
  const message = useQuery({ queryKey: key, queryFn: () => load(false) });
  const seen = message.data?.deliveries.map(({ version }) => version).join();
  useLive(() => {
    void freshened(id, seen, key, load);
  });
  if (message.isPending) return <Loading />;
  if (message.isError) return <Trouble error={message.error} retry={() => void message.refetch()} />;
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
        {data.entry && <Go to={`/intake/${data.entry}`}>Intake entry</Go>}
      </Group>
      {data.deliveries.map((each) => (
        <Delivery key={each.id} delivery={each} message={data.id} />
      ))}
      <Group align="start" gap="xl" grow preventGrowOverflow={false}>
        <Story moments={data.timeline} />
        <Files documents={data.documents} proofs={data.proofs} />
      </Group>
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

function Delivery({ delivery, message }: { readonly delivery: DeliveryView; readonly message: string }) {
  return (
    <Card withBorder>
      <Stack gap="sm">
        <Group justify="space-between">
          <State of={delivery.state} byWord={delivery.byWord} />
          <Decisions delivery={delivery} message={message} />
        </Group>
        <Text size="lg" fw={500}>
          {delivery.summary}
        </Text>
        {delivery.doubt && <Doubt delivery={delivery} doubt={delivery.doubt} />}
        {delivery.link && <PortalCode link={delivery.link} phone={delivery.recipient.phone} />}
        <Ways delivery={delivery} />
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

const verbs = {
  confirm: { name: 'It arrived', title: 'It arrived?', question: 'How do you know?' },
  retry: { name: 'Send again', title: 'Send it again?', question: 'Why?' },
  reroute: { name: 'Other route', title: 'Send it another way?', question: 'Why?' },
  hold: { name: 'Hold', title: 'Stop it until somebody decides?', question: 'Why?' },
  cancel: { name: 'Cancel', title: 'Cancel this delivery?', question: 'Why?' },
} as const;
type Verb = keyof typeof verbs;

/** What a person should know before a decision. */
function noteOn(verb: Verb, { inDoubt }: DeliveryView): string | undefined {
  if (verb === 'confirm') return 'It is then shown as delivered by your word, never as a receipt of the far side.';
  const sends = verb === 'retry' || verb === 'reroute';
  return sends && inDoubt ? 'An earlier attempt may have arrived: the recipient may get it twice.' : undefined;
}

function Decisions({ delivery, message }: { readonly delivery: DeliveryView; readonly message: string }) {
  const others = delivery.routes.flatMap((each, index) => (each.current ? [] : [{ ...each, index }]));
  const [asked, setAsked] = useState<Verb | null>(null);
  const [route, setRoute] = useState(others[0]?.index ?? 0);
  const decide = useMutation({
    mutationFn: ({ verb, reason }: { verb: Verb; reason: string }) =>
      ask(`deliveries/${delivery.id}/${verb}`, {
        method: 'POST',
        body: verb === 'reroute' ? { reason, route } : { reason },
      }),
    onSuccess: () => {
      setAsked(null);
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['message', message] }),
  });
  const offered = (Object.keys(verbs) as Verb[]).filter((verb) => delivery.may.includes(verb));
  return (
    <Group gap="xs">
      {offered.map((verb) => (
        <Button
          key={verb}
          size="xs"
          variant={verb === 'retry' && !delivery.inDoubt ? 'filled' : 'default'}
          onClick={() => {
            decide.reset();
            setAsked(verb);
          }}
        >
          {verbs[verb].name}
        </Button>
      ))}
      {asked && (
        <ReasonDialog
          title={verbs[asked].title}
          note={noteOn(asked, delivery)}
          question={verbs[asked].question}
          action={verbs[asked].name}
          busy={decide.isPending}
          error={decide.error}
          onClose={() => {
            setAsked(null);
          }}
          onReason={(reason) => {
            decide.mutate({ verb: asked, reason });
          }}
        >
          {asked === 'reroute' && (
            <NativeSelect
              label="Which way?"
              value={route}
              data={others.map(({ channel, address, index }) => ({
                value: String(index),
                label: `${channel} ${address}`,
              }))}
              onChange={(event) => {
                setRoute(Number(event.currentTarget.value));
              }}
            />
          )}
        </ReasonDialog>
      )}
    </Group>
  );
}

function PortalCode({
  link,
  phone,
}: {
  readonly link: NonNullable<DeliveryView['link']>;
  readonly phone: string | null;
}) {
  if (link.answer) {
    const why = link.answer.reason ? `: ${link.answer.reason}` : '';
    return <Alert variant="light" title={`The recipient answered: ${link.answer.kind}${why}`} />;
  }
  if (link.openedAt) return null;
  if (link.state === 'locked') {
    return <Alert color="orange" variant="light" title="The portal link is locked: five wrong codes were tried" />;
  }
  if (link.state === 'expired' || link.code === null) return null;
  return (
    <Alert variant="light" title="Portal code, to read out when the recipient calls">
      <Text className="code">{link.code}</Text>
      <Text size="sm">
        {phone ? `Their number: ${phone}. ` : ''}Works until <When at={link.expiresAt} />. Wrong codes so far:{' '}
        {link.wrongCodes}.
      </Text>
    </Alert>
  );
}

function Ways({ delivery: { routes, rejected } }: { readonly delivery: DeliveryView }) {
  if (routes.length + rejected.length === 0) return null;
  return (
    <details open={routes.length === 0}>
      <summary>Why this way?</summary>
      <List size="sm" mt="xs" spacing={4} type="ordered">
        {routes.map((route) => (
          <List.Item key={`${route.channel} ${route.address}`}>
            {route.channel} {route.address}{' '}
            {route.current && (
              <Badge variant="light" tt="none">
                in use
              </Badge>
            )}
          </List.Item>
        ))}
      </List>
      <List size="sm" mt="xs" spacing={4}>
        {rejected.map((each, index) => (
          <List.Item key={index}>
            <s>
              {each.channel} {each.address}
            </s>{' '}
            left out: {each.reason}
          </List.Item>
        ))}
      </List>
    </details>
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
