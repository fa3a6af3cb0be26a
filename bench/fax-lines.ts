/** Ten thousand faxes for five hundred numbers on twenty lines, against the fax company's emulator on a clock that jumps:
 *  never two calls to one number, no idle line while a call is due, fair to a small practice, each fax in the state that
 *  its calls came to.   node bench/fax-lines.ts [faxes] [numbers] [lines] [seed] */
import { playExchange } from '../test/channels/efax/exchange/exchange.ts';

const [faxes = 10_000, numbers = 500, lines = 20, seed = 1] = process.argv.slice(2).map(Number);
const start = performance.now();
const { calls, broken, ends, firstCalls, took } = await playExchange({ faxes, numbers, lines, seed });
const hours = (ms: number): string => `${(ms / 3_600_000).toFixed(1)} h`;
console.log(
  `${faxes} faxes, ${numbers} numbers, ${lines} lines: ${calls} calls in ${hours(took)} of the exchange's clock`,
);
console.log(
  `ends: ${Object.entries(ends)
    .map(([state, count]) => `${state} ${count}`)
    .join(', ')}`,
);
console.log(
  `first calls over: ${Object.entries(firstCalls)
    .map(([name, ms]) => `${name} practice ${hours(ms)}`)
    .join(', ')}`,
);
console.log(`broken promises: ${broken.length}`);
for (const each of broken.slice(0, 20)) console.log(`  ${each}`);
console.log(`took ${((performance.now() - start) / 1_000).toFixed(0)} s`);
process.exitCode = broken.length === 0 ? 0 : 1;
