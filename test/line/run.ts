import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { scenarios, type Scenario } from './scenarios.ts';

/** What became of a scenario, and what is wrong with that; nothing, if nothing is. */
export interface Verdict {
  readonly name: string;
  readonly seconds: number;
  readonly wrong: readonly string[];
}

interface Ending {
  readonly name: string;
  readonly state: string;
  readonly reason: string | null;
  readonly dialled: number;
  readonly arrived: readonly number[];
  readonly seconds: number;
}

/** Play scenarios on a line of their own: a network and mount namespace, for the bench binds well-known ports.
 *  @throws when the bench cannot be built */
export async function playLine(chosen: readonly Scenario[], tell: (verdict: Verdict) => void): Promise<Verdict[]> {
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const main = fileURLToPath(new URL('main.ts', import.meta.url));
  const inside = 'ip link set lo up && exec "$0" --no-warnings "$@"';
  const words = ['unshare', '-n', '-m', 'sh', '-c', inside, process.execPath, main, ...chosen.map(({ name }) => name)];
  const [program = '', ...rest] = [...sudo, ...words];
  const child = spawn(program, rest, { stdio: ['ignore', 'pipe', 'pipe'] });
  let trouble = '';
  child.stderr.on('data', (text: Buffer) => (trouble += text.toString()));
  const verdicts: Verdict[] = [];
  for await (const line of createInterface({ input: child.stdout })) {
    const verdict = judged(JSON.parse(line) as Ending);
    verdicts.push(verdict);
    tell(verdict);
  }
  if (verdicts.length < chosen.length) throw new Error(`the line broke down: ${trouble}`);
  return verdicts;
}

/** Judged by the line itself: how often was dialled, and what our own intake got. */
function judged({ name, state, reason, dialled, arrived, seconds }: Ending): Verdict {
  const wanted = scenarios.find((each) => each.name === name);
  if (!wanted) throw new RangeError(`there is no scenario ${name}`);
  const whole = wanted.state === 'delivered' ? [wanted.pages] : [];
  const wrong = [
    ...(state === wanted.state ? [] : [`${state}, not ${wanted.state}`]),
    ...(reason === wanted.reason ? [] : [`${reason ?? 'no reason'}, not ${wanted.reason ?? 'none'}`]),
    ...(dialled === 1 ? [] : [`dialled ${dialled} times`]),
    ...(wanted.state !== 'delivered' || String(arrived) === String(whole) ? [] : [`arrived: ${String(arrived)} pages`]),
  ];
  return { name, seconds, wrong };
}
