import type { Draft, Preview } from '../../src/core/press.ts';
import { Unprintable } from '../../src/core/press.ts';
import type { Tools } from '../../src/core/channel.ts';
import type { Account } from './config.ts';
import { objection } from './numbers.ts';
import { answerNumber } from './pages.ts';

/** Seconds of a call at 14,400 bit/s, by real calls: until the machines agree, and between pages. */
const [handshake, turnaround, bytesPerSecond] = [15, 6, 1_800];
/** As long as real ones, and signed by nobody. */
const [sampleReference, sampleToken] = ['msg_00000000000000000000000000', `LG${'0'.repeat(24)}`];

/** The fax that a draft would become, as pages to look at, by each of the practice's accounts.
 *  @throws Unprintable when it cannot be faxed, to this number or at all. */
export async function previewed(
  { press, now }: Pick<Tools, 'press' | 'now'>,
  accounts: readonly { readonly name: string; readonly account: Account }[],
  { practice, to, urgency, documents }: Draft,
): Promise<Preview> {
  const [first] = accounts;
  if (!first) throw new Unprintable('the practice has no fax account');
  const own = [first.account.from, ...(practice.addresses['efax'] ?? [])];
  const problem = objection(to.fax, own);
  if (problem !== null) throw new Unprintable(problem);
  const fax = answerNumber(practice, first.account);
  const pages = await press.preview(
    {
      ...(fax === null ? {} : { answer: { token: sampleToken, fax } }),
      ...(practice.cover ? { style: practice.cover } : {}),
      from: { name: practice.name, phone: practice.phone, fax: first.account.from },
      to,
      urgency,
      reference: sampleReference,
      possibleDuplicate: false,
      at: now(),
    },
    documents,
  );
  const bytes = pages.reduce((sum, page) => sum + page.bytes, 0);
  return {
    pages,
    seconds: Math.round(handshake + pages.length * turnaround + bytes / bytesPerSecond),
    prices: accounts.flatMap(({ name, account: { pricePerPage } }) =>
      pricePerPage
        ? [{ account: name, amount: pages.length * pricePerPage.amount, currency: pricePerPage.currency }]
        : [],
    ),
  };
}
