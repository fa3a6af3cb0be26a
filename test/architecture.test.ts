import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, relative, resolve } from 'node:path';
import { expect, test } from '@jest/globals';

const root = resolve(import.meta.dirname, '..');

/** Who may import whom: docs/architecture.md. A room may always import itself. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  'src/core': [],
  'src/documents': ['src/core'],
  'src/intake': ['src/core'],
  'src/net': ['src/core'],
  'src/store': ['src/core', 'src/errors.ts', 'src/ids.ts'],
  'src/queue': ['src/core', 'src/store/store.ts', 'src/errors.ts', 'src/room.ts'],
  'src/pipeline': [
    'src/core',
    'src/store/store.ts',
    'src/documents',
    'src/intake',
    'src/errors.ts',
    'src/ids.ts',
    'src/room.ts',
  ],
  'src/watch': ['src/core', 'src/store/store.ts', 'src/queue/queue.ts', 'src/errors.ts'],
  'src/people': ['src/core'],
  'src/audit': ['src/core', 'src/store/store.ts', 'src/errors.ts'],
  'src/http': [
    'src/core',
    'src/store/store.ts',
    'src/audit',
    'src/people',
    'src/net/addresses.ts',
    'src/errors.ts',
    'src/ids.ts',
  ],
};

const files = ['src', 'channels'].flatMap((folder) =>
  readdirSync(join(root, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith('.ts'))
    .map((entry) => relative(root, join(entry.parentPath, entry.name))),
);

const source = (file: string): string => readFileSync(join(root, file), 'utf8');

const importsOf = (file: string): string[] =>
  [...source(file).matchAll(/(?:from|import)\s*\(?\s*'(\.[^']+)'/g)].map(([, path = '']) =>
    relative(root, resolve(root, dirname(file), path)),
  );

const within = (file: string, rooms: readonly string[]): boolean =>
  rooms.some((room) => file === room || file.startsWith(`${room}/`));

function rooms(file: string): readonly string[] | null {
  const channel = /^channels\/[^/]+(?=\/)/.exec(file)?.[0];
  if (channel !== undefined) return ['src/core', channel];
  const room = Object.keys(allowed).find((each) => within(file, [each]));
  return room === undefined ? null : [room, ...(allowed[room] ?? [])];
}

test('every file imports only what its room may', () => {
  const strays = files.flatMap((file) => {
    const may = rooms(file);
    return may === null
      ? []
      : importsOf(file)
          .filter((path) => !within(path, may))
          .map((path) => `${file} → ${path}`);
  });
  expect(files.length).toBeGreaterThan(40);
  expect(strays).toEqual([]);
});

test('only config.ts reads the environment', () => {
  const readers = files.filter((file) => /\bprocess\.env\b/.test(source(file)));
  expect(readers).toEqual(['src/config.ts']);
});

test('rooms take their clock as an argument', () => {
  const gazers = files.filter((file) => rooms(file) !== null && /\bDate\.now\(\)/.test(source(file)));
  expect(gazers).toEqual([]);
});

test('nothing repeats by itself but our own scheduler', () => {
  // nodemailer's pool queues in memory and sends again; axios repeats only by plug-ins.
  const repeaters = files.filter((file) =>
    /from '(?:nodemailer|axios-retry|retry-axios|p-retry|retry)'/.test(source(file)),
  );
  expect(repeaters).toEqual([]);
  const locked = JSON.parse(readFileSync(join(root, 'package-lock.json'), 'utf8')) as { packages: object };
  expect(Object.keys(locked.packages).filter((name) => /(?:axios-retry|retry-axios)$/.test(name))).toEqual([]);
});

test('what far sides name is reached by the network guard alone', () => {
  // Beside it: hosts of our own settings, and the directory whose address the guard has judged.
  const known = [
    'channels/direct/discovery/ldap.ts',
    'channels/efax/hfaxd.ts',
    'channels/efax/http.ts',
    'channels/efax/watched-agents.ts',
    'channels/portal/sms.ts',
    'src/cli/client.ts',
    'src/net/dns.ts',
    'src/net/fetch.ts',
  ];
  const opens =
    /\bimport (?!type\b)[^;]*? from '(?:axios|node:(?:http|https|http2|tls|dgram))'|\b(?:connect|createConnection)\b[^;]*? from 'node:net'|(?<![.\w]|function )fetch\(\w+ \+|new WebSocket\(/;
  expect(files.filter((file) => opens.test(source(file))).toSorted()).toEqual(known);
});

test('no file imports itself in a circle', () => {
  const done = new Set<string>();
  const circles: string[][] = [];
  const walk = (file: string, path: readonly string[]): void => {
    if (path.includes(file)) {
      circles.push([...path.slice(path.indexOf(file)), file]);
      return;
    }
    if (done.has(file)) return;
    done.add(file);
    // Types vanish before the program runs: only what is loaded can go in circles.
    const loaded = [...source(file).matchAll(/^(?:import|export)(?! type)[^;]*?from\s+'(\.[^']+)'/gm)].map(
      ([, to = '']) => relative(root, resolve(root, dirname(file), to)),
    );
    for (const next of loaded) if (files.includes(next)) walk(next, [...path, file]);
  };
  for (const file of files) walk(file, []);
  expect(circles).toEqual([]);
});

test('files stay short enough to be read in one go', () => {
  const long = files.filter((file) => source(file).split('\n').length > 330);
  expect(long).toEqual([]);
});
