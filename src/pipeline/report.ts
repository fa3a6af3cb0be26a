import type { Inbox } from '../core/channel.ts';
import type { EntryAnswer } from '../core/entry.ts';
import { follow, linkState, reportTries, type Link } from '../core/link.ts';
import type { Message, ReferralId } from '../core/message.ts';
import { fileReport } from '../core/referral.ts';
import type { PageRead } from '../documents/read.ts';
import { sendableFiles } from '../documents/sendable.ts';
import { Conflict, Invalid, NotFound } from '../errors.ts';
import type { Store } from '../store/store.ts';
import { answerLink } from './portal.ts';
import { sha256 } from './records.ts';

interface Deps {
  readonly store: Store;
  readonly inbox: Inbox;
  readonly now: () => number;
}

interface File {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** The recipient sends a report along an open link. It arrives like any fax: sealed, opened in the sandbox and nowhere
 *  else, then filed with the referral that the link is about. The same files again are the same arrival.
 *  @throws NotFound as for an answer; Invalid with, by index, what is wrong with a file (nothing was kept then);
 *    Conflict when the link has brought reports often enough, or another is under way. */
export function attachReport(deps: Deps) {
  return async ({ token, files }: { readonly token: string; readonly files: readonly File[] }): Promise<Link> => {
    const { store, inbox, now } = deps;
    const at = now();
    const link = await store.link(token);
    if (!link || link.openedAt === null || linkState(link, at) !== 'usable') throw new NotFound('no open link');
    const { checked, problems } = sendableFiles(files);
    if (files.length === 0) throw new Invalid('there is no file');
    if (problems.size > 0) throw new Invalid('a file cannot be taken', Object.fromEntries(problems));
    if ((link.reports ?? 0) >= reportTries) throw new Conflict('this link has brought enough reports');
    // Counted before anything is kept, so that nobody fills our disk by asking many times at once.
    await store.commit({ link: follow(link, { type: 'reporting' }, at), events: [] });
    const { practice, urgency, referral } = await store.message(link.message);
    const { recipient } = await store.delivery(link.delivery);
    await inbox.message({
      origin: {
        channel: 'portal',
        token: `report ${link.attempt} ${sha256(Buffer.from(checked.map(({ bytes }) => sha256(bytes)).join(' ')))}`,
        from: recipient.name,
        details: referral === null ? {} : { report: referral },
      },
      subject: 'Report',
      urgency,
      to: [{ channel: 'intake', address: practice }],
      documents: checked,
      raw: null,
    });
    return answerLink(deps)({ token, answer: { kind: 'report', files: files.length } });
  };
}

/** Pages that came back along a portal link are filed as the report of its referral; those of answer sheets among them
 *  are filed by these. Repeating it for the same arrival is harmless.
 *  @returns the referral; null: the arrival is no report */
export async function takeReport(
  { store, now }: Pick<Deps, 'store' | 'now'>,
  { id, origin }: Message,
  pages: readonly PageRead[],
  answers: readonly EntryAnswer[],
): Promise<ReferralId | null> {
  const named = origin.channel === 'portal' ? origin.details['report'] : undefined;
  if (named === undefined) return null;
  const sheets = new Set(answers.flatMap(({ page, report }) => [page, ...report]));
  const own = pages.flatMap(({ page }, index) =>
    sheets.has(index) ? [] : [{ document: page.document, number: page.number }],
  );
  for (let tries = 1; ; tries++) {
    const referral = await store.referral(named as ReferralId);
    const at = now();
    const filed = fileReport(referral, { message: id, at, pages: own });
    if (filed === referral) return referral.id;
    const facts = { arrival: id, pages: own.length };
    const told = { message: referral.message, subject: referral.id, what: 'report.filed', who: 'gateway', at, facts };
    try {
      await store.commit({ referral: { ...filed, version: referral.version + 1 }, events: [told] });
      return referral.id;
    } catch (cause) {
      // Its own answer, or a person, moved the referral meanwhile.
      if (!(cause instanceof Conflict) || tries === 5) throw cause;
    }
  }
}
