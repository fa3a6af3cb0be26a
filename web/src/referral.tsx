import { Button, Card, Group, NativeSelect, Stack, Text, Timeline, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Me } from '../../src/http/people-shapes.ts';
import type { ReferralView } from '../../src/http/shapes.ts';
import { ask, client } from './api.ts';
import { NotYet, ReasonDialog, State, Urgency, When } from './parts.tsx';
import { Go } from './place.tsx';
import { patientOf, ReferralState, referralStates, requestOf, toldBy } from './referral-words.tsx';

export function ReferralPage({ id, me }: { readonly id: string; readonly me: Me }) {
  const found = useQuery({ queryKey: ['referral', id], queryFn: () => ask<ReferralView>(`referrals/${id}`) });
  if (!found.isSuccess) return <NotYet title="Referral" of={found} />;
  const view = found.data;
  const { urgency } = requestOf(view);
  return (
    <Stack>
      <Title order={1} size="h3">
        {patientOf(view)}
      </Title>
      <Group gap="xs">
        <ReferralState of={view.state} />
        <Urgency of={urgency} />
        <Text size="sm" c="dimmed">
          {view.id}
        </Text>
      </Group>
      <div className="story">
        <Steps view={view} me={me} />
        <Stack>
          <Asked view={view} />
          <Card withBorder>
            <Title order={2} size="h4" mb="xs">
              Delivery
            </Title>
            <Stack gap="xs">
              {view.deliveries.map((each) => (
                <Group key={each.id} gap="xs">
                  <State of={each.state} byWord={each.byWord} />
                  <Text>{each.recipient ?? 'unnamed recipient'}</Text>
                </Group>
              ))}
              <Go to={`/messages/${view.message}`}>The message and its story</Go>
            </Stack>
          </Card>
        </Stack>
      </div>
    </Stack>
  );
}

function Asked({ view }: { readonly view: ReferralView }) {
  const { patient, requester, recipient, service } = requestOf(view);
  const rows: readonly (readonly [string, string | null | undefined])[] = [
    ['Born', patient?.birthDate],
    ['Phone', patient?.phone],
    ['Chart number', patient?.identifiers.map(({ value }) => value).join(', ')],
    ['Insurance', patient?.coverage && `${patient.coverage.payer} ${patient.coverage.memberId}`],
    ['From', requester && [requester.name, requester.npi && `NPI ${requester.npi}`].filter(Boolean).join(', ')],
    ['To', recipient?.name],
    ['Specialty', service.specialty],
    ['Reason', service.reason],
    ['Diagnoses', service.diagnoses.map(({ code }) => code).join(', ')],
  ];
  return (
    <Card withBorder>
      <Title order={2} size="h4" mb="xs">
        What was asked
      </Title>
      <dl className="keys">
        {rows.map(([name, value]) => (
          <div key={name}>
            <dt>{name}</dt>
            <dd>{value || '–'}</dd>
          </div>
        ))}
      </dl>
    </Card>
  );
}

function Steps({ view, me }: { readonly view: ReferralView; readonly me: Me }) {
  return (
    <section>
      <Group justify="space-between" mb="sm">
        <Title order={2} size="h4">
          What became of it
        </Title>
        {me.rights.includes('refer') && <Record view={view} />}
      </Group>
      {view.steps.length === 0 && <Text c="dimmed">Nothing yet: it is being sent.</Text>}
      <Timeline active={view.steps.length} bulletSize={14} lineWidth={2}>
        {view.steps.map((step, index) => (
          <Timeline.Item key={index} title={toldBy(step)} color={step.moved ? 'blue' : 'gray'}>
            <Text size="sm" c="dimmed">
              <When at={step.at} exact />
              {step.date && ` · on ${step.date}`}
              {step.reason && ` · ${step.reason}`}
              {!step.moved && ' · came late; the state stayed'}
              {step.jumped && ' · skipped a step'}
            </Text>
          </Timeline.Item>
        ))}
      </Timeline>
    </section>
  );
}

function Record({ view }: { readonly view: ReferralView }) {
  const [asking, setAsking] = useState(false);
  const [to, setTo] = useState('accepted');
  const record = useMutation({
    mutationFn: (evidence: string) =>
      ask(`referrals/${view.id}/status`, { method: 'POST', body: { to, evidence: evidence.slice(0, 300) } }),
    onSuccess: () => {
      setAsking(false);
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['referral', view.id] }),
  });
  return (
    <>
      <Button
        size="compact-md"
        variant="default"
        onClick={() => {
          record.reset();
          setAsking(true);
        }}
      >
        Record a step…
      </Button>
      {asking && (
        <ReasonDialog
          title="What happened?"
          question="How do you know?"
          action="Record"
          busy={record.isPending}
          error={record.error}
          onClose={() => {
            setAsking(false);
          }}
          onReason={(evidence) => {
            record.mutate(evidence.replace(/\s+/g, ' '));
          }}
        >
          <NativeSelect
            label="Step"
            data={referralStates.filter(({ value }) => value !== 'draft')}
            value={to}
            onChange={(event) => {
              setTo(event.currentTarget.value);
            }}
          />
        </ReasonDialog>
      )}
    </>
  );
}
