import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { beforeAll, describe, expect, test } from '@jest/globals';
import { parse } from 'yaml';
import { accepted, deferred } from '../../src/core/outcome.ts';
import { tokenPath } from '../../src/http/portal-visits.ts';
import { createMetrics } from '../../src/watch/metrics.ts';
import { arrival, harness, minute, scripted, submission } from '../harness.ts';
import { samplesOf } from './exposition.ts';

const root = resolve(import.meta.dirname, '../..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

interface Rule {
  readonly alert: string;
  readonly expr: string;
  readonly annotations: { readonly summary: string; readonly runbook: string };
}
const { groups } = parse(read('ops/alerts.yml')) as { groups: { rules: Rule[] }[] };
const rules = groups.flatMap((group) => group.rules);

interface Dashboard {
  readonly title: string;
  readonly uid: string;
  readonly panels: readonly {
    readonly id: number;
    readonly title: string;
    readonly datasource: { readonly uid: string };
    readonly targets: readonly { readonly expr: string; readonly legendFormat: string }[];
  }[];
}
const dashboards = readdirSync(join(root, 'ops/grafana'))
  .filter((name) => name.endsWith('.json'))
  .map((name) => JSON.parse(read(`ops/grafana/${name}`)) as Dashboard);

const queries = [
  ...rules.map(({ alert, expr }) => ({ where: alert, expr, legend: '' })),
  ...dashboards.flatMap(({ title, panels }) =>
    panels.flatMap((panel) =>
      panel.targets.map(({ expr, legendFormat }) => ({
        where: `${title}, ${panel.title}`,
        expr,
        legend: legendFormat,
      })),
    ),
  ),
];

/** Name → label → values, as /metrics shows them after a day in which everything happened. */
const exposed = new Map<string, Map<string, Set<string>>>();

beforeAll(async () => {
  const direct = scripted('direct', deferred('busy', 'later'), accepted());
  const at = harness({ channels: [direct] });
  const { store, now } = at;
  const log = { info: () => undefined, warn: () => undefined, error: () => undefined };
  const channels = ['direct', 'efax'];
  const metrics = createMetrics({ store, log, now, channels, folder: tmpdir(), version: '1' });
  store.onCommit(metrics.committed);
  await at.inbox.message(arrival());
  await at.submit(submission());
  await at.turn();
  await at.turn(minute);
  metrics.requestSeen({ method: 'GET', route: '/healthz', status: 200, seconds: 1 });
  metrics.requestSeen({ method: 'GET', route: tokenPath, status: 404, seconds: 1 });
  const { text } = await metrics.page({
    ready: () => Promise.resolve({ state: 'ready', reasons: [] }),
    queue: () => ({ connected: true, blocked: false }),
    channels: new Map([['direct', null]]),
    healthy: () => true,
    validUntil: () => 1,
  });
  for (const { name, labels } of samplesOf(text)) {
    const known = exposed.get(name) ?? new Map<string, Set<string>>();
    exposed.set(name, known);
    for (const [label, value] of Object.entries(labels)) known.set(label, (known.get(label) ?? new Set()).add(value));
  }
  await at.close();
});

/** What the scraper adds itself. */
const added = ['instance', 'job'];
const namesIn = (expr: string): string[] => expr.match(/\b(?:loopgate|process|nodejs)_\w+/g) ?? [];

test('every measure that a dashboard or an alert asks for is there', () => {
  const missing = queries.flatMap(({ where, expr }) => {
    const names = namesIn(expr);
    if (names.length === 0 && !expr.startsWith('up{')) return [`${where}: asks for nothing`];
    return names.filter((name) => !exposed.has(name)).map((name) => `${where}: ${name}`);
  });
  expect(queries.length).toBeGreaterThan(60);
  expect(missing).toEqual([]);
});

/** Only what holds a sign of its own is read as a pattern. */
const isLike = (value: string, word: string): boolean =>
  word.includes('.+') ? new RegExp(`^(?:${word})$`).test(value) : value === word;

test('and has every label, with every value that is asked for', () => {
  const missing = queries.flatMap(({ where, expr }) =>
    [...expr.matchAll(/\b((?:loopgate|process|nodejs)_\w+)\{([^}]*)\}/g)].flatMap(([, name = '', matchers = '']) =>
      [...matchers.matchAll(/(\w+)(?:=~|!=|=)"([^"]*)"/g)].flatMap(([, label = '', words = '']) =>
        added.includes(label)
          ? []
          : words
              .split('|')
              .filter((word) => ![...(exposed.get(name)?.get(label) ?? [])].some((value) => isLike(value, word)))
              .map((word) => `${where}: ${name}{${label}="${word}"}`),
      ),
    ),
  );
  expect(missing).toEqual([]);
});

