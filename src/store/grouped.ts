import type { RecordLine, Row, Statement } from './db.ts';

export interface Asked {
  readonly statements: readonly Statement[];
  readonly lines: readonly RecordLine[];
}

const most = 64;

/** Group commit: what is asked while others are on their way goes together in the next transaction. One group at a time:
 *  a second on its way would be half as large and cost as many round trips, to wait for the ends of the same chains.
 *  @param together all of them or none, with the rows of each
 *  @param apart one of a group that failed; it was asked at this moment (performance.now())
 *  @param again whether after this failure certainly nothing of the group was written, and its members are worth a try
 *    each: what is refused to one, or waits for a lock, does not touch its neighbours, nor the groups that follow */
export function inGroups(
  together: (group: readonly Asked[]) => Promise<readonly (readonly Row[])[]>,
  apart: (asked: Asked, since: number) => Promise<readonly Row[]>,
  again: (cause: unknown, members: number) => boolean,
): (asked: Asked) => Promise<readonly Row[]> {
  let waiting: Asker[] = [];
  let running = false;

  async function run(): Promise<void> {
    running = true;
    while (waiting.length > 0) {
      const group = waiting.slice(0, most);
      waiting = waiting.slice(most);
      await settle(group);
    }
    running = false;
  }

  async function settle(group: readonly Asker[]): Promise<void> {
    try {
      const rows = await together(group);
      group.forEach(({ resolve }, index) => resolve(rows[index] ?? []));
    } catch (cause) {
      const worth = again(cause, group.length);
      for (const { resolve, reject, ...asked } of group) {
        if (worth) apart(asked, asked.since).then(resolve, reject);
        else reject(cause);
      }
    }
  }

  return (asked) =>
    new Promise((resolve, reject) => {
      waiting.push({ ...asked, since: performance.now(), resolve, reject });
      if (!running) void run();
    });
}

interface Asker extends Asked {
  readonly since: number;
  readonly resolve: (rows: readonly Row[]) => void;
  readonly reject: (cause: unknown) => void;
}
