import type { Field, FieldName } from '../../src/core/entry.ts';
import type { Page, Word } from '../../src/core/page.ts';
import { readPacket } from '../../src/intake/packet.ts';

/** A page drawn with characters: one line a row of 40 px, one character 12 px; two spaces part columns. */
export function pageOf(...lines: string[]): Page {
  const words: Word[] = lines.flatMap((text, line) =>
    Array.from(text.matchAll(/\S+/g), ({ 0: found, index }) => ({
      text: found,
      line,
      confidence: 0.95,
      box: { x: 100 + index * 12, y: 200 + line * 40, width: found.length * 12 - 2, height: 20 },
    })),
  );
  return { document: 'doc_1', number: 1, width: 1728, height: 2244, text: lines.join('\n'), words, source: 'ocr' };
}

export const proposeFields = (pages: readonly Page[]): readonly Field[] => readPacket(pages).fields;

/** What one drawn page offers. */
export const proposed = (...lines: string[]): Partial<Record<FieldName, string>> =>
  Object.fromEntries(proposeFields([pageOf(...lines)]).map(({ name, value }) => [name, value]));
