import { Button, Group, Stack, Text, Textarea, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useEffect, useRef, useState, type KeyboardEvent } from 'react';
import type { EntryView } from '../../../src/http/intake-shapes.ts';
import { ask, client, Problem } from '../api.ts';
import { ReasonDialog, Trouble } from '../parts.tsx';
import { Matches } from './matches.tsx';
import { fieldOf, labels, names, needsEyes, sureFrom, type Field, type Name } from './fields.ts';

type Decided = 'accepted' | 'rejected';

interface FormProps {
  readonly entry: EntryView;
  /** Words that were marked on the page, for the field that has the focus. */
  readonly picked: { readonly text: string; readonly time: number } | null;
  readonly onFocus: (name: Name) => void;
  readonly onDecided: (verb: Decided) => void;
}

/** What a person typed over what was read, what they confirmed, and the decision on it. */
function useReview(entry: EntryView, onDecided: FormProps['onDecided']) {
  const read = (name: Name): string => fieldOf(entry, name)?.value ?? '';
  const [values, setValues] = useState(
    () => Object.fromEntries(names.map((name) => [name, read(name)])) as Record<Name, string>,
  );
  const [confirmed, setConfirmed] = useState<ReadonlySet<Name>>(new Set());
  const decide = useMutation({
    mutationFn: ({ verb, body }: { verb: 'accept' | 'reject'; body: object }) =>
      ask(`intake/${entry.id}/${verb}`, { method: 'POST', body }),
    onSuccess: (_, { verb }) => {
      onDecided(verb === 'accept' ? 'accepted' : 'rejected');
    },
  });
  const open = entry.state === 'waiting';
  return {
    values,
    confirmed,
    decide,
    open,
    problems: decide.error instanceof Problem ? decide.error.fields : {},
    confirm: (name: Name): void => {
      setConfirmed(new Set([...confirmed, name]));
    },
    type: (name: Name, value: string): void => {
      setValues((before) => ({ ...before, [name]: value }));
    },
    accept: (): void => {
      const changed = names.filter((name) => values[name] !== read(name));
      const corrections = Object.fromEntries(changed.map((name) => [name, values[name].trim()]));
      if (open) decide.mutate({ verb: 'accept', body: { corrections } });
    },
  };
}

export function Form({ entry, picked, onFocus, onDecided }: FormProps) {
  const review = useReview(entry, onDecided);
  const { values, confirmed, decide, open, problems, type, accept } = review;
  const [rejecting, setRejecting] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const here = useRef<Name>('patient.name');
  const waiting = names.filter((name) => needsEyes(entry, name) && !confirmed.has(name));
  useEffect(() => {
    if (picked && open) type(here.current, picked.text);
    // Once for each marking.
  }, [picked]);
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
          <Matches entry={entry} values={values} onUse={type} />
          {names.map((name) => (
            <FieldInput
              key={name}
              entry={entry}
              name={name}
              value={values[name]}
              confirmed={confirmed.has(name)}
              first={name === names.find((each) => needsEyes(entry, each))}
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
          {decide.error && !rejecting && <Refused error={decide.error} entry={entry.id} />}
          {open ? (
            <Buttons
              busy={decide.isPending}
              waiting={waiting}
              onReject={() => {
                decide.reset();
                setRejecting(true);
              }}
            />
          ) : (
            <Over entry={entry} />
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
  stop?.focus();
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
  readonly onReject: () => void;
}

const Buttons = ({ busy, waiting, onReject }: ButtonsProps) => (
  <Stack gap={6} className="verdict">
    <Text size="sm" role="status">
      {waiting.length === 0
        ? '✓ Looked through: accept it.'
        : `To look at: ${waiting.map((name) => labels[name].replace(/ \(.*/, '')).join(', ')}`}
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

const Over = ({ entry: { state, reason } }: { readonly entry: EntryView }) => (
  <Text fw={600} role="status">
    {state === 'accepted' ? '✓ Accepted' : '✕ Rejected'}
    {reason ? `: ${reason}` : ''}
  </Text>
);

interface FieldInputProps {
  readonly entry: EntryView;
  readonly name: Name;
  readonly value: string;
  readonly confirmed: boolean;
  /** It gets the focus when the page opens. */
  readonly first: boolean;
  readonly problem: string | undefined;
  readonly readOnly: boolean;
  readonly onFocus: () => void;
  readonly onKeyDown: (event: KeyboardEvent<HTMLElement>) => void;
  readonly onValue: (value: string) => void;
}

function FieldInput(given: FieldInputProps) {
  const { entry, name, value, confirmed, first, problem, readOnly, onFocus, onKeyDown, onValue } = given;
  const field = fieldOf(entry, name);
  const props = {
    name,
    label: labels[name],
    description: (
      <>
        <Confidence
          field={field}
          typed={value !== (field?.value ?? '')}
          confirmed={confirmed}
          asked={needsEyes(entry, name)}
        />
        <Crop entry={entry} field={field} />
      </>
    ),
    error: problem,
    value,
    readOnly,
    autoFocus: first && !readOnly,
    autoComplete: 'off',
    maxLength: 4000,
    onKeyDown,
    onFocus,
    onChange: (event: { readonly currentTarget: { readonly value: string } }) => {
      onValue(event.currentTarget.value);
    },
  };
  return name === 'service.reason' ? (
    <Textarea {...props} autosize minRows={2} maxRows={8} />
  ) : (
    <TextInput {...props} />
  );
}

const margin = 8;

/** The words as they stand on the page, beside what was read of them. */
function Crop({ entry, field }: { readonly entry: EntryView; readonly field: Field | undefined }) {
  const sheet = field?.place ? entry.sheets[field.place.page] : undefined;
  if (!field?.place || !sheet) return null;
  const { x, y, width, height } = field.place.box;
  return (
    <svg
      className="crop"
      viewBox={`${x - margin} ${y - margin} ${width + 2 * margin} ${height + 2 * margin}`}
      preserveAspectRatio="xMinYMid meet"
      aria-hidden
    >
      <image
        href={`/api/v1/documents/${sheet.document}/pages/${sheet.number}.png`}
        width={sheet.width}
        height={sheet.height}
      />
    </svg>
  );
}

interface ConfidenceProps {
  readonly field: Field | undefined;
  readonly typed: boolean;
  readonly confirmed: boolean;
  readonly asked: boolean;
}

function Confidence({ field, typed, confirmed, asked }: ConfidenceProps) {
  if (typed || field?.by === 'person') return <>✎ typed by a person</>;
  if (confirmed) return <>✓ confirmed by you</>;
  if (!field) return <>✕ missing: not found on the pages</>;
  if (field.value === '') return <>✎ handwritten: type what the picture shows</>;
  if (field.confidence < sureFrom) return <>! check it against the page: the reading is doubtful</>;
  return asked ? <>✓ read clearly; confirm it, because it says whose page this is</> : <>✓ sure</>;
}
