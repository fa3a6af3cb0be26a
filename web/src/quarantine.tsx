import { Anchor, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { Me } from '../../src/http/people-shapes.ts';
import type { Listed } from '../../src/http/shapes.ts';
import { ask } from './api.ts';
import { Empty, Loading, Trouble, When } from './parts.tsx';
import { channelName } from './channel-words.ts';

interface Quarantined {
  readonly document: string;
  readonly channel: string;
  readonly reasons: readonly string[];
  readonly at: string;
}

/** What was turned away at the door: kept sealed, never opened again by the gateway. */
export function Quarantine({ me }: { readonly me: Me }) {
  const list = useQuery({
    queryKey: ['quarantine'],
    queryFn: () => ask<Listed<Quarantined>>('quarantine?limit=100'),
  });
  if (list.isPending) return <Loading />;
  if (list.isError) return <Trouble error={list.error} retry={() => void list.refetch()} />;
  if (list.data.rows.length === 0) return <Empty title="✓ Nothing was turned away." />;
  return (
    <>
      <Text size="sm" c="dimmed">
        Kept sealed; nothing of it was read or passed on. If one of these should have come in, ask its sender to send it
        anew once the reason is gone.
      </Text>
      <table className="rows">
        <thead>
          <tr>
            <th scope="col">When</th>
            <th scope="col">By</th>
            <th scope="col">Why</th>
            <th scope="col">Original</th>
          </tr>
        </thead>
        <tbody>
          {list.data.rows.map(({ document, channel, reasons, at }) => (
            <tr key={document}>
              <td>
                <When at={at} />
              </td>
              <td data-label="By">{channelName(channel)}</td>
              <td data-label="Why">{reasons.join('; ')}</td>
              <td data-label="Original">
                {me.rights.includes('content') ? (
                  <Anchor href={`/api/v1/documents/${document}`} download>
                    save it
                  </Anchor>
                ) : (
                  'sealed'
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}
