import { isDeepStrictEqual } from 'node:util';
import type { Config } from './config.ts';
import type { Channel } from './core/channel.ts';
import { ConfigError } from './errors.ts';
import { problemsOf, sectionsOf } from './sections.ts';
import type { Store } from './store/store.ts';

/** What can change while the gateway runs; everything else is read at its start only. */
const live = ['practices', 'deadlines', 'policies', 'patience'] as const;
const liveInDirect = ['identities', 'anchors', 'crls', 'peers'];

export interface Reloaded {
  /** Settings that are in force now, by path. Files of certificates are read again in any case. */
  readonly changed: readonly string[];
  /** Settings that changed too and wait for a restart. */
  readonly restart: readonly string[];
}

interface Deps {
  /** In force; its parts are exchanged in place, so that everybody who holds one sees the new. */
  readonly config: Config;
  readonly reread: () => Promise<Config>;
  readonly channels: ReadonlyMap<string, Channel>;
  readonly store: Pick<Store, 'commit'>;
  readonly now: () => number;
}

/** Read the settings again, and put those in force that can be: all of them or, when anything in them is wrong, none.
 *  @throws ConfigError with every problem, and nothing changed */
export function reloader({ config, reread, channels, store, now }: Deps) {
  return async (who: string): Promise<Reloaded> => {
    const { next, takeUp } = await prepared(reread, channels);
    const paths = differences(config, next);
    const changed = paths.filter(isLive);
    const restart = paths.filter((path) => !isLive(path));
    const facts = { changed: changed.join(', '), restart: restart.join(', ') };
    await store.commit({
      events: [{ message: null, subject: 'gateway', what: 'gateway.reloaded', who, at: now(), facts }],
    });
    for (const name of live) exchange(config[name], next[name]);
    exchangeSome(config.channels['direct'], next.channels['direct'], liveInDirect);
    for (const each of takeUp) each();
    return { changed, restart };
  };
}

/** Everything that can fail, before anything changes. */
async function prepared(reread: Deps['reread'], channels: Deps['channels']) {
  const next = await reread();
  const takeUp: (() => void)[] = [];
  const problems: string[] = [];
  for (const { module } of sectionsOf(next)) {
    try {
      const each = await channels.get(module.name)?.reload?.(next.channels[module.name]);
      if (each) takeUp.push(each);
    } catch (cause) {
      problems.push(...problemsOf(`channels.${module.name}`, cause));
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return { next, takeUp };
}

const isLive = (path: string): boolean =>
  [...live, ...liveInDirect.map((name) => `channels.direct.${name}`)].some(
    (each) => path === each || path.startsWith(`${each}.`),
  );

/** Paths of the settings that differ; a list is one setting. */
function differences(before: object, after: object, path = ''): string[] {
  const names = [...new Set([...Object.keys(before), ...Object.keys(after)])];
  return names.flatMap((name) => {
    const [a, b] = [(before as Tree)[name], (after as Tree)[name]];
    if (isDeepStrictEqual(a, b)) return [];
    return isTree(a) && isTree(b) ? differences(a, b, `${path}${name}.`) : [`${path}${name}`];
  });
}

type Tree = Record<string, unknown>;

const isTree = (value: unknown): value is Tree => typeof value === 'object' && value !== null && !Array.isArray(value);

function exchange(held: object, next: object): void {
  if (Array.isArray(held) && Array.isArray(next)) held.splice(0, held.length, ...(next as unknown[]));
  else exchangeSome(held, next, [...new Set([...Object.keys(held), ...Object.keys(next)])]);
}

function exchangeSome(held: unknown, next: unknown, names: readonly string[]): void {
  if (!isTree(held) || !isTree(next)) return;
  for (const name of names) {
    if (name in next) held[name] = next[name];
    else Reflect.deleteProperty(held, name);
  }
}
