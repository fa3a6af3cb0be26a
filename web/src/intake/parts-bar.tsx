import { Button, Group, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import type { EntryView } from '../../../src/http/intake-shapes.ts';
import { Trouble } from '../parts.tsx';
import { arrange } from './arrange.ts';
import { isAccepted, nameOf, openParts, partsOf } from './parts.ts';

interface PartsProps {
  readonly entry: EntryView;
  readonly part: number;
  readonly onPart: (part: number) => void;
}

/** The referrals of one arrival: each is reviewed and accepted by itself. */
export function Parts({ entry, part, onPart }: PartsProps) {
  const open = openParts(entry);
  const join = useMutation({ mutationFn: () => arrange(entry, { verb: 'merge', parts: open }, '✓ Now one referral') });
  const pages = (of: number): number => entry.sheets.filter((sheet) => sheet.part === of).length;
  return (
    <div role="group" aria-label="Referrals in this arrival">
      <Text size="sm" mb={4}>
        ! {partsOf(entry).length} referrals in one arrival: each is accepted by itself.
      </Text>
      <Group gap="xs">
        {partsOf(entry).map((each) => (
          <Button
            key={each}
            className="part"
            size="compact-md"
            variant={each === part ? 'filled' : 'default'}
            aria-pressed={each === part}
            onClick={() => {
              onPart(each);
            }}
          >
            {isAccepted(entry, each) && '✓ '}
            {nameOf(entry, each)} ({pages(each)} {pages(each) === 1 ? 'page' : 'pages'})
          </Button>
        ))}
        {open.length > 1 && entry.state === 'waiting' && (
          <Button
            size="compact-md"
            variant="default"
            loading={join.isPending}
            onClick={() => {
              join.mutate();
            }}
          >
            It is one referral
          </Button>
        )}
      </Group>
      {join.error && <Trouble error={join.error} />}
    </div>
  );
}
