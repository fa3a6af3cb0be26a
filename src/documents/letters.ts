import type { Practice } from '../core/channel.ts';
import type { FieldName } from '../core/entry.ts';
import type { Misdirection } from '../core/misdirection.ts';

/** To whoever has the pages, or to the patient whose they are. */
export const letterKinds = ['holder', 'patient'] as const;
export type LetterKind = (typeof letterKinds)[number];

/** A letter about pages that came to the wrong place, as a draft for the practice's paper: PDF, letter size. */
export async function misdirectionLetter(
  kind: LetterKind,
  misdirection: Misdirection,
  practice: Practice,
  now: number,
): Promise<Uint8Array> {
  const lines = kind === 'holder' ? toHolder(misdirection, practice) : toPatient(misdirection, practice);
  const { textPdf } = await import('./text-pdf.ts');
  const { pdf } = await textPdf([practice.name, practice.phone, '', day(now), '', ...lines].join('\n'));
  return pdf;
}

const day = (at: number): string => new Date(at).toISOString().slice(0, 10);

/** Names no patient: the letter may be opened by anybody there. */
const toHolder = ({ endpoint, sentAt, at }: Misdirection, { name, phone }: Practice): string[] => [
  `To the office that receives faxes at ${endpoint.address}`,
  '',
  'A fax that was not meant for you',
  '',
  `On ${day(sentAt)} we sent a fax to ${endpoint.address} that was meant for somebody else. On ${day(at)} we learned`,
  'that it reached you. It holds confidential health information.',
  '',
  'We ask you',
  '  - not to read, copy, use or pass on any of its pages;',
  '  - to destroy all pages and every copy, also those that your fax software kept;',
  '  - to sign below and return this letter to us.',
  '',
  `If you have passed pages on, please call ${phone} at once. We have taken your number off our list: nothing more`,
  'will be faxed there. We are sorry for the trouble.',
  '',
  name,
  '',
  '',
  'All pages and copies were destroyed; nothing was kept, used or passed on.',
  '',
  '',
  'Date, name and signature: ____________________________________________',
];

const assuranceWords: Readonly<Record<Misdirection['assurance'], string>> = {
  destroyed: 'The office told us that it destroyed the pages.',
  returned: 'The office gave the pages back to us.',
  kept: 'The office still has the pages; we have asked it to destroy them.',
  unknown: 'We do not know yet what became of the pages; we have asked for them to be destroyed.',
};

/** What 45 CFR 164.404(c)(1) asks for: what happened and when, when it was discovered, which kinds of information, what
 *  the patient can do, what is done about it, and whom to call. */
function toPatient(misdirection: Misdirection, { name, phone }: Practice): string[] {
  const { sentAt, at, assurance, disclosed } = misdirection;
  const meantFor = disclosed.recipient ? ` meant for ${disclosed.recipient}` : '';
  return [
    disclosed.patient?.name ?? '[name and address of the patient]',
    '',
    'About a fax with your health information',
    '',
    `What happened: on ${day(sentAt)} we sent a fax${meantFor} to a wrong number. We learned of it on ${day(at)}.`,
    '',
    'What it held:',
    ...disclosed.documents.map((document) => `  - ${document.name}`),
    '  [kinds of information: for instance name, date of birth, diagnosis, insurance number]',
    '',
    `What became of it: ${assuranceWords[assurance]}`,
    '',
    'What we have done: the number was taken off our list at once, so that nothing more can be faxed there, and the',
    'event is on our permanent record. [further steps]',
    '',
    'What you can do: look through the statements of your insurer for services that you did not receive, and tell us',
    'and your insurer if you find any. [further advice]',
    '',
    `Questions: call us at ${phone}. [toll-free number, e-mail, web or postal address]`,
    '',
    'We are sorry that this happened.',
    '',
    name,
  ];
}

/** What a request for missing information speaks of. */
export interface Request {
  readonly arrivedAt: number;
  readonly pages: number;
  /** Our own name for the arrival: it helps when the answer comes. */
  readonly entry: string;
  readonly missing: readonly FieldName[];
}

/** A letter to whoever sent a referral that lacks something: PDF, letter size. It names no patient. */
export async function requestLetter(practice: Practice, request: Request, now: number): Promise<Uint8Array> {
  const { arrivedAt, pages, entry, missing } = request;
  const when = `${day(arrivedAt)} at ${new Date(arrivedAt).toISOString().slice(11, 16)} UTC`;
  const fax = practice.addresses['efax']?.[0];
  const { textPdf } = await import('./text-pdf.ts');
  const { pdf } = await textPdf(
    [
      ...[practice.name, practice.phone, '', day(now), ''],
      'Your referral: some information is missing',
      '',
      `We received a referral from you on ${when} (${pages} ${pages === 1 ? 'page' : 'pages'}). Before we can`,
      'schedule the patient we need:',
      '',
      ...missing.map((field) => `  [ ]  ${asked[field]}`),
      '',
      `Please send it by the way you sent the referral${fax === undefined ? '' : `, or by fax to ${fax}`}, and put this on it:`,
      '',
      `  ${entry}`,
      '',
      `Questions: ${practice.phone}`,
    ].join('\n'),
  );
  return pdf;
}

const asked: Readonly<Record<FieldName, string>> = {
  'patient.name': "the patient's full name",
  'patient.birthDate': "the patient's date of birth",
  'patient.sex': "the patient's sex",
  'patient.phone': "the patient's telephone number",
  'patient.address': "the patient's address",
  'patient.mrn': "the patient's chart number",
  'coverage.payer': 'the insurance',
  'coverage.memberId': 'the member ID',
  'coverage.group': 'the group number',
  'referrer.name': 'the name of the referring provider',
  'referrer.npi': 'the NPI of the referring provider',
  'referrer.practice': 'the name of the referring practice',
  'referrer.phone': 'a telephone number of the referring practice',
  'referrer.fax': 'a fax number of the referring practice',
  'service.specialty': 'the specialty that is asked for',
  'service.reason': 'the reason for the referral',
  'service.urgency': 'how urgent it is',
  'service.date': 'the date of the referral',
  'service.authorization': 'the authorization number',
  'service.diagnoses': 'the diagnoses (ICD-10-CM)',
};
