import { setImmediate as turn } from 'node:timers/promises';
import type { Chance } from './chance.ts';

const tick = (): Promise<void> => new Promise((resolve) => process.nextTick(resolve));

/** Who a waiting step belongs to: a process of the gateway, which can die or freeze, or the world, which cannot. */
export interface Owner {
  readonly name: string;
  alive: boolean;
  frozenUntil: number;
}

interface Waiting {
  readonly owner: Owner;
  readonly at: number;
  readonly what: string;
  /** A timer that is due fires before anything else its process does: so does Node's event loop on waking up. */
  readonly timer: boolean;
  readonly go: () => void;
}

/** What the clockwork asks the run about. */
export interface Hooks {
  /** Before each step: may crash or freeze its owner. */
  fate(owner: Owner, what: string): void;
  /** When the clock has moved: look for work that fell due. */
  moved(): void;
  /** True time at which work falls due next, or Infinity. */
  nextDue(): Promise<number>;
  line(text: string): void;
}

/** One step at a time, in an order that the seed decides; time moves only when nobody can go on. */
export class Clockwork {
  readonly world: Owner = { name: 'world', alive: true, frozenUntil: 0 };
  current: Owner = this.world;
  steps = 0;
  private time: number;
  private waiting: Waiting[] = [];
  private away = 0;
  private readonly chance: Chance;
  private readonly hooks: Hooks;

  constructor(start: number, chance: Chance, hooks: Hooks) {
    this.time = start;
    this.chance = chance;
    this.hooks = hooks;
  }

  /** True time, which no gateway sees. */
  now(): number {
    return this.time;
  }

  /** The place of an await: others may run, or the owner die, before it resolves. */
  pause(owner: Owner, what: string, ms = 0): Promise<void> {
    return new Promise((resolve) => {
      this.add({ owner, at: this.time + ms, what, timer: false, go: resolve });
    });
  }

  timer(ms: number, fire: () => void): () => void {
    const entry = { owner: this.current, at: this.time + ms, what: 'timer', timer: true, go: fire };
    this.add(entry);
    return () => {
      this.waiting = this.waiting.filter((each) => each !== entry);
    };
  }

  /** What a real disk or server does in its own time: nothing else happens until it is done. */
  async abroad<T>(work: () => Promise<T>): Promise<T> {
    this.away += 1;
    try {
      return await work();
    } finally {
      this.away -= 1;
    }
  }

  isAbroad(): boolean {
    return this.away > 0;
  }

  /** Something that happens out in the world. */
  later(ms: number, what: string, go: () => void | Promise<void>): void {
    this.add({ owner: this.world, at: this.time + ms, what, timer: false, go: () => void go() });
  }

  /** Everything its memory held is gone; nothing it waited for will be heard. */
  kill(owner: Owner): void {
    owner.alive = false;
    this.waiting = this.waiting.filter((each) => each.owner !== owner);
  }

  /** Until nothing waits and nothing is due, or the time or the steps are over. */
  async run(until: number, maxSteps: number): Promise<'rest' | 'time' | 'steps'> {
    for (;;) {
      // Whatever the last step set free has run when its ticks are over. The event loop turns for what is abroad, and
      // when nobody can go on: to turn it after each step takes a fifth of a run.
      await tick();
      while (this.away > 0) await turn();
      const next = this.choose() ?? (await turn().then(() => this.choose()));
      if (next) {
        if (++this.steps > maxSteps) return 'steps';
        this.step(next);
        continue;
      }
      // Idle rounds count as well: a gateway that leaves due work lying would turn here for ever.
      if (++this.steps > maxSteps) return 'steps';
      const at = this.nextMoment(await this.hooks.nextDue());
      if (at === Infinity) return 'rest';
      if (at > until) return 'time';
      this.time = at;
      this.hooks.moved();
    }
  }

  private add(entry: Waiting): void {
    // A dead process may still be running to its next await: it waits there for ever.
    if (entry.owner.alive) this.waiting.push(entry);
  }

  private step(entry: Waiting): void {
    const { owner } = entry;
    this.hooks.fate(owner, entry.what);
    if (!owner.alive || owner.frozenUntil > this.time) return;
    this.waiting = this.waiting.filter((each) => each !== entry);
    this.hooks.line(`${owner.name} ${entry.what}`);
    this.current = owner;
    entry.go();
  }

  private choose(): Waiting | undefined {
    const ready = this.waiting.filter(({ owner, at }) => at <= this.time && owner.frozenUntil <= this.time);
    const timers = ready.filter(({ timer }) => timer);
    const among = timers.length > 0 ? timers : ready;
    return among.length > 0 ? this.chance.pick(among) : undefined;
  }

  private nextMoment(due: number): number {
    const moments = this.waiting.map(({ owner, at }) => Math.max(at, owner.frozenUntil));
    return Math.max(this.time, Math.min(due, ...moments));
  }
}
