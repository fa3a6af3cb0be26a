import { Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { DeliveryView, Explanation } from '../../../src/http/shapes.ts';
import { ask } from '../api.ts';
import { Loading, Trouble, When } from '../parts.tsx';
import { channelName, wayTo } from '../channel-words.ts';

/** Why this way: in one line, and as a table of all that was weighed. */
export function Why({ delivery }: { readonly delivery: DeliveryView }) {
  const { routes, rejected } = delivery;
  const [open, setOpen] = useState(routes.length === 0);
  if (routes.length + rejected.length === 0) return null;
  return (
    <details
      open={open}
      onToggle={(event) => {
        setOpen(event.currentTarget.open);
      }}
    >
      <summary>
        Why this way? <span className="line-of">{inOneLine(delivery)}</span>
      </summary>
      {open && <Weighed delivery={delivery} />}
    </details>
  );
}

function inOneLine({ routes, rejected }: DeliveryView): string {
  const at = routes.findIndex(({ current }) => current);
  const current = routes[at];
  const out = rejected.length === 0 ? '' : `; ${rejected.length} left out`;
  if (!current) return `No usable way${out}.`;
  const before = routes.slice(0, at).map(({ channel }) => channelName(channel));
  const first = before.length === 0 ? 'the first choice' : `after ${before.join(', ')} did not bring it there`;
  return `${channelName(current.channel)} is ${before.length === 0 ? first : `used ${first}`}, of ${routes.length} usable${out}.`;
}

function Weighed({ delivery: { id, version } }: { readonly delivery: DeliveryView }) {
  const why = useQuery({
    queryKey: ['explain', id, version],
    queryFn: () => ask<Explanation>(`deliveries/${id}/explain`),
  });
  if (why.isPending) return <Loading />;
  if (why.isError) return <Trouble error={why.error} retry={() => void why.refetch()} />;
  const { policy, weighed } = why.data;
  return (
    <>
      <Text size="sm" mt="xs">
        Order for {policy.urgency} referrals: {policy.order.map(channelName).join(', ')} (policy {policy.version}).
      </Text>
      <table className="rows small">
        <thead>
          <tr>
            <th scope="col">Place</th>
            <th scope="col">Way</th>
            <th scope="col">Verdict</th>
          </tr>
        </thead>
        <tbody>
          {weighed.map(({ channel, address, place, verdict }, index) => (
            <tr key={index}>
              <td data-label="Place">{place ?? '–'}</td>
              <td>{place === null ? <s>{wayTo(channel, address)}</s> : wayTo(channel, address)}</td>
              <td>{place === null ? `left out: ${verdict}` : verdict}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </>
  );
}

const outcomes = { accepted: 'taken', deferred: 'not now', refused: 'turned down', unknown: 'no answer' } as const;

/** Every try, with the far side's own words. */
export function Attempts({ delivery: { attempts } }: { readonly delivery: DeliveryView }) {
  if (attempts.length === 0) return null;
  return (
    <details>
      <summary>
        {attempts.length} {attempts.length === 1 ? 'attempt' : 'attempts'}, in the far side’s own words
      </summary>
      <table className="rows small">
        <thead>
          <tr>
            <th scope="col">Started</th>
            <th scope="col">Way</th>
            <th scope="col">Outcome</th>
            <th scope="col">Their words</th>
          </tr>
        </thead>
        <tbody>
          {attempts.map(({ id, channel, address, openedAt, outcome, reason, reference }) => (
            <tr key={id}>
              <td>
                <When at={openedAt} exact />
              </td>
              <td>{wayTo(channel, address)}</td>
              <td data-label="Outcome">{outcome === null ? 'under way' : outcomes[outcome]}</td>
              <td>
                <code>{reason ? `${reason.code}${reason.detail && `: ${reason.detail}`}` : (reference ?? '–')}</code>
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
