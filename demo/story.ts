import type { Actions } from '../src/http/actions.ts';
import type { Endpoint, Urgency } from '../src/core/message.ts';
import type { Behaviour } from './fax-company.ts';
import type { Habit } from './partner.ts';

/** The people of the demo: all invented. */

const lines = {
  busyTwice: '+13122000001',
  nobodyAnswers: '+13122000002',
  voice: '+13122000003',
  fine: '+13122000004',
  slow: '+13122000005',
  noSuchNumber: '+13122000006',
  silent: '+13122000007',
  repeats: '+13122000008',
};

export const unluckyNumbers: readonly (readonly [string, readonly Behaviour[]])[] = [
  [lines.busyTwice, ['busy', 'busy', 'ok']],
  [lines.nobodyAnswers, ['no answer']],
  [lines.voice, ['not a fax']],
  [lines.slow, ['slow']],
  [lines.noSuchNumber, ['invalid number']],
  [lines.silent, ['silent']],
  [lines.repeats, ['duplicates']],
];

interface Scene {
  readonly patient: readonly [given: string, family: string, birthDate: string];
  readonly to: string;
  readonly ways: (direct: (habit: Habit) => string) => readonly Endpoint[];
  readonly urgency: Urgency;
  readonly specialty: string;
  readonly reason: string;
}

const direct = (address: string): Endpoint => ({ channel: 'direct', address });
const fax = (address: string): Endpoint => ({ channel: 'efax', address });
const portal = (address: string): Endpoint => ({ channel: 'portal', address });

const scenes: readonly Scene[] = [
  {
    patient: ['Wilhelmina', 'Oakes', '1961-04-09'],
    to: 'Hillside Cardiology',
    ways: (at) => [direct(at('ok')), fax(lines.fine)],
    urgency: 'urgent',
    specialty: 'cardiology',
    reason: 'New atrial fibrillation on ECG.',
  },
  {
    patient: ['Tobias', 'Farrow', '1978-11-30'],
    to: 'Hillside Orthopaedics',
    ways: (at) => [direct(at('slow'))],
    urgency: 'routine',
    specialty: 'orthopaedics',
    reason: 'Knee pain for six months, locking.',
  },
  {
    patient: ['Ines', 'Marchetti', '1990-02-14'],
    to: 'Hillside Neurology',
    ways: (at) => [direct(at('silent')), fax(lines.fine)],
    urgency: 'stat',
    specialty: 'neurology',
    reason: 'First seizure last night.',
  },
  {
    patient: ['Ruben', 'Castellanos', '1955-07-21'],
    to: 'Lakeview Urology',
    ways: () => [fax(lines.busyTwice)],
    urgency: 'routine',
    specialty: 'urology',
    reason: 'Rising PSA.',
  },
  {
    patient: ['Adaeze', 'Nwosu', '2003-12-01'],
    to: 'Lakeview Dermatology',
    ways: () => [fax(lines.fine)],
    urgency: 'routine',
    specialty: 'dermatology',
    reason: 'Changing mole on the left shoulder.',
  },
  {
    patient: ['Pauline', 'Vandenberg', '1949-09-17'],
    to: 'Dr. Ellis, Rheumatology',
    ways: () => [fax(lines.voice), portal('dr.ellis@mail.example')],
    urgency: 'routine',
    specialty: 'rheumatology',
    reason: 'Symmetric joint swelling.',
  },
  {
    patient: ['Kenji', 'Morioka', '1984-05-05'],
    to: 'Southside Endocrinology',
    ways: () => [fax(lines.noSuchNumber)],
    urgency: 'routine',
    specialty: 'endocrinology',
    reason: 'Thyroid nodule.',
  },
  {
    patient: ['Beatrix', 'Holloway-Featherstonehaugh-Montgomery', '1937-01-28'],
    to: 'The Center for Advanced Pulmonary Medicine and Sleep Disorders of Greater Lakeview',
    ways: (at) => [direct(at('gateway-only')), fax(lines.slow)],
    urgency: 'urgent',
    specialty: 'pulmonology',
    reason: 'Progressive dyspnoea.',
  },
  {
    patient: ['Omar', 'Haddad', '1971-08-08'],
    to: 'Lakeview Gastroenterology',
    ways: (at) => [direct(at('busy')), fax(lines.repeats)],
    urgency: 'routine',
    specialty: 'gastroenterology',
    reason: 'Iron deficiency anaemia.',
  },
  {
    patient: ['Greta', 'Lindqvist', '1966-03-03'],
    to: 'Dr. Shah, Ophthalmology',
    ways: () => [portal('dr.shah@mail.example')],
    urgency: 'urgent',
    specialty: 'ophthalmology',
    reason: 'Flashes and floaters.',
  },
  {
    patient: ['Solomon', 'Adeyemi', '1959-10-10'],
    to: 'Harbour Nephrology',
    ways: () => [fax(lines.nobodyAnswers)],
    urgency: 'routine',
    specialty: 'nephrology',
    reason: 'eGFR 28, falling.',
  },
  {
    patient: ['Mei', 'Tanaka', '2011-06-19'],
    to: 'Harbour Allergy',
    ways: () => [{ channel: 'pager', address: '555' }],
    urgency: 'routine',
    specialty: 'allergy',
    reason: 'Anaphylaxis to peanut.',
  },
];

/** Hand a dozen referrals of different fates to the gateway. */
export async function submitAll(submit: Actions['submit'], at: (habit: Habit) => string): Promise<void> {
  for (const { patient, to, ways, urgency, specialty, reason } of scenes) {
    const [given, family, birthDate] = patient;
    await submit({
      practice: 'main',
      who: 'user:demo',
      key: null,
      referral: {
        patient: {
          name: { family, given: [given] },
          birthDate,
          sex: null,
          phone: null,
          identifiers: [],
          coverage: null,
        },
        requester: { name: 'Dr. Ada Brook', npi: '1234567893', fax: '+12125550101', direct: null },
        recipient: { name: to, npi: null, phone: '+13125550123', endpoints: ways(at) },
        service: { specialty, reason, diagnoses: [] },
        urgency,
        neededBy: null,
        replyTo: null,
      },
      documents: [
        { name: 'referral-letter.txt', mediaType: 'text/plain', bytes: letter(given, family, birthDate, to, reason) },
      ],
    });
  }
}

const letter = (given: string, family: string, birthDate: string, to: string, reason: string): Uint8Array =>
  Buffer.from(
    [
      'REFERRAL LETTER',
      '',
      `To: ${to}`,
      'From: Dr. Ada Brook, Riverside Family Practice',
      'NPI: 1234567893',
      '',
      `Patient: ${given} ${family}`,
      `Date of birth: ${birthDate}`,
      'Phone: (212) 555-0142',
      '',
      `Reason for referral: ${reason}`,
      '',
      'Thank you for seeing this patient. Please send your findings to the number above.',
      '',
      'Ada Brook, MD',
    ].join('\n'),
  );

/** What comes in by itself. */
export const arrivals = {
  faxes: [
    { from: '+13122000101', file: 'letter.tif' },
    { from: '+13122000102', file: 'ehr.tif' },
    { from: '+13122000103', file: 'form.tif' },
    { from: '+13122000104', file: 'lines.tif' },
  ],
  letters: [
    {
      name: 'referral.txt',
      mediaType: 'text/plain',
      bytes: letter(
        'Hannah',
        'Abernathy',
        '1982-02-02',
        'Riverside Family Practice',
        'Blood pressure control after discharge.',
      ),
    },
  ],
};
