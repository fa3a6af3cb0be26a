/** A word as it may lie in a file: open, in other letters, or in the codes that programs write bytes in. */

interface Form {
  readonly word: string;
  readonly form: string;
  readonly bytes: Buffer;
}

export const formsOf = (words: readonly string[]): readonly Form[] =>
  words.flatMap((word) =>
    [...new Set([word, word.toLowerCase(), word.toUpperCase()])].flatMap((spelling) =>
      Object.entries(coded(spelling)).map(([form, bytes]) => ({ word, form, bytes: Buffer.from(bytes) })),
    ),
  );

function coded(word: string): Readonly<Record<string, Buffer | string>> {
  const bytes = Buffer.from(word);
  const wide = Buffer.from(word, 'utf16le');
  const hex = bytes.toString('hex');
  return {
    'UTF-8': bytes,
    'UTF-16LE': wide,
    'UTF-16BE': Buffer.from(wide).swap16(),
    hex,
    HEX: hex.toUpperCase(),
    'base64, first': inBase64(bytes, 0),
    'base64, second': inBase64(bytes, 1),
    'base64, third': inBase64(bytes, 2),
  };
}

/** The letters that stand for these bytes alone, wherever `before` bytes put them. */
function inBase64(bytes: Buffer, before: 0 | 1 | 2): string {
  const text = Buffer.concat([Buffer.alloc(before), bytes])
    .toString('base64')
    .replace(/=+$/, '');
  const whole = (before + bytes.length) % 3 === 0;
  return text.slice(before === 0 ? 0 : before + 1, whole ? undefined : -1);
}

/** Which words, in which forms. */
export const foundIn = (file: Buffer, forms: readonly Form[]): string[] =>
  forms.filter(({ bytes }) => file.includes(bytes)).map(({ word, form }) => `${word} as ${form}`);
