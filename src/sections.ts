import { ZodError } from 'zod';
import { builtIn } from '../channels/index.ts';
import intake from '../channels/intake/index.ts';
import type { Config } from './config.ts';
import type { Channel, ChannelModule, LinkCarrier, Tools } from './core/channel.ts';
import { ConfigError } from './errors.ts';

export interface Section {
  readonly module: ChannelModule<never>;
  /** What its own schema made of it. */
  readonly settings: unknown;
}

/** The channels that are switched on, with their sections checked.
 *  @throws ConfigError with every problem of every section */
export function sectionsOf({ channels }: Config): Section[] {
  const known = builtIn.map(({ name }) => name);
  const problems = Object.keys(channels).flatMap((name) =>
    known.includes(name) ? [] : [`channels.${name}: there is no such channel`],
  );
  const sections: Section[] = [];
  // In the order of the list, not of the settings: who carries for others comes before them.
  for (const module of builtIn.filter(({ name }) => name in channels)) {
    try {
      const settings = module.config.parse(channels[module.name]);
      sections.push({ module, settings });
      const missing = (module.needs?.(settings) ?? []).filter((name) => !(name in channels));
      problems.push(...missing.map((name) => `channels.${module.name}: asks for channels.${name}, which is off`));
    } catch (cause) {
      problems.push(...problemsOf(`channels.${module.name}`, cause));
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return sections;
}

export function problemsOf(path: string, cause: unknown): string[] {
  if (cause instanceof ZodError)
    return cause.issues.map((issue) => `${[path, ...issue.path].join('.')}: ${issue.message}`);
  if (cause instanceof ConfigError) return cause.problems.map((problem) => `${path}: ${problem}`);
  return [`${path}: ${cause instanceof Error ? cause.message : 'cannot be opened'}`];
}

export function linkCarrier(channels: ReadonlyMap<string, Channel>, name: string): LinkCarrier | null {
  const found = channels.get(name);
  return found?.carriesLinks ? found : null;
}

/** Our own intake queue is a channel like any other, and always on.
 *  @throws ConfigError with every problem of every channel */
export async function openChannels(config: Config, channels: Map<string, Channel>, tools: Tools): Promise<void> {
  const problems: string[] = [];
  for (const { module, settings } of [...sectionsOf(config), { module: intake, settings: {} }]) {
    try {
      channels.set(module.name, await module.create(settings as never, tools));
    } catch (cause) {
      problems.push(...problemsOf(`channels.${module.name}`, cause));
    }
  }
  if (problems.length > 0) throw new ConfigError(problems);
}
