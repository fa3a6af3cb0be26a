import type { ReferralRequest } from '../../src/core/referral.ts';
import type { ReferralView } from '../../src/http/shapes.ts';
import { Tag, type Tone } from './parts.tsx';

type State = ReferralView['state'];

const words: Readonly<Record<State, readonly [icon: string, word: string, tone: Tone]>> = {
  draft: ['…', 'draft', 'gray'],
  sent: ['→', 'sent', 'blue'],
  received: ['✓', 'received', 'blue'],
  accepted: ['✓', 'accepted', 'green'],
  'awaiting-information': ['?', 'needs information', 'orange'],
  scheduled: ['◷', 'scheduled', 'green'],
  'no-show': ['!', 'no-show', 'orange'],
  'appointment-cancelled': ['!', 'appointment cancelled', 'orange'],
  seen: ['✓', 'seen', 'green'],
  completed: ['✓', 'completed', 'green'],
  closed: ['–', 'closed', 'gray'],
  declined: ['✕', 'declined', 'red'],
  'cancel-requested': ['!', 'asked to cancel', 'orange'],
  cancelled: ['–', 'cancelled', 'gray'],
  undeliverable: ['✕', 'undeliverable', 'red'],
};

export const referralStates = Object.entries(words).map(([value, [, word]]) => ({ value, label: word }));

export function ReferralState({ of }: { readonly of: State }) {
  const [icon, word, color] = words[of];
  return (
    <Tag tone={color} icon={icon}>
      {word}
    </Tag>
  );
}

export const wordOf = (state: State): string => words[state][1];

/** Where the word came from, without the names that only machines use. */
const sources: readonly (readonly [RegExp, string])[] = [
  [/^a person's word on delivery dlv_\w+$/, 'by a person’s word'],
  [/^delivery dlv_\w+$/, ''],
  [/^message msg_\w+$/, 'it came in'],
  [/^portal answer to att_\w+$/, 'answered on the portal'],
  [/^answer sheet in msg_\w+$/, 'on the answer sheet'],
  [/^accepted by \w+:(.+)$/, 'accepted by $1'],
];

export function toldBy({ to, evidence }: ReferralView['steps'][number]): string {
  const known = sources.find(([pattern]) => pattern.test(evidence));
  const said = known ? evidence.replace(...known) : evidence;
  return said === '' ? wordOf(to) : `${wordOf(to)}: ${said}`;
}

/** What was asked, as the API takes it. */
export const requestOf = ({ request }: ReferralView): ReferralRequest => request as ReferralRequest;

export function patientOf(view: ReferralView): string {
  const { patient } = requestOf(view);
  return patient ? [...patient.name.given, patient.name.family].join(' ') : 'No patient named';
}
