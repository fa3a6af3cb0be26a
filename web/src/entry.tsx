import { Alert, Anchor, Button, Group, Stack, Text, Textarea, TextInput, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useRef, useState, type KeyboardEvent } from 'react';
import type { EntryLine, EntryView } from '../../src/http/intake-shapes.ts';
import type { Listed } from '../../src/http/shapes.ts';
import { ask, client, Problem } from './api.ts';
import { Loading, ReasonDialog, Trouble, When } from './parts.tsx';
import { Go, go } from './place.tsx';
import { Sheets } from './sheets.tsx';

type Field = EntryView['fields'][number];
type Name = Field['name'];

const labels: Readonly<Record<Name, string>> = {
  'patient.name': 'Patient',
  'patient.birthDate': 'Date of birth (YYYY-MM-DD)',
  'patient.phone': 'Phone',
  'referrer.name': 'Referring provider',
  'referrer.npi': 'Their NPI',
  'service.reason': 'Reason',
};
const arrivals: Readonly<Record<string, string>> = { direct: 'Direct message', efax: 'Fax' };
const names = Object.keys(labels) as Name[];

export function EntryPage({ id }: { readonly id: string }) {
  const entry = useQuery({
    queryKey: ['entry', id],
    queryFn: () => ask<EntryView>(`intake/${id}`),
    staleTime: Infinity,
  });
  if (entry.isPending) return <Loading />;
  if (entry.isError) return <Trouble error={entry.error} retry={() => void entry.refetch()} />;
  return <Review entry={entry.data} />;
}

function Review({ entry }: { readonly entry: EntryView }) {
  const [focused, setFocused] = useState<Name | null>(null);
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={1} size="h3">
          {arrivals[entry.channel] ?? entry.channel} from {entry.from ?? 'an unknown sender'}
        </Title>
        <Text size="sm" c="dimmed">
          Arrived <When at={entry.arrivedAt} exact /> · <Go to={`/messages/${entry.message}`}>Its story</Go>
        </Text>
      </Group>
      {entry.warnings.map((warning) => (
        <Alert key={warning} color="orange" variant="light" title={`! ${warning}`} />
      ))}
      <div className="entry">
        <Sheets entry={entry} focused={focused} />
        <Stack>
          <Form entry={entry} onFocus={setFocused} />
          <Stack gap={4}>
            {entry.documents.map(({ id, name }) => (
              <Anchor key={id} href={`/api/v1/documents/${id}`} download>
                Save {name}
              </Anchor>
            ))}
          </Stack>
        </Stack>
      </div>
    </Stack>
  );
}

/** After a decision the next one waiting comes up by itself. */
async function next(after: string): Promise<void> {
  await client.invalidateQueries({ queryKey: ['intake'] });
  client.removeQueries({ queryKey: ['entry', after] });
  const { rows } = await ask<Listed<EntryLine>>('intake?state=waiting');
  const waiting = rows.findLast(({ id }) => id !== after);
  go(waiting ? `/intake/${waiting.id}` : '/intake');
}

