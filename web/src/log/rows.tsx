import { Button, Checkbox, Group, Text } from '@mantine/core';
import { useWindowVirtualizer } from '@tanstack/react-virtual';
import { memo, useCallback, useEffect, useLayoutEffect, useRef, useState, type KeyboardEvent } from 'react';
import type { Me } from '../../../src/http/people-shapes.ts';
import type { DeliveryLine } from '../../../src/http/shapes.ts';
import { Empty, Loading, State, Tag, Trouble, Urgency, When } from '../parts.tsx';
import { Go } from '../place.tsx';
import { Bulk, type BulkVerb, type Chosen } from './bulk.tsx';
import { manyFresh, useLog } from './data.ts';
import type { Filter } from './filter.ts';
import { channelName } from '../channel-words.ts';

interface RowsProps {
  readonly filter: Filter;
  readonly me: Me;
  readonly onDrop: () => void;
}

export function Rows({ filter, me, onDrop }: RowsProps) {
  const log = useLog(filter);
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [deciding, setDeciding] = useState<{ readonly verb: BulkVerb; readonly on: Chosen } | null>(null);
  const toggle = useCallback((id: string): void => {
    setChosen((before) => {
      const next = new Set(before);
      if (!next.delete(id)) next.add(id);
      return next;
    });
  }, []);
  const decides = me.rights.includes('decide');
  if (log.pending) return <Loading />;
  if (log.error && log.rows.length === 0) return <Trouble error={log.error} retry={log.renew} />;
  return (
    <>
      <div aria-live="polite" className="pill">
        {log.fresh > 0 && (
          <Button size="compact-md" radius="xl" onClick={log.renew}>
            {log.fresh >= manyFresh ? `${manyFresh} or more` : log.fresh} new
          </Button>
        )}
      </div>
      {log.rows.length === 0 ? (
        <Nothing filter={filter} onDrop={onDrop} />
      ) : (
        <Table
          rows={log.rows}
          chosen={decides ? chosen : null}
          onToggle={toggle}
          onEnd={log.loadMore}
          more={log.more}
        />
      )}
      <Text size="sm" c="dimmed" role="status">
        {log.live ? '● Live' : '○ Not live: the gateway cannot be reached; trying again'}
      </Text>
      {chosen.size > 0 && (
        <ChosenBar
          count={chosen.size}
          onVerb={(verb, all) => {
            setDeciding({ verb, on: all ? { filter } : { ids: [...chosen] } });
          }}
          onNone={() => {
            setChosen(new Set());
          }}
        />
      )}
      {deciding && (
        <Bulk
          verb={deciding.verb}
          on={deciding.on}
          me={me}
          onClose={(done) => {
            setDeciding(null);
            if (done) setChosen(new Set());
          }}
        />
      )}
    </>
  );
}

interface ChosenBarProps {
  readonly count: number;
  readonly onVerb: (verb: BulkVerb, all: boolean) => void;
  readonly onNone: () => void;
}

function ChosenBar({ count, onVerb, onNone }: ChosenBarProps) {
  const [all, setAll] = useState(false);
  const verbs: readonly (readonly [BulkVerb, string])[] = [
    ['retry', 'Send again…'],
    ['reroute', 'Other route…'],
    ['hold', 'Hold…'],
    ['cancel', 'Cancel…'],
  ];
  return (
    <div className="chosen" role="region" aria-label="Decide on many">
      <Group gap="sm">
        <Text fw={600}>{all ? 'All that match the filter' : `${count} chosen`}</Text>
        <Checkbox
          label="all that match the filter"
          checked={all}
          onChange={(event) => {
            setAll(event.currentTarget.checked);
          }}
        />
        {verbs.map(([verb, name]) => (
          <Button
            key={verb}
            size="compact-md"
            variant="default"
            onClick={() => {
              onVerb(verb, all);
            }}
          >
            {name}
          </Button>
        ))}
        <Button size="compact-md" variant="default" onClick={onNone}>
          Choose none
        </Button>
      </Group>
    </div>
  );
}

interface TableProps {
  readonly rows: readonly DeliveryLine[];
  /** Null: nobody may choose. */
  readonly chosen: ReadonlySet<string> | null;
  readonly onToggle: (id: string) => void;
  readonly onEnd: () => void;
  readonly more: boolean;
}

