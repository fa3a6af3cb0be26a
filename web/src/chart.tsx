import { Group, Text } from '@mantine/core';
import type { OverviewView } from '../../src/http/desk-shapes.ts';

type State = OverviewView['stretches'][number]['state'];

const groups: readonly { readonly name: string; readonly className: string; readonly states: readonly State[] }[] = [
  { name: 'proven', className: 'proven', states: ['delivered'] },
  { name: 'on its way', className: 'open', states: ['pending', 'sending', 'sent'] },
  { name: 'needs a person', className: 'stuck', states: ['held', 'failed'] },
  { name: 'cancelled', className: 'off', states: ['cancelled'] },
];

const width = 720;
const height = 140;

/** What arrived in each stretch of time, by how it stands now. */
export function Arrivals({ view }: { readonly view: OverviewView }) {
  const start = Date.parse(view.since);
  const end = Math.max(Date.now(), ...view.stretches.map(({ at }) => Date.parse(at)));
  const many = Math.max(1, Math.floor((end - start) / view.stretchMs) + 1);
  const bars = Array.from({ length: many }, (_, index) => {
    const at = start + index * view.stretchMs;
    const mine = view.stretches.filter((each) => Date.parse(each.at) === at);
    const counts = groups.map(({ states }) =>
      mine.filter(({ state }) => states.includes(state)).reduce((sum, { count }) => sum + count, 0),
    );
    return { at, counts, total: counts.reduce((sum, count) => sum + count, 0) };
  });
  const most = Math.max(1, ...bars.map(({ total }) => total));
  const step = width / many;
  const sums = groups.map((_, group) => bars.reduce((sum, { counts }) => sum + (counts[group] ?? 0), 0));
  const said = groups.map(({ name }, group) => `${sums[group] ?? 0} ${name}`).join(', ');
  return (
    <figure className="chart">
      <svg
        viewBox={`0 0 ${width} ${height + 2}`}
        preserveAspectRatio="none"
        role="img"
        aria-label={`Deliveries by time of arrival: ${said}`}
      >
        <line x1={0} x2={width} y1={height} y2={height} className="axis" />
        {bars.map(({ at, counts }, index) => (
          <Bar key={at} counts={counts} x={index * step} step={step} most={most} at={at} />
        ))}
      </svg>
      <Group justify="space-between" mb={4}>
        <Text size="sm" c="dimmed" span>
          {label(start, view.stretchMs)}
        </Text>
        <Text size="sm" c="dimmed" span>
          now
        </Text>
      </Group>
      <Group component="figcaption" gap="md">
        {groups.map(({ name, className }, group) => (
          <Text key={name} size="sm" c="dimmed" span>
            <span className={`swatch ${className}`} aria-hidden /> {name}: {(sums[group] ?? 0).toLocaleString()}
          </Text>
        ))}
        <Text size="sm" c="dimmed" span>
          most at once: {most.toLocaleString()}
        </Text>
      </Group>
    </figure>
  );
}

interface BarProps {
  readonly counts: readonly number[];
  readonly x: number;
  readonly step: number;
  readonly most: number;
  readonly at: number;
}

function Bar({ counts, x, step, most, at }: BarProps) {
  const scale = (height - 6) / most;
  const tops = counts.map((_, group) => counts.slice(0, group + 1).reduce((sum, count) => sum + count, 0));
  return (
    <g>
      <title>
        {`${new Date(at).toLocaleString()}: ${groups.map(({ name }, group) => `${counts[group] ?? 0} ${name}`).join(', ')}`}
      </title>
      {counts.map((count, group) =>
        count === 0 ? null : (
          <rect
            key={groups[group]?.name}
            className={groups[group]?.className}
            x={x + step * 0.12}
            width={step * 0.76}
            y={height - (tops[group] ?? 0) * scale}
            height={Math.max(1.5, count * scale)}
          />
        ),
      )}
    </g>
  );
}

const label = (at: number, stretchMs: number): string =>
  new Date(at).toLocaleString(
    undefined,
    stretchMs > 3_600_000 ? { dateStyle: 'medium' } : { weekday: 'short', hour: 'numeric', minute: '2-digit' },
  );
