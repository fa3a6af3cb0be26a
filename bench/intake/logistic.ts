/** Logistic regression with an offset for each kind of row, judged on packets held out whole. */

export interface Row<Name extends string> {
  readonly name: Name;
  readonly traits: readonly number[];
  readonly right: boolean;
  /** Packets are held out whole. */
  readonly group: number;
}

export interface Model<Name extends string> {
  readonly slopes: readonly number[];
  readonly offsets: ReadonlyMap<Name, number>;
}

const [slopePenalty, offsetPenalty] = [0.3, 1.5];

/** With ridge, by gradient descent on standardised traits.
 *  @param directions which way each trait may speak: what few packets show otherwise is chance. 0: either way */
export function fitted<Name extends string>(rows: readonly Row<Name>[], directions: readonly number[]): Model<Name> {
  const size = rows[0]?.traits.length ?? 0;
  const at = Array.from({ length: size }, (_, i) => i);
  const mean = at.map((i) => rows.reduce((sum, { traits: t }) => sum + (t[i] ?? 0), 0) / rows.length);
  const spread = at.map((i) =>
    Math.max(
      1e-6,
      Math.sqrt(rows.reduce((sum, { traits: t }) => sum + ((t[i] ?? 0) - (mean[i] ?? 0)) ** 2, 0) / rows.length),
    ),
  );
  const scaled = rows.map((row) => ({
    ...row,
    x: at.map((i) => ((row.traits[i] ?? 0) - (mean[i] ?? 0)) / (spread[i] ?? 1)),
  }));
  const weights = at.map(() => 0);
  const offsets = new Map<Name, number>(rows.map(({ name }) => [name, 0]));
  let base = 1;
  for (let round = 0; round < 4_000; round++) {
    const down = at.map((i) => slopePenalty * (weights[i] ?? 0));
    const fall = new Map<Name, number>([...offsets].map(([name, value]) => [name, offsetPenalty * value]));
    let all = 0;
    for (const { x, name, right } of scaled) {
      const sum = x.reduce((total, value, i) => total + value * (weights[i] ?? 0), base + (offsets.get(name) ?? 0));
      const off = 1 / (1 + Math.exp(-sum)) - Number(right);
      for (const i of at) down[i] = (down[i] ?? 0) + off * (x[i] ?? 0);
      fall.set(name, (fall.get(name) ?? 0) + off);
      all += off;
    }
    const step = 4 / rows.length;
    for (const i of at) weights[i] = allowed((weights[i] ?? 0) - step * (down[i] ?? 0), directions[i] ?? 0);
    for (const [name, value] of offsets) offsets.set(name, value - step * 4 * (fall.get(name) ?? 0));
    base -= step * all;
  }
  const slopes = at.map((i) => (weights[i] ?? 0) / (spread[i] ?? 1));
  const shift = at.reduce((sum, i) => sum + (slopes[i] ?? 0) * (mean[i] ?? 0), 0);
  return { slopes, offsets: new Map([...offsets].map(([name, value]) => [name, value + base - shift])) };
}

const allowed = (weight: number, direction: number): number => (weight * direction < 0 ? 0 : weight);

export interface Judged<Each> {
  readonly row: Each;
  readonly chance: number;
}

function chanceBy<Name extends string>({ slopes, offsets }: Model<Name>, { traits: t, name }: Row<Name>): number {
  return 1 / (1 + Math.exp(-t.reduce((sum, value, i) => sum + value * (slopes[i] ?? 0), offsets.get(name) ?? 0)));
}

const folds = 5;

/** Each row's chance by a model that never saw its packet. */
export const heldOut = <Name extends string, Each extends Row<Name>>(
  rows: readonly Each[],
  directions: readonly number[],
): Judged<Each>[] =>
  Array.from({ length: folds }, (_, fold) => {
    const model = fitted<Name>(
      rows.filter(({ group }) => group % folds !== fold),
      directions,
    );
    return rows.filter(({ group }) => group % folds === fold).map((row) => ({ row, chance: chanceBy(model, row) }));
  }).flat();

/** The least chance above which at most this share was wrong. */
export function threshold(judged: readonly Judged<{ readonly right: boolean }>[], wrongAtMost: number): number {
  const sorted = judged.toSorted((a, b) => b.chance - a.chance);
  let [wrong, least] = [0, 1];
  sorted.forEach((each, i) => {
    wrong += Number(!each.row.right);
    if (wrong / (i + 1) <= wrongAtMost) least = each.chance;
  });
  const taken = sorted.filter((each) => each.chance >= least);
  const share = `${taken.length} of ${judged.length}, wrong ${taken.filter(({ row }) => !row.right).length}`;
  console.log(`from ${least.toFixed(4)}: ${share}`);
  return least;
}