/** Only what is in sight is on the page, however long the log: a table by its roles. */
function Table({ rows, chosen, onToggle, onEnd, more }: TableProps) {
  const body = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => {
    setTop(body.current?.offsetTop ?? 0);
  }, []);
  const virtual = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => 58,
    overscan: 12,
    scrollMargin: top,
    getItemKey: (index) => rows[index]?.id ?? index,
  });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && last >= rows.length - 30) onEnd();
  });
  return (
    <div role="table" aria-label="Deliveries" aria-rowcount={more ? -1 : rows.length + 1} className="grid">
      <div role="rowgroup" className="head">
        <div role="row" aria-rowindex={1} className={chosen ? 'line choosing' : 'line'}>
          {chosen && (
            <div role="columnheader">
              <span className="unseen">Chosen</span>
            </div>
          )}
          {['To', 'State', 'By', 'Received', 'Proof due'].map((name) => (
            <div role="columnheader" key={name}>
              {name}
            </div>
          ))}
        </div>
      </div>
      <div
        role="rowgroup"
        ref={body}
        style={{ height: virtual.getTotalSize(), position: 'relative' }}
        onKeyDown={(event) => {
          walk(event, (index) => {
            virtual.scrollToIndex(index, { align: 'auto' });
          });
        }}
      >
        {items.map((item) => {
          const row = rows[item.index];
          return row ? (
            <div
              key={item.key}
              role="row"
              aria-rowindex={item.index + 2}
              data-index={item.index}
              ref={virtual.measureElement}
              className={chosen ? 'line choosing' : 'line'}
              style={{ transform: `translateY(${item.start - virtual.options.scrollMargin}px)` }}
            >
              <Cells row={row} chosen={chosen && chosen.has(row.id)} onToggle={onToggle} />
            </div>
          ) : null;
        })}
      </div>
    </div>
  );
}

/** Arrows and j/k walk the rows, x chooses one. */
function walk(event: KeyboardEvent<HTMLElement>, reveal: (index: number) => void): void {
  const line = (event.target as HTMLElement).closest<HTMLElement>('[data-index]');
  if (!line || event.metaKey || event.ctrlKey || event.altKey) return;
  if (event.key === 'x') {
    line.querySelector<HTMLInputElement>('input[type=checkbox]')?.click();
    return;
  }
  const step = { ArrowDown: 1, j: 1, ArrowUp: -1, k: -1 }[event.key];
  if (step === undefined) return;
  event.preventDefault();
  const next = Number(line.dataset['index']) + step;
  if (next < 0) return;
  reveal(next);
  const table = event.currentTarget;
  requestAnimationFrame(() => {
    table.querySelector<HTMLElement>(`[data-index="${next}"] a[href]`)?.focus();
  });
}

interface CellsProps {
  readonly row: DeliveryLine;
  /** Null: nobody may choose. */
  readonly chosen: boolean | null;
  readonly onToggle: (id: string) => void;
}

/** Drawn once while it scrolls by. */
const Cells = memo(function Cells({ row, chosen, onToggle }: CellsProps) {
  const to = row.recipient ?? row.address ?? 'Recipient not named';
  const read = row.direction === 'incoming' && row.state === 'pending' && row.channel === null;
  return (
    <>
      {chosen !== null && (
        <div role="cell">
          <Checkbox
            aria-label={`Choose ${to}`}
            checked={chosen}
            onChange={() => {
              onToggle(row.id);
            }}
          />
        </div>
      )}
      <div role="cell">
        <Go to={`/messages/${row.message}`} fw={600}>
          {to}
        </Go>{' '}
        <Urgency of={row.urgency} />
        {row.direction === 'incoming' && <Tag tone="gray">incoming</Tag>}
      </div>
      <div role="cell">
        {read ? <Tag tone="gray">being read</Tag> : <State of={row.state} byWord={row.byWord} />}
        {row.inDoubt && (
          <Text size="xs" c="dimmed">
            may have arrived
          </Text>
        )}
      </div>
      <div role="cell">
        {row.channel
          ? channelName(row.channel)
          : read
            ? '–'
            : row.state === 'pending'
              ? 'not chosen yet'
              : 'no way found'}
        {row.recipient && row.address && (
          <Text size="sm" c="dimmed" className="address">
            {row.address}
          </Text>
        )}
      </div>
      <div role="cell" data-label="Received">
        <When at={row.receivedAt} />
      </div>
      <div role="cell" data-label="Proof due">
        {isOpen(row) ? <When at={row.deadline} /> : '–'}
      </div>
    </>
  );
});

const isOpen = ({ state }: DeliveryLine): boolean => !['delivered', 'cancelled', 'failed'].includes(state);

function Nothing({ filter, onDrop }: { readonly filter: Filter; readonly onDrop: () => void }) {
  if (Object.keys(filter).length === 0) {
    return (
      <Empty title="No deliveries yet">
        <Go to="/send">Send a referral</Go>, here or by the API; it shows up at once.
      </Empty>
    );
  }
  return (
    <Empty title="Nothing matches">
      <Go to="/deliveries" onFollow={onDrop}>
        Drop the filters
      </Go>{' '}
      to see all deliveries.
    </Empty>
  );
}
