import type { PracticeId } from './message.ts';

/** Who asks for something, and for which practices they may. Null: all. */
export interface Asked {
  readonly who: string;
  readonly practices: readonly PracticeId[] | null;
}
