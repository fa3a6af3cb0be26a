import type { Answer, Layout, Scan, SeenWord, Turn } from './protocol.ts';
import type { OpenedFile } from './sandbox.ts';

/** A scanned page, upright, with the words on it. Boxes are fractions of the page. */
export interface ScanRead {
  readonly scan: Scan;
  readonly turn: Turn;
  readonly words: readonly SeenWord[];
  readonly looks: number;
}

/** Measured shares of surely read letters: upright pages 0.49 and more, turned ones 0.16 and less. */
const legible = 0.9;
const turnedBelow = 0.4;
/** Milliseconds after which a page is looked at no more. */
const furtherTries = 8_000;
const turns: Readonly<Record<'upright' | 'sideways', readonly Turn[]>> = {
  upright: [0, 180, 90, 270],
  sideways: [90, 270, 0, 180],
};

/** Read a page as it lies; when it makes no sense, turned; when it is poor, again as scattered words, each word from
 *  where it was read best (psm 3 and 4 drop columns beside streaks, psm 11 drops none: measured, a third of the errors). */
export async function readScan(file: OpenedFile, page: number): Promise<Answer<ScanRead>> {
  const first = await file.scan(page, 0);
  if (!first.ok) return first;
  if (first.value.blank) return { ok: true, value: { scan: first.value, turn: 0, words: [], looks: 0 } };
  const until = performance.now() + furtherTries;
  let best: ScanRead | null = null;
  let looks = 0;
  for (const turn of turns[first.value.sideways ? 'sideways' : 'upright']) {
    const scan = turn === 0 ? first : await file.scan(page, turn);
    if (!scan.ok) return scan;
    const words = await file.recognise(scan.value.ready, 'column');
    if (!words.ok) return words;
    looks += 1;
    const read = { scan: scan.value, turn, words: words.value, looks };
    if (best === null || gain(read.words) > gain(best.words)) best = read;
    if ((legibility(best.words) >= turnedBelow && gain(best.words) > 40) || performance.now() > until) break;
  }
  if (best === null) throw new RangeError('no turn was tried');
  const again =
    legibility(best.words) < legible && performance.now() < until ? await secondLook(file, best, 'scattered') : best;
  return { ok: true, value: { ...again, looks: Math.max(looks, again.looks) } };
}

async function secondLook(file: OpenedFile, first: ScanRead, layout: Layout): Promise<ScanRead> {
  const other = await file.recognise(first.scan.ready, layout);
  if (!other.ok) return first;
  return { ...first, words: merged(first.words, other.value), looks: first.looks + 1 };
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
