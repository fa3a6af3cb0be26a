import type { SeenWord } from './protocol.ts';

/** Short words that engines take for others of the same shape, where what they read is no English: a stroke or a brace
 *  for I, a one or an I for l. Everything longer stays as it was read, but for an L whose foot came off. */
export function mended(words: readonly SeenWord[]): SeenWord[] {
  const lines = [...Map.groupBy(words, ({ run }) => run).values()];
  const texts = new Map<SeenWord, string>();
  for (const line of lines) {
    const sorted = line.toSorted((a, b) => a.box.x - b.box.x);
    const said = sorted.map(({ text }) => text);
    sorted.forEach((word, at) => texts.set(word, mendedIn(said, at)));
  }
  return words.map((word) => {
    const text = texts.get(word) ?? word.text;
    return text === word.text ? word : { ...word, text };
  });
}

/** Read as the left one they stand for the right one, wherever they stand. */
const always = new Map([
  ['1D', 'ID'],
  ['1D:', 'ID:'],
  ['lD', 'ID'],
  ['lD:', 'ID:'],
  ['Sp02', 'SpO2'],
  ['Aic', 'A1c'],
  ['Iliness', 'Illness'],
]);

function mendedIn(line: readonly string[], at: number): string {
  const [before = '', text = '', behind = '', next = ''] = [line[at - 1], line[at], line[at + 1], line[at + 2]];
  const known = always.get(text);
  if (known !== undefined) return known;
  // Nothing goes on in small letters behind a point: a thin L, "I.eon".
  if (/^I\.[a-z]{2,},?$/.test(text)) return `L${text.slice(2)}`;
  // "150 lb".
  if (/^[I1]b[.,]?$/.test(text) && /^\d+(\.\d+)?$/.test(before)) return `l${text.slice(1)}`;
  // "effusion is seen": only between small words, for a sentence begins with a capital.
  const small = /^[1!|{[I]([nst])$/.exec(text);
  if (small && isSmall(before) && isSmall(behind)) return `i${small[1] ?? ''}`;
  // "I would appreciate": a rule that was left over stands before a value, not before a sentence.
  return text === '|' && at === 0 && line.length > 3 && isSmall(behind) && isSmall(next) ? 'I' : text;
}

const isSmall = (text: string): boolean => /^[a-z]{2,},?$/.test(text);
