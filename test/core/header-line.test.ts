import { describe, expect, test } from '@jest/globals';
import { headerLineOf } from '../../src/core/header-line.ts';

const page = (top: string, y = 20) => ({
  height: 2_200,
  words: [
    ...top.split(' ').map((text, index) => ({
      text,
      line: 0,
      confidence: 0.9,
      box: { x: 40 + index * 90, y, width: 80, height: 24 },
    })),
    { text: 'Patient', line: 1, confidence: 0.9, box: { x: 40, y: 300, width: 80, height: 24 } },
  ],
});

describe('the line that the sending machine wrote', () => {
  test.each([
    'NOV-27-2026 10:12 FROM:RIVERSIDE IMAGING 212-555-0123 P.1/3',
    '11/27/2026 FRI 10:12 FAX 2125550123 Riverside 001/003',
    '2026-11-27 22.14 Riverside +1 212 555 0123 Page 2 of 7',
    'Nov 27 2026 9:05AM Riverside Family Practice p. 4',
  ])('%s', (line) => {
    expect(headerLineOf(page(line))).toBe(line);
  });

  test.each([
    ['a letterhead', page('Riverside Imaging, 12 Elm Street, 212-555-0123')],
    ['a page number alone', page('Riverside Imaging page 1 of 3')],
    ['the same words lower on the page', page('NOV-27-2026 10:12 RIVERSIDE P.1/3', 200)],
    ['an empty page', { height: 2_200, words: [] }],
  ])('is not %s', (_, blank) => {
    expect(headerLineOf(blank)).toBeNull();
  });
});
