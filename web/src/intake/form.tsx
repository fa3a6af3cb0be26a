import { Button, Group, Stack, Text } from '@mantine/core';
import { useEffect, useRef, useState, type ReactNode } from 'react';
import { client, Problem } from '../api.ts';
import { ReasonDialog, Trouble } from '../parts.tsx';
import { Matches } from './matches.tsx';
import { FieldInput } from './field.tsx';
import { names, needsEyes, short, type Name, type Read } from './fields.ts';
import { Missing } from './missing.tsx';
import { isAccepted } from './parts.ts';
import type { Reviewing } from './reviewing.ts';

interface FormProps {
  readonly read: Read;
  readonly review: Reviewing;
  /** Words that were marked on the page, for the field that has the focus. */
  readonly picked: { readonly text: string; readonly time: number } | null;
  readonly onFocus: (name: Name) => void;
}

export function Form({ read, review, picked, onFocus }: FormProps) {
  const { entry } = read;
  const { values, waiting, decide, open, problems, type, accept } = review;
  const [rejecting, setRejecting] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const here = useRef<Name>('patient.name');
  useEffect(() => {
    if (picked && open) type(here.current, picked.text);
    // Once for each marking.
  }, [picked]);
  useEffect(() => {
    if (decide.error) form.current?.querySelector<HTMLElement>('[aria-invalid=true]')?.focus();
  }, [decide.error]);
  return (
    <>
      <form
        ref={form}
        aria-label="What was read"
        onSubmit={(event) => {
          event.preventDefault();
          accept();
        }}
      >
        <Stack gap="sm">
          <Matches read={read} values={values} onUse={type} />
          {names.map((name) => (
            <FieldInput
              key={name}
              read={read}
              name={name}
              value={values[name]}
              confirmed={review.isConfirmed(name)}
              first={name === names.find((each) => needsEyes(read, each))}
              problem={problems[name] ?? problems[`corrections.${name}`]}
              readOnly={!open}
              onFocus={() => {
                here.current = name;
                onFocus(name);
              }}
              onKeyDown={(event) => {
                if (event.key !== 'Enter' || event.shiftKey) return;
                event.preventDefault();
                if (event.ctrlKey || event.metaKey) {
                  accept();
                  return;
                }
                review.confirm(name);
                stepTo(form.current, nextOf(name, waiting));
              }}
              onValue={(value) => {
                type(name, value);
              }}
            />
          ))}
          <Missing read={read} values={values} open={open} />
          {open ? (
            <Buttons
              busy={decide.isPending}
              waiting={waiting}
              refused={!rejecting && decide.error && <Refused error={decide.error} entry={entry.id} />}
              onReject={() => {
                decide.reset();
                setRejecting(true);
              }}
            />
          ) : (
            <Over read={read} />
          )}
        </Stack>
      </form>
      {rejecting && (
        <ReasonDialog
          title="Reject this entry?"
          action="Reject"
          busy={decide.isPending}
          error={decide.error}
          onClose={() => {
            setRejecting(false);
          }}
          onReason={(reason) => {
            decide.mutate({ verb: 'reject', body: { reason } });
          }}
        />
      )}
    </>
  );
}

/** The next field below that needs eyes, else the first above; null: none does. */
function nextOf(from: Name, waiting: readonly Name[]): Name | null {
  const others = waiting.filter((name) => name !== from);
  return others.find((name) => names.indexOf(name) > names.indexOf(from)) ?? others[0] ?? null;
}

function stepTo(form: HTMLFormElement | null, name: Name | null): void {
  const stop = form?.querySelector<HTMLElement>(name ? `[name="${name}"]` : 'button[type=submit]');
  stop?.focus({ preventScroll: true });
  // Not merely in sight: the words of the page stand above it, and the buttons lie over the lower end.
  stop?.scrollIntoView({ block: 'center' });
  if (stop instanceof HTMLInputElement) stop.select();
}

/** Two people at one fax: the second learns who was first. */
function Refused({ error, entry }: { readonly error: Error; readonly entry: string }) {
  const late = error instanceof Problem && error.status === 409;
  const again = (): void => {
    void client.invalidateQueries({ queryKey: ['entry', entry] });
  };
  return <Trouble error={error} {...(late ? { retry: again } : {})} />;
}

interface ButtonsProps {
  readonly busy: boolean;
  readonly waiting: readonly Name[];
  readonly refused: ReactNode;
  readonly onReject: () => void;
}

const Buttons = ({ busy, waiting, refused, onReject }: ButtonsProps) => (
  <Stack gap={6} className="verdict">
    {refused}
    <Text size="sm" role="status">
      {waiting.length === 0 ? '✓ Looked through: accept it.' : `To look at: ${waiting.map(short).join(', ')}`}
    </Text>
    <Group>
      <Button type="submit" loading={busy}>
        Accept
      </Button>
      <Button variant="default" onClick={onReject}>
        Reject…
      </Button>
    </Group>
    <Text size="xs" c="dimmed">
      Enter: confirm, next uncertain field · Ctrl+Enter: accept · mark words on the page to fill the field
    </Text>
  </Stack>
);

function Over({ read: { entry, part } }: { readonly read: Read }) {
  const { state, reason } = entry;
  return (
    <Text fw={600} role="status">
      {state === 'accepted' || isAccepted(entry, part) ? '✓ Accepted' : '✕ Rejected'}
      {reason ? `: ${reason}` : ''}
    </Text>
  );
}
