import { createHash, randomBytes, randomInt } from 'node:crypto';
import { defineChannel, type Channel, type Parcel, type Tools } from '../../src/core/channel.ts';
import { faxOf, linkFax, typedLength, typedLetters, type Link } from '../../src/core/link.ts';
import { refused, type Outcome } from '../../src/core/outcome.ts';
import { portalConfig, type PortalConfig } from './config.ts';
import { post, tryOut, type Letter } from './mail.ts';
import { textable, texter } from './sms.ts';

const dayMs = 24 * 60 * 60_000;

/** The last resort: the recipient gets a link by e-mail, text message or a page by fax, and the code for it by another
 *  way. None is a proof of who reads it (ASVS 6.3.6), so the link alone opens nothing. Proof is the opening. */
export default defineChannel<PortalConfig>({
  name: 'portal',
  config: portalConfig,
  needs: ({ fax }) => (fax ? ['efax'] : []),
  create: portalChannel,
});

function portalChannel({ mail, sms, fax, linkDays, remindAfter }: PortalConfig, tools: Tools): Channel {
  const { desk, now, publicUrl, log } = tools;
  const text = sms ? texter(sms, now) : null;
  const carrier = fax ? tools.linkCarrier('efax') : null;

  async function send(parcel: Parcel, signal: AbortSignal): Promise<Outcome> {
    if (faxOf(parcel.endpoint.address) === null) return bring(parcel, await publish(parcel), firstWords, signal);
    if (!carrier) return refused('unsupported', 'links do not go by fax here');
    // The call is its carrier's; the code is told by telephone only, as whoever reads that machine must not get it too.
    await publish(parcel);
    return carrier.send(parcel, signal);
  }

  async function bring(parcel: Parcel, link: Sendable, words: Words, signal: AbortSignal): Promise<Outcome> {
    const { secret, code, expiresAt } = link;
    const said = words(parcel, `${publicUrl}/portal/${secret}`, new Date(expiresAt));
    const { address } = parcel.endpoint;
    const outcome =
      text && isNumber(address)
        ? await text(address, said.short, () => parcel.handingOver(), signal)
        : await post(mail, said.letter, () => parcel.handingOver(), signal);
    const phone = textable(parcel.recipient.phone);
    // Whoever holds the telephone that the link went to must not get the code there, too.
    if (!text || !phone || phone === address) return outcome;
    if (outcome.kind === 'deferred' || outcome.kind === 'refused') return outcome;
    if (outcome.kind === 'accepted') await parcel.taken(outcome.reference ?? '');
    const texted = await text(phone, codeText(parcel, code), () => Promise.resolve(), signal);
    if (texted.kind !== 'accepted') log.warn('portal.code-not-texted', { attempt: parcel.attempt });
    return outcome;
  }

  /** One link for all tries on one endpoint: two letters with two codes would leave the reader to guess. What a fax
   *  brought is not reminded of: a second call under the same name would read as news of the first. */
  function publish({ attempt, message, practice, endpoint }: Parcel): ReturnType<typeof desk.publish> {
    const typed = faxOf(endpoint.address) !== null;
    const patience = typed ? null : remindAfter[message.urgency];
    const secret = typed ? typable() : randomBytes(32).toString('base64url');
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
      address: oneOf([mailOnly, ...(sms ? [number] : []), ...(fax ? [linkFax] : [])]),
      addressLike: ['desk@clinic.org', ...(sms ? ['+12125550199'] : []), ...(fax ? ['fax:+12125550199'] : [])].join(
        ' or ',
      ),
      mediaTypes: ['application/pdf', 'image/tiff', 'image/png', 'image/jpeg', 'text/xml', 'text/plain'],
      maxBytes: 100 * 1024 * 1024,
      proof: 'receipt',
      cost: 1,
      width: 4,
    },
    objection(endpoint) {
      if (faxOf(endpoint.address) !== null) return carrier?.objection?.(endpoint) ?? null;
      return isNumber(endpoint.address) && !textable(endpoint.address) ? 'no telephone has that number' : null;
    },
    carried(endpoint) {
      const address = faxOf(endpoint.address);
      return address === null ? null : { channel: 'efax', address };
    },
    lane: ({ address }) => (sms && isNumber(address) ? new URL(sms.baseUrl).host : mail.host),
    send,
    remind: (parcel, link, signal) => bring(parcel, link, reminderWords, signal),
    check: (signal) => tryOut(mail, signal),
  };
}

type Sendable = Pick<Link, 'secret' | 'code' | 'expiresAt'>;
/** The same for a mailbox and for a telephone. */
interface Said {
  readonly letter: Letter;
  readonly short: string;
}
type Words = (parcel: Parcel, url: string, until: Date) => Said;
type Write<T> = (...about: Parameters<Words>) => T;

const mailOnly = /^[^\s@<>"(),:;\\]{1,64}@[^\s@<>"(),:;\\]{1,255}$/;
const number = /^\+[1-9]\d{7,14}$/;
const oneOf = (forms: readonly RegExp[]): RegExp => new RegExp(forms.map(({ source }) => source).join('|'));
const typable = (): string =>
  Array.from(randomBytes(typedLength), (byte) => typedLetters[byte % typedLetters.length]).join('');
const isNumber = (address: string): boolean => address.startsWith('+') && !address.includes('@');

/** No patient data: mail is a postcard. */
const firstLetter: Write<Letter> = (parcel, url, until) => {
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

const reminder: Write<Letter> = (parcel, url, until) => {
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

const firstWords: Words = (...about) => ({ letter: firstLetter(...about), short: shortly('', ...about) });
const reminderWords: Words = (...about) => ({ letter: reminder(...about), short: shortly('Reminder: ', ...about) });

/** A text message is read on a locked screen: no more than the letter says. */
function shortly(before: string, parcel: Parcel, url: string, until: Date): string {
  const [from, { phone }] = [nameOf(parcel), parcel.practice];
  const again = parcel.possibleDuplicate ? ' You may have received them before, by another way.' : '';
  return `${before}${from} has documents for you: ${url} Call ${phone} for the six-digit code. The link works until ${until.toISOString().slice(0, 10)}.${again} En español: llame al ${phone} y le damos el código.`;
}

const nameOf = ({ practice }: Parcel): string => practice.name.replace(/\p{Cc}/gu, ' ');

const codeAndEnd = (parcel: Parcel, until: Date): string[] => [
  `You need a six-digit code. It reaches you by text message, or call ${nameOf(parcel)} at ${parcel.practice.phone}.`,
  '',
  `The link works until ${until.toISOString().slice(0, 10)}.`,
  '',
];

const codeText = ({ practice }: Parcel, code: string): string =>
  `${code} is your code for the documents from ${practice.name}.`;
