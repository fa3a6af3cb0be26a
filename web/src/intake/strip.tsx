import { Button, Group, Menu, Text } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useRef, useState, type KeyboardEvent } from 'react';
import type { EntryView } from '../../../src/http/intake-shapes.ts';
import { Trouble } from '../parts.tsx';
import { arrange, many, shifted, type Arrangement } from './arrange.ts';
import { describe, isAccepted, nameOf, numberOf, openParts, partsOf } from './parts.ts';
import { Turned } from './turned.tsx';

interface StripProps {
  readonly entry: EntryView;
  readonly onShow: (page: number) => void;
}

/** All pages small: choose some, then turn, move or part them. Pages of an accepted referral stay as they are. */
export function Strip({ entry, onShow }: StripProps) {
  const [chosen, setChosen] = useState<readonly number[]>([]);
  const row = useRef<HTMLDivElement>(null);
  const [here, setHere] = useState(0);
  const act = useMutation({
    mutationFn: ({ what, done }: { readonly what: Arrangement; readonly done: string }) => arrange(entry, what, done),
    onSuccess: (_, { what }) => {
      // Indexes name other pages after most of it; a turned page stays chosen, to be turned on.
      if (what.verb !== 'turn') setChosen([]);
    },
  });
  const open = entry.state === 'waiting';
  const movable = (page: number): boolean => {
    const part = entry.sheets[page]?.part ?? null;
    return open && (part === null || !isAccepted(entry, part));
  };
  const tools = toolsOf(entry, (what, done) => {
    act.mutate({ what, done });
  });
  const toggle = (page: number): void => {
    setChosen(chosen.includes(page) ? chosen.filter((each) => each !== page) : [...chosen, page].sort((a, b) => a - b));
  };
  const walk = (event: KeyboardEvent<HTMLElement>): void => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const to = { ArrowRight: here + 1, ArrowLeft: here - 1, Home: 0, End: entry.sheets.length - 1 }[event.key];
    if (to !== undefined && to >= 0 && to < entry.sheets.length) {
      event.preventDefault();
      row.current?.querySelectorAll<HTMLElement>('button')[to]?.focus();
      return;
    }
    const on = chosen.length > 0 ? chosen : [here];
    if (act.isPending || !on.every(movable)) return;
    if (tools.key(event.key, on)) event.preventDefault();
  };
  return (
    <div className="strip-of-pages">
      <div role="toolbar" aria-label="All pages" className="strip" ref={row} onKeyDown={walk}>
        {entry.sheets.map((sheet, page) => (
          <button
            key={`${sheet.document} ${sheet.number}`}
            type="button"
            className="thumb"
            tabIndex={page === here ? 0 : -1}
            aria-pressed={chosen.includes(page)}
            onFocus={() => {
              setHere(page);
              onShow(page);
            }}
            onClick={() => {
              if (movable(page)) toggle(page);
            }}
          >
            <Turned sheet={sheet} alt="" />
            <span className="unseen">
              Page {page + 1}, {sheet.part === null ? 'with no referral' : nameOf(entry, sheet.part)}
              {describe(sheet) && `, ${describe(sheet)}`}
            </span>
            <span className="of" aria-hidden>
              {(sheet.foreign || sheet.copyOf !== null) && '! '}
              <b>{page + 1}</b>
              {sheet.part === null && ' left out'}
              {sheet.part !== null && partsOf(entry).length > 1 && ` R${numberOf(entry, sheet.part)}`}
            </span>
          </button>
        ))}
      </div>
      {chosen.length > 0 && <Tools entry={entry} chosen={chosen} tools={tools} busy={act.isPending} />}
      {open && chosen.length === 0 && entry.sheets.length > 1 && (
        <Text size="xs" c="dimmed">
          Choose pages to turn them, move them, or make them a referral of their own.
        </Text>
      )}
      {act.error && <Trouble error={act.error} />}
    </div>
  );
}

type Act = (what: Arrangement, done: string) => void;
type Tool = (pages: readonly number[]) => void;

interface Tools {
  readonly turn: (by: 90 | 180 | 270) => Tool;
  /** Null: they stand at the end already. */
  readonly shift: (by: -1 | 1, pages: readonly number[]) => (() => void) | null;
  readonly move: (part: number | 'new' | null) => Tool;
  /** True: the key means something. */
  readonly key: (key: string, pages: readonly number[]) => boolean;
}

function toolsOf(entry: EntryView, act: Act): Tools {
  const turn: Tools['turn'] = (by) => (pages) => {
    act({ verb: 'turn', pages, turn: by }, `✓ ${many(pages)} turned`);
  };
  const shift: Tools['shift'] = (by, pages) => {
    const order = shifted(entry.sheets.length, pages, by);
    if (!order) return null;
    return () => {
      act({ verb: 'order', pages: order }, `✓ ${many(pages)} moved`);
    };
  };
  const move: Tools['move'] = (part) => (pages) => {
    const where =
      part === 'new'
        ? 'now a referral of its own'
        : part === null
          ? 'now with no referral'
          : `now in ${nameOf(entry, part)}`;
    act({ verb: 'assign', pages, part }, `✓ ${many(pages)} ${where}`);
  };
  return {
    turn,
    shift,
    move,
    key(key, pages) {
      const number = /^[1-9]$/.test(key) ? openParts(entry)[Number(key) - 1] : undefined;
      const does = {
        r: () => turn(90)(pages),
        l: () => turn(270)(pages),
        n: () => move('new')(pages),
        '0': () => move(null)(pages),
        '[': shift(-1, pages),
        ']': shift(1, pages),
      }[key];
      if (does) does();
      else if (number !== undefined) move(number)(pages);
      return does !== undefined || number !== undefined;
    },
  };
}

interface ToolsProps {
  readonly entry: EntryView;
  readonly chosen: readonly number[];
  readonly tools: Tools;
  readonly busy: boolean;
}

function Tools({ entry, chosen, tools, busy }: ToolsProps) {
  const [earlier, later] = [tools.shift(-1, chosen), tools.shift(1, chosen)];
  const button = (name: string, key: string, does: (() => void) | null) => (
    <Button
      key={name}
      size="compact-sm"
      variant="default"
      disabled={busy || does === null}
      title={`Key: ${key}`}
      onClick={() => does?.()}
    >
      {name}
    </Button>
  );
  return (
    <Group gap="xs" role="group" aria-label="What to do with the chosen pages">
      <Text size="sm" fw={600} role="status">
        {many(chosen)}: {busy && 'one moment, turned pages are read again…'}
      </Text>
      {button('↺ Turn left', 'L', () => tools.turn(270)(chosen))}
      {button('↻ Turn right', 'R', () => tools.turn(90)(chosen))}
      {button('← Earlier', '[', earlier)}
      {button('Later →', ']', later)}
      <Menu withinPortal={false}>
        <Menu.Target>
          <Button size="compact-sm" variant="default" disabled={busy}>
            Belongs to… ▾
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {openParts(entry).map((part) => (
            <Menu.Item key={part} onClick={() => tools.move(part)(chosen)}>
              {nameOf(entry, part)}
            </Menu.Item>
          ))}
          <Menu.Item onClick={() => tools.move('new')(chosen)}>A referral of its own</Menu.Item>
          <Menu.Item onClick={() => tools.move(null)(chosen)}>No referral</Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </Group>
  );
}
