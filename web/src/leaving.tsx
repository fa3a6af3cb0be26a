import { Button, Group, Stack, Text } from '@mantine/core';
import { useEffect, useState } from 'react';
import { Dialog } from './parts.tsx';
import { guardPlace, leave } from './place.tsx';

/** While `typed`, whoever leaves the page is asked first: by the browser when it closes or loads anew, here by us. */
export function Leaving({ typed, children }: { readonly typed: boolean; readonly children: string }) {
  const [to, setTo] = useState<string | null>(null);
  useEffect(() => {
    if (!typed) return undefined;
    const warn = (event: BeforeUnloadEvent): void => {
      event.preventDefault();
    };
    window.addEventListener('beforeunload', warn);
    guardPlace(setTo);
    return () => {
      window.removeEventListener('beforeunload', warn);
      guardPlace(null);
    };
  }, [typed]);
  const stay = (): void => {
    setTo(null);
  };
  if (to === null) return null;
  return (
    <Dialog title="Leave this page?" onClose={stay}>
      <Stack>
        <Text>{children}</Text>
        <Group justify="flex-end">
          <Button
            variant="default"
            onClick={() => {
              leave(to);
            }}
          >
            Leave it
          </Button>
          <Button data-autofocus onClick={stay}>
            Stay
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
