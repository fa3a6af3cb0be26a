import { Alert, Button, Stack, Text } from '@mantine/core';
import type { EntryView } from '../../../src/http/intake-shapes.ts';
import { When } from '../parts.tsx';
import { Go } from '../place.tsx';
import { short, type Name, type Read } from './fields.ts';
import { isAccepted } from './parts.ts';

type Match = EntryView['matches'][number];

interface MatchesProps {
  readonly read: Read;
  readonly values: Readonly<Record<Name, string>>;
  readonly onUse: (name: Name, value: string) => void;
}

/** Whom the referral names, as far as the practice knows them, with the evidence; and what came before. */
export function Matches({ read: { entry, part }, values, onUse }: MatchesProps) {
  const own = entry.matches.filter((each) => each.part === part);
  return (
    <>
      {entry.repeats.map(({ entry: earlier, pages, whole }) => (
        <Alert
          key={earlier}
          className="known"
          p="xs"
          color="orange"
          variant="light"
          title={whole ? '! It came before' : '! Some of it came before'}
        >
          <Text size="sm">
            {whole ? 'All of its pages' : `${pages} of its pages`} came with{' '}
            <Go to={`/intake/${earlier}`}>an earlier arrival</Go>.
          </Text>
        </Alert>
      ))}
      {own.map((match) => (
        <Known
          key={`${match.who} ${match.referral ?? 'directory'}`}
          match={match}
          values={values}
          onUse={entry.state === 'waiting' && !isAccepted(entry, part) ? onUse : null}
        />
      ))}
    </>
  );
}

interface KnownProps {
  readonly match: Match;
  readonly values: MatchesProps['values'];
  /** Null: nothing can be changed any more. */
  readonly onUse: MatchesProps['onUse'] | null;
}

function Known({ match, values, onUse }: KnownProps) {
  const { who, certain, agree, differ } = match;
  const open = differ.filter(({ field, value }) => values[field] !== value);
  return (
    <Alert
      className="known"
      p="xs"
      color={certain ? 'green' : 'orange'}
      variant="light"
      title={`${certain ? '✓ Same' : '! Perhaps the same'} ${who === 'patient' ? 'patient' : 'sender'}`}
    >
      <Stack gap={6}>
        <Text size="sm">
          {certain ? 'As' : 'Compare with the page: as'} in <Source match={match} />.{' '}
          {agree.length > 0 ? `The same in both: ${agree.map(short).join(', ')}.` : 'It came from the same number.'}
        </Text>
        {open.map(({ field, value }) => (
          <div key={field} className="proposal">
            <Text size="sm">
              {short(field)} there: <b>{value}</b>
            </Text>
            {onUse && (
              <Button
                size="compact-sm"
                variant="default"
                aria-label={`Use ${short(field)} ${value}`}
                onClick={() => {
                  onUse(field, value);
                }}
              >
                Use
              </Button>
            )}
          </div>
        ))}
      </Stack>
    </Alert>
  );
}

const Source = ({ match: { referral, at } }: { readonly match: Match }) =>
  referral === null || at === null ? (
    <>the directory of practices</>
  ) : (
    <>
      <Go to={`/referrals/${referral}`}>a referral that you accepted</Go>, which arrived <When at={at} />
    </>
  );
