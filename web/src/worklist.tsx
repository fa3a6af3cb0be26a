import { Button, Checkbox, Group, Menu, NativeSelect, Stack, Text, Title } from '@mantine/core';
import { useMutation, useQuery } from '@tanstack/react-query';
import type { OverviewView, WorklistKind, WorklistLine } from '../../src/http/desk-shapes.ts';
import type { Me } from '../../src/http/people-shapes.ts';
import type { Listed } from '../../src/http/shapes.ts';
import { useState, type ReactNode } from 'react';
import { ask, client } from './api.ts';
import { Emergencies } from './emergency.tsx';
import { DeadLetters } from './dead-letters.tsx';
import { useLive } from './live.ts';
import { Empty, Loading, Tag, Trouble, Urgency, walkRows, When } from './parts.tsx';
import { Go, go, usePlace, withFilters } from './place.tsx';
import { Quarantine } from './quarantine.tsx';
import { distance } from './times.ts';

const kinds: Readonly<Record<WorklistKind, { readonly name: string; readonly none: string }>> = {
  doubt: { name: 'In doubt', none: 'Every attempt has its answer.' },
  held: { name: 'Held', none: 'Nothing is stopped.' },
  undeliverable: { name: 'Undeliverable', none: 'No delivery was turned down on every way.' },
  intake: { name: 'Intake', none: 'No arrival waits to be reviewed.' },
};

const isKind = (text: string | null): text is WorklistKind => text !== null && text in kinds;

/** What waits and is not kept as a task: each has a list of its own. */
const others: readonly {
  readonly kind: string;
  readonly name: string;
  readonly right: Me['rights'][number];
  readonly count: 'emergencies' | 'deadLetters' | null;
  readonly list: (me: Me) => ReactNode;
}[] = [
  {
    kind: 'emergencies',
    name: 'Emergency access',
    right: 'people',
    count: 'emergencies',
    list: (me) => <Emergencies me={me} />,
  },
  {
    kind: 'dead',
    name: 'Dead letters',
    right: 'decide',
    count: 'deadLetters',
    list: (me) => <DeadLetters me={me} />,
  },
  { kind: 'quarantine', name: 'Turned away', right: 'quarantine', count: null, list: (me) => <Quarantine me={me} /> },
];

export function WorklistPage({ me }: { readonly me: Me }) {
  const place = usePlace();
  const asked = place.searchParams.get('kind');
  const other = others.find(({ kind, right }) => kind === asked && me.rights.includes(right));
  const first = useFirst(me);
  const kind = isKind(asked) ? asked : first;
  return (
    <Stack>
      <Title order={1} size="h3">
        Worklist
      </Title>
      <Kinds kind={other?.kind ?? kind} place={place} me={me} />
      {other && other.list(me)}
      {!other && (kind ? <Waiting kind={kind} place={place} me={me} /> : <Loading />)}
    </Stack>
  );
}

/** The kind to begin with: the first that has something. It stays when the counts change, so that no list is taken from
 *  under the hand. Null: not known yet. */
function useFirst(me: Me): WorklistKind | null {
  const [first, setFirst] = useState<WorklistKind | null>(null);
  const { data, isPending } = useNeeds();
  if (first === null && !isPending) {
    const offered = kindsFor(me);
    setFirst(offered.find((each) => (data?.needs[each] ?? 0) > 0) ?? 'doubt');
  }
  return first;
}

const useNeeds = () =>
  useQuery({
    queryKey: ['overview', 'day'],
    queryFn: () => ask<OverviewView>('overview?span=day'),
    staleTime: 10_000,
  });

const kindsFor = (me: Me): WorklistKind[] =>
  (Object.keys(kinds) as WorklistKind[]).filter((each) => each !== 'intake' || me.rights.includes('intake'));