/** What a person typed over what was read, and the decision on it. */
function useReview(entry: EntryView) {
  const read = (name: Name): string => fieldOf(entry, name)?.value ?? '';
  const [values, setValues] = useState(
    () => Object.fromEntries(names.map((name) => [name, read(name)])) as Record<Name, string>,
  );
  const decide = useMutation({
    mutationFn: ({ verb, body }: { verb: 'accept' | 'reject'; body: object }) =>
      ask(`intake/${entry.id}/${verb}`, { method: 'POST', body }),
    onSuccess: () => next(entry.id),
  });
  const open = entry.state === 'waiting';
  return {
    values,
    decide,
    open,
    problems: decide.error instanceof Problem ? decide.error.fields : {},
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

function Form({ entry, onFocus }: { readonly entry: EntryView; readonly onFocus: (name: Name) => void }) {
  const { values, decide, open, problems, type, accept } = useReview(entry);
  const [rejecting, setRejecting] = useState(false);
  const form = useRef<HTMLFormElement>(null);
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
          {names.map((name) => (
            <FieldInput
              key={name}
              name={name}
              field={fieldOf(entry, name)}
              value={values[name]}
              problem={problems[name] ?? problems[`corrections.${name}`]}
              readOnly={!open}
              onFocus={onFocus}
              onKeyDown={(event) => {
                stepOn(event, form.current, accept);
              }}
              onValue={(value) => {
                type(name, value);
              }}
            />
          ))}
          {decide.error && !rejecting && <Trouble error={decide.error} />}
          {open ? (
            <Buttons
              busy={decide.isPending}
              onReject={() => {
                decide.reset();
                setRejecting(true);
              }}
            />
          ) : (
            <Decided entry={entry} />
          )}
        </Stack>
      </form>
      {rejecting && (
        <RejectDialog
          decide={decide}
          onClose={() => {
            setRejecting(false);
          }}
        />
      )}
    </>
  );
}

interface RejectDialogProps {
  readonly decide: ReturnType<typeof useReview>['decide'];
  readonly onClose: () => void;
}

const RejectDialog = ({ decide, onClose }: RejectDialogProps) => (
  <ReasonDialog
    title="Reject this entry?"
    action="Reject"
    busy={decide.isPending}
    error={decide.error}
    onClose={onClose}
    onReason={(reason) => {
      decide.mutate({ verb: 'reject', body: { reason } });
    }}
  />
);

const Buttons = ({ busy, onReject }: { readonly busy: boolean; readonly onReject: () => void }) => (
  <Group>
    <Button type="submit" loading={busy}>
      Accept
    </Button>
    <Button variant="default" onClick={onReject}>
      Reject…
    </Button>
    <Text size="xs" c="dimmed">
      Enter: next field · Ctrl+Enter: accept
    </Text>
  </Group>
);

const Decided = ({ entry: { state, reason } }: { readonly entry: EntryView }) => (
  <Text fw={600} role="status">
    {state === 'accepted' ? '✓ Accepted' : '✕ Rejected'}
    {reason ? `: ${reason}` : ''}
  </Text>
);

const fieldOf = ({ fields }: EntryView, name: Name): Field | undefined => fields.find((field) => field.name === name);

interface FieldInputProps {
  readonly name: Name;
  readonly field: Field | undefined;
  readonly value: string;
  readonly problem: string | undefined;
  readonly readOnly: boolean;
  readonly onFocus: (name: Name) => void;
  readonly onKeyDown: (event: KeyboardEvent<HTMLElement>) => void;
  readonly onValue: (value: string) => void;
}

function FieldInput({ name, field, value, problem, readOnly, onFocus, onKeyDown, onValue }: FieldInputProps) {
  const props = {
    name,
    label: labels[name],
    description: <Confidence field={field} typed={value !== (field?.value ?? '')} />,
    error: problem,
    value,
    readOnly,
    autoFocus: name === 'patient.name',
    autoComplete: 'off',
    maxLength: 4000,
    onKeyDown,
    onFocus: () => {
      onFocus(name);
    },
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

function stepOn(event: KeyboardEvent<HTMLElement>, form: HTMLFormElement | null, accept: () => void): void {
  if (event.key !== 'Enter' || event.shiftKey) return;
  event.preventDefault();
  if (event.ctrlKey || event.metaKey) accept();
  else nextField(form, event.target);
}

/** Enter walks the fields and ends on the Accept button. */
function nextField(form: HTMLFormElement | null, from: EventTarget): void {
  const stops = [...(form?.querySelectorAll<HTMLElement>('input, textarea, button[type=submit]') ?? [])];
  const stop = stops[stops.findIndex((each) => each === from) + 1];
  stop?.focus();
  if (stop instanceof HTMLInputElement) stop.select();
}

const sureFrom = 0.9;

function Confidence({ field, typed }: { readonly field: Field | undefined; readonly typed: boolean }) {
  if (typed || field?.by === 'person') return <>✎ typed by a person</>;
  if (!field) return <>✕ missing: not found on the pages</>;
  return field.confidence >= sureFrom ? <>✓ sure</> : <>! check it against the page</>;
}
