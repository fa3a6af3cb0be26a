import './pages.css';
import { Alert, Anchor, Group, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { EntryView } from '../../../src/http/intake-shapes.ts';
import { ask, client } from '../api.ts';
import { offerUndo } from '../later.tsx';
import { Leaving } from '../leaving.tsx';
import { Read } from '../message/files.tsx';
import { NotYet, When } from '../parts.tsx';
import { Go, go, leave } from '../place.tsx';
import { Form } from './form.tsx';
import type { Name } from './fields.ts';
import { nextWaiting } from './next.ts';
import { openParts, partsOf } from './parts.ts';
import { Parts } from './parts-bar.tsx';
import { useReviewing, type Decided } from './reviewing.ts';
import { Sheets } from './sheets.tsx';
import { channelName } from '../channel-words.ts';

export function EntryPage({ id }: { readonly id: string }) {
  const entry = useQuery({
    queryKey: ['entry', id],
    queryFn: () => ask<EntryView>(`intake/${id}`),
    staleTime: Infinity,
  });
  if (!entry.isSuccess) return <NotYet title="Intake entry" of={entry} />;
  return <Review entry={entry.data} />;
}

/** What the caller, its machine and its header line say: three different things. */
function Sender({ of: { csid, header } }: { readonly of: NonNullable<EntryView['sender']> }) {
  if (csid === null && header === null) return null;
  return (
    <Text size="sm" c="dimmed">
      {csid && <>The far machine calls itself “{csid}”. </>}
      {header && <>Its line over the page: “{header}”</>}
    </Text>
  );
}

function Review({ entry }: { readonly entry: EntryView }) {
  const [wanted, setPart] = useState<number | null>(null);
  const parts = partsOf(entry);
  const part = wanted !== null && parts.includes(wanted) ? wanted : (openParts(entry)[0] ?? parts[0] ?? 0);
  const read = { entry, part };
  const review = useReviewing(read, (verb) => {
    setPart(null);
    void decided(entry, part, verb);
  });
  const [focused, setFocused] = useState<Name | null>(null);
  const [picked, setPicked] = useState<{ readonly text: string; readonly time: number } | null>(null);
  return (
    <Stack gap="sm">
      <Leaving typed={review.unsaved}>The arrival is not accepted yet, and what you typed over it is not kept.</Leaving>
      <Group justify="space-between">
        <Title order={1} size="h3">
          {channelName(entry.channel)} from {entry.from?.replace(/^(?:key|user):/, '') ?? 'an unknown sender'}
        </Title>
        <Text size="sm" c="dimmed">
          Arrived <When at={entry.arrivedAt} exact /> · <Go to={`/messages/${entry.message}`}>Its story</Go>
          {entry.referral && (
            <>
              {' · '}
              <Go to={`/referrals/${entry.referral}`}>Its referral</Go>
            </>
          )}
        </Text>
      </Group>
      {entry.sender && <Sender of={entry.sender} />}
      {entry.warnings.map((warning) => (
        <Alert key={warning} color="orange" variant="light" title={`! ${warning}`} />
      ))}
      <div className="entry">
        <Sheets
          entry={entry}
          part={part}
          focused={focused}
          onPick={(text) => {
            setPicked({ text, time: Date.now() });
          }}
        />
        <Stack className="beside">
          {parts.length > 1 && <Parts entry={entry} part={part} onPart={setPart} />}
          <Form key={part} read={read} review={review} picked={picked} onFocus={setFocused} />
          <Stack gap={4}>
            {entry.documents.map((each) => (
              <span key={each.id}>
                <Anchor href={`/api/v1/documents/${each.id}`} download>
                  Save {each.name}
                </Anchor>
                <Read of={each} />
              </span>
            ))}
          </Stack>
        </Stack>
      </div>
    </Stack>
  );
}

/** After a decision the next referral of the same arrival comes up, else the oldest arrival that waits; the decision can
 *  be taken back. */
async function decided(entry: EntryView, part: number, verb: Decided): Promise<void> {
  const { id } = entry;
  offerUndo(verb === 'accepted' ? '✓ Accepted' : '✕ Rejected', () => void undo(id));
  void client.invalidateQueries({ queryKey: ['intake'] });
  if (verb === 'accepted' && openParts(entry).some((each) => each !== part)) {
    await client.invalidateQueries({ queryKey: ['entry', id] });
    return;
  }
  client.removeQueries({ queryKey: ['entry', id] });
  const following = await nextWaiting(id).catch(() => null);
  leave(following ? `/intake/${following}` : '/intake');
}

async function undo(id: string): Promise<void> {
  await ask(`intake/${id}/undo`, { method: 'POST' }).catch(() => undefined);
  await client.invalidateQueries({ queryKey: ['entry', id] });
  go(`/intake/${id}`);
}
