/** Check boxes: of those on the paper, how many are found beside their words and rightly told ticked or empty. */
import { distance } from 'fastest-levenshtein';
import type { Page } from '../../src/core/page.ts';
import { tickedOn, type Ticked } from '../../src/intake/boxes.ts';
import type { Truth } from './score.ts';

type CheckBox = Truth['pages'][number]['checkboxes'][number];

/** One line for each resolution, and for boxes found where the paper has none. */
export function ticksIn(truths: readonly Truth[], packets: Readonly<Record<string, readonly Page[]>>): string[] {
  const counts = new Map<string, [right: number, all: number]>();
  let [pages, more] = [0, 0];
  for (const { packet, resolution, pages: truePages } of truths)
    truePages.forEach(({ checkboxes }, index) => {
      const page = packets[packet]?.[index];
      if (!page) return;
      const seen = tickedOn({ page });
      const [right, all] = counts.get(resolution) ?? [0, 0];
      counts.set(resolution, [
        right + checkboxes.filter((each) => isRight(each, seen, checkboxes)).length,
        all + checkboxes.length,
      ]);
      pages += 1;
      more += Math.max(0, seen.length - checkboxes.length);
    });
  const right = [...counts].map(
    ([resolution, [a, b]]) =>
      `${`check boxes right, ${resolution} (aim 98 %)`.padEnd(44)} ${((100 * a) / Math.max(1, b)).toFixed(2).padStart(6)} %  of ${b}`,
  );
  return [...right, `${'check boxes too many'.padEnd(44)} ${String(more).padStart(6)}    on ${pages} pages`];
}

const bare = (text: string): string => text.toLowerCase().replace(/[^a-z]/g, '');

const missed = (label: string, value: string): number => {
  const word = bare(value);
  return distance(bare(label).slice(0, word.length), word) / word.length;
};

/** Letters of its word may have been misread, as long as it is like no other of the page. */
const isRight = ({ value, checked }: CheckBox, seen: readonly Ticked[], all: readonly CheckBox[]): boolean => {
  const beside = seen.find(
    ({ label }) =>
      missed(label, value) <= 0.5 && all.every((each) => missed(label, value) <= missed(label, each.value)),
  );
  return beside?.ticked === checked;
};
