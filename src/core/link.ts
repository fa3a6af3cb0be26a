import type { AttemptId, DeliveryId, MessageId, PracticeId } from './message.ts';

/** A recipient's way into the portal: one message, for a while, opened with a code that came by another way.
 *  Of the token only a hash lies open: whoever reads our disk without the key cannot follow the link. */
export interface Link {
  /** Hex SHA-256 of the token in the URL: 256 bits, or 100 when it is to be typed. */
  readonly token: string;
  /** The token itself, so that a letter sent again carries the same link. Sealed at rest. */
  readonly secret: string;
  /** Six digits that reach the recipient by another way. Sealed at rest. */
  readonly code: string;
  readonly attempt: AttemptId;
  readonly delivery: DeliveryId;
  readonly message: MessageId;
  readonly practice: PracticeId;
  readonly expiresAt: number;
  readonly wrongCodes: number;
  readonly openedAt: number | null;
  readonly answer: Answer | null;
  /** How many times reports were sent along it. Absent: never. */
  readonly reports?: number;
  /** When its reader is reminded if nobody has opened it by then, epoch ms. Absent or null: never. */
  readonly remindAt?: number | null;
  /** When the one reminder left. Absent or null: it has not. */
  readonly remindedAt?: number | null;
  /** When its sender took it back, epoch ms. */
  readonly revokedAt?: number;
  readonly version: number;
}

export type Answer =
  | { readonly kind: 'received' | 'accepted'; readonly at: number }
  /** `on`: a day, YYYY-MM-DD. */
  | { readonly kind: 'scheduled'; readonly on: string; readonly at: number }
  /** `files`: how many came with it. */
  | { readonly kind: 'report'; readonly files: number; readonly at: number }
  /** `reason`: what they need to know, or why not. */
  | { readonly kind: 'information' | 'declined'; readonly reason: string; readonly at: number };

/** The forms of an address whose link goes on a page to a fax: `fax:+12125550199`. */
export const linkFax = /^fax:(\+[1-9]\d{7,14})$/;
/** Its number. Null: the link goes another way. */
export const faxOf = (address: string): string | null => linkFax.exec(address)?.[1] ?? null;

/** Letters and digits that are not taken for one another when they are read off paper: no I, L, O, U. */
export const typedLetters = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
/** A secret that people type: 100 bits. */
export const typedLength = 20;

/** How a secret stands in an address: one to be typed in groups of four. */
export const spelt = (secret: string): string =>
  secret.length === typedLength ? (secret.match(/.{4}/g) ?? []).join('-') : secret;

/** The secret of an address as it came: one that was typed may have small letters, no hyphens, an O for a zero. */
export function secretOf(spelling: string): string {
  if (spelling.length > typedLength + 10) return spelling;
  const letters = spelling.toUpperCase().replaceAll('-', '');
  return letters.replaceAll('O', '0').replace(/[IL]/g, '1');
}

/** So often reports can be sent along one link. */
export const reportTries = 10;

/** After so many wrong codes a link is dead; the sender can make a new one. */
export const codeTries = 5;

export type LinkState = 'usable' | 'expired' | 'locked' | 'revoked';

export function linkState(link: Link, now: number): LinkState {
  if (link.revokedAt !== undefined) return 'revoked';
  if (link.wrongCodes >= codeTries) return 'locked';
  return now >= link.expiresAt ? 'expired' : 'usable';
}

/** Once, and never after it was opened, answered, taken back or locked. */
export const owesReminder = (link: Link, now: number): boolean =>
  (link.remindAt ?? null) !== null &&
  (link.remindedAt ?? null) === null &&
  link.openedAt === null &&
  link.answer === null &&
  linkState(link, now) === 'usable';

export type LinkEvent =
  | { readonly type: 'wrong code' }
  | { readonly type: 'opened' | 'revoked' | 'reporting' | 'reminded' | 'not reminded' | 'unremindable' }
  | { readonly type: 'answered'; readonly answer: Answer };

/** Pure. Opening is recorded once; the latest answer counts, because people change their minds. */
export function follow(link: Link, event: LinkEvent, now: number): Link {
  const version = link.version + 1;
  switch (event.type) {
    case 'wrong code':
      return { ...link, wrongCodes: link.wrongCodes + 1, version };
    case 'opened':
      return link.openedAt === null ? { ...link, openedAt: now, version } : link;
    case 'revoked':
      return { ...link, revokedAt: now, version };
    case 'reminded':
      return { ...link, remindedAt: now, version };
    case 'not reminded':
      return { ...link, remindedAt: null, version };
    case 'unremindable':
      return { ...link, remindAt: null, remindedAt: null, version };
    case 'reporting':
      return { ...link, reports: (link.reports ?? 0) + 1, version };
    case 'answered':
      return { ...link, answer: event.answer, version };
  }
}
