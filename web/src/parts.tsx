import { Alert, Button, Group, Modal, Skeleton, Stack, Text, Textarea, Title } from '@mantine/core';
import { useState, type ReactNode } from 'react';
import type { DeliveryLine } from '../../src/http/shapes.ts';
import { Problem } from './api.ts';

export type Tone = 'gray' | 'blue' | 'green' | 'orange' | 'red';

/** Never colour alone: an icon and a word. */
export const Tag = ({
  tone,
  icon,
  children,
}: {
  readonly tone: Tone;
  readonly icon?: string;
  readonly children: ReactNode;
}) => (
  <span className={`tag ${tone}`}>
    {icon && <span aria-hidden>{icon} </span>}
    {children}
  </span>
);

const stateWords: Readonly<Record<DeliveryLine['state'], readonly [icon: string, word: string, tone: Tone]>> = {
  pending: ['…', 'waiting to send', 'gray'],
  sending: ['→', 'sending', 'blue'],
  sent: ['◷', 'awaiting proof', 'blue'],
  delivered: ['✓', 'delivered', 'green'],
  failed: ['✕', 'failed', 'red'],
  held: ['!', 'needs a person', 'orange'],
  cancelled: ['–', 'cancelled', 'gray'],
};

export const deliveryStates = Object.entries(stateWords).map(([value, [, word]]) => ({ value, label: word }));

export function State({ of, byWord }: { readonly of: DeliveryLine['state']; readonly byWord: boolean }) {
  const [icon, word, color] = stateWords[of];
  return (
    <Tag tone={color} icon={icon}>
      {byWord ? 'delivered, by word' : word}
    </Tag>
  );
}

export function Urgency({ of }: { readonly of: DeliveryLine['urgency'] }) {
  if (of === 'routine') return null;
  return <Tag tone={of === 'stat' ? 'red' : 'orange'}>{of}</Tag>;
}

const full = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'medium' });
const short = new Intl.DateTimeFormat(undefined, {
  month: 'short',
  day: 'numeric',
  hour: 'numeric',
  minute: '2-digit',
});
const day = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium' });
const isRecent = (date: Date): boolean => Math.abs(Date.now() - date.getTime()) < 180 * 24 * 60 * 60_000;
const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;

/** In the reader's zone, which the title names. */
export function When({ at, exact = false }: { readonly at: string; readonly exact?: boolean }) {
  const date = new Date(at);
  return (
    <time dateTime={at} title={`${full.format(date)} ${zone}`} className="number">
      {(exact ? full : isRecent(date) ? short : day).format(date)}
    </time>
  );
}

export const Loading = () => (
  <Stack gap="xs" role="status" aria-busy="true" aria-label="Loading">
    {[1, 2, 3, 4].map((row) => (
      <Skeleton key={row} height={36} />
    ))}
  </Stack>
);

export function Trouble({ error, retry }: { readonly error: Error; readonly retry?: () => void }) {
  const words = error instanceof Problem ? error.message : 'Something went wrong on this page.';
  return (
    <Alert color="red" variant="light" title={words} role="alert">
      {retry && (
        <Button size="xs" variant="default" onClick={retry}>
          Try again
        </Button>
      )}
    </Alert>
  );
}

interface NotYetProps {
  readonly title: string;
  /** Null: its script is on its way. */
  readonly of: { readonly error: Error | null; readonly refetch: () => unknown } | null;
}

/** Instead of a page whose heading is what it is about: while that is fetched, and where it cannot be. */
export const NotYet = ({ title, of }: NotYetProps) => (
  <Stack>
    <Title order={1} size="h3">
      {title}
    </Title>
    {of?.error ? <Trouble error={of.error} retry={() => void of.refetch()} /> : <Loading />}
  </Stack>
);

export const Empty = ({ title, children }: { readonly title: string; readonly children?: ReactNode }) => (
  <Stack align="center" py="xl" gap={4}>
    <Text fw={600}>{title}</Text>
    <Text c="dimmed" ta="center" maw={480}>
      {children}
    </Text>
  </Stack>
);

interface DialogProps {
  readonly title: string;
  readonly onClose: () => void;
  /** It cannot be left now. */
  readonly busy?: boolean;
  readonly children: ReactNode;
}

/** Composed by hand: the library's own head would be a second banner of the page. */
export const Dialog = ({ title, onClose, busy = false, children }: DialogProps) => (
  <Modal.Root opened onClose={onClose} centered lockScroll={false} size="lg">
    <Modal.Overlay />
    <Modal.Content>
      <Group justify="space-between" wrap="nowrap" align="start" p="md" pb={0}>
        <Modal.Title fw={700} fz="lg">
          {title}
        </Modal.Title>
        {!busy && <Modal.CloseButton aria-label="Close" m={0} />}
      </Group>
      <Modal.Body pt="sm">{children}</Modal.Body>
    </Modal.Content>
  </Modal.Root>
);

interface AskReason {
  readonly title: string;
  readonly note?: string | undefined;
  /** Default: why. */
  readonly question?: string | undefined;
  /** What else has to be chosen. */
  readonly children?: ReactNode;
  readonly action: string;
  readonly busy: boolean;
  readonly error: Error | null;
  readonly onClose: () => void;
  readonly onReason: (reason: string) => void;
}

/** A decision needs its reason: it is kept on record. */
export function ReasonDialog({
  title,
  note,
  question = 'Why?',
  children,
  action,
  busy,
  error,
  onClose,
  onReason,
}: AskReason) {
  const [reason, setReason] = useState('');
  const submit = (): void => {
    if (reason.trim() !== '') onReason(reason.trim());
  };
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        onSubmit={(event) => {
          event.preventDefault();
          submit();
        }}
      >
        <Stack>
          {note && (
            <Alert color="orange" variant="light">
              {note}
            </Alert>
          )}
          {children}
          <Textarea
            label={question}
            description="Kept on record, with your name."
            data-autofocus
            required
            maxLength={500}
            autosize
            minRows={2}
            value={reason}
            onChange={(event) => {
              setReason(event.currentTarget.value);
            }}
          />
          {error && <Trouble error={error} />}
          <Group justify="flex-end">
            <Button variant="default" onClick={onClose}>
              Back
            </Button>
            <Button type="submit" loading={busy} disabled={reason.trim() === ''}>
              {action}
            </Button>
          </Group>
        </Stack>
      </form>
    </Dialog>
  );
}

/** What was typed into a field of a form. */
export function textIn(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === 'string' ? value.trim() : '';
}

/** Arrows and j/k walk the rows while one of them has the focus. */
export function walkRows(event: React.KeyboardEvent<HTMLElement>): void {
  const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
  if (step === undefined || event.metaKey || event.ctrlKey || event.altKey) return;
  const links = [...event.currentTarget.querySelectorAll<HTMLElement>('a[href]')];
  const here = links.findIndex((link) => link === document.activeElement);
  if (here < 0) return;
  event.preventDefault();
  links[here + step]?.focus();
}
