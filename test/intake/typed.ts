import type { Page } from '../../src/core/page.ts';
import type { ExtractDeps } from '../../src/pipeline/extract.ts';

/** Pages of plain text, parted by form feeds; every word has its place. */
export const readTyped: ExtractDeps['read'] = (document, bytes) =>
  Promise.resolve({
    pages: Buffer.from(bytes)
      .toString()
      .split('\f')
      .map((text, index) => ({
        page: {
          ...{ document: document.id, number: index + 1, width: 2550, height: 3300, text, source: 'ocr' },
          words: text.split('\n').flatMap((line, row) => wordsOf(line, row)),
        } satisfies Page,
        png: new Uint8Array([1]),
      })),
    warnings: [],
    clinical: null,
  });

function wordsOf(line: string, row: number): Page['words'] {
  let x = 200;
  return line.split(' ').map((text) => {
    const box = { x, y: 300 + row * 90, width: text.length * 24, height: 40 };
    x += box.width + 24;
    return { text, box, confidence: 0.97, line: row };
  });
}
