import type { Event } from '../core/change.ts';
import { answerEvent } from './answer-words.ts';
import type { Moment } from './shapes.ts';

/** Lines of the record, told to somebody at a front desk. */

const channelWords: Readonly<Record<string, string>> = {
  direct: 'Direct mail',
  efax: 'fax',
  portal: 'portal link',
  api: 'the API',
  edge: 'the practice’s own mail',
};

export const channelName = (channel: string): string => channelWords[channel] ?? channel;

export const gapSentence = (mark: number): string =>
  `What is known was restored from a backup of ${new Date(mark).toISOString()}: it may have gone out since.`;

/** Attempts and receipts tell themselves; of the events those remain that a person did, and what nobody did. */
export const isWorthTelling = (event: Event): boolean =>
  event.what in eventWords ||
  answerEvent(event.what, event.facts) !== null ||
  event.what === 'delivery.restored' ||
  doubtWords(event) !== null ||
  isByPerson(event);

const isByPerson = ({ who, what }: Event): boolean =>
  who !== 'gateway' && what !== 'message.received' && !/\.(?:viewed|printed|exported|issued)$/.test(what);

const eventWords: Readonly<Record<string, string>> = {
  'delivery.planned': 'The ways to the recipient were weighed and ranked',
  'receipt.overdue': 'No proof came in time',
  'receipt.refused': 'A receipt came from somebody who cannot vouch for this recipient; it changed nothing',
  'delivery.blocked': 'No attempt was made: the far side takes none now, or should not be asked so often',
  'delivery.barred': 'Nothing was dialled: the number must not be used, or nobody confirmed it yet',
  'attempt.abandoned': 'The process that made the attempt stopped; another looked how far it came',
  'attempt.clarified': 'The far side was asked, and said what became of it',
  'doubt.waiting': 'Waiting for the evidence that would come anyway, before anything is sent again',
  'doubt.asked': 'The far side was asked what became of it, and could not say',
  'doubt.repeated': 'It was sent again under the same name, which the far side promises not to take twice',
  'portal.published': 'A portal link was made',
  'portal.opened': 'The recipient opened the portal link with the code',
  'portal.wrong-code': 'A wrong code was tried on the portal link',
  'portal.received': 'The recipient answered: received',
  'portal.accepted': 'The recipient answered: accepted',
  'portal.scheduled': 'The recipient answered: scheduled',
  'portal.information': 'The recipient needs to know more',
  'portal.reminded': 'Nobody had opened the portal link: the one reminder goes out by the same way',
  'portal.reminder-failed': 'The reminder of the portal link was not taken',
  'portal.report': 'The recipient sent a report',
  'report.filed': 'The report was read and filed with its referral',
  'portal.declined': 'The recipient answered: declined',
  'message.erased': 'The content was erased after its retention time',
  'message.repeated': 'The sender sent it again; the copy was not taken twice',
};

/** The crop of an answer sheet. */
export const evidenceFor = ({ what, facts }: Event): Moment['evidence'] =>
  what.startsWith('answer.') && typeof facts['evidence'] === 'string' ? facts['evidence'] : null;

export function eventSentence(event: Event): string {
  const { what, who, facts, note } = event;
  if (what === 'delivery.restored') return gapSentence(facts['mark'] as number);
  const [noun = what, verb = ''] = what.split('.');
  const did = personWords[what] ?? `${noun.charAt(0).toUpperCase()}${noun.slice(1)} ${verb}`;
  const twice = facts['possibleDuplicate'] === true ? ', as a possible duplicate' : '';
  const said =
    doubtWords(event) ?? answerEvent(what, facts) ?? eventWords[what] ?? `${did} by ${plainWho(who)}${twice}`;
  return `${said}${note === undefined ? '' : `: ${note}`}.`;
}

const personWords: Readonly<Record<string, string>> = {
  'work.retried': 'A step that the gateway had given up was begun again',
  'work.set-aside': 'A step that the gateway had given up was set aside',
  'portal.revoked': 'The portal link was taken back',
  'delivery.misdirected': 'Its pages were reported at the wrong place; the number is not dialled again,',
  'delivery.confirmed': 'Said to have arrived,',
  'delivery.retried': 'Sent again',
  'delivery.rerouted': 'Sent another way',
};

/** What we did about a doubt on our own. */
function doubtWords({ what, who, facts }: Event): string | null {
  if (who !== 'gateway') return null;
  if (what === 'delivery.held' && facts['reason'] === 'in-doubt') {
    return 'It stays in doubt whether it arrived: a person must decide';
  }
  if (what !== 'delivery.rerouted' || facts['possibleDuplicate'] !== true) return null;
  return `Goes on by ${channelName(String(facts['channel']))}, marked as a possible duplicate`;
}

export const plainWho = (who: string): string => who.replace(':', ' ');
