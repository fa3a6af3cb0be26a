import { createHash, timingSafeEqual } from 'node:crypto';
import type { Inbox } from '../core/channel.ts';
import { follow, linkState, type Answer, type Link, type LinkState } from '../core/link.ts';
import type { DeliveryId, Message, PracticeId } from '../core/message.ts';
import { answered as moved } from '../core/referral.ts';
import { Conflict, NotFound } from '../errors.ts';
import type { Store } from '../store/store.ts';

interface Deps {
  readonly store: Store;
  readonly inbox: Inbox;
  readonly now: () => number;
}

export type Opening =
  { readonly link: Link; readonly message: Message } | 'wrong' | 'unknown' | Exclude<LinkState, 'usable'>;

/** Try a code on a link. `token` is the hex SHA-256 of the token in the URL. Wrong codes are counted in the store:
 *  of parallel guesses one is judged, the others meet a Conflict. The right code is recorded as `opened`. */
export function openLink({ store, inbox, now }: Deps) {
  return async ({ token, code }: { readonly token: string; readonly code: string }): Promise<Opening> => {
    const link = await store.link(token);
    if (!link) return 'unknown';
    const at = now();
    const state = linkState(link, at);
    if (state !== 'usable') return state;
    if (!same(code, link.code)) {
      await store.commit({
        link: follow(link, { type: 'wrong code' }, at),
        events: [
          { message: link.message, subject: link.delivery, what: 'portal.wrong-code', who: 'recipient', at, facts: {} },
        ],
      });
      return 'wrong';
    }
    const opened = follow(link, { type: 'opened' }, at);
    if (opened !== link) {
      await store.commit({
        link: opened,
        events: [
          { message: link.message, subject: link.delivery, what: 'portal.opened', who: 'recipient', at, facts: {} },
        ],
      });
    }
    // Also on later visits: should the process have died between the two commits, the proof is made up for here.
    const evidence = { link: link.token, attempt: link.attempt, openedAt: opened.openedAt };
    await inbox.receipt({
      channel: 'portal',
      receipt: { attempt: link.attempt, kind: 'opened', reason: null, at },
      author: null,
      evidence: { mediaType: 'application/json', bytes: Buffer.from(JSON.stringify(evidence)) },
    });
    return { link: opened, message: await store.message(link.message) };
  };
}

/** An answer before the clock stamps it. */
export type Wording = Stamped<Answer>;
type Stamped<A> = A extends Answer ? Omit<A, 'at'> : never;

/** The recipient's word, kept on the link and as a step of the referral.
 *  @throws NotFound when there is no such link, it was not opened, or it is over. */
export function answerLink(deps: Omit<Deps, 'inbox'>) {
  return async (word: Word): Promise<Link> => {
    for (let tries = 1; ; tries++) {
      try {
        return await answerOnce(deps, word);
      } catch (cause) {
        // The opening moves the referral as well, a moment later: that must not cost the recipient the answer.
        if (!(cause instanceof Conflict) || tries === 5) throw cause;
      }
    }
  };
}

interface Word {
  readonly token: string;
  readonly answer: Wording;
}

async function answerOnce({ store, now }: Omit<Deps, 'inbox'>, { token, answer }: Word): Promise<Link> {
  const at = now();
  const link = await store.link(token);
  if (!link || link.openedAt === null || linkState(link, at) !== 'usable') throw new NotFound('no open link');
  const answered = follow(link, { type: 'answered', answer: { ...answer, at } }, at);
  const reason = 'reason' in answer ? answer.reason : null;
  const date = 'on' in answer ? answer.on : undefined;
  const { referral: id } = await store.message(link.message);
  const referral = id === null ? null : await store.referral(id);
  const kind = answer.kind === 'report' ? 'seen' : answer.kind;
  const stepped = referral
    ? moved(referral, kind, { evidence: `portal answer to ${link.attempt}`, reason, date, at })
    : null;
  await store.commit({
    link: answered,
    ...(stepped && stepped !== referral ? { referral: stepped } : {}),
    events: [
      {
        message: link.message,
        subject: link.delivery,
        what: `portal.${answer.kind}`,
        who: 'recipient',
        at,
        facts: 'files' in answer ? { files: answer.files } : {},
        ...(reason === null ? {} : { note: reason }),
      },
    ],
  });
  return answered;
}

/** The sender takes a link back: it opens nothing any more, and reads as one that never was.
 *  @throws NotFound also for another practice's; Conflict when there is no link, or it opens nothing any more. */
export function revokeLink({ store, now }: Omit<Deps, 'inbox'>) {
  return async (word: Revoking): Promise<Link> => {
    const { delivery: id, who, practices, reason } = word;
    const delivery = await store.delivery(id);
    if (practices !== null && !practices.includes(delivery.practice)) throw new NotFound(`${id} not found`);
    const links = await Promise.all((await store.attemptsOf(id)).map((attempt) => store.linkOf(attempt.id)));
    const link = links.findLast((each) => each !== null);
    if (!link) throw new Conflict('there is no link');
    const at = now();
    if (linkState(link, at) !== 'usable') throw new Conflict('the link opens nothing any more');
    const revoked = follow(link, { type: 'revoked' }, at);
    await store.commit({
      link: revoked,
      events: [{ message: link.message, subject: id, what: 'portal.revoked', who, at, facts: {}, note: reason }],
    });
    return revoked;
  };
}

interface Revoking {
  readonly delivery: DeliveryId;
  readonly who: string;
  readonly practices: readonly PracticeId[] | null;
  readonly reason: string;
}

/** Compared as hashes: equal length, constant time. */
function same(a: string, b: string): boolean {
  const hash = (text: string): Buffer => createHash('sha256').update(text).digest();
  return timingSafeEqual(hash(a), hash(b));
}
