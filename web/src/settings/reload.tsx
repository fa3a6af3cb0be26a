import { Alert, Button, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { ask, client, Problem } from '../api.ts';
import { Dialog, Trouble } from '../parts.tsx';

interface Reloaded {
  readonly changed: readonly string[];
  readonly restart: readonly string[];
}

/** Puts what was changed in the settings file in force: all of it or, when anything is wrong with it, nothing. */
export function Reload() {
  const reload = useMutation({
    mutationFn: () => ask<Reloaded>('reload', { method: 'POST' }),
    onSuccess: () => client.invalidateQueries(),
  });
  const done = reload.data ?? reload.error;
  return (
    <>
      <Button
        size="xs"
        variant="default"
        loading={reload.isPending}
        onClick={() => {
          reload.mutate();
        }}
      >
        Read the settings file again
      </Button>
      {done && (
        <Dialog title="The settings file was read" onClose={reload.reset}>
          {reload.data ? <What of={reload.data} /> : <Wrong error={reload.error} />}
        </Dialog>
      )}
    </>
  );
}

const What = ({ of: { changed, restart } }: { readonly of: Reloaded }) => (
  <Stack>
    {changed.length + restart.length === 0 && (
      <Text>Nothing in it changed. Files of certificates that it names were read again, too.</Text>
    )}
    {changed.length > 0 && <Text>In force now: {changed.join(', ')}.</Text>}
    {restart.length > 0 && (
      <Alert color="orange" variant="light" title="Changed too, but in force only after a restart">
        {restart.join(', ')}
      </Alert>
    )}
  </Stack>
);

/** Every line of the file that is wrong, by its path. */
function Wrong({ error }: { readonly error: Error | null }) {
  if (!error) return null;
  const problems = error instanceof Problem ? Object.entries(error.fields) : [];
  return (
    <Stack>
      <Trouble error={error} />
      <ul className="plain">
        {problems.map(([path, problem]) => (
          <li key={path}>
            <strong>{path}</strong>: {problem}
          </li>
        ))}
      </ul>
    </Stack>
  );
}
