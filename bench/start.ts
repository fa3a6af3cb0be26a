/** From the start of the process to *ready*: the first start (makes keys and store, compiles everything) and later ones.
 *  node bench/start.ts [runs] */
import { median, newFolder, removeFolder, say, startGateway } from './gateway.ts';

const runs = Number(process.argv[2] ?? 5);
const first: number[] = [];
const later: number[] = [];
for (let run = 0; run < runs; run++) {
  const folder = newFolder();
  for (const times of [first, later]) {
    const gateway = await startGateway(folder);
    times.push(gateway.startMs);
    await gateway.stop();
  }
  removeFolder(folder);
}
for (const [name, times] of Object.entries({ 'first start': first, 'later start': later })) {
  say(
    `${name}  median ${median(times).toFixed(0).padStart(5)} ms  slowest ${Math.max(...times)
      .toFixed(0)
      .padStart(5)} ms  (aim 2000)`,
  );
}
