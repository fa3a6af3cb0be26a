import { Button, Group, Paper, Text } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { useEffect, useState, useSyncExternalStore } from 'react';

const undoMs = 10_000;

/** Something that a person decided and may still take back. */
interface Waiting {
  readonly id: number;
  /** "Will be sent again", or what was done. */
  readonly text: string;
  readonly until: number;
  /** Done when the time is over, or at once when asked. Absent: it is done already. */
  readonly act?: (() => void) | undefined;
  readonly undo: () => void;
  readonly timer: ReturnType<typeof setTimeout>;
}

let waiting: readonly Waiting[] = [];
let last = 0;
const hearers = new Set<() => void>();

function put(next: readonly Waiting[]): void {
  waiting = next;
  for (const hear of hearers) hear();
}

const listen = (hear: () => void): (() => void) => {
  hearers.add(hear);
  return () => hearers.delete(hear);
};

function leave(id: number): Waiting | undefined {
  const found = waiting.find((each) => each.id === id);
  clearTimeout(found?.timer);
  put(waiting.filter((each) => each.id !== id));
  return found;
}

/** Do it in ten seconds unless somebody takes it back: nothing has left the page before. */
export function doLater(text: string, act: () => void): void {
  const id = ++last;
  const timer = setTimeout(() => leave(id)?.act?.(), undoMs);
  put([...waiting, { id, text, until: Date.now() + undoMs, act, undo: () => undefined, timer }]);
}

/** It is done; for ten seconds it can be undone. */
export function offerUndo(text: string, undo: () => void): void {
  const id = ++last;
  const timer = setTimeout(() => leave(id), undoMs);
  put([...waiting, { id, text, until: Date.now() + undoMs, undo, timer }]);
}

/** The bar of what can still be taken back. */
export function Later() {
  const all = useSyncExternalStore(listen, () => waiting);
  const pending = all.some(({ act }) => act !== undefined);
  useHotkeys([
    [
      'mod+Z',
      () => {
        const latest = waiting.at(-1);
        if (latest) leave(latest.id)?.undo();
      },
    ],
  ]);
  useEffect(() => {
    if (!pending) return undefined;
    const warn = (event: BeforeUnloadEvent): void => {
      event.preventDefault();
    };
    window.addEventListener('beforeunload', warn);
    return () => {
      window.removeEventListener('beforeunload', warn);
    };
  }, [pending]);
  return (
    <div className="later" role="status">
      {all.map((each) => (
        <Paper key={each.id} withBorder shadow="md" p="xs" px="md">
          <Group gap="sm" justify="space-between" wrap="wrap">
            <Text>
              {each.text} {each.act && <Countdown until={each.until} />}
            </Text>
            <Group gap="xs">
              <Button
                size="compact-md"
                variant="default"
                onClick={() => {
                  leave(each.id)?.undo();
                }}
              >
                Undo
              </Button>
              {each.act && (
                <Button
                  size="compact-md"
                  onClick={() => {
                    leave(each.id)?.act?.();
                  }}
                >
                  Do it now
                </Button>
              )}
            </Group>
          </Group>
        </Paper>
      ))}
    </div>
  );
}

function Countdown({ until }: { readonly until: number }) {
  const [left, setLeft] = useState(undoMs / 1000);
  useEffect(() => {
    const beat = setInterval(() => {
      setLeft(Math.max(0, Math.ceil((until - Date.now()) / 1000)));
    }, 250);
    return () => {
      clearInterval(beat);
    };
  }, [until]);
  return (
    <span aria-hidden className="number">
      in {left} s
    </span>
  );
}
