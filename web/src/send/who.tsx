import { Button, Group, Loader, Select, SimpleGrid, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { RecipientView } from '../../../src/http/api/recipients.ts';
import type { Listed } from '../../../src/http/shapes.ts';
import { ask } from '../api.ts';
import { Trouble } from '../parts.tsx';
import { Line, Part, type PartProps } from './parts.tsx';
import { wayTo } from '../channel-words.ts';

const wordsOf = ({ endpoints }: RecipientView): string =>
  endpoints.map(({ channel, address }) => wayTo(channel, address)).join(' · ');

/** One whom the practice keeps, or an address that is typed. */
export function Who(given: PartProps) {
  const { draft, onDraft } = given;
  const { recipient } = draft;
  if (recipient) {
    return (
      <Part title="Who gets it">
        <Group justify="space-between" align="start" wrap="nowrap">
          <div>
            <Text fw={600}>{recipient.name}</Text>
            <Text size="sm" c="dimmed">
              {wordsOf(recipient)}
              {recipient.npi && ` · NPI ${recipient.npi}`}
            </Text>
            {given.faults['who'] && (
              <Text size="sm" c="var(--bad)">
                {given.faults['who']}
              </Text>
            )}
          </div>
          <Button
            size="compact-md"
            variant="default"
            flex="none"
            onClick={() => {
              onDraft({ recipient: null });
            }}
          >
            Someone else
          </Button>
        </Group>
      </Part>
    );
  }
  return (
    <Part title="Who gets it">
      <Known {...given} />
      <Typed {...given} />
    </Part>
  );
}

function Known({ draft: { practice }, faults, onDraft }: PartProps) {
  const [words, setWords] = useState('');
  const [q] = useDebouncedValue(words.trim(), 200);
  const found = useQuery({
    queryKey: ['recipients', 'choice', q],
    queryFn: () => ask<Listed<RecipientView>>(`recipients?${new URLSearchParams({ q, limit: '100' })}`),
    placeholderData: (before) => before,
  });
  const rows = (found.data?.rows ?? []).filter((each) => practice === '' || each.practice === practice);
  return (
    <>
      <Select
        label="Recipient"
        description="Of your own list: type a part of the name, an NPI, a number or address."
        searchable
        openOnFocus={false}
        comboboxProps={{ withinPortal: false }}
        value={null}
        searchValue={words}
        onSearchChange={setWords}
        filter={({ options }) => options}
        data={rows.map(({ id, name }) => ({ value: id, label: name }))}
        error={faults['who']}
        nothingFoundMessage={
          found.isPending ? 'Looking…' : 'Nobody of that name in your list: type below where it goes.'
        }
        rightSection={found.isFetching ? <Loader size="xs" /> : undefined}
        autoComplete="off"
        maxDropdownHeight={280}
        renderOption={({ option }) => {
          const row = rows.find(({ id }) => id === option.value);
          return (
            <div>
              <Text size="sm" fw={600}>
                {option.label}
              </Text>
              <Text size="xs" c="dimmed">
                {row && wordsOf(row)}
              </Text>
            </div>
          );
        }}
        onChange={(id) => {
          const recipient = rows.find((each) => each.id === id);
          if (recipient) onDraft({ recipient, practice: recipient.practice });
        }}
      />
      {found.isError && <Trouble error={found.error} retry={() => void found.refetch()} />}
    </>
  );
}

/** Only by the channels that are switched on. */
function Typed(given: PartProps) {
  const { me } = given;
  return (
    <>
      <Text size="sm" c="dimmed">
        Not in the list? Type where it goes; with several, the gateway takes the best way first.
      </Text>
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="sm">
        <Line {...given} field="name" label="Name of the office" />
        <Line {...given} field="npi" label="NPI" inputMode="numeric" maxLength={10} />
        {me.channels.includes('efax') && <Line {...given} field="efax" label="Fax number" type="tel" />}
        {me.channels.includes('direct') && <Line {...given} field="direct" label="Direct address" inputMode="email" />}
        {me.channels.includes('portal') && (
          <Line
            {...given}
            field="portal"
            label="E-mail, for a portal link"
            description="Or +1… for a text message, fax:+1… for a page by fax, where that is set up."
          />
        )}
      </SimpleGrid>
    </>
  );
}
