/** Resident memory of the gateway while 1,000 messages go out by Direct: flat, or a leak.
 *  node bench/memory.ts [messages] */
import { setTimeout as sleep } from 'node:timers/promises';
import { farSide } from './far-side.ts';
import { newFolder, removeFolder, say, startGateway } from './gateway.ts';
import { loadOf } from './load.ts';

const messages = Number(process.argv[2] ?? 1000);
const steps = 4;
const folder = newFolder();
const far = await farSide(folder);
const gateway = await startGateway(folder, far.direct);
const levels: number[] = [];

const note = (name: string): void => {
  levels.push(gateway.rss() / 1e6);
  say(`${name.padEnd(28)} ${(levels.at(-1) ?? NaN).toFixed(0).padStart(5)} MB`);
};
note('after start');
for (let step = 1; step <= steps; step++) {
  const goal = Math.round((messages / steps) * step);
  await loadOf(gateway, far.to, 8, goal - far.taken);
  await far.until(goal);
  await sleep(1000);
  note(`after ${goal} messages`);
}
await gateway.stop();
await far.close();
removeFolder(folder);

// The first quarter fills the pools; from then on it should not grow.
const growth = (levels.at(-1) ?? NaN) / (levels[1] ?? NaN);
say(`last quarter to first quarter  ${growth.toFixed(2)}  ${growth <= 1.1 ? 'flat' : 'GROWS'} (limit 1.10)`);
process.exitCode = growth <= 1.1 ? 0 : 1;
