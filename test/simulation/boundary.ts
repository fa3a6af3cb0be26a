import crypto from 'node:crypto';
import { syncBuiltinESMExports } from 'node:module';
import { newId } from '../../src/ids.ts';
import { chance, type Chance } from './chance.ts';

/** What the simulated gateway takes for the platform: its timers. Which process asks is known from who runs. */
export interface Platform {
  /** Calls back once, `ms` of simulated time from now. Returns how to call it off. */
  timer(ms: number, fire: () => void): () => void;
  /** Calls back whenever there is something to look for. Returns how to call it off. */
  beat(look: () => void): () => void;
  /** A real disk or server is at work: the timers that its driver sets now are real ones. */
  abroad(): boolean;
}

let platform: Platform;
let ids: Chance;
let draws = 0;

/** Put the platform's time and chance into the simulator's hands, once for this whole process: the sources need
 *  no hooks for it. The drawing of ids is the gateway's own, fed from the seed. */
export function takeOverPlatform(): void {
  const drawn = (n: number): Buffer => {
    draws += 1;
    return ids.bytes(n);
  };
  Object.assign(crypto, { randomBytes: drawn, randomInt: (below: number) => Math.floor(ids.next() * below) });
  syncBuiltinESMExports();
  Math.random = () => ids.next();

  const { setTimeout: start, clearTimeout: stop } = globalThis;
  const cancel = (handle: unknown): void => {
    if (typeof handle === 'function') (handle as () => void)();
    else stop(handle as NodeJS.Timeout);
  };
  Object.assign(globalThis, {
    setTimeout: (fire: () => void, ms = 0) => (platform.abroad() ? start(fire, ms) : platform.timer(ms, fire)),
    setInterval: (fire: () => void, ms: number) => (ms < 1_000 ? platform.beat(fire) : repeated(fire, ms)),
    clearTimeout: cancel,
    clearInterval: cancel,
  });
  Object.assign(AbortSignal, {
    timeout(ms: number): AbortSignal {
      const controller = new AbortController();
      platform.timer(ms, () => {
        controller.abort(new DOMException('The operation timed out', 'TimeoutError'));
      });
      return controller.signal;
    },
  });
}

/** Looking for work is done whenever there may be some; anything slower has its time. */
function repeated(fire: () => void, ms: number): () => void {
  let cancel = (): void => undefined;
  const again = (): void => {
    cancel = platform.timer(ms, () => {
      again();
      fire();
    });
  };
  again();
  return () => {
    cancel();
  };
}

/** Begin a run. What is left of the last run's chance in the pool of ids must not decide this one's. */
export function enter(own: Platform, seed: number): void {
  platform = own;
  ids = chance(seed);
  const before = draws;
  while (draws === before) newId('msg', 0);
}
