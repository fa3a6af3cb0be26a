import { playLine } from '../test/line/run.ts';
import { scenarios } from '../test/line/scenarios.ts';
import { bringUpParts } from './parts.ts';

// Real fax calls: two software modems on one line, Debian's HylaFAX, the whole gateway. Names choose scenarios.
bringUpParts();
const named = process.argv.slice(2);
const chosen = scenarios.filter(({ name }) => named.length === 0 || named.includes(name));
const verdicts = await playLine(chosen, ({ name, seconds, wrong }) => {
  process.stdout.write(
    `${wrong.length === 0 ? 'ok  ' : 'BAD '} ${name} (${seconds} s)${wrong.map((each) => `\n     ${each}`).join('')}\n`,
  );
});
const failed = verdicts.filter(({ wrong }) => wrong.length > 0).length;
process.stdout.write(`${verdicts.length - failed} passed, ${failed} failed\n`);
process.exit(failed === 0 ? 0 : 1);
