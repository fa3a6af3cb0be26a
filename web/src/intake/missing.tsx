import { Button, Checkbox, Group, Stack, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import type { EntryView } from '../../../src/http/intake-shapes.ts';
import { ask, client } from '../api.ts';
import { channelName } from '../channel-words.ts';
import { Dialog, Trouble, When } from '../parts.tsx';
import { Go } from '../place.tsx';
import { short, type Name, type Read } from './fields.ts';

/** Ways by which a letter can go back to where an arrival came from. */
const answerable = ['direct', 'efax'];

interface MissingProps {
  readonly read: Read;
  readonly values: Readonly<Record<Name, string>>;
  readonly open: boolean;
}

/** What a referral lacks for its specialty and nobody typed, to be asked of its sender; and what was asked already. */
export function Missing({ read: { entry, part }, values, open }: MissingProps) {
  const [choosing, setChoosing] = useState(false);
  const asked = entry.asked.filter((each) => each.part === part);
  const missing = entry.missing.filter((each) => each.part === part && values[each.field].trim() === '');
  const fields = missing.map(({ field }) => field);
  const fresh = fields.filter((field) => !asked.some((each) => each.fields.includes(field)));
  return (
    <>
      {asked.map(({ message, fields: names, at }) => (
        <Text key={message} size="sm">
          Asked for {names.map(short).join(', ')}: <When at={at} />, <Go to={`/messages/${message}`}>its letter</Go>
        </Text>
      ))}
      {open && fields.length > 0 && entry.from !== null && answerable.includes(entry.channel) && (
        <Button
          variant="default"
          size="compact-md"
          className="ask"
          onClick={() => {
            setChoosing(true);
          }}
        >
          {asked.length === 0 && `Ask for what is missing (${fields.length})…`}
          {asked.length > 0 && fresh.length === 0 && `Ask again (${fields.length})…`}
          {asked.length > 0 && fresh.length > 0 && `Ask for more that is missing (${fresh.length})…`}
        </Button>
      )}
      {choosing && (
        <Asking
          read={{ entry, part }}
          fields={fields}
          asked={asked}
          onClose={() => {
            setChoosing(false);
          }}
        />
      )}
    </>
  );
}

interface AskingProps {
  readonly read: Read;
  readonly fields: readonly Name[];
  /** What went out before. */
  readonly asked: EntryView['asked'];
  readonly onClose: () => void;
}

function Asking({ read: { entry, part }, fields, asked, onClose }: AskingProps) {
  const askedOn = (field: Name) => asked.findLast((each) => each.fields.includes(field))?.at;
  const fresh = fields.filter((field) => askedOn(field) === undefined);
  const [chosen, setChosen] = useState<readonly string[]>(fresh.length > 0 ? fresh : fields);
  const send = useMutation({
    mutationFn: () => ask(`intake/${entry.id}/ask`, { method: 'POST', body: { part, fields: chosen } }),
    onSuccess: async () => {
      await client.invalidateQueries({ queryKey: ['entry', entry.id] });
      onClose();
    },
  });
  return (
    <Dialog
      title={fresh.length > 0 ? 'Ask the sender for what is missing?' : 'Ask the sender again?'}
      onClose={onClose}
      busy={send.isPending}
    >
      <Stack>
        <Text size="sm">
          A letter with boxes to tick goes to {entry.from} by {channelName(entry.channel)} at once. It names no patient.
          The arrival stays in the queue.
        </Text>
        <Checkbox.Group label="Ask for" value={[...chosen]} onChange={setChosen}>
          <Stack gap={6} mt={6}>
            {fields.map((each) => {
              const at = askedOn(each);
              return (
                <Checkbox
                  key={each}
                  value={each}
                  label={short(each)}
                  description={
                    at && (
                      <>
                        asked <When at={at} />
                      </>
                    )
                  }
                />
              );
            })}
          </Stack>
        </Checkbox.Group>
        {send.error && <Trouble error={send.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={onClose} disabled={send.isPending}>
            Back
          </Button>
          <Button
            loading={send.isPending}
            disabled={chosen.length === 0}
            onClick={() => {
              send.mutate();
            }}
          >
            Send the letter
          </Button>
        </Group>
      </Stack>
    </Dialog>
  );
}
