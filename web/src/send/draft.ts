import { parsePhoneNumberFromString } from 'libphonenumber-js';
import type { RecipientView } from '../../../src/http/api/recipients.ts';

/** A referral as somebody types it, and what the gateway is told of it. */

export const nothingTyped = {
  name: '',
  npi: '',
  direct: '',
  efax: '',
  portal: '',
  family: '',
  given: '',
  birthDate: '',
  sex: '',
  phone: '',
  payer: '',
  memberId: '',
  reason: '',
  specialty: '',
  urgency: 'routine',
  neededBy: '',
};

export type Name = keyof typeof nothingTyped;
export type Texts = Readonly<Record<Name, string>>;

export interface Draft {
  /** '': not chosen yet. */
  readonly practice: string;
  /** Whom the practice keeps; null: what is typed counts. */
  readonly recipient: RecipientView | null;
  readonly texts: Texts;
  /** Held in memory, so that a file that is changed or taken away meanwhile goes as it was chosen. */
  readonly files: readonly File[];
}

/** Channels by which somebody can be reached whom nobody keeps. */
export const ways = ['direct', 'efax', 'portal'] as const;
type Way = (typeof ways)[number];

/** What is wrong, by field; `who`, `practice`, `files` and `file 2` are not typed ones. */
export type Faults = Readonly<Record<string, string>>;

export const faxNumber = (typed: string): string | null => {
  const number = parsePhoneNumberFromString(typed, 'US');
  return number?.isPossible() ? number.number : null;
};

const addressOf = ({ texts }: Draft, way: Way): string =>
  (way === 'efax' ? faxNumber(texts.efax) : null) ?? texts[way].trim();

export const endpointsOf = (draft: Draft): readonly { readonly channel: string; readonly address: string }[] =>
  draft.recipient?.endpoints ??
  ways.filter((way) => draft.texts[way].trim() !== '').map((way) => ({ channel: way, address: addressOf(draft, way) }));

/** The number that a fax would go to; null: none. */
export const faxOf = (draft: Draft): string | null =>
  endpointsOf(draft).find(({ channel }) => channel === 'efax')?.address ?? null;

const orNull = (text: string): string | null => text.trim() || null;
const address = /^[^\s@]+@[^\s@]+\.[^\s@]+$/;

/** What keeps it from being sent, before the gateway is asked. `today`: YYYY-MM-DD. */
export function faultsOf(draft: Draft, today: string): Faults {
  const { practice, texts, files } = draft;
  const faults: Record<string, string> = { ...whoFaults(draft) };
  if (practice === '') faults['practice'] = 'Choose which practice sends it.';
  if (!texts.family.trim()) faults['family'] = 'Type the patient’s last name.';
  if (!texts.birthDate) faults['birthDate'] = 'Type the date of birth: it tells patients of one name apart.';
  if (texts.birthDate > today) faults['birthDate'] = 'This date is in the future.';
  if (texts.neededBy && texts.neededBy < today) faults['neededBy'] = 'This date is over.';
  if (files.length === 0) faults['files'] = 'Add at least one document.';
  return faults;
}

/** What keeps a fax from being drawn. */
export function whoFaults(draft: Draft): Faults {
  const { recipient, texts } = draft;
  if (recipient) return {};
  const faults: Record<string, string> = {};
  if (endpointsOf(draft).length === 0) faults['who'] = 'Choose who gets it, or type where it goes.';
  if (texts.npi && !/^\d{10}$/.test(texts.npi.trim())) faults['npi'] = 'An NPI has ten digits.';
  if (texts.direct && !address.test(texts.direct.trim()))
    faults['direct'] = 'A Direct address looks like desk@direct.clinic.org.';
  if (texts.portal && !address.test(texts.portal.trim())) faults['portal'] = 'An e-mail looks like desk@clinic.org.';
  if (texts.efax && !faxNumber(texts.efax)) faults['efax'] = 'A fax number looks like (212) 555-0199.';
  return faults;
}

const recipientOf = (draft: Draft) =>
  draft.recipient
    ? { id: draft.recipient.id }
    : { name: orNull(draft.texts.name), npi: orNull(draft.texts.npi), endpoints: endpointsOf(draft) };

/** The referral JSON. */
export function referralOf(draft: Draft): object {
  const { texts } = draft;
  return {
    recipient: recipientOf(draft),
    patient: {
      name: { family: texts.family.trim(), given: texts.given.trim().split(/\s+/).filter(Boolean) },
      birthDate: orNull(texts.birthDate),
      sex: orNull(texts.sex),
      phone: orNull(texts.phone),
      coverage: texts.payer.trim() ? { payer: texts.payer.trim(), memberId: texts.memberId.trim() } : null,
    },
    service: { specialty: orNull(texts.specialty), reason: orNull(texts.reason) },
    urgency: texts.urgency,
    neededBy: texts.neededBy ? new Date(`${texts.neededBy}T23:59:59`).toISOString() : null,
  };
}

/** As much of it as the pages of a fax show: nothing of the patient. */
export const faxedOf = (draft: Draft): object => ({
  recipient: recipientOf(draft),
  urgency: draft.texts.urgency,
});

export function formOf(referral: object, files: readonly File[]): FormData {
  const form = new FormData();
  form.set('referral', JSON.stringify(referral));
  for (const file of files) form.append('document', file, file.name);
  return form;
}

const fields: Readonly<Record<string, string>> = {
  'recipient.endpoints': 'who',
  'recipient.id': 'who',
  'recipient.name': 'name',
  'recipient.npi': 'npi',
  'patient.name.family': 'family',
  'patient.birthDate': 'birthDate',
  'patient.sex': 'sex',
  'patient.phone': 'phone',
  'patient.coverage.payer': 'payer',
  'patient.coverage.memberId': 'memberId',
  'service.specialty': 'specialty',
  'service.reason': 'reason',
  urgency: 'urgency',
  neededBy: 'neededBy',
  document: 'files',
  practice: 'practice',
};

/** The fields that the gateway complains of, as this page calls them. */
export function faultsHere(told: Readonly<Record<string, string>>, draft: Draft): Faults {
  return Object.fromEntries(
    Object.entries(told).map(([path, words]) => {
      const name = path.replace(/^referral\./, '');
      const [, file] = /^document\[(\d+)\]$/.exec(name) ?? [];
      if (file !== undefined) return [`file ${file}`, words];
      const [, end] = /^recipient\.endpoints\.(\d+)\./.exec(name) ?? [];
      if (end !== undefined)
        return [draft.recipient ? 'who' : (endpointsOf(draft)[Number(end)]?.channel ?? 'who'), words];
      if (name.startsWith('patient.name.given')) return ['given', words];
      return [fields[name] ?? 'other', words];
    }),
  );
}
