import { createHash } from 'node:crypto';
import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Log } from '../../../src/core/channel.ts';
import type { BundleFacts } from '../../../src/core/trust.ts';
import type { Network } from '../../../src/core/network.ts';
import { Malformed } from '../cms/der.ts';
import type { Anchor } from './anchors.ts';
import { readBundle } from './bundle.ts';
import type { Certificate } from './certificate.ts';

/** A trust bundle as the settings name it. */
export interface BundleSource {
  readonly url: string;
  /** Who must have signed it; null: it is taken unsigned. */
  readonly signer: Certificate | null;
  readonly domains: Anchor['domains'];
  readonly direction: Anchor['direction'];
  readonly policies: Anchor['policies'];
  readonly everyMs: number;
}

export interface Bundles {
  /** Of the last good copy of each. */
  anchors(): readonly Anchor[];
  facts(): BundleFacts[];
  /** Fetch those that are due. What cannot be had or used leaves the copy before it in force. */
  refresh(): Promise<void>;
}

interface Deps {
  readonly network: Network;
  readonly log: Log;
  /** Epoch ms. */
  readonly now: () => number;
  /** Folder for the last good copies, so that a start without the network knows whom to trust; null: none are kept. */
  readonly cache: string | null;
}

const maxBytes = 5_000_000;
const fetchMs = 10_000;
const againMs = 600_000;

interface State {
  anchors: readonly Anchor[];
  dueAt: number;
  fetchedAt: number | null;
  failure: string | null;
}

/** Take up the kept copies, and fetch what there is no copy of. */
export async function openBundles(sources: readonly BundleSource[], deps: Deps): Promise<Bundles> {
  const { now, log } = deps;
  const states = new Map<BundleSource, State>();
  for (const source of sources)
    states.set(source, { anchors: await keptOf(source, deps), dueAt: now(), fetchedAt: null, failure: null });

  const refresh = async (): Promise<void> => {
    const due = [...states].filter(([, { dueAt }]) => dueAt <= now());
    await Promise.all(
      due.map(async ([source, state]) => {
        state.dueAt = now() + againMs;
        const fetched = await fetchBundle(source, deps);
        if (typeof fetched === 'string') {
          state.failure = fetched;
          log.warn('direct.bundle-kept', { channel: 'direct', reason: fetched, count: state.anchors.length });
          return;
        }
        log.info('direct.bundle', { channel: 'direct', count: fetched.length });
        states.set(source, { anchors: fetched, dueAt: now() + source.everyMs, fetchedAt: now(), failure: null });
      }),
    );
  };
  if ([...states.values()].some(({ anchors }) => anchors.length === 0)) await refresh();
  return {
    anchors: () => [...states.values()].flatMap(({ anchors }) => anchors),
    facts: () =>
      [...states].map(([{ url, signer }, { anchors, ...state }]) => ({
        ...state,
        url,
        signed: signer !== null,
        anchors: anchors.length,
      })),
    refresh,
  };
}

/** @returns why not, in words */
async function fetchBundle(source: BundleSource, deps: Deps): Promise<readonly Anchor[] | string> {
  const fetched = await deps.network.get(source.url, { maxBytes, timeoutMs: fetchMs, redirects: 3 });
  if (!fetched.ok) return fetched.why;
  const anchors = read(source, fetched.bytes, deps.now());
  if (typeof anchors !== 'string') await keep(source, fetched.bytes, deps.cache);
  return anchors;
}

function read(source: BundleSource, bytes: Buffer, at: number): readonly Anchor[] | string {
  const { url, signer, domains, direction, policies } = source;
  try {
    const valid = readBundle(bytes, signer).filter(({ notBefore, notAfter }) => notBefore <= at && at <= notAfter);
    // Whoever publishes a bundle trusts somebody: an empty one is an accident.
    if (valid.length === 0) return 'the bundle holds no valid anchor';
    return valid.map((certificate) => ({ certificate, domains, direction, policies, from: url }));
  } catch (cause) {
    if (cause instanceof Malformed) return cause.message;
    throw cause;
  }
}

const fileOf = (cache: string, { url }: BundleSource): string =>
  join(cache, `${createHash('sha256').update(url).digest('hex').slice(0, 32)}.p7b`);

/** The kept copy is judged like a new one: its signer may have been exchanged meanwhile. */
async function keptOf(source: BundleSource, { cache, now }: Deps): Promise<readonly Anchor[]> {
  const bytes = cache === null ? null : await readFile(fileOf(cache, source)).catch(() => null);
  const anchors = bytes === null ? [] : read(source, bytes, now());
  return typeof anchors === 'string' ? [] : anchors;
}

async function keep(source: BundleSource, bytes: Buffer, cache: string | null): Promise<void> {
  if (cache === null) return;
  const file = fileOf(cache, source);
  await mkdir(cache, { recursive: true });
  await writeFile(`${file}.new`, bytes);
  await rename(`${file}.new`, file);
}
