import { Button, NativeSelect, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { DeliveryView } from '../../../src/http/shapes.ts';
import { ask, client } from '../api.ts';
import { assurances } from '../wrong-places.tsx';
import { ReasonDialog } from '../parts.tsx';

/** Somebody called: the pages came out of their machine. Offered where a fax may have gone out. */
export function WrongPlace({ delivery, message }: { readonly delivery: DeliveryView; readonly message: string }) {
  const [open, setOpen] = useState(false);
  const [reporter, setReporter] = useState('');
  const [assurance, setAssurance] = useState<keyof typeof assurances>('unknown');
  const report = useMutation({
    mutationFn: (reason: string) =>
      ask(`deliveries/${delivery.id}/misdirected`, { method: 'POST', body: { reporter, assurance, reason } }),
    onSuccess: () => {
      setOpen(false);
    },
    onSettled: () => client.invalidateQueries({ queryKey: ['message', message] }),
  });
  const faxed = delivery.attempts.some(
    ({ channel, outcome }) => channel === 'efax' && (outcome === 'accepted' || outcome === 'unknown'),
  );
  if (!faxed) return null;
  return (
    <>
      <Button
        size="xs"
        variant="default"
        onClick={() => {
          setOpen(true);
        }}
      >
        Wrong place…
      </Button>
      {open && (
        <ReasonDialog
          title="Did its pages come to the wrong place?"
          note="The number is not dialled again. What was disclosed is kept, and letters are drawn up under “Fax numbers”."
          question="What happened?"
          action="Write it down"
          busy={report.isPending}
          error={report.error}
          onClose={() => {
            setOpen(false);
          }}
          onReason={(reason) => {
            report.mutate(reason);
          }}
        >
          <TextInput
            label="Who told us, and how are they reached?"
            required
            maxLength={300}
            value={reporter}
            onChange={(event) => {
              setReporter(event.currentTarget.value);
            }}
          />
          <NativeSelect
            label="What became of the pages?"
            value={assurance}
            data={Object.entries(assurances).map(([value, label]) => ({ value, label }))}
            onChange={(event) => {
              setAssurance(event.currentTarget.value as keyof typeof assurances);
            }}
          />
        </ReasonDialog>
      )}
    </>
  );
}