function Waiting({ kind, place, me }: { readonly kind: WorklistKind; readonly place: URL; readonly me: Me }) {
  const query = new URLSearchParams({ kind, limit: '100' });
  for (const name of ['owner', 'snoozed', 'cursor']) {
    const value = place.searchParams.get(name);
    if (value) query.set(name, value);
  }
  const key = ['worklist', query.toString()];
  const load = (background: boolean) => ask<Listed<WorklistLine>>(`worklist?${query}`, { background });
  const list = useQuery({ queryKey: key, queryFn: () => load(false) });
  useLive(() => {
    void client.query({ queryKey: key, queryFn: () => load(true), staleTime: 2_000 }).catch(() => undefined);
  });
  return (
    <Stack>
      <Filters place={place} />
      {list.isPending && <Loading />}
      {list.isError && <Trouble error={list.error} retry={() => void list.refetch()} />}
      {list.data && list.data.rows.length === 0 && <Nothing kind={kind} place={place} />}
      {list.data && list.data.rows.length > 0 && <Rows rows={list.data.rows} me={me} />}
      <Group justify="flex-end">
        {place.searchParams.has('cursor') && <Go to={withFilters(place, { cursor: '' })}>Oldest</Go>}
        {list.data && list.data.next !== null && <Go to={withFilters(place, { cursor: list.data.next })}>Newer</Go>}
      </Group>
    </Stack>
  );
}

function Kinds({ kind, place, me }: { readonly kind: string | null; readonly place: URL; readonly me: Me }) {
  const { data } = useNeeds();
  const needs = data?.needs;
  const offered = [
    ...kindsFor(me).map((each) => ({ kind: each, name: kinds[each].name, count: needs?.[each] })),
    ...others
      .filter(({ right }) => me.rights.includes(right))
      .map(({ kind, name, count }) => ({ kind, name, count: count === null ? undefined : needs?.[count] })),
  ];
  return (
    <Group component="nav" gap="xs" aria-label="Kinds" className="tabs">
      {offered.map((each) => (
        <Go
          key={each.kind}
          to={withFilters(place, { kind: each.kind, cursor: '' })}
          className={each.kind === kind ? 'here' : ''}
          aria-current={each.kind === kind ? 'page' : undefined}
        >
          {each.name}
          {each.count != null && <span className="count"> {each.count.toLocaleString()}</span>}
        </Go>
      ))}
    </Group>
  );
}

function Filters({ place }: { readonly place: URL }) {
  return (
    <Group align="end" gap="md" role="search" aria-label="Worklist">
      <NativeSelect
        label="Whose"
        value={place.searchParams.get('owner') ?? ''}
        data={[
          { value: '', label: 'everybody’s' },
          { value: 'me', label: 'mine' },
          { value: 'none', label: 'nobody’s' },
        ]}
        onChange={(event) => {
          go(withFilters(place, { owner: event.currentTarget.value, cursor: '' }));
        }}
      />
      <Checkbox
        label="Put off"
        mb={8}
        checked={place.searchParams.has('snoozed')}
        onChange={(event) => {
          go(withFilters(place, { snoozed: event.currentTarget.checked ? '1' : '', cursor: '' }));
        }}
      />
    </Group>
  );
}

function Nothing({ kind, place }: { readonly kind: WorklistKind; readonly place: URL }) {
  const narrowed = ['owner', 'snoozed', 'cursor'].some((name) => place.searchParams.has(name));
  return narrowed ? (
    <Empty title="Nothing matches">
      <Go to={`/worklist?kind=${kind}`}>Drop the filters</Go> to see all that waits.
    </Empty>
  ) : (
    <Empty title={`✓ ${kinds[kind].none}`}>New ones show up here by themselves.</Empty>
  );
}

const turns = { stat: 0, urgent: 1, routine: 2 } as const;

function Rows({ rows, me }: { readonly rows: readonly WorklistLine[]; readonly me: Me }) {
  const sorted = rows.toSorted((a, b) => turns[a.urgency] - turns[b.urgency]);
  return (
    <table className="rows" onKeyDown={walkRows}>
      <thead>
        <tr>
          <th scope="col">What</th>
          <th scope="col">Since</th>
          <th scope="col">Due</th>
          <th scope="col">Whose</th>
          <th scope="col">
            <span className="unseen">Decide</span>
          </th>
        </tr>
      </thead>
      <tbody>
        {sorted.map((row) => (
          <Row key={row.subject} row={row} me={me} />
        ))}
      </tbody>
    </table>
  );
}

