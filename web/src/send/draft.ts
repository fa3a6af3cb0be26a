import { parsePhoneNumberFromString } from 'libphonenumber-js';
import type { RecipientView } from '../../../src/http/api/recipients.ts';
import { sentence } from '../api.ts';

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
  chart: '',
  payer: '',
  memberId: '',
  requester: '',
  requesterNpi: '',
  requesterDirect: '',
  requesterFax: '',
  reason: '',
  diagnoses: '',
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
const npi = /^\d{10}$/;
const npiWords = 'An NPI has ten digits.';
/** A text message, or a page by fax, with a portal link. */
const called = /^(fax:)?\+\d{8,15}$/;
const directWords = 'A Direct address looks like desk@direct.clinic.org.';
const faxWords = 'A fax number looks like (212) 555-0199.';

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
  return { ...faults, ...requesterFaults(texts), ...diagnosesFaults(texts) };
}

function requesterFaults({ requester, requesterNpi, requesterDirect, requesterFax }: Texts): Faults {
  const faults: Record<string, string> = {};
  if (!requester.trim() && `${requesterNpi}${requesterDirect}${requesterFax}`.trim())
    faults['requester'] = 'Type the name of whoever refers, too.';
  if (requesterNpi.trim() && !npi.test(requesterNpi.trim())) faults['requesterNpi'] = npiWords;
  if (requesterDirect.trim() && !address.test(requesterDirect.trim())) faults['requesterDirect'] = directWords;
  if (requesterFax.trim() && !faxNumber(requesterFax)) faults['requesterFax'] = faxWords;
  return faults;
}

/** By their shape alone (CMS): a letter, a digit, a digit or letter, and up to four more behind a dot. */
const code = /^([A-Z]\d[\dA-Z])\.?([\dA-Z]{1,4})?$/;
const icd10cm = 'http://hl7.org/fhir/sid/icd-10-cm';
const codesOf = ({ diagnoses }: Texts): string[] =>
  diagnoses
    .toUpperCase()
    .split(/[\s,;]+/)
    .filter(Boolean);

function diagnosesFaults(texts: Texts): Faults {
  const wrong = codesOf(texts).find((each) => !code.test(each));
  return wrong === undefined ? {} : { diagnoses: `“${wrong}” is no ICD-10-CM code: one looks like I48.91.` };
}

const diagnosesOf = (texts: Texts) =>
  codesOf(texts).map((each) => ({
    system: icd10cm,
    code: each.replace(code, (_, head: string, tail?: string) => (tail ? `${head}.${tail}` : head)),
  }));

function requesterOf({ requester, requesterNpi, requesterDirect, requesterFax }: Texts) {
  if (!requester.trim()) return null;
  return {
    name: requester.trim(),
    npi: orNull(requesterNpi),
    fax: faxNumber(requesterFax),
    direct: orNull(requesterDirect),
  };
}

/** What keeps a fax from being drawn. */
export function whoFaults(draft: Draft): Faults {
  const { recipient, texts } = draft;
  if (recipient) return {};
  const faults: Record<string, string> = {};
  if (endpointsOf(draft).length === 0) faults['who'] = 'Choose who gets it, or type where it goes.';
  if (texts.npi && !npi.test(texts.npi.trim())) faults['npi'] = npiWords;
  if (texts.direct && !address.test(texts.direct.trim())) faults['direct'] = directWords;
  if (texts.portal && !address.test(texts.portal.trim()) && !called.test(texts.portal.trim()))
    faults['portal'] =
      'An e-mail looks like desk@clinic.org, a telephone for a text message like +12125550199, a fax like fax:+12125550199.';
  if (texts.efax && !faxNumber(texts.efax)) faults['efax'] = faxWords;
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
      identifiers: texts.chart.trim() ? [{ system: 'mrn', value: texts.chart.trim() }] : [],
      coverage: texts.payer.trim() ? { payer: texts.payer.trim(), memberId: texts.memberId.trim() } : null,
    },
    requester: requesterOf(texts),
    service: { specialty: orNull(texts.specialty), reason: orNull(texts.reason), diagnoses: diagnosesOf(texts) },
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
  'requester.name': 'requester',
  'requester.npi': 'requesterNpi',
  'requester.direct': 'requesterDirect',
  'requester.fax': 'requesterFax',
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
    Object.entries(told).map(([path, fault]) => {
      const words = sentence(fault);
      const name = path.replace(/^referral\./, '');
      const [, file] = /^document\[(\d+)\]$/.exec(name) ?? [];
      if (file !== undefined) return [`file ${file}`, words];
      const [, end] = /^recipient\.endpoints\.(\d+)\./.exec(name) ?? [];
      if (end !== undefined)
        return [draft.recipient ? 'who' : (endpointsOf(draft)[Number(end)]?.channel ?? 'who'), words];
      if (name.startsWith('patient.name.given')) return ['given', words];
      if (name.startsWith('patient.identifiers')) return ['chart', words];
      if (name.startsWith('service.diagnoses')) return ['diagnoses', words];
      return [fields[name] ?? 'other', words];
    }),
  );
}
