import type { ChannelModule } from '../src/core/channel.ts';
import edge from './direct/edge/index.ts';
import direct from './direct/index.ts';
import efax from './efax/index.ts';
import intake from './intake/index.ts';
import portal from './portal/index.ts';

/** The channels that ship with the gateway. A new one is a folder and one line here. */
export const builtIn: readonly ChannelModule<never>[] = [
  direct,
  edge,
  efax,
  portal,
  intake,
] as unknown as ChannelModule<never>[];
