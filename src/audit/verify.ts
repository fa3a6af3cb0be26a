import { createHash, type KeyObject } from 'node:crypto';
import type { Line, RecordStore } from '../store/store.ts';
import { growing, leafHash } from './merkle.ts';
import { openHead, originOf, type Head } from './note.ts';

export interface Verdict {
  readonly chains: readonly { readonly practice: string; readonly lines: number; readonly checkpoints: number }[];
  /** Lines from before there was a chain: nothing vouches for them. */
  readonly unchained: number;
  /** Each says what was found and where. */
  readonly problems: readonly string[];
}

const batch = 1_000;

/** Walk the whole record: every line as its hash says, every place taken once, every chain as long as it was ever signed
 *  to be. A gateway may run meanwhile.
 *  @param outside notes kept where whoever changes the store cannot reach */
export async function verifyRecord(record: RecordStore, key: KeyObject, outside: readonly string[]): Promise<Verdict> {
  const problems: string[] = [];
  const told = (problem: string): void => void problems.push(problem);
  const strangers = outside.filter((note) => openHead(note, key) === null);
  for (const note of strangers)
    told(`a checkpoint from outside is not signed by this key: ${note.split('\n', 1)[0] ?? ''}`);
  const foreign = outside.flatMap((note) => openHead(note, key) ?? []);
  const ends = new Map((await record.chains()).map((each) => [each.practice, each]));
  const practices = new Set([...ends.keys(), ...foreign.map(({ origin }) => practiceOf(origin))]);
  const chains = [];
  for (const practice of practices) {
    const signed = await headsOf(record, practice, key, told);
    const heads = [...signed, ...foreign.filter(({ origin }) => origin === originOf(practice))];
    const end = ends.get(practice) ?? null;
    chains.push({ practice, lines: await walk(record, practice, end, heads, told), checkpoints: heads.length });
  }
  const { count, first, last } = await record.unchained();
  if (first !== null && last > first) told(`lines without a place in any chain stand among later ones (up to ${last})`);
  return { chains, unchained: count, problems };
}

const practiceOf = (origin: string): string =>
  origin.includes('/') ? decodeURIComponent(origin.slice(origin.indexOf('/') + 1)) : '';

const nameOf = (practice: string): string => (practice === '' ? 'the gateway' : practice);

async function headsOf(
  record: RecordStore,
  practice: string,
  key: KeyObject,
  told: (problem: string) => void,
): Promise<Head[]> {
  const heads: Head[] = [];
  for (const { note, size } of await record.checkpoints(practice)) {
    const head = openHead(note, key);
    if (head?.origin === originOf(practice) && head.size === size) heads.push(head);
    else told(`record of ${nameOf(practice)}: the checkpoint at ${size} is not signed by this key`);
  }
  return heads;
}

async function walk(
  record: RecordStore,
  practice: string,
  end: { readonly size: number; readonly chain: Uint8Array } | null,
  heads: readonly Head[],
  told: (problem: string) => void,
): Promise<number> {
  const tree = growing();
  const here = `record of ${nameOf(practice)}`;
  let chain: Uint8Array = Buffer.alloc(32);
  let place = 0;
  const due = heads.toSorted((a, b) => a.size - b.size);
  const compare = (): void => {
    for (; due[0]?.size === place; due.shift()) {
      if (!same(tree.root(), due[0].root))
        told(`${here}: what was signed at ${place} lines is not what stands there now`);
    }
  };
  compare();
  for (;;) {
    const lines = (await record.lines(practice, place, batch)).filter((line) => end !== null && line.place < end.size);
    for (const line of lines) {
      if (line.place !== place) {
        told(`${here}: the line at ${place} is missing`);
        return place;
      }
      const wrong = faultOf(line, chain);
      if (wrong !== null) told(`${here}: line ${place}: ${wrong}`);
      chain = line.chain;
      tree.add(leafHash(line.text));
      place += 1;
      compare();
    }
    if (lines.length < batch) break;
  }
  if (place < (end?.size ?? 0)) told(`${here}: the line at ${place} is missing, there were ${end?.size ?? 0}`);
  else if (end !== null && !same(chain, end.chain)) told(`${here}: the chain does not end as it was left`);
  for (const { size, at } of due) {
    told(`${here}: it had ${size} lines at ${new Date(at).toISOString()}, now there are ${place}`);
  }
  await beyond(record, practice, told);
  return place;
}

function faultOf({ text, leaf, chain }: Line, before: Uint8Array): string | null {
  if (!same(leafHash(text), leaf)) return 'it was altered';
  if (!same(createHash('sha256').update(before).update(leaf).digest(), chain))
    return 'it does not follow the line before it';
  return null;
}

/** Lines after the end of the chain; looked at before the end is read again, as the gateway may be adding. */
async function beyond(record: RecordStore, practice: string, told: (problem: string) => void): Promise<void> {
  const sizeOf = async (): Promise<number> =>
    (await record.chains()).find((each) => each.practice === practice)?.size ?? 0;
  const [line] = await record.lines(practice, await sizeOf(), 1);
  if (line && line.place >= (await sizeOf())) {
    told(`record of ${nameOf(practice)}: a line stands after its end`);
  }
}

const same = (a: Uint8Array, b: Uint8Array): boolean => Buffer.compare(a, b) === 0;
