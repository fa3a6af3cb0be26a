import { createHash, randomBytes, randomInt } from 'node:crypto';
import { defineChannel, type Channel, type Parcel, type Tools } from '../../src/core/channel.ts';
import type { Link } from '../../src/core/link.ts';
import type { Outcome } from '../../src/core/outcome.ts';
import { portalConfig, type PortalConfig } from './config.ts';
import { post, tryOut, type Letter } from './mail.ts';
import { textable, texter } from './sms.ts';

const dayMs = 24 * 60 * 60_000;

/** The last resort: the recipient gets a link by e-mail and the code for it by another way. E-mail is no proof of who
 *  reads it (ASVS 6.3.6), so the link alone opens nothing. Proof is the opening. */
export default defineChannel<PortalConfig>({ name: 'portal', config: portalConfig, create: portalChannel });

function portalChannel({ mail, sms, linkDays, remindAfter }: PortalConfig, tools: Tools): Channel {
  const { desk, now, publicUrl, log } = tools;
  const text = sms ? texter(sms, now) : null;

  async function send(parcel: Parcel, signal: AbortSignal): Promise<Outcome> {
    return bring(parcel, await publish(parcel), firstLetter, signal);
  }

  async function bring(parcel: Parcel, link: Sendable, words: Words, signal: AbortSignal): Promise<Outcome> {
    const { secret, code, expiresAt } = link;
    const letter = words(parcel, `${publicUrl}/portal/${secret}`, new Date(expiresAt));
    const outcome = await post(mail, letter, () => parcel.handingOver(), signal);
    const phone = textable(parcel.recipient.phone);
    if (!text || !phone || outcome.kind === 'deferred' || outcome.kind === 'refused') return outcome;
    if (outcome.kind === 'accepted') await parcel.taken(outcome.reference ?? '');
    if (!(await text(phone, codeText(parcel, code), signal))) {
      log.warn('portal.code-not-texted', { attempt: parcel.attempt });
    }
    return outcome;
  }

  /** One link for all tries under one name: two letters with two codes would leave the reader to guess. */
  function publish({ attempt, message, practice }: Parcel): ReturnType<typeof desk.publish> {
    const patience = remindAfter[message.urgency];
    const secret = randomBytes(32).toString('base64url');
    return desk.publish({
      token: createHash('sha256').update(secret).digest('hex'),
      secret,
      code: String(randomInt(1_000_000)).padStart(6, '0'),
      attempt,
      message: message.id,
      practice: practice.id,
      expiresAt: now() + linkDays * dayMs,
      ...(patience === null ? {} : { remindAt: now() + patience * 60_000 }),
      wrongCodes: 0,
      openedAt: null,
      answer: null,
      version: 1,
    });
  }

  return {
    name: 'portal',
    capabilities: {
      address: /^[^\s@<>"(),:;\\]{1,64}@[^\s@<>"(),:;\\]{1,255}$/,
      addressLike: 'desk@clinic.org',
      mediaTypes: ['application/pdf', 'image/tiff', 'image/png', 'image/jpeg', 'text/xml', 'text/plain'],
      maxBytes: 100 * 1024 * 1024,
      proof: 'receipt',
      cost: 1,
      width: 4,
    },
    lane: () => mail.host,
    send,
    remind: (parcel, link, signal) => bring(parcel, link, reminder, signal),
    check: (signal) => tryOut(mail, signal),
  };
}

type Sendable = Pick<Link, 'secret' | 'code' | 'expiresAt'>;
type Words = (parcel: Parcel, url: string, until: Date) => Letter;

/** No patient data: mail is a postcard. */
const firstLetter: Words = (parcel, url, until) => {
  const from = nameOf(parcel);
  const again = parcel.possibleDuplicate ? ['You may have received these documents before, by another way.', ''] : [];
  return {
    id: parcel.family,
    fromName: from,
    to: parcel.endpoint.address,
    subject: `Documents from ${from}`,
    text: [
      `${from} has documents for you. Open them here:`,
      '',
      url,
      '',
      ...codeAndEnd(parcel, until),
      ...again,
      `En español: ${from} tiene documentos para usted. Ábralos con el enlace de arriba; el código de seis cifras le llega por mensaje de texto, o llame al ${parcel.practice.phone}.`,
      '',
    ].join('\r\n'),
  };
};

const reminder: Words = (parcel, url, until) => {
  const from = nameOf(parcel);
  return {
    id: `${parcel.family}.reminder`,
    fromName: from,
    to: parcel.endpoint.address,
    subject: `Reminder: documents from ${from}`,
    text: [
      `${from} sent you a link to documents for you, and nobody has opened it yet. It is the same link as before:`,
      '',
      url,
      '',
      ...codeAndEnd(parcel, until),
      'This is the only reminder.',
      '',
      `En español: ${from} le envió un enlace con documentos para usted y nadie lo ha abierto todavía. Es el mismo enlace; el código de seis cifras le llega por mensaje de texto, o llame al ${parcel.practice.phone}.`,
      '',
    ].join('\r\n'),
  };
};

const nameOf = ({ practice }: Parcel): string => practice.name.replace(/\p{Cc}/gu, ' ');

const codeAndEnd = (parcel: Parcel, until: Date): string[] => [
  `You need a six-digit code. It reaches you by text message, or call ${nameOf(parcel)} at ${parcel.practice.phone}.`,
  '',
  `The link works until ${until.toISOString().slice(0, 10)}.`,
  '',
];

const codeText = ({ practice }: Parcel, code: string): string =>
  `${code} is your code for the documents from ${practice.name}.`;
