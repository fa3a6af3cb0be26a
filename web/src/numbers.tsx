import { Button, Group, NativeSelect, Stack, Text, TextInput, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { NumberDecided, NumberView } from '../../src/http/number-shapes.ts';
import type { Me } from '../../src/http/people-shapes.ts';
import type { Listed } from '../../src/http/shapes.ts';
import { ask, client } from './api.ts';
import { Empty, Loading, ReasonDialog, Tag, Trouble, walkRows, When } from './parts.tsx';
import { Go, go, usePlace, withFilters } from './place.tsx';
import { WrongPlaces } from './wrong-places.tsx';

const whys = {
  misdirected: 'pages came to the wrong place',
  'wrong-number': 'it is not the number of that office',
  asked: 'they want no more faxes',
  other: 'another reason',
} as const;

const verbs = {
  confirm: {
    name: 'Confirm…',
    title: 'Does the right office stand at its other end?',
    question: 'How do you know?',
    action: 'Confirm the number',
  },
  suppress: { name: 'Never dial…', title: 'Never dial this number?', question: 'Why?', action: 'Never dial it' },
  lift: { name: 'Dial again…', title: 'May it be dialled again?', question: 'Why?', action: 'Dial it again' },
} as const;
type Verb = keyof typeof verbs;

interface Asked {
  readonly verb: Verb;
  /** Null: one that is not on the page. */
  readonly row: NumberView | null;
}

/** What is held of the numbers that are dialled; and, for those who may read content, of pages at wrong places. */
export function NumbersPage({ me }: { readonly me: Me }) {
  const place = usePlace();
  const query = new URLSearchParams();
  for (const name of ['only', 'cursor']) {
    const value = place.searchParams.get(name);
    if (value) query.set(name, value);
  }
  const [asked, setAsked] = useState<Asked | null>(null);
  const list = useQuery({
    queryKey: ['numbers', query.toString()],
    queryFn: () => ask<Listed<NumberView>>(`numbers?${query}`),
  });
  const decides = me.rights.includes('decide');
  return (
    <Stack>
      <Group justify="space-between">
        <Title order={1} size="h3">
          Fax numbers
        </Title>
        {decides && (
          <Button
            size="xs"
            variant="default"
            onClick={() => {
              setAsked({ verb: 'suppress', row: null });
            }}
          >
            Never dial a number…
          </Button>
        )}
      </Group>
      <NativeSelect
        label="Show"
        maw={320}
        data={[
          { value: '', label: 'all that were dialled or spoken of' },
          { value: 'suppressed', label: 'those that must not be dialled' },
          { value: 'doubtful', label: 'those that calls spoke against' },
        ]}
        value={place.searchParams.get('only') ?? ''}
        onChange={(event) => {
          go(withFilters(place, { only: event.currentTarget.value, cursor: '' }));
        }}
      />
      {list.isPending && <Loading />}
      {list.isError && <Trouble error={list.error} retry={() => void list.refetch()} />}
      {list.data?.rows.length === 0 && (
        <Empty title="No number here">Numbers show up here once a fax came to them, or somebody spoke of them.</Empty>
      )}
      {list.data && list.data.rows.length > 0 && (
        <Rows rows={list.data.rows} decides={decides} several={me.practices.length > 1} onAsk={setAsked} />
      )}
      <Group justify="flex-end">
        {place.searchParams.has('cursor') && <Go to={withFilters(place, { cursor: '' })}>Newest</Go>}
        {list.data && list.data.next !== null && <Go to={withFilters(place, { cursor: list.data.next })}>Older</Go>}
      </Group>
      {asked && (
        <Decide
          asked={asked}
          me={me}
          onClose={() => {
            setAsked(null);
          }}
        />
      )}
      {me.rights.includes('content') && <WrongPlaces />}
    </Stack>
  );
}

interface RowsProps {
  readonly rows: readonly NumberView[];
  readonly decides: boolean;
  readonly several: boolean;
  readonly onAsk: (asked: Asked) => void;
}

const Rows = ({ rows, decides, several, onAsk }: RowsProps) => (
  <table className="rows" onKeyDown={walkRows}>
    <thead>
      <tr>
        <th scope="col">Number</th>
        <th scope="col">Now</th>
        <th scope="col">Known because</th>
        {decides && <th scope="col">Decide</th>}
      </tr>
    </thead>
    <tbody>
      {rows.map((row) => (
        <tr key={`${row.practice} ${row.number}`}>
          <td>
            <Go to={`/deliveries?q=${encodeURIComponent(row.number)}`} fw={600} className="number">
              {row.number}
            </Go>
            {several && (
              <Text size="sm" c="dimmed">
                {row.practice}
              </Text>
            )}
          </td>
          <td data-label="Now">
            <Standing row={row} />
          </td>
          <td data-label="Known because">
            <Known row={row} />
          </td>
          {decides && (
            <td>
              <Group gap="xs">
                {(row.suppressed ? (['lift'] as const) : (['confirm', 'suppress'] as const)).map((verb) => (
                  <Button
                    key={verb}
                    size="compact-sm"
                    variant="default"
                    aria-label={`${verbs[verb].name} ${row.number}`}
                    onClick={() => {
                      onAsk({ verb, row });
                    }}
                  >
                    {verbs[verb].name}
                  </Button>
                ))}
              </Group>
            </td>
          )}
        </tr>
      ))}
    </tbody>
  </table>
);

function Standing({ row: { bar, suppressed, strikes } }: { readonly row: NumberView }) {
  return (
    <>
      <Tag tone={bar === null ? 'green' : suppressed ? 'red' : 'orange'} icon={bar === null ? '✓' : '✕'}>
        {bar ?? 'may be dialled'}
      </Tag>
      {suppressed && (
        <Text size="sm">
          {whys[suppressed.why]}: {suppressed.by.replace(':', ' ')}, <When at={suppressed.at} />
          {suppressed.until && (
            <>
              , until <When at={suppressed.until} />
            </>
          )}
          {suppressed.note && <>; “{suppressed.note}”</>}
        </Text>
      )}
      {strikes.length > 0 && (
        <Text size="sm" c="dimmed">
          {strikes.length} {strikes.length === 1 ? 'call' : 'calls'} spoke against it, the last{' '}
          <When at={strikes.at(-1)?.at ?? ''} />
        </Text>
      )}
    </>
  );
}

function Known({ row: { confirmed, reachedAt } }: { readonly row: NumberView }) {
  return (
    <Text size="sm" {...(confirmed || reachedAt ? {} : { c: 'dimmed' })}>
      {confirmed && (
        <>
          confirmed by {confirmed.by.replace(':', ' ')}, <When at={confirmed.at} />
          <br />
        </>
      )}
      {reachedAt ? (
        <>
          took a fax, <When at={reachedAt} />
        </>
      ) : (
        !confirmed && 'nobody confirmed it'
      )}
    </Text>
  );
}

function Decide({ asked, me, onClose }: { readonly asked: Asked; readonly me: Me; readonly onClose: () => void }) {
  const { verb, row } = asked;
  const [number, setNumber] = useState(row?.number ?? '');
  const [practice, setPractice] = useState(row?.practice ?? me.practices[0]?.id ?? '');
  const [why, setWhy] = useState<keyof typeof whys>('asked');
  const decide = useMutation({
    mutationFn: (reason: string) =>
      ask<NumberDecided>(`numbers/${verb}?practice=${encodeURIComponent(practice)}`, {
        method: 'POST',
        body: { number, reason, ...(verb === 'suppress' ? { why } : {}) },
      }),
    onSuccess: onClose,
    onSettled: () => client.invalidateQueries({ queryKey: ['numbers'] }),
  });
  return (
    <ReasonDialog
      title={verbs[verb].title}
      question={verbs[verb].question}
      note={verb === 'suppress' ? undefined : 'Deliveries that wait for this go out at once.'}
      action={verbs[verb].action}
      busy={decide.isPending}
      error={decide.error}
      onClose={onClose}
      onReason={(reason) => {
        decide.mutate(reason);
      }}
    >
      {row ? (
        <Text fw={600} className="number">
          {row.number}
        </Text>
      ) : (
        <>
          <TextInput
            label="Number"
            inputMode="tel"
            required
            value={number}
            onChange={(event) => {
              setNumber(event.currentTarget.value);
            }}
          />
          {me.practices.length > 1 && (
            <NativeSelect
              label="For which practice?"
              value={practice}
              data={me.practices.map(({ id, name }) => ({ value: id, label: name }))}
              onChange={(event) => {
                setPractice(event.currentTarget.value);
              }}
            />
          )}
        </>
      )}
      {verb === 'suppress' && (
        <NativeSelect
          label="Kind of reason"
          value={why}
          data={Object.entries(whys).map(([value, label]) => ({ value, label }))}
          onChange={(event) => {
            setWhy(event.currentTarget.value as keyof typeof whys);
          }}
        />
      )}
    </ReasonDialog>
  );
}
