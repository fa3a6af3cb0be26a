import { ZodError } from 'zod';
import { builtIn } from '../channels/index.ts';
import intake from '../channels/intake/index.ts';
import type { Config } from './config.ts';
import type { Channel, ChannelModule, Tools } from './core/channel.ts';
import { ConfigError } from './errors.ts';

export interface Section {
  readonly module: ChannelModule<never>;
  /** What its own schema made of it. */
  readonly settings: unknown;
}

/** The channels that are switched on, with their sections checked.
 *  @throws ConfigError with every problem of every section */
export function sectionsOf({ channels }: Config): Section[] {
  const problems: string[] = [];
  const sections: Section[] = [];
  for (const [name, section] of Object.entries(channels)) {
    const module = builtIn.find((each) => each.name === name);
    if (!module) {
      problems.push(`channels.${name}: there is no such channel`);
      continue;
    }
    try {
      sections.push({ module, settings: module.config.parse(section) });
    } catch (cause) {
      problems.push(...problemsOf(`channels.${name}`, cause));
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
