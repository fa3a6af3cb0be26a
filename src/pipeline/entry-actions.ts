import { askSender } from './ask.ts';
import { arrangeEntry } from './arrange.ts';
import { decideEntry } from './decide.ts';
import { forgetLessons } from './teach.ts';
import { undoEntry } from './undo.ts';

/** What people do with intake entries. */
export const entryActions = (deps: Parameters<typeof askSender>[0] & Parameters<typeof arrangeEntry>[0]) => ({
  askSender: askSender(deps),
  decideEntry: decideEntry(deps),
  arrangeEntry: arrangeEntry(deps),
  undoEntry: undoEntry(deps),
  forgetLessons: forgetLessons(deps),
});
