import type { Turn } from '../core/turn.ts';
import type { Answer } from '../core/box.ts';
import type { Scan, SeenWord } from './protocol.ts';
import type { OpenedFile } from './sandbox.ts';
import { mended } from './slips.ts';
import { readTwice } from './twice.ts';

/** A scanned page, upright, with the words on it. Boxes are fractions of the page. */
export interface ScanRead {
  readonly scan: Scan;
  readonly turn: Turn;
  readonly words: readonly SeenWord[];
  readonly looks: number;
  /** Stretches that another engine read too. */
  readonly again?: number;
  /** It should have, and could not. */
  readonly alone?: true;
}

/** Below it a page is looked at twice: up to 0.9 the second engine does as well (measured). */
const legible = 0.75;
/** Measured shares of surely read letters: upright pages 0.49 and more, turned ones 0.16 and less. */
const turnedBelow = 0.4;

/** Read a page as it lies, unless its lines seem to lie otherwise; when it makes no sense, as the turn that does; when it
 *  is poor, again in heavier print as scattered words, each word from where it was read best (psm 3 and 4 drop columns
 *  beside streaks, psm 11 drops none: measured, a third of the errors; of print that came thin and broken, heavier print
 *  spares a tenth). Looks are counted, not timed: a busy machine reads as well as an idle
 *  one. */
export async function readScan(file: OpenedFile, page: number): Promise<Answer<ScanRead>> {
  const first = await file.scan(page, 0);
  if (!first.ok) return first;
  if (first.value.blank) return { ok: true, value: { scan: first.value, turn: 0, words: [], looks: 0 } };
  const level = first.value.turns[0] === 0 ? await readTurned(file, first.value, 0) : null;
  if (level && !level.ok) return level;
  const upright = level?.value ?? null;
  const best = upright && makesSense(upright.words, 40) ? upright : await otherwise(file, page, first.value, upright);
  if ('problem' in best) return { ok: false, problem: best.problem };
  const looked = legibility(best.words) < legible ? await secondLook(file, best) : best;
  return { ok: true, value: await otherEngine(file, looked) };
}

/** Read a page the way up that a person says it has. */
export async function readAs(file: OpenedFile, page: number, turn: Turn): Promise<Answer<ScanRead>> {
  const scan = await file.scan(page, turn);
  if (!scan.ok) return scan;
  if (scan.value.blank) return { ok: true, value: { scan: scan.value, turn, words: [], looks: 0 } };
  const read = await readTurned(file, scan.value, turn);
  if (!read.ok) return read;
  const poor = legibility(read.value.words) < legible;
  const looked = poor ? await secondLook(file, read.value) : read.value;
  return { ok: true, value: await otherEngine(file, looked) };
}

async function readTurned(file: OpenedFile, scan: Scan, turn: Turn): Promise<Answer<ScanRead>> {
  const words = await file.recognise(scan.ready, 'column');
  return words.ok ? { ok: true, value: { scan, turn, words: words.value, looks: 1 } } : words;
}

/** The turns in which its strip makes sense, the likeliest first; the whole page is read in that one only. However slow
 *  the machine, a page is looked at from every side before it is taken for illegible. */
async function otherwise(
  file: OpenedFile,
  page: number,
  level: Scan,
  upright: ScanRead | null,
): Promise<ScanRead | { readonly problem: string }> {
  const sides = level.turns.filter((turn) => turn !== 0 || upright === null);
  let chosen: { readonly turn: Turn; readonly gain: number } | null = null;
  let looks = upright?.looks ?? 0;
  for (const turn of sides) {
    const strip = await file.strip(page, turn);
    if (!strip.ok) return strip;
    const words = await file.recognise(strip.value, 'block');
    if (!words.ok) return words;
    looks += 1;
    const found = { turn, gain: gain(words.value) };
    if (chosen === null || found.gain > chosen.gain) chosen = found;
    if (makesSense(words.value, 30)) break;
  }
  if (upright && (chosen?.gain ?? 0) * 2 <= gain(upright.words)) return { ...upright, looks };
  if (chosen === null) throw new RangeError('no turn was tried');
  const scan = chosen.turn === 0 ? ({ ok: true, value: level } as const) : await file.scan(page, chosen.turn);
  if (!scan.ok) return scan;
  const read = await readTurned(file, scan.value, chosen.turn);
  if (!read.ok) return read;
  const best = upright && gain(upright.words) >= gain(read.value.words) ? upright : read.value;
  return { ...best, looks: looks + 1 };
}

const makesSense = (words: readonly SeenWord[], letters: number): boolean =>
  legibility(words) >= turnedBelow && gain(words) > letters;

async function secondLook(file: OpenedFile, first: ScanRead): Promise<ScanRead> {
  const bold = await file.bold(first.scan.ready);
  const other = bold.ok ? await file.recognise(bold.value, 'scattered') : bold;
  if (!other.ok) return first;
  return { ...first, words: merged(first.words, other.value), looks: first.looks + 1 };
}

/** What was left out or read unsurely as another engine sees it. */
async function otherEngine(file: OpenedFile, first: ScanRead): Promise<ScanRead> {
  const again = await file.again(first.scan.ready, first.words);
  if (!again.ok) return { ...first, words: mended(first.words), alone: true };
  return { ...first, words: mended(readTwice(first.words, again.value)), again: again.value.length };
}

/** Both readings, of words in the same place those that were read more surely. */
function merged(first: readonly SeenWord[], second: readonly SeenWord[]): SeenWord[] {
  let kept = [...first];
  for (const word of second) {
    const rivals = kept.filter((each) => covers(each, word));
    const strength = weight(rivals) / Math.max(1, letters(rivals));
    if (rivals.length === 0 ? word.confidence < 0.4 : word.confidence <= strength + 0.04) continue;
    if (rivals.length > 0 && (word.text.length < letters(rivals) * 0.7 || !sameExtent(word, rivals))) continue;
    kept = kept.filter((each) => !rivals.includes(each));
    kept.push({ ...word, run: rivals[0]?.run ?? `s${word.run}` });
  }
  return kept;
}

/** Whether they take up the same place: half of the smaller one. */
function covers({ box: a }: SeenWord, { box: b }: SeenWord): boolean {
  const width = Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x);
  const height = Math.min(a.y + a.height, b.y + b.height) - Math.max(a.y, b.y);
  if (width <= 0 || height <= 0) return false;
  return width * height > 0.5 * Math.min(a.width * a.height, b.width * b.height);
}

/** A word that takes the place of others stands where they stood, or parts of them would be there twice. */
function sameExtent({ box }: SeenWord, rivals: readonly SeenWord[]): boolean {
  const left = Math.min(...rivals.map((each) => each.box.x));
  const right = Math.max(...rivals.map((each) => each.box.x + each.box.width));
  return Math.abs(left - box.x) + Math.abs(right - box.x - box.width) < 0.35 * (right - left);
}

const letters = (words: readonly SeenWord[]): number => words.reduce((sum, { text }) => sum + text.length, 0);
const weight = (words: readonly SeenWord[]): number =>
  words.reduce((sum, { text, confidence }) => sum + text.length * confidence, 0);

/** Share of letters in words that were read with confidence. */
const legibility = (words: readonly SeenWord[]): number => letters(words.filter(sure)) / Math.max(1, letters(words));

/** Letters in sure words of three letters and more: garbage is short and unsure. */
const gain = (words: readonly SeenWord[]): number =>
  letters(words.filter((word) => sure(word) && /[a-z0-9]{3}/i.test(word.text)));

const sure = (word: SeenWord): boolean => word.confidence >= 0.7;
