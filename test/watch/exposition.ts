/** Reads Prometheus' text form, as a scraper would. */

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

export const samplesOf = (text: string): Sample[] =>
  [...text.matchAll(/^([a-z0-9_]+)(?:\{(.*)\})? (\S+)$/gm)].map(([, name = '', labels = '', value]) => ({
    name,
    labels: Object.fromEntries(
      [...labels.matchAll(/([a-z_]+)="([^"]*)"/g)].map(([, key = '', word = '']) => [key, word]),
    ),
    value: Number(value === '+Inf' ? Infinity : value),
  }));

/** Null: there is none with just these labels. */
export function sample(text: string, name: string, labels: Readonly<Record<string, string>>): number | null {
  const wanted = JSON.stringify(Object.entries(labels).sort());
  const found = samplesOf(text).find(
    (each) => each.name === name && JSON.stringify(Object.entries(each.labels).sort()) === wanted,
  );
  return found?.value ?? null;
}

/** Every value that any label has: `loopgate_ready{x="y"}` gives `x="y"`. */
export const labelsOf = (text: string): Set<string> =>
  new Set(
    samplesOf(text)
      .filter(({ name }) => name.startsWith('loopgate_'))
      .flatMap(({ labels }) => Object.entries(labels).map(([key, word]) => `${key}="${word}"`)),
  );
