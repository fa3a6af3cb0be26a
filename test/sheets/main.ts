import { picture } from '../../src/documents/raster.ts';
import { readSheet } from '../../src/documents/sheet-read.ts';
import { chance } from '../simulation/chance.ts';
import { trial, type Trial } from './answers.ts';
import { fixturePages, other, type Other } from './others.ts';
import { anyJourney, faxed, mark, printedSheet, returned } from './paper.ts';

/** One play as JSON:   trials <98|196> <count> [from seed]  ·  others <count> [from seed]  ·  two  ·  picture <token> */
const [play, ...words] = process.argv.slice(2);

const plays: Readonly<Record<string, () => Promise<unknown>>> = {
  async trials() {
    const [ydpi, count, from] = [Number(words[0]) === 98 ? 98 : 196, Number(words[1]), Number(words[2] ?? 1)] as const;
    const trials: Trial[] = [];
    for (let seed = from; seed < from + count; seed++) trials.push(await trial(seed, ydpi));
    return trials;
  },
  async others() {
    const [count, from] = [Number(words[0]), Number(words[1] ?? 1)];
    const pages = await fixturePages();
    const others: Other[] = [];
    for (let seed = from; seed < from + count; seed++) others.push(await other(seed, pages));
    return others;
  },
  async two() {
    const draw = chance(7);
    const journey = { ...anyJourney(draw, 196), upsideDown: true };
    const back = returned(await printedSheet('LG0123456789ABCDEFGHJKMNPQ'), journey, draw, (paper) => {
      mark(paper, 'received', draw, 'tick');
      mark(paper, 'seen', draw, 'scribble');
    });
    const reading = await readSheet(back);
    return reading?.boxes.filter((box) => box.mark === 'marked').map(({ name }) => name);
  },
  async picture() {
    const draw = chance(3);
    const back = faxed(await printedSheet(words[0] ?? ''), { ...anyJourney(draw, 196), upsideDown: false }, draw);
    return (await picture(back).png().toBuffer()).toString('base64');
  },
};

process.stdout.write(JSON.stringify(await plays[play ?? '']?.()));
