import type { Box } from '../core/page.ts';
import type { Reread, SeenWord } from './protocol.ts';
import { isSure } from './stretches.ts';

/** Where the first engine saw nothing there may be nothing. */
const leastAlone = 0.8;
/** Of words the first engine knows which there are; figures it must see like the other. */
const leadOfWords = 0.2;
/** Two engines that agree err seldom, but not never. */
const mostSure = 0.99;

/** Both readings of a page. Of each word that was not read surely the surer one is taken; the other stays beside it. */
export function readTwice(first: readonly SeenWord[], again: readonly Reread[]): SeenWord[] {
  let kept = [...first];
  again.forEach(({ box, words }, index) => {
    const rivals = kept.filter((word) => isInside(word.box, box));
    if (stacked(rivals)) return;
    const run = rivals[0]?.run ?? `t${index}`;
    const both = placesOf(rivals, words).flatMap((place) => chosen(place, run));
    kept = [...kept.filter((word) => !rivals.includes(word)), ...both];
  });
  return kept;
}

type Read = Reread['words'][number];

/** What both engines made of one place: often one word, or one that the other took for two. */
interface Place {
  readonly first: readonly SeenWord[];
  readonly second: readonly Read[];
}

function placesOf(first: readonly SeenWord[], second: readonly Read[]): Place[] {
  let places: Place[] = first.map((word) => ({ first: [word], second: [] }));
  for (const word of second) {
    const own = places.filter((place) => [...place.first, ...place.second].some(({ box }) => beside(box, word.box)));
    const joined = {
      first: own.flatMap((place) => place.first),
      second: [...own.flatMap((place) => place.second), word],
    };
    places = [...places.filter((place) => !own.includes(place)), joined];
  }
  return places;
}

function chosen({ first, second }: Place, run: string): readonly SeenWord[] {
  if (first.length === 0) return mean(second) < leastAlone ? [] : second.map((word) => taken(word, [], run));
  if (second.length === 0) return first;
  const lead = /\d\d/.test(textOf(second)) ? 0 : leadOfWords;
  const better = !first.every(isSure) && mean(second) > mean(first) + lead;
  return better
    ? second.map((word) => taken(word, first, first[0]?.run ?? run))
    : first.map((word) => compared(word, second));
}

/** The first engine's word with what the second made of it. */
function compared(word: SeenWord, others: readonly Read[]): SeenWord {
  const own = others.filter(({ box }) => beside(box, word.box));
  const said = textOf(own);
  if (said === '') return word;
  const figures = own.map((each) => each.figures).join('');
  const confidence = agreed(word, { text: said, confidence: mean(own) }) ?? word.confidence;
  return { ...word, confidence, twice: { first: word.confidence, said, saidSurely: mean(own), figures } };
}

/** The second engine's word with what the first made of it. */
function taken(word: Read, rivals: readonly SeenWord[], run: string): SeenWord {
  const own = rivals.filter(({ box }) => beside(box, word.box)).toSorted((a, b) => a.box.x - b.box.x);
  const [said, first] = [textOf(own), mean(own)];
  const { text, box, figures } = word;
  const confidence = agreed(word, { text: said, confidence: first }) ?? word.confidence;
  return { text, box, confidence, run, twice: { first, said, saidSurely: first, figures } };
}

interface Said {
  readonly text: string;
  readonly confidence: number;
}

/** How sure two engines are together that read the same; null where they do not. */
const agreed = (a: Said, b: Said): number | null =>
  bare(a.text) === bare(b.text) ? rounded(Math.min(mostSure, 1 - (1 - a.confidence) * (1 - b.confidence))) : null;

const bare = (text: string): string => text.toLowerCase().replace(/[^a-z0-9]/g, '');
const textOf = (words: readonly Said[]): string => words.map(({ text }) => text).join('');

const isInside = (box: Box, stretch: Box): boolean => {
  const [x, y] = [box.x + box.width / 2, box.y + box.height / 2];
  return x >= stretch.x && x <= stretch.x + stretch.width && y >= stretch.y && y <= stretch.y + stretch.height;
};

/** Whether words stand under each other: then the second engine took two lines for one. */
const stacked = (words: readonly SeenWord[]): boolean =>
  words.some((a) => words.some((b) => beside(a.box, b.box) && a.box.y + a.box.height <= b.box.y + b.box.height * 0.3));

const beside = (a: Box, b: Box): boolean =>
  Math.min(a.x + a.width, b.x + b.width) - Math.max(a.x, b.x) > 0.5 * Math.min(a.width, b.width);

/** By letters: a long word counts for more. */
const mean = (words: readonly Said[]): number =>
  rounded(
    words.reduce((sum, { text, confidence }) => sum + text.length * confidence, 0) / Math.max(1, textOf(words).length),
  );

const rounded = (share: number): number => Number(share.toFixed(4));
