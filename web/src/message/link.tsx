import { Alert, Button, Group, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { DeliveryView } from '../../../src/http/shapes.ts';
import { ask, client } from '../api.ts';
import { ReasonDialog, When } from '../parts.tsx';

interface PortalLinkProps {
  readonly delivery: DeliveryView;
  readonly link: NonNullable<DeliveryView['link']>;
  readonly message: string;
}

const answers = {
  received: 'received',
  accepted: 'accepted',
  scheduled: 'the patient has an appointment',
  information: 'needs to know more',
  declined: 'declined',
  report: 'sent a report',
} as const;

/** The recipient's answer; until it comes, the code to read out, and a way to take the link back. */
export function PortalLink({ delivery, link, message }: PortalLinkProps) {
  const { answer } = link;
  if (answer) {
    const more = answer.on ?? answer.reason;
    return (
      <Alert variant="light" title={`The recipient answered: ${answers[answer.kind]}${more ? `: ${more}` : ''}`} />
    );
  }
  if (link.state === 'revoked') return <Alert color="gray" variant="light" title="The portal link was taken back" />;
  if (link.state === 'locked') {
    return <Alert color="orange" variant="light" title="The portal link is locked: five wrong codes were tried" />;
  }
  if (link.state === 'expired' || (link.code === null && link.openedAt === null)) return null;
  return (
    <Alert
      variant="light"
      title={
        link.openedAt
          ? 'The portal link was opened; no answer yet'
          : 'Portal code, to read out when the recipient calls'
      }
    >
      <Group justify="space-between" align="end">
        <div>
          {!link.openedAt && <Text className="code">{link.code}</Text>}
          <Text size="sm">
            {delivery.recipient.phone ? `Their number: ${delivery.recipient.phone}. ` : ''}Works until{' '}
            <When at={link.expiresAt} />. Wrong codes so far: {link.wrongCodes}.
            <Reminder link={link} />
          </Text>
        </div>
        <TakeBack delivery={delivery.id} message={message} />
      </Group>
    </Alert>
  );
}

function Reminder({ link: { openedAt, remindAt, remindedAt } }: Pick<PortalLinkProps, 'link'>) {
  if (remindedAt !== null)
    return (
      <>
        {' '}
        Reminded <When at={remindedAt} />.
      </>
    );
  if (openedAt !== null || remindAt === null) return null;
  return (
    <>
      {' '}
      If nobody opens it, one reminder goes out <When at={remindAt} />.
    </>
  );
}

function TakeBack({ delivery, message }: { readonly delivery: string; readonly message: string }) {
  const [asking, setAsking] = useState(false);
  const revoke = useMutation({
    mutationFn: (reason: string) => ask(`deliveries/${delivery}/link/revoke`, { method: 'POST', body: { reason } }),
    onSuccess: () => {
      setAsking(false);
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['message', message] }),
  });
  return (
    <>
      <Button
        size="compact-md"
        variant="default"
        onClick={() => {
          setAsking(true);
        }}
      >
        Take the link back…
      </Button>
      {asking && (
        <ReasonDialog
          title="Take the link back?"
          note="It opens nothing any more, at once, to whoever has it."
          action="Take it back"
          busy={revoke.isPending}
          error={revoke.error}
          onClose={() => {
            setAsking(false);
          }}
          onReason={(reason) => {
            revoke.mutate(reason);
          }}
        />
      )}
    </>
  );
}
