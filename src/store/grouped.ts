import type { RecordLine, Row, Statement } from './db.ts';

export interface Asked {
  readonly statements: readonly Statement[];
  readonly lines: readonly RecordLine[];
}

const most = 64;

/** Group commit: what is asked while others are on their way goes together in the next transaction. One group at a time:
 *  a second on its way would be half as large and cost as many round trips, to wait for the ends of the same chains.
 *  @param together all of them or none, with the rows of each
 *  @param alone one of them
 *  @param nothing whether after this failure certainly nothing of the group was written: then each is tried alone, so
 *    that what is refused to one does not touch its neighbours */
export function inGroups(
  together: (group: readonly Asked[]) => Promise<readonly (readonly Row[])[]>,
  alone: (asked: Asked) => Promise<readonly Row[]>,
  nothing: (cause: unknown) => boolean,
): (asked: Asked) => Promise<readonly Row[]> {
  let waiting: (Asked & Answer)[] = [];
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

  async function settle(group: readonly (Asked & Answer)[]): Promise<void> {
    const [first] = group;
    if (group.length === 1 && first) return answer(first, alone(first));
    try {
      const rows = await together(group);
      group.forEach(({ resolve }, index) => resolve(rows[index] ?? []));
    } catch (cause) {
      if (nothing(cause)) await Promise.all(group.map((each) => answer(each, alone(each))));
      else group.forEach(({ reject }) => reject(cause));
    }
  }

  return (asked) =>
    new Promise((resolve, reject) => {
      waiting.push({ ...asked, resolve, reject });
      if (!running) void run();
    });
}

interface Answer {
  readonly resolve: (rows: readonly Row[]) => void;
  readonly reject: (cause: unknown) => void;
}

const answer = ({ resolve, reject }: Answer, rows: Promise<readonly Row[]>): Promise<void> =>
  rows.then(resolve, reject);
