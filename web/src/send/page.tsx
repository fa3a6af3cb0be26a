import './send.css';
import { Alert, Button, Group, NativeSelect, Stack, Text, Title } from '@mantine/core';
import { useThrottledCallback } from '@mantine/hooks';
import { useEffect, useRef, useState } from 'react';
import type { Me } from '../../../src/http/people-shapes.ts';
import { ask } from '../api.ts';
import { Leaving } from '../leaving.tsx';
import { Go } from '../place.tsx';
import { Documents } from './documents.tsx';
import { faxOf, nothingTyped, type Draft } from './draft.ts';
import { Preview } from './preview.tsx';
import { Patient, Service } from './referral.tsx';
import { useSending, type Sending } from './sending.ts';
import { Who } from './who.tsx';

const minute = 60_000;

/** A practice sends a referral. What is typed is held by this page alone, and gone when it is left. */
export function SendPage({ me }: { readonly me: Me }) {
  const [only, ...others] = me.practices;
  const [draft, setDraft] = useState<Draft>({
    practice: only && others.length === 0 ? only.id : '',
    recipient: null,
    texts: nothingTyped,
    files: [],
  });
  const sending = useSending(draft);
  const { busy, faults, look, halt } = sending;
  const root = useRef<HTMLDivElement>(null);
  // Whoever types is there: a long letter must not end in the sign-in. Where this fails, the next letter tries again.
  const stay = useThrottledCallback(() => {
    void ask('session/extend', { method: 'POST' }).catch(() => undefined);
  }, minute);
  const typed = draft.files.length > 0 || Object.values(draft.texts).some((text) => text !== '' && text !== 'routine');
  useEffect(() => {
    if (halt === null) return;
    const faulty = root.current?.querySelector<HTMLElement>('[aria-invalid=true]');
    if (halt.why === 'look') root.current?.querySelector<HTMLElement>('.fax-pages')?.focus();
    else faulty?.focus();
  }, [halt]);
  const change = (changes: Partial<Draft>): void => {
    setDraft((before) => ({ ...before, ...changes }));
    sending.forget();
    stay();
  };
  const part = { me, draft, faults, onDraft: change };
  return (
    <Stack ref={root}>
      <Title order={1} size="h3">
        Send a referral
      </Title>
      <Leaving typed={typed}>Nothing was sent. What you typed and the documents you chose are not kept.</Leaving>
      <div className="sending">
        <form
          aria-label="Referral"
          // Enter within a field must not send; the button does, and Ctrl+Enter.
          onSubmit={(event) => {
            event.preventDefault();
          }}
          onKeyDown={(event) => {
            if (event.key === 'Enter' && (event.ctrlKey || event.metaKey)) sending.send();
          }}
        >
          <Stack>
            {me.practices.length > 1 && (
              <NativeSelect
                label="Which practice sends it?"
                value={draft.practice}
                error={faults['practice']}
                data={[
                  { value: '', label: 'choose…' },
                  ...me.practices.map(({ id, name }) => ({ value: id, label: name })),
                ]}
                onChange={(event) => {
                  const practice = event.currentTarget.value;
                  change({ practice, ...(draft.recipient?.practice === practice ? {} : { recipient: null }) });
                }}
              />
            )}
            <Who {...part} />
            <Patient {...part} />
            <Service {...part} />
            <Documents
              {...part}
              onAdd={(files) => {
                setDraft((before) => ({ ...before, files: [...before.files, ...files] }));
                sending.forget();
              }}
            />
            <Halted sending={sending} />
            <Group>
              <Button loading={busy !== null} onClick={sending.send}>
                Send
              </Button>
              {faxOf(draft) !== null && (
                <Button variant="default" disabled={busy !== null} onClick={sending.preview}>
                  Preview
                </Button>
              )}
            </Group>
          </Stack>
        </form>
        <Preview look={look} looking={busy === 'looking'} fax={faxOf(draft)} />
      </div>
    </Stack>
  );
}

/** Why it did not go out, beside the button. */
const Halted = ({ sending: { halt, sendAnother } }: { readonly sending: Sending }) => (
  <>
    {halt?.why === 'look' && (
      <Alert color="orange" variant="light" title="Nothing is sent yet: look at the pages first.">
        They are shown under “As it will be faxed”. When they are right, press “Send” once more.
      </Alert>
    )}
    {halt?.why === 'faults' && (
      <Alert color="red" variant="light" title="Nothing is sent yet: something is missing or wrong above." />
    )}
    {halt?.why === 'problem' && <Alert color="red" variant="light" title={halt.words} />}
    {halt?.why === 'first' && (
      <Alert color="orange" variant="light" title="The first version of this referral was sent after all.">
        <Text size="sm">
          What you changed since has not been. <Go to="/deliveries">See the delivery log</Go> before you send it as
          well.
        </Text>
        <Button size="compact-md" variant="default" mt="xs" onClick={sendAnother}>
          Send this version too
        </Button>
      </Alert>
    )}
  </>
);
