import type { Store } from '../store/store.ts';
import { arrangeEntry } from './arrange.ts';
import { decideEntry } from './decide.ts';
import { forgetLessons } from './teach.ts';
import { undoEntry } from './undo.ts';

/** What people do with intake entries. */
export const entryActions = (deps: { readonly store: Store; readonly now: () => number }) => ({
  decideEntry: decideEntry(deps),
  arrangeEntry: arrangeEntry(deps),
  undoEntry: undoEntry(deps),
  forgetLessons: forgetLessons(deps),
});