test('nothing is grouped, or named in a legend, by a label that is not there', () => {
  const missing = queries.flatMap(({ where, expr, legend }) => {
    const known = new Set([...added, ...namesIn(expr).flatMap((name) => [...(exposed.get(name)?.keys() ?? [])])]);
    const asked = [...expr.matchAll(/\bby \(([^)]*)\)/g)].flatMap(([, list = '']) => list.split(', '));
    const shown = [...legend.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label);
    return [...asked, ...shown].filter((label) => !known.has(label)).map((label) => `${where}: ${label}`);
  });
  expect(missing).toEqual([]);
});

test('nothing of ours is measured that nobody looks at', () => {
  const asked = new Set(
    queries.flatMap(({ expr }) => namesIn(expr)).map((name) => name.replace(/_(bucket|sum|count)$/, '')),
  );
  const ours = [...exposed.keys()].filter((name) => name.startsWith('loopgate_'));
  expect(ours.filter((name) => !asked.has(name.replace(/_(bucket|sum|count)$/, '')))).toEqual([]);
});

describe('Prometheus itself', () => {
  const promtool = (...words: string[]): string => {
    const { status, stdout, stderr } = spawnSync('promtool', words, { cwd: root });
    return status === 0 ? 'ok' : `${stdout.toString()}${stderr.toString()}`;
  };

  test('understands the alerts, and they ring when they should', () => {
    expect(promtool('check', 'rules', 'ops/alerts.yml')).toBe('ok');
    expect(promtool('test', 'rules', 'test/watch/alerts.yml')).toBe('ok');
  });
});

test('every alert says what happened, and where it is told what to do', () => {
  const headings = [...read('docs/operations.md').matchAll(/^## (.*)$/gm)].map(
    ([, heading = '']) =>
      `docs/operations.md#${heading
        .toLowerCase()
        .replaceAll(/[^\w -]/g, '')
        .replaceAll(' ', '-')}`,
  );
  expect(rules.length).toBeGreaterThan(10);
  expect(rules.filter(({ annotations }) => !headings.includes(annotations.runbook)).map(({ alert }) => alert)).toEqual(
    [],
  );
  expect(rules.every(({ annotations }) => annotations.summary.endsWith('.'))).toBe(true);
});

test('every command that operators are told to type is there', () => {
  const known = new Map<string, readonly string[]>();
  const verbsOf = (...words: string[]): readonly string[] => {
    const path = words.join(' ');
    const found = known.get(path) ?? commandsIn(spawnSync('node', ['src/cli.ts', ...words, '--help'], { cwd: root }));
    known.set(path, found);
    return found;
  };
  const commandsIn = ({ stdout }: { readonly stdout: Buffer }): string[] => {
    const text = stdout.toString();
    return [...text.slice(text.indexOf('Commands:')).matchAll(/^ {2}(\w+)/gm)].map(([, verb = '']) => verb);
  };
  const told = [...read('docs/operations.md').matchAll(/npx loopgate (\w+)(?: (check|show|rotate|list))?/g)];
  const verbs = verbsOf();
  const unknown = told
    .filter(([, verb = '', below]) => !verbs.includes(verb) || (below && !verbsOf(verb).includes(below)))
    .map(([words]) => words);
  expect(told.length).toBeGreaterThan(10);
  expect(unknown).toEqual([]);
});

test('three dashboards, each panel with a place and a source', () => {
  expect(dashboards.map(({ uid }) => uid).sort()).toEqual([
    'loopgate-delivery',
    'loopgate-intake',
    'loopgate-platform',
  ]);
  for (const { panels } of dashboards) {
    expect(new Set(panels.map(({ id }) => id)).size).toBe(panels.length);
    expect(new Set(panels.map(({ datasource }) => datasource.uid))).toEqual(new Set(['prometheus']));
  }
});
