import type { Channel, Inbox } from './core/channel.ts';
import type { Actions } from './http/actions.ts';
import { decideDelivery, recordStep } from './pipeline/decide.ts';
import { entryActions } from './pipeline/entry-actions.ts';
import { resume } from './pipeline/held.ts';
import { keepRecipient, removeRecipient } from './pipeline/recipients.ts';
import { decideNumber, drawLetter, reportMisdirected } from './pipeline/numbers.ts';
import { decideDeadLetter, listDeadLetters } from './pipeline/dead-letter.ts';
import { pauseChannel } from './pipeline/pause.ts';
import { answerLink, openLink, revokeLink } from './pipeline/portal.ts';
import { attachReport } from './pipeline/report.ts';
import { drawCover, preview } from './pipeline/preview.ts';
import { submit } from './pipeline/submit.ts';
import { keepTask } from './pipeline/task.ts';

type Parts = Parameters<typeof submit>[0] &
  Parameters<typeof entryActions>[0] & {
    readonly channels: ReadonlyMap<string, Channel>;
    readonly inbox: Inbox;
    readonly reload: Actions['reload'];
  };

/** What people and programs may ask for over HTTP, each by the pipeline's own. */
export const actionsOf = (parts: Parts): Actions => ({
  submit: submit(parts),
  preview: preview(parts),
  drawCover: drawCover(parts),
  decideDelivery: decideDelivery(parts),
  ...entryActions(parts),
  recordStep: recordStep(parts),
  keepTask: keepTask(parts),
  resume: resume(parts),
  reload: parts.reload,
  openLink: openLink(parts),
  answerLink: answerLink(parts),
  attachReport: attachReport(parts),
  listDeadLetters: listDeadLetters(parts),
  decideDeadLetter: decideDeadLetter(parts),
  pauseChannel: pauseChannel(parts),
  revokeLink: revokeLink(parts),
  keepRecipient: keepRecipient(parts),
  removeRecipient: removeRecipient(parts),
  decideNumber: decideNumber(parts),
  reportMisdirected: reportMisdirected(parts),
  drawLetter: drawLetter(parts),
});
