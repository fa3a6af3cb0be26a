import { parsePhoneNumberFromString } from 'libphonenumber-js/max';
import type { Parcel, Practice, Tools } from '../../src/core/channel.ts';
import type { AttemptId } from '../../src/core/message.ts';
import { spelt } from '../../src/core/link.ts';
import { Unprintable, type Cover } from '../../src/core/press.ts';
import type { Account } from './config.ts';
import { numberAt } from './numbers.ts';

export interface Pages {
  readonly tiff: Uint8Array;
  readonly pages: number;
}

/** Faxes kept in memory between the hand-over and the company's fetch, seconds later. */
const kept = 16;

/** The pages of an attempt, rendered once, and again only after a restart or when many were under way. */
export function pressroom(tools: Tools): {
  /** @throws Unprintable when a document cannot be rendered. */
  press(parcel: Parcel, account: Account): Promise<Pages>;
  drop(attempt: AttemptId): void;
} {
  const recent = new Map<AttemptId, Promise<Pages>>();
  return {
    press(parcel, account) {
      const pages = recent.get(parcel.attempt) ?? render(tools, parcel, account);
      recent.delete(parcel.attempt);
      recent.set(parcel.attempt, pages);
      for (const oldest of recent.keys()) {
        if (recent.size <= kept) break;
        recent.delete(oldest);
      }
      pages.catch(() => recent.delete(parcel.attempt));
      return pages;
    },
    drop: (attempt) => recent.delete(attempt),
  };
}

async function render(tools: Tools, parcel: Parcel, account: Account): Promise<Pages> {
  const cover = coverOf(tools, parcel, account);
  if (parcel.endpoint.channel !== 'efax') return linkPage(tools, parcel, cover);
  const { message } = parcel;
  const documents = await Promise.all(
    message.documents.map(async (document) => ({ document, bytes: await parcel.open(document.id) })),
  );
  const answer = await answerOf(tools, parcel, account);
  return tools.press.fax(answer ? { ...cover, answer } : cover, documents);
}

/** Who, to whom, how urgent, and what to quote: a cover sheet lies open on the machine, so no patient stands on it. */
function coverOf(tools: Tools, parcel: Parcel, account: Account): Cover {
  const { message, practice, recipient, endpoint, possibleDuplicate } = parcel;
  return {
    ...(practice.cover ? { style: practice.cover } : {}),
    from: { name: practice.name, phone: practice.phone, fax: account.from },
    to: { name: recipient.name, fax: numberAt(endpoint) },
    urgency: message.urgency,
    reference: message.id,
    possibleDuplicate,
    at: tools.now(),
  };
}

/** What belongs to another channel goes as its link; its documents are not even opened. */
async function linkPage(tools: Tools, parcel: Parcel, cover: Cover): Promise<Pages> {
  const link = await tools.desk.linkOf(parcel);
  if (!link) throw new Unprintable('its link opens nothing any more');
  return tools.press.link(cover, { url: `${tools.publicUrl}/portal/${spelt(link.secret)}`, until: link.expiresAt });
}

/** Where an answer sheet is to be faxed back to, in groups of digits; null where it is left out. */
export function answerNumber({ addresses, answerSheet }: Practice, account: Account): string | null {
  const ours = addresses['efax'] ?? [];
  const fax = ours.includes(account.from) ? account.from : ours[0];
  if (answerSheet === false || fax === undefined) return null;
  return parsePhoneNumberFromString(fax)?.formatInternational() ?? fax;
}

/** A sheet can only come back to a number whose faxes we receive. */
async function answerOf(tools: Tools, parcel: Parcel, account: Account): Promise<Cover['answer'] | null> {
  const fax = answerNumber(parcel.practice, account);
  if (fax === null) return null;
  const token = await tools.desk.answerSheet(parcel);
  return token === null ? null : { token, fax };
}
