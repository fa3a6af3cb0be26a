import { Anchor, Group, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { MisdirectionView } from '../../src/http/number-shapes.ts';
import type { Listed } from '../../src/http/shapes.ts';
import { ask } from './api.ts';
import { Trouble, When } from './parts.tsx';
import { Go } from './place.tsx';

export const assurances = {
  unknown: 'not known yet',
  destroyed: 'destroyed',
  returned: 'given back to us',
  kept: 'still there',
} as const;

/** Pages that somebody had who should not, each with its letters. */
export function WrongPlaces() {
  const list = useQuery({
    queryKey: ['misdirections'],
    queryFn: () => ask<Listed<MisdirectionView>>('misdirections?limit=50'),
    staleTime: 60_000,
  });
  return (
    <section>
      <Title order={2} size="h4" mb="xs">
        Pages that came to the wrong place
      </Title>
      {list.isError && <Trouble error={list.error} retry={() => void list.refetch()} />}
      {list.data?.rows.length === 0 && (
        <Text size="sm" c="dimmed">
          None. When somebody calls about a fax that was not for them, open its delivery and choose “Wrong place”.
        </Text>
      )}
      <Stack gap="sm">
        {list.data?.rows.map((each) => (
          <WrongPlace key={each.id} of={each} />
        ))}
      </Stack>
    </section>
  );
}

const WrongPlace = ({ of }: { readonly of: MisdirectionView }) => (
  <article>
    <Text>
      <When at={of.at} exact /> at <span className="number">{of.number}</span>, told by {of.reporter}; written down by{' '}
      {of.by.replace(':', ' ')}. Pages: {assurances[of.assurance]}. “{of.note}”
    </Text>
    <Text size="sm">
      Disclosed: {of.disclosed.patient?.name ?? 'no named patient'};{' '}
      {of.disclosed.documents.map(({ name }) => name).join(', ')}
    </Text>
    <Group gap="md">
      <Go to={`/messages/${of.message}`}>Its message</Go>
      {(['holder', 'patient'] as const).map((to) => (
        <Anchor key={to} href={`/api/v1/misdirections/${of.id}/letter.pdf?to=${to}`} download>
          Letter to {to === 'holder' ? 'whoever has the pages' : 'the patient'} (PDF)
        </Anchor>
      ))}
    </Group>
  </article>
);
