import type { CoverLanguage } from '../core/cover-template.ts';
import type { Cover, SheetLink } from '../core/press.ts';
import { printed } from './cover.ts';
import { coverWords } from './cover-words.ts';
import { linkWords } from './link-words.ts';
import { addressCode, barsOf } from './qr.ts';
import { letter } from './text-pdf.ts';

/** The square, in points: two inches, so that one of its modules is eight dots of a fax or more. */
const [square, squareBottom] = [150, 48];
/** Nobody reads a square without white around it. */
const quiet = 30;

/** One page that says where documents are to be seen, in place of the documents: the address to type and as a square,
 *  and whom to ask for the code. It has no room for patient data, nor for the code. Letter, black on white.
 *  @throws Unprintable when it does not fit on one page */
export async function linkSheet(cover: Cover, { url, until }: SheetLink): Promise<Uint8Array> {
  const code = await addressCode(url);
  const module = square / code.size;
  const left = letter.width - 54 - square;
  return printed(linesOf(cover, url, new Date(until).toISOString().slice(0, 10)), {
    top: squareBottom + square + quiet,
    width: square + quiet,
    draw: (page) => {
      for (const { x, y, length } of barsOf(code))
        page.drawRectangle({
          x: left + x * module,
          y: squareBottom + (code.size - 1 - y) * module,
          width: length * module,
          height: module,
        });
    },
  });
}

function linesOf({ from, to, at, urgency, reference, possibleDuplicate, style }: Cover, url: string, until: string) {
  const language = style?.language ?? 'en';
  const [say, words] = [linkWords[language], coverWords[language]];
  const other: CoverLanguage = language === 'en' ? 'es' : 'en';
  return [
    `# ${say.title}`,
    '---',
    `${say.to}: ${[to.name, to.fax].filter(Boolean).join(`, ${words.fax} `)}`,
    `${say.from}: ${from.name}`,
    `${say.phone}: ${from.phone}`,
    `${say.date}: ${new Date(at).toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    `${say.urgency}: ${words.urgencies[urgency]}`,
    `${say.reference}: ${reference}`,
    '',
    say.open(from.name),
    '',
    `> ${url}`,
    say.typing,
    '',
    `## ${say.codeTitle}`,
    say.code(from.name, from.phone),
    '',
    say.ends(until),
    ...(possibleDuplicate ? [say.again] : []),
    '',
    say.misdirected(from.phone),
    '',
    linkWords[other].inShort(from.name, from.phone),
  ];
}