function Row({ row, me }: { readonly row: WorklistLine; readonly me: Me }) {
  const { task, kind } = row;
  const due = task.dueAt ?? row.deadline;
  const late = Date.parse(due) < Date.now();
  return (
    <tr>
      <td>
        <Go to={kind === 'intake' ? `/intake/${row.subject}` : `/messages/${row.message}`} fw={600}>
          {row.title}
        </Go>{' '}
        <Urgency of={row.urgency} />
        <Text size="sm" c="dimmed">
          {row.why}
        </Text>
      </td>
      <td data-label="Since">{row.since ? <When at={row.since} /> : '–'}</td>
      <td data-label="Due">
        <When at={due} />
        <Text size="sm" c={late ? 'var(--bad)' : 'dimmed'} className="number">
          {late ? '! ' : ''}
          {distance(Date.parse(due), Date.now())}
        </Text>
      </td>
      <td data-label="Whose">
        {task.owner === null ? (
          <Text size="sm" c="dimmed" span>
            nobody’s
          </Text>
        ) : (
          <Tag tone="blue">{task.owner.replace(/^\w+:/, '')}</Tag>
        )}
      </td>
      <td>
        <Choices row={row} me={me} />
      </td>
    </tr>
  );
}

/** Later today, tomorrow at eight, next Monday at eight: in the reader's own day. */
function moments(): readonly { readonly name: string; readonly at: Date }[] {
  const eight = (days: number): Date => {
    const at = new Date();
    at.setDate(at.getDate() + days);
    at.setHours(8, 0, 0, 0);
    return at;
  };
  return [
    { name: 'in an hour', at: new Date(Date.now() + 3_600_000) },
    { name: 'in four hours', at: new Date(Date.now() + 4 * 3_600_000) },
    { name: 'tomorrow at 8', at: eight(1) },
    { name: 'Monday at 8', at: eight((8 - new Date().getDay()) % 7 || 7) },
  ];
}

function Choices({ row, me }: { readonly row: WorklistLine; readonly me: Me }) {
  const keep = useMutation({
    mutationFn: (word: object) =>
      ask(`worklist/${row.subject}`, { method: 'POST', body: { version: row.task.version, ...word } }),
    onSettled: () => Promise.all(['worklist', 'overview'].map((key) => client.invalidateQueries({ queryKey: [key] }))),
  });
  if (!me.rights.includes(row.kind === 'intake' ? 'intake' : 'decide')) return null;
  const mine = row.task.owner === `user:${me.name}`;
  const choose = (word: object) => () => {
    keep.mutate(word);
  };
  return (
    <Group gap={6} justify="flex-end" wrap="nowrap">
      <Button
        size="compact-sm"
        variant="default"
        loading={keep.isPending}
        onClick={choose({ owner: mine ? null : 'me' })}
      >
        {mine ? 'Give back' : 'Take'}
      </Button>
      <Menu position="bottom-end" withinPortal>
        <Menu.Target>
          <Button size="compact-sm" variant="default">
            More
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>Put off until</Menu.Label>
          {moments().map(({ name, at }) => (
            <Menu.Item key={name} onClick={choose({ snoozedUntil: at.toISOString() })}>
              {name}
            </Menu.Item>
          ))}
          {row.task.snoozedUntil && <Menu.Item onClick={choose({ snoozedUntil: null })}>Back at once</Menu.Item>}
          <Menu.Label>Due</Menu.Label>
          {moments().map(({ name, at }) => (
            <Menu.Item key={name} onClick={choose({ dueAt: at.toISOString() })}>
              {name}
            </Menu.Item>
          ))}
          {row.kind === 'undeliverable' && <Menu.Divider />}
          {row.kind === 'undeliverable' && <Menu.Item onClick={choose({ done: true })}>Nothing left to do</Menu.Item>}
        </Menu.Dropdown>
      </Menu>
      {keep.error && (
        <Text size="sm" c="var(--bad)" role="alert">
          {keep.error.message}
        </Text>
      )}
    </Group>
  );
}
