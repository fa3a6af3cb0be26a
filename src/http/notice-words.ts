import type { Notice } from '../core/channel.ts';

/** What a sender was told. */
export const noticeWords: Readonly<Record<Notice, string>> = {
  processed: 'processed',
  delivered: 'delivered',
  failed: 'failed',
  unanswered: 'not confirmed in time',
  undispatched: 'taken by the far gateway, not confirmed by its reader in time',
};
