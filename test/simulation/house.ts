import type { Facts } from '../../src/core/channel.ts';
import { inheritance } from '../../src/store/open.ts';
import type { Db } from '../../src/store/db.ts';
import type { Vault } from '../../src/store/vault.ts';
import { hour, minute } from '../harness.ts';
import { adapter } from './adapter.ts';
import type { Bug } from './bugs.ts';
import type { Chance } from './chance.ts';
import type { Clockwork, Owner } from './clockwork.ts';
import { steppedDb } from './db.ts';
import type { Far, World } from './far.ts';
import { startProcess, type Process } from './process.ts';

export interface HouseParts {
  readonly db: Db;
  readonly vault: Vault;
  readonly clockwork: Clockwork;
  readonly dice: Chance;
  readonly bug: Bug;
  /** The share of steps at which a process dies or freezes. Null: as the seed says, from calm to mad. */
  readonly danger: number | null;
  /** Asked before each step of a process, and while a commit is on its way: must it die here? */
  readonly deathAt: (point: string) => boolean;
  readonly logged: string[];
  readonly counts: Record<'crashes' | 'freezes' | 'jumps' | 'lost commits', number>;
}

interface Member {
  readonly owner: Owner;
  readonly process: Process;
  /** What it looks at whenever time moves. */
  readonly beats: Set<() => void>;
  readonly died: PromiseWithResolvers<null>;
}

/** The machines that the gateway runs on: one process alone on its store, or two that share it; how they die, freeze
 *  and come back, and what their clock says. */
export function house({ db, vault, clockwork, dice, bug, danger: set, deathAt, logged, counts }: HouseParts) {
  const alone = dice.yes(0.5);
  const drawn = dice.pick([0, 0.002, 0.006, 0.015]);
  const danger = set ?? drawn;
  const members = new Map<string, Member>();
  let clockError = 0;
  let booting: Set<() => void> | null = null;
  const wall = (): number => clockwork.now() + clockError;
  const awake = (): Member[] => [...members.values()].filter(({ owner }) => owner.frozenUntil <= clockwork.now());
  let due = Infinity;

  async function boot(name: string, world: World, far: Far): Promise<void> {
    const owner: Owner = { name, alive: true, frozenUntil: 0 };
    const commitFault = (): boolean => {
      const lost = world.faulty() && dice.yes(danger / 2);
      if (lost) counts['lost commits'] += 1;
      return lost;
    };
    const amid = (commit: string): void => void deathAt(`amid ${commit}`);
    const own = steppedDb(db, clockwork, owner, { before: commitFault, after: commitFault, amid });
    if (alone) await clockwork.abroad(() => db.apply(inheritance));
    const beats = new Set<() => void>();
    booting = beats;
    clockwork.current = owner;
    const process = startProcess({
      db: bug.db?.(own) ?? own,
      vault,
      now: wall,
      channels: (inbox) =>
        (['direct', 'efax', 'portal'] as const).map((each) => {
          const channel = adapter(each, world, far, owner, inbox);
          return bug.channel?.(channel) ?? channel;
        }),
      bug,
      note: (event, facts, cause) => logged.push(sentence(event, facts, cause)),
    });
    booting = null;
    members.set(name, { owner, process, beats, died: Promise.withResolvers<null>() });
  }

  function crash({ owner, died }: Member, world: World, far: Far): void {
    counts.crashes += 1;
    members.delete(owner.name);
    clockwork.kill(owner);
    died.resolve(null);
    clockwork.later(dice.pick([100, 5_000, 2 * minute, 40 * minute]), `${owner.name} starts`, () =>
      boot(owner.name, world, far),
    );
  }

  return {
    wall,
    async open(world: World, far: Far): Promise<void> {
      for (const name of alone ? ['one'] : ['one', 'two']) await boot(name, world, far);
      if (dice.yes(0.3)) clockwork.later(dice.between(1, 12) * hour, 'the clock is set', () => this.setClock(world));
    },
    setClock(world: World): void {
      if (!world.faulty()) return;
      counts.jumps += 1;
      clockError += dice.pick([-1, 1]) * dice.pick([1_000, 10 * minute, 26 * hour]);
      clockwork.later(dice.between(1, 12) * hour, 'the clock is set', () => this.setClock(world));
    },
    ask<T>(question: (process: Process) => Promise<T>): Promise<T | null> {
      const up = awake();
      if (up.length === 0) return Promise.resolve(null);
      const { owner, process, died } = dice.pick(up);
      clockwork.current = owner;
      return Promise.race([question(process).catch(() => null), died.promise]);
    },
    /** Before a step of this owner: is it his last, or the last for a while? */
    fate(owner: Owner, what: string, world: World, far: Far): void {
      const member = members.get(owner.name);
      if (member?.owner !== owner) return;
      const here = deathAt(pointOf(what));
      if (!here && !(world.faulty() && dice.yes(danger))) return;
      if (here || dice.yes(0.5)) {
        crash(member, world, far);
        return;
      }
      counts.freezes += 1;
      owner.frozenUntil = clockwork.now() + dice.pick([10_000, minute, 3 * minute, 6 * minute, 25 * minute]);
    },
    /** Time moved: whoever is awake looks for work, if there is any. */
    look(): void {
      if (due > wall()) return;
      for (const { owner, beats } of awake()) {
        clockwork.current = owner;
        for (const fire of beats) fire();
      }
    },
    /** True time at which somebody will find work to do. */
    async nextDue(): Promise<number> {
      due = ((await clockwork.abroad(() => db.all(dueFirst)))[0]?.['due'] as number | null) ?? Infinity;
      const at = due - clockError;
      return Math.min(...[...members.values()].map(({ owner }) => Math.max(at, owner.frozenUntil)), Infinity);
    },
    /** Only a process that is being put together sets beats. */
    beat(fire: () => void): () => void {
      const beats = booting;
      if (!beats) throw new Error('a beat was set while nobody was starting');
      beats.add(fire);
      return () => beats.delete(fire);
    },
  };
}

const dueFirst = `select min(case when due_at > leased_until then due_at else leased_until end) as due
  from work where claims < 20`;

/** The mood of a conversation is not a part of the place where it stands. */
const pointOf = (what: string): string => what.split(',')[0] ?? what;

const sentence = (event: string, facts: Facts | undefined, cause: unknown): string =>
  `${event} ${JSON.stringify(facts ?? {})} ${cause instanceof Error ? cause.name : ''}`;
