import { Alert, Button, Text } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Me } from '../../src/http/people-shapes.ts';
import { ask, client } from './api.ts';
import { ReasonDialog, When } from './parts.tsx';

interface Held {
  readonly held: boolean;
  readonly backup: string | null;
  readonly restoredAt: string | null;
}

/** After a restore nothing leaves until a person says so. */
export function Hold({ me }: { readonly me: Me }) {
  const { data } = useQuery({ queryKey: ['hold'], queryFn: () => ask<Held>('hold'), staleTime: 60_000 });
  const [asking, setAsking] = useState(false);
  const resume = useMutation({
    mutationFn: (reason: string) => ask('resume', { method: 'POST', body: { reason } }),
    onSuccess: () => {
      setAsking(false);
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['hold'] }),
  });
  if (!data?.held || data.backup === null) return null;
  return (
    <Alert color="orange" variant="light" title="Restored from a backup: nothing leaves">
      <Text size="sm">
        What is known ends at <When at={data.backup} exact />; anything may have been sent since. Arrivals are taken as
        usual.
      </Text>
      {me.rights.includes('operate') ? (
        <Button
          mt="xs"
          size="xs"
          onClick={() => {
            setAsking(true);
          }}
        >
          Let things leave again…
        </Button>
      ) : (
        <Text size="sm">An administrator of all practices lets things leave again.</Text>
      )}
      {asking && (
        <ReasonDialog
          title="Let things leave again?"
          note="What was open at the backup stays held, in doubt; only new work and what you release leaves."
          action="Let things leave"
          busy={resume.isPending}
          error={resume.error}
          onClose={() => {
            setAsking(false);
          }}
          onReason={(reason) => {
            resume.mutate(reason);
          }}
        />
      )}
    </Alert>
  );
}
