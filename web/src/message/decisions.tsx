import { Button, Group, NativeSelect } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { DeliveryView } from '../../../src/http/shapes.ts';
import { ask, client } from '../api.ts';
import { doLater } from '../later.tsx';
import { ReasonDialog, Trouble } from '../parts.tsx';
import { wayTo } from '../channel-words.ts';

/** `later`: what is shown while it can still be taken back; null: what sends nothing happens at once. */
const verbs = {
  confirm: { name: 'It arrived', title: 'It arrived?', question: 'How do you know?', later: null },
  retry: { name: 'Send again', title: 'Send it again?', question: 'Why?', later: 'Will be sent again' },
  reroute: { name: 'Other route', title: 'Send it another way?', question: 'Why?', later: 'Will be sent another way' },
  hold: { name: 'Hold', title: 'Stop it until somebody decides?', question: 'Why?', later: null },
  cancel: { name: 'Cancel', title: 'Cancel this delivery?', question: 'Why?', later: 'Will be cancelled' },
} as const;
type Verb = keyof typeof verbs;

/** What a person should know before a decision. */
function noteOn(verb: Verb, { inDoubt }: DeliveryView): string | undefined {
  if (verb === 'confirm') return 'It is then shown as delivered by your word, never as a receipt of the far side.';
  const sends = verb === 'retry' || verb === 'reroute';
  return sends && inDoubt ? 'An earlier attempt may have arrived: the recipient may get it twice.' : undefined;
}

export function Decisions({ delivery, message }: { readonly delivery: DeliveryView; readonly message: string }) {
  const others = delivery.routes.flatMap((each, index) => (each.current ? [] : [{ ...each, index }]));
  const [asked, setAsked] = useState<Verb | null>(null);
  const [route, setRoute] = useState(others[0]?.index ?? 0);
  const decide = useMutation({
    mutationFn: ({ verb, reason }: { verb: Verb; reason: string }) =>
      ask(`deliveries/${delivery.id}/${verb}`, {
        method: 'POST',
        body: verb === 'reroute' ? { reason, route } : { reason },
      }),
    onSettled: () => client.invalidateQueries({ queryKey: ['message', message] }),
  });
  const given = (verb: Verb, reason: string): void => {
    setAsked(null);
    const { later } = verbs[verb];
    const act = (): void => {
      decide.mutate({ verb, reason });
    };
    if (later === null) act();
    else doLater(later, act);
  };
  const offered = (Object.keys(verbs) as Verb[]).filter((verb) => delivery.may.includes(verb));
  return (
    <Group gap="xs">
      {decide.error && <Trouble error={decide.error} />}
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
          busy={false}
          error={null}
          onClose={() => {
            setAsked(null);
          }}
          onReason={(reason) => {
            given(asked, reason);
          }}
        >
          {asked === 'reroute' && (
            <NativeSelect
              label="Which way?"
              value={route}
              data={others.map(({ channel, address, index }) => ({
                value: String(index),
                label: wayTo(channel, address),
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
