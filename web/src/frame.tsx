import { ActionIcon, Button, Group, Text, useComputedColorScheme, useMantineColorScheme } from '@mantine/core';
import { useHotkeys } from '@mantine/hooks';
import { useMutation, useQuery } from '@tanstack/react-query';
import { useEffect, useState, type ReactNode, type RefObject } from 'react';
import type { OverviewView } from '../../src/http/desk-shapes.ts';
import type { Me } from '../../src/http/people-shapes.ts';
import { ask, client, signedOut } from './api.ts';
import { Emergency } from './emergency.tsx';
import { Idle } from './idle.tsx';
import { useLive } from './live.ts';
import { Dialog } from './parts.tsx';
import { Go } from './place.tsx';

interface Place {
  readonly to: string;
  readonly name: string;
  readonly right: Me['rights'][number];
  /** Other addresses that belong to it. */
  readonly also?: string;
}

const places: readonly Place[] = [
  { to: '/', name: 'Overview', right: 'log' },
  { to: '/send', name: 'Send', right: 'send' },
  { to: '/worklist', name: 'Worklist', right: 'log' },
  { to: '/deliveries', name: 'Delivery log', right: 'log', also: '/messages' },
  { to: '/intake', name: 'Intake', right: 'intake' },
  { to: '/referrals', name: 'Referrals', right: 'content' },
  { to: '/recipients', name: 'Recipients', right: 'log' },
  { to: '/numbers', name: 'Fax numbers', right: 'log' },
  { to: '/channels', name: 'Channels', right: 'log', also: '/trust' },
  { to: '/audit', name: 'Audit', right: 'audit' },
  { to: '/settings', name: 'Settings', right: 'people' },
];

interface FrameProps {
  readonly me: Me;
  readonly path: string;
  readonly main: RefObject<HTMLElement | null>;
  readonly children: ReactNode;
}

/** Navigation beside the page; above it, behind a button, where there is no room. */
export function Frame({ me, path, main, children }: FrameProps) {
  const [open, setOpen] = useState(false);
  const [help, setHelp] = useState(false);
  useEffect(() => {
    setOpen(false);
  }, [path]);
  useHotkeys([
    [
      'shift+?',
      () => {
        setHelp(true);
      },
    ],
  ]);
  return (
    <div className="frame">
      <a className="skip" href="#main">
        Skip to the page
      </a>
      <header className="bar">
        <Group justify="space-between" wrap="nowrap" gap="xs">
          <Group gap="xs" wrap="nowrap">
            <Button
              className="menu"
              size="compact-md"
              variant="default"
              aria-expanded={open}
              aria-controls="nav"
              onClick={() => {
                setOpen(!open);
              }}
            >
              Menu
            </Button>
            <Text fw={800} fz="lg" className="wide">
              Loopgate
            </Text>
          </Group>
          <Who
            me={me}
            onHelp={() => {
              setHelp(true);
            }}
          />
        </Group>
      </header>
      {!me.needsFactor && <Navigation me={me} path={path} open={open} />}
      <main id="main" ref={main} tabIndex={-1} className="page">
        {me.emergency && <Emergency me={me} />}
        {children}
      </main>
      {me.session && <Idle me={me} />}
      {help && (
        <Keys
          onClose={() => {
            setHelp(false);
          }}
        />
      )}
    </div>
  );
}

function Navigation({ me, path, open }: { readonly me: Me; readonly path: string; readonly open: boolean }) {
  const waiting = useWaiting();
  return (
    <nav id="nav" aria-label="Main" className={open ? 'nav open' : 'nav'}>
      {places
        .filter(({ right }) => me.rights.includes(right))
        .map(({ to, name, also }) => {
          const here = to === '/' ? path === '/' : path.startsWith(to) || (also !== undefined && path.startsWith(also));
          const count = { '/worklist': waiting?.worklist, '/intake': waiting?.intake }[to] ?? 0;
          return (
            <Go key={to} to={to} className={here ? 'here' : ''} aria-current={here ? 'page' : undefined}>
              {name}
              {count > 0 && <span className="count"> {count > 999 ? '999+' : count}</span>}
            </Go>
          );
        })}
    </nav>
  );
}

/** What waits for a person, beside the names of the pages where it waits. */
function useWaiting(): { readonly worklist: number; readonly intake: number } | null {
  const key = ['overview', 'day'];
  const load = (background: boolean) => ask<OverviewView>('overview?span=day', { background });
  const { data } = useQuery({ queryKey: key, queryFn: () => load(false), staleTime: 30_000 });
  useLive(() => {
    void client.query({ queryKey: key, queryFn: () => load(true), staleTime: 10_000 }).catch(() => undefined);
  });
  if (!data) return null;
  const { doubt, held, undeliverable, intake, emergencies } = data.needs;
  return { worklist: doubt + held + undeliverable + (emergencies ?? 0), intake };
}

function Who({ me, onHelp }: { readonly me: Me; readonly onHelp: () => void }) {
  const { setColorScheme } = useMantineColorScheme();
  const scheme = useComputedColorScheme('light');
  const other = scheme === 'dark' ? 'light' : 'dark';
  const leave = useMutation({
    mutationFn: () => ask('session', { method: 'DELETE' }),
    onSettled: signedOut,
  });
  return (
    <Group gap={6} wrap="nowrap">
      <Go to="/account" className="who" size="sm" title={me.practices.map(({ name }) => name).join(', ')}>
        {me.name}
      </Go>
      <ActionIcon variant="default" size={30} aria-label="Keys" title="Keys (?)" onClick={onHelp}>
        ?
      </ActionIcon>
      <ActionIcon
        variant="default"
        size={30}
        aria-label={`Use ${other} colours`}
        title={`Use ${other} colours`}
        onClick={() => {
          setColorScheme(other);
        }}
      >
        <span aria-hidden>{scheme === 'dark' ? '☀' : '☾'}</span>
      </ActionIcon>
      <Button
        size="compact-md"
        variant="default"
        onClick={() => {
          leave.mutate();
        }}
      >
        Sign out
      </Button>
    </Group>
  );
}

const keys: readonly (readonly [string, string])[] = [
  ['j, k or arrows', 'walk the rows of a list, while one of them has the focus'],
  ['Enter', 'open the row; in the review, confirm the field and go to the next uncertain one'],
  ['x', 'choose the row for a decision on many (delivery log)'],
  ['/', 'search (delivery log)'],
  ['Ctrl+Enter', 'accept the entry (review); send the referral (send)'],
  [
    'r, l, [ ], n, 0–9',
    'turn right or left, move earlier or later, a referral of its own, with none or with that referral: the chosen pages (strip of pages)',
  ],
  ['Ctrl+Z', 'undo the last decision, within ten seconds'],
  ['?', 'this list'],
];

const Keys = ({ onClose }: { readonly onClose: () => void }) => (
  <Dialog title="Keys" onClose={onClose}>
    <dl className="keys">
      {keys.map(([key, does]) => (
        <div key={key}>
          <dt>
            <kbd>{key}</kbd>
          </dt>
          <dd>{does}</dd>
        </div>
      ))}
    </dl>
  </Dialog>
);
