import { execFileSync } from 'node:child_process';

/** A machine on our switches: a network namespace. */
export interface Host {
  /** Where we and all others reach it. */
  readonly address: string;
  /** Where only the other hosts reach it. */
  readonly inner: string;
  /** The words before a command that shall run there. */
  readonly run: readonly string[];
  /** Pull or plug in one of its cables. */
  unplug(cable: Cable): void;
  plug(cable: Cable): void;
}

/** `outer`: the one to us and to everybody; `inner`: the one to the other hosts. */
export type Cable = 'outer' | 'inner';

let networks = 0;

/** So many hosts on two switches, one of which we are on too. Needs root, or CAP_NET_ADMIN and CAP_SYS_ADMIN.
 *  `close` leaves nothing behind. */
export function network(count: number): { readonly hosts: readonly Host[]; close(): void } {
  // An interface's name has at most 15 characters.
  const name = `lg${process.pid % 100_000}${networks++}`;
  const third = process.pid % 250;
  const prefixes: Readonly<Record<Cable, string>> = { outer: `10.213.${third}`, inner: `10.214.${third}` };
  const cables = ['outer', 'inner'] as const;
  const switchOf = (cable: Cable): string => `${name}${cable[0] ?? ''}`;
  const made: (readonly string[])[] = [];
  const close = (): void => {
    for (const words of made.splice(0).reverse()) execFileSync('ip', words);
  };

  function make(kind: 'link' | 'netns', thing: string, ...words: readonly string[]): void {
    execFileSync('ip', [kind, 'add', thing, ...words]);
    made.push([kind, 'del', thing]);
  }

  function host(nth: number): Host {
    const own = `${name}h${nth}`;
    const run = ['ip', 'netns', 'exec', own] as const;
    const inside = (...words: readonly string[]): void => void execFileSync('ip', ['-n', own, ...words]);
    const plugOf = (cable: Cable): string => `${switchOf(cable)}${nth}`;
    const addressOf = (cable: Cable): string => `${prefixes[cable]}.${10 + nth}`;
    make('netns', own);
    inside('link', 'set', 'lo', 'up');
    for (const cable of cables) {
      make('link', plugOf(cable), 'type', 'veth', 'peer', 'name', cable, 'netns', own);
      execFileSync('ip', ['link', 'set', plugOf(cable), 'master', switchOf(cable), 'up']);
      inside('address', 'add', `${addressOf(cable)}/24`, 'dev', cable);
      inside('link', 'set', cable, 'up');
    }
    return {
      address: addressOf('outer'),
      inner: addressOf('inner'),
      run,
      unplug: (cable) => void execFileSync('ip', ['link', 'set', plugOf(cable), 'down']),
      plug: (cable) => void execFileSync('ip', ['link', 'set', plugOf(cable), 'up']),
    };
  }

  try {
    for (const cable of cables) {
      make('link', switchOf(cable), 'type', 'bridge');
      execFileSync('ip', ['link', 'set', switchOf(cable), 'up']);
    }
    execFileSync('ip', ['address', 'add', `${prefixes.outer}.1/24`, 'dev', switchOf('outer')]);
    return { hosts: Array.from({ length: count }, (_, nth) => host(nth)), close };
  } catch (cause) {
    close();
    throw cause;
  }
}
