import { readFileSync, statSync } from 'node:fs';
import { isIP } from 'node:net';
import { join, resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { z } from 'zod';
import defaults from '../config/default.js';
import { diagnosisCodesIn } from './core/diagnosis-codes.ts';
import { fieldNames } from './core/entry.ts';
import { reasonCodes } from './core/outcome.ts';
import { roles as peopleRoles } from './core/role.ts';
import { ConfigError } from './errors.ts';
import { practice } from './practice-setting.ts';

const units: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** '90s', '15m', '24h', '90d' → milliseconds. */
const duration = z
  .string()
  .regex(/^\d+(ms|s|m|h|d)$/, "a duration like '15m', '24h' or '90d'")
  .transform((text) => parseInt(text, 10) * (units[text.replace(/^\d+/, '')] ?? 1));

/** `10.1.0.0/16`, `fd00::/8`. */
const isRange = (text: string): boolean => {
  const [net = '', bits = '', ...more] = text.split('/');
  const most = isIP(net) === 0 ? -1 : isIP(net) === 4 ? 32 : 128;
  return more.length === 0 && /^\d{1,3}$/.test(bits) && Number(bits) <= most;
};
const range = z.string().refine(isRange, "a network like '10.1.0.0/16'");
const machines = z
  .string()
  .refine((text) => isIP(text) !== 0 || isRange(text), "an address, or a network like '10.1.0.0/16'");

/** An address, or an address and a port. */
const resolver = z
  .string()
  .refine(
    (text) => isIP(text) !== 0 || isIP(text.replace(/^\[?(.*?)\]?:\d{1,5}$/, '$1')) !== 0,
    "like '192.0.2.53' or '[::1]:53'",
  );

const clock = z
  .string()
  .regex(/^([01]\d|2[0-4]):[0-5]\d$/, "a time of day like '08:00'")
  .transform((text) => Number(text.slice(0, 2)) * 60 + Number(text.slice(3)));

const hours = z.strictObject({
  zone: z
    .string()
    .refine((zone) => Intl.supportedValuesOf('timeZone').concat('UTC').includes(zone), 'an IANA time zone'),
  days: z.array(z.int().min(0).max(6)).min(1),
  from: clock,
  to: clock,
});

const patience = z.strictObject({
  delays: z.array(duration),
  receiptWithin: duration,
  onSilence: z.enum(['fallback', 'hold']),
  waits: z.partialRecord(z.enum(reasonCodes), z.array(duration)).nullable().default(null),
  hours: hours.nullable().default(null),
});

const order = z.strictObject({ stat: z.array(z.string()), urgent: z.array(z.string()), routine: z.array(z.string()) });

/** Secrets go there: in the clear only within this machine. */
const issuer = z
  .url({ protocol: /^https?$/ })
  .refine(
    (text) => /^https:|^http:\/\/(?:localhost|127\.0\.0\.1|\[::1\])[:/]?/.test(text),
    'https, or http on this machine',
  );

const signIn = z.strictObject({
  secondFactor: z.array(z.enum(peopleRoles)).nullable(),
  oidc: z
    .strictObject({
      issuer,
      clientId: z.string().min(1),
      clientSecret: z.string().min(1),
      name: z.string().min(1).max(40),
      claim: z.string().min(1),
    })
    .nullable(),
});

const commaList = (value: unknown): unknown => (typeof value === 'string' ? value.split(',') : value);
const roles = z.preprocess(commaList, z.array(z.enum(['edge', 'work'])).min(1));

const fields = z.array(z.enum(fieldNames));

const settings = z.strictObject({
  data: z.string().min(1),
  keys: z.string().nullable(),
  roles,
  store: z.strictObject({ url: z.url({ protocol: /^postgres(?:ql)?$/ }).nullable() }),
  log: z.enum(['error', 'warn', 'info', 'silent']),
  http: z.strictObject({
    host: z.string(),
    port: z.number().int().min(0).max(65_535),
    publicUrl: z.url({ protocol: /^https?$/ }).nullable(),
    proxies: z.preprocess(commaList, z.array(machines)),
  }),
  queue: z.strictObject({ url: z.url({ protocol: /^amqps?$/ }).nullable() }),
  metrics: z.strictObject({ host: z.string(), port: z.number().int().min(0).max(65_535) }).nullable(),
  traces: z.strictObject({ url: z.url({ protocol: /^https?$/ }).nullable() }),
  network: z.strictObject({ allow: z.array(range), resolvers: z.array(resolver) }),
  practices: z.array(practice).min(1),
  limits: z.strictObject({ submissionsPerMinute: z.int().min(1) }),
  deadlines: z.strictObject({ stat: duration, urgent: duration, routine: duration }),
  policies: z.object({ default: order }).catchall(order),
  patience: z.record(z.string(), patience),
  intake: z.strictObject({
    diagnosisCodes: z
      .string()
      .transform(diagnosisCodesIn)
      .refine(({ size }) => size > 0, 'no line is a code of ICD-10-CM: give { file } as CMS publishes it')
      .nullable(),
    needs: z.strictObject({ always: fields, besides: z.object({ default: fields }).catchall(fields) }),
  }),
  pipeline: z.strictObject({ attempt: duration, retention: duration }),
  sessions: z.strictObject({ idle: duration, absolute: duration }),
  signIn,
  audit: z.strictObject({ checkpoints: duration, folder: z.string().min(1).nullable() }),
  /** Each channel parses its own section when it is opened. */
  channels: z.record(z.string(), z.unknown()),
});

const schema = settings.refine(({ store, roles }) => store.url !== null || new Set(roles).size === 2, {
  path: ['roles'],
  message: 'a SQLite file is for one process with both; several share a PostgreSQL (store.url)',
});

export type Config = Omit<z.infer<typeof schema>, 'keys'> & { readonly keys: string };

/** Where the data and the keys to it lie. */
export const storeFiles = ({ store, data, keys }: Config) => ({
  url: store.url,
  file: join(data, 'loopgate.db'),
  keyFile: join(keys, 'vault.key'),
});

/** What the runtime was told, on its command line and by its own variable. */
export const runtimeOptions = (): readonly string[] => [
  ...process.execArgv,
  ...(process.env['NODE_OPTIONS'] ?? '').split(/\s+/),
];

/** For a program that we start: our own environment and more. */
export const environmentWith = (more: Readonly<Record<string, string>>): NodeJS.ProcessEnv => ({
  ...process.env,
  ...more,
});

/** Settings that contract.md names by a shorter word than their path. */
const aliases: Readonly<Record<string, readonly string[]>> = {
  LOOPGATE_DIRECT_PORT: ['channels', 'direct', 'listen', 'port'],
  LOOPGATE_EDGE_PORT: ['channels', 'edge', 'listen', 'port'],
};

/** Named by contract.md for a door that is not there yet (HL7 v2): who sets every port may set this one too. */
const notYet = 'LOOPGATE_MLLP_PORT';

export type Tree = Record<string, unknown>;

/** What signs checkpoints and receipts. */
export const auditKeyFile = ({ keys }: Pick<Config, 'keys'>): string => join(keys, 'audit.key');

/** Settings as they were written: secrets are still the names of where they lie. */
export interface Written {
  readonly tree: Tree;
  /** Path of a setting that is not the default → the file, the variable or the word that set it. */
  readonly from: ReadonlyMap<string, string>;
  readonly problems: string[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Defaults ← the file named by LOOPGATE_CONFIG ← LOOPGATE_… variables ← the words of the command line.
 *  @throws ConfigError when the file cannot be read */
export async function readSettings(environment: Environment = process.env, words: Tree = {}): Promise<Written> {
  const file = environment['LOOPGATE_CONFIG'];
  const own = file === undefined ? {} : await readOwn(file);
  const problems: string[] = [];
  const from = new Map(leavesOf(own).map((path) => [path, file ?? '']));
  const merged = merge(defaults, own);
  for (const [name, value] of Object.entries(environment)) {
    if (!name.startsWith('LOOPGATE_') || value === undefined) continue;
    if (name === 'LOOPGATE_CONFIG' || name === notYet) continue;
    const path = aliases[name] ?? findPath(merged, name.slice('LOOPGATE_'.length).toLowerCase().split('_'));
    if (path) assign(merged, path, literal(value));
    else problems.push(`${name}: no setting has this name`);
    if (path) from.set(path.join('.'), name);
  }
  for (const path of leavesOf(words)) from.set(path, 'the command line');
  return { tree: merge(merged, words), from, problems };
}

/** @throws ConfigError with every problem at once, each with its path. */
export async function loadConfig(environment: Environment = process.env, words: Tree = {}): Promise<Config> {
  const { tree, problems } = await readSettings(environment, words);
  return parseConfig(tree, environment, problems);
}

/** Paths of the settings in a tree; a list, or the name of a secret, is one setting. */
export function leavesOf(tree: Tree, path = ''): string[] {
  return Object.entries(tree).flatMap(([name, value]) =>
    isTree(value) && !isSecret(value) ? leavesOf(value, `${path}${name}.`) : [`${path}${name}`],
  );
}

const isSecret = (value: Tree): boolean =>
  Object.keys(value).length === 1 && (typeof value['env'] === 'string' || typeof value['file'] === 'string');

/** Check a whole tree of settings and resolve its secrets. */
export function parseConfig(tree: Tree, environment: Environment = {}, problems: string[] = []): Config {
  const keys = resolve(typeof tree['keys'] === 'string' ? tree['keys'] : `${String(tree['data'])}-keys`);
  const parsed = schema.safeParse(revealed(tree, environment, { keys, data: resolve(String(tree['data'])) }, problems));
  if (!parsed.success) {
    problems.push(...parsed.error.issues.map(({ path, message }) => `${path.join('.') || 'settings'}: ${message}`));
  }
  if (problems.length > 0 || !parsed.success) throw new ConfigError(problems);
  return { ...parsed.data, data: resolve(parsed.data.data), keys };
}

async function readOwn(file: string): Promise<Tree> {
  try {
    const url = pathToFileURL(resolve(file));
    // A module is loaded once for each address; read again, it must be what it is now.
    url.searchParams.set('at', String(statSync(url).mtimeMs));
    const module = (await import(url.href)) as { readonly default: Tree };
    return module.default;
  } catch (cause) {
    throw new ConfigError([
      `LOOPGATE_CONFIG: ${file} cannot be read: ${cause instanceof Error ? cause.message : 'unknown cause'}`,
    ]);
  }
}

/** Objects are merged, everything else replaced: a list of practices is the whole list. */
function merge(base: Tree, over: Tree): Tree {
  const merged: Tree = { ...base };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isTree(below) && isTree(value) ? merge(below, value) : value;
  }
  return merged;
}

/** HTTP_PUBLIC_URL finds http.publicUrl: words are matched against the names that stand there, longest first. */
function findPath(tree: Tree, words: readonly string[]): string[] | null {
  if (words.length === 0) return [];
  for (let taken = words.length; taken > 0; taken--) {
    const name = words.slice(0, taken).join('');
    const key = Object.keys(tree).find((each) => each.toLowerCase() === name);
    if (key === undefined) continue;
    const rest = words.slice(taken);
    const below = tree[key];
    if (rest.length === 0) return [key];
    const deeper = isTree(below) ? findPath(below, rest) : null;
    if (deeper) return [key, ...deeper];
  }
  return null;
}

function assign(tree: Tree, path: readonly string[], value: unknown): void {
  const [key = '', ...rest] = path;
  if (rest.length === 0) {
    tree[key] = value;
    return;
  }
  const below = isTree(tree[key]) ? { ...tree[key] } : {};
  tree[key] = below;
  assign(below, rest, value);
}

function literal(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return text;
  }
}

interface Folders {
  readonly keys: string;
  readonly data: string;
}

/** Replaces { env } and { file } by what they name, and `{keys}` and `{data}` in paths by those folders. */
function revealed(value: unknown, environment: Environment, folders: Folders, problems: string[]): unknown {
  if (typeof value === 'string') return value.replaceAll('{keys}', folders.keys).replaceAll('{data}', folders.data);
  if (Array.isArray(value)) return value.map((each) => revealed(each, environment, folders, problems));
  if (!isTree(value)) return value;
  const names = Object.keys(value);
  if (names.length === 1 && typeof value['env'] === 'string') {
    const secret = environment[value['env']];
    if (secret === undefined) problems.push(`secret: the environment has no ${value['env']}`);
    return secret ?? '';
  }
  if (names.length === 1 && typeof value['file'] === 'string') {
    try {
      return readFileSync(value['file'], 'utf8').trim();
    } catch {
      problems.push(`secret: ${value['file']} cannot be read`);
      return '';
    }
  }
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [key, revealed(each, environment, folders, problems)]),
  );
}

const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof RegExp);
