import { createHash, randomBytes, randomInt } from 'node:crypto';
import { defineChannel, type Channel, type Parcel, type Tools } from '../../src/core/channel.ts';
import type { Outcome } from '../../src/core/outcome.ts';
import { portalConfig, type PortalConfig } from './config.ts';
import { post, tryOut, type Letter } from './mail.ts';
import { textable, texter } from './sms.ts';

const dayMs = 24 * 60 * 60_000;

/** The last resort: the recipient gets a link by e-mail and the code for it by another way. E-mail is no proof of who
 *  reads it (ASVS 6.3.6), so the link alone opens nothing. Proof is the opening. */
export default defineChannel<PortalConfig>({ name: 'portal', config: portalConfig, create: portalChannel });

function portalChannel({ mail, sms, linkDays }: PortalConfig, tools: Tools): Channel {
  const { desk, now, publicUrl, log } = tools;
  const text = sms ? texter(sms, now) : null;

  async function send(parcel: Parcel, signal: AbortSignal): Promise<Outcome> {
    // Each attempt has one link; only this process, for a moment, and the e-mail know its token.
    const token = randomBytes(32).toString('base64url');
    const code = String(randomInt(1_000_000)).padStart(6, '0');
    const link = await publish(parcel, token, code);
    const letter = letterFor(parcel, `${publicUrl}/portal/${token}`, new Date(link.expiresAt));
    const outcome = await post(mail, letter, () => parcel.handingOver(), signal);
    const phone = textable(parcel.recipient.phone);
    const arrives = outcome.kind === 'accepted' || outcome.kind === 'unknown';
    if (text && phone && arrives && !(await text(phone, codeText(parcel, code), signal))) {
      log.warn('portal.code-not-texted', { attempt: parcel.attempt });
    }
    return outcome;
  }

  async function publish({ attempt, message, practice }: Parcel, token: string, code: string) {
    const link = {
      token: createHash('sha256').update(token).digest('hex'),
      code,
      attempt,
      message: message.id,
      practice: practice.id,
      expiresAt: now() + linkDays * dayMs,
      wrongCodes: 0,
      openedAt: null,
      answer: null,
      version: 1,
    };
    await desk.publish(link);
    return link;
  }

  return {
    name: 'portal',
    capabilities: {
      address: /^[^\s@<>"(),:;\\]{1,64}@[^\s@<>"(),:;\\]{1,255}$/,
      mediaTypes: ['application/pdf', 'image/tiff', 'image/png', 'image/jpeg', 'text/xml', 'text/plain'],
      maxBytes: 100 * 1024 * 1024,
      proof: 'receipt',
      cost: 1,
      width: 4,
    },
    lane: () => mail.host,
    send,
    check: (signal) => tryOut(mail, signal),
  };
}

/** No patient data: mail is a postcard. */
function letterFor({ attempt, endpoint, practice, possibleDuplicate }: Parcel, url: string, until: Date): Letter {
  const from = practice.name.replace(/\p{Cc}/gu, ' ');
  const again = possibleDuplicate ? ['You may have received these documents before, by another way.', ''] : [];
  return {
    id: attempt,
    fromName: from,
    to: endpoint.address,
    subject: `Documents from ${from}`,
    text: [
      `${from} has documents for you. Open them here:`,
      '',
      url,
      '',
      `You need a six-digit code. It reaches you by text message, or call ${from} at ${practice.phone}.`,
      '',
      ...again,
      `The link works until ${until.toISOString().slice(0, 10)}.`,
      '',
    ].join('\r\n'),
  };
}

const codeText = ({ practice }: Parcel, code: string): string =>
  `${code} is your code for the documents from ${practice.name}.`;
