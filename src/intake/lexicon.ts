import type { FieldName } from '../core/entry.ts';

/** Whose matters the words after a label are. */
export type Side = 'patient' | 'referrer' | 'recipient' | 'coverage' | 'service' | 'other';

/** Printed words that announce a value, or a section of the form. A label without a field matters too: it ends the value
 *  before it. */
export interface Entry {
  /** What the value is; of a bare "Phone" it depends on whose section it stands in. */
  readonly field: FieldName | Partial<Record<Side, FieldName>> | null;
  readonly side: Side | null;
  /** How much a value beside it is worth, 0 to 1. */
  readonly worth: number;
  readonly section: boolean;
}

export const lexicon = new Map<string, Entry>();

/** Letters and digits only, spaces single. */
export function folded(text: string): string {
  return text
    .replace(/(?<=\p{Lu})!/gu, 'I')
    .toLowerCase()
    .normalize('NFKD')
    .replace(/['’.]|\p{M}/gu, '')
    .replace(/[^a-z0-9]+/g, ' ')
    .trim();
}

const add = (field: Entry['field'], side: Side | null, worth: number, names: string): void => {
  for (const name of names.split('|')) lexicon.set(folded(name), { field, side, worth, section: false });
};
/** Every way to say whose it is before every way to say what it is. */
const each = (owners: string, things: string): string =>
  owners
    .split('|')
    .flatMap((owner) => things.split('|').map((thing) => `${owner} ${thing}`))
    .join('|');
const section = (side: Side, names: string): void => {
  for (const name of names.split('|')) lexicon.set(folded(name), { field: null, side, worth: 1, section: true });
};

section(
  'patient',
  'patient information|member information|client data|patient demographics|demographics|patient details|patient info|patient data|about the patient|client information|patient demographics face sheet|face sheet|section 1 patient|patient section',
);
section(
  'referrer',
  'referring provider information|referring provider|provider information|referring physician information|referring practice|referral source|requesting provider information|from referring office|referring clinician|referring office|sender|referred by information|ordering provider information|requesting practice|referring clinic',
);
section(
  'coverage',
  'insurance|insurance information|coverage|payer information|billing|primary insurance|insurance coverage|insurance details|coverage information|payor information',
);
section(
  'service',
  'referral details|referral information|service requested|clinical information|reason and diagnosis|order details|clinical|request|request details|clinical details|consult request|appointment request|referral request details|what is requested|order information|consult|consultation|referral order|order',
);
section(
  'recipient',
  'refer to|referred to provider|receiving provider|specialist information|consultant information|recipient',
);

const patients = 'patient|patients|pt|client|member|child|childs|veteran|resident|participant';
const referrers =
  'referring provider|referring physician|referring md|referring dr|referring doctor|referring clinician|referring office|referring practice|referring clinic|referring facility|referring practitioner|referring|ordering provider|ordering physician|requesting provider|requesting physician|provider|physician|doctor|dr|practitioner|clinician|office|practice|clinic';
const telephone =
  'phone|phone number|phone no|ph|ph no|tel|tel no|telephone|telephone number|telephone no|contact number';
const numbered = 'id|id number|id no|number|no|identification number';

add('patient.name', 'patient', 1, each(patients, 'name|full name|legal name|name last first|name last first mi'));
add('patient.birthDate', 'patient', 1, each(patients, 'dob|date of birth|birth date|birthdate'));
add(
  'patient.phone',
  'patient',
  1,
  each(`${patients}|parent|guardian|mother|father|home|cell|cellular|mobile|daytime|primary|preferred`, telephone),
);
add(
  'patient.mrn',
  'patient',
  1,
  each('patient|pt|chart|mrn|emr|medical record|account|acct|patient account', numbered),
);
add('referrer.phone', 'referrer', 1, each(referrers, telephone));
add('referrer.fax', 'referrer', 1, each(referrers, 'fax|fax number|fax no|fx|facsimile'));
add('referrer.npi', 'referrer', 1, each(`${referrers}|individual|rendering`, 'npi|npi number|npi no'));
add(
  'coverage.payer',
  'coverage',
  1,
  each('insurance|primary insurance|health', 'company|carrier|plan|name|plan name|company name|payer|payor|provider'),
);
add(
  'coverage.memberId',
  'coverage',
  1,
  each(
    'member|plan member|subscriber|insurance|ins|policy|insured|beneficiary|medicaid|medicare|primary insurance',
    numbered,
  ),
);
add('coverage.group', 'coverage', 1, each('group|grp|insurance group|primary group', `policy number|${numbered}`));

add('patient.name', 'patient', 1, 'patient|name of patient|full name|name last first mi|name last first|pt|legal name');
add(
  'patient.name',
  'patient',
  0.8,
  're|regarding|member name|subscriber name|subscriber|insured name|regarding patient',
);
add(
  { patient: 'patient.name', referrer: 'referrer.name', coverage: 'coverage.payer' },
  null,
  0.9,
  'name|print name|printed name|nome|nane|narne|naine',
);
add(
  'patient.birthDate',
  'patient',
  1,
  'dob|date of birth|birth date|birthdate|born|d0b|do8|d08|oob|0ob|birthday|date of birth mm dd yyyy|dob mm dd yyyy|birth dt',
);
add(
  'patient.sex',
  'patient',
  1,
  'sex|gender|legal sex|m f|sex at birth|birth sex|patient sex|sex m f|administrative sex',
);
add('patient.phone', 'patient', 1, 'patient contact|phone home|phone h|tel h|day phone|patient mobile');
add(
  'patient.phone',
  'patient',
  0.85,
  'home|cell|mobile|patient cell|best phone|contact phone|phone cell|alt phone|phone mobile|best number|contact number',
);
add(
  { patient: 'patient.phone', referrer: 'referrer.phone' },
  null,
  0.95,
  'phone|phone number|telephone|tel|ph|phone no|telephone number|call back|tel no',
);
add({ referrer: 'referrer.fax' }, null, 0.95, 'fax|fax number|fax no|facsimile|fx|fay|tax|pax|fux|rax');
add(
  'patient.address',
  'patient',
  1,
  'home address|patient address|mailing address|street address|residence|patient street address|address of patient|home street address',
);
add({ patient: 'patient.address' }, null, 0.95, 'address|street|addr');
add(
  'patient.mrn',
  'patient',
  1,
  'mrn|med rec no|chart|mr no|record no|patient account|account number|acct|record number|medical record',
);

add(
  'coverage.payer',
  'coverage',
  1,
  'insurance|primary insurance|ins|payer|payor|primary payer|carrier|primary payor|plan|plan name|primary carrier|insurer|insurance co|primary ins|ins company|primary insurer|name of insurance|payer name|primary plan',
);
add({ coverage: 'coverage.payer', patient: 'coverage.payer' }, 'coverage', 0.9, 'primary|coverage');
add('coverage.memberId', 'coverage', 1, 'id number|policy|id no|identification number|plan id|mbi|member');
add({ coverage: 'coverage.memberId', patient: 'coverage.memberId' }, null, 0.9, 'id');
add('coverage.group', 'coverage', 1, 'group|grp|group name number|group num|insurance group|plan group|employer group');

add(
  'referrer.name',
  'referrer',
  1,
  'referring provider|referring physician|ordering provider|ordering physician|requesting provider|requesting physician|referred by|referring doctor|referring clinician|ordering clinician|referring md|physician name|provider name|name of referring provider|name of referring physician|name of provider|name of physician|referring provider name|referring physician name|referring practitioner|requested by|ordered by|referring dr|ordering doctor|clinician name|requesting clinician|requester',
);
/** What a letter ends with, over the name of its writer. */
export const closings =
  'sincerely|kind regards|best regards|respectfully|warm regards|thank you kindly|with regards|with kind regards|with best regards|yours sincerely|yours truly|regards|cordially';

add('referrer.name', 'referrer', 0.9, `electronically signed by|signed by|esigned by|${closings}`);
add({ referrer: 'referrer.name', service: 'referrer.name' }, 'referrer', 0.8, 'provider|physician|clinician|doctor');
add('referrer.name', 'referrer', 0.55, 'from');
add('referrer.npi', 'referrer', 1, 'npi|npt|npi number|ordering npi|np1|npl|npil|npi no|requesting npi');
add(
  'referrer.practice',
  'referrer',
  1,
  'practice|clinic|practice group name|practice name|clinic name|referring practice name|facility|referring clinic name|office|organization|group practice|office name|practice clinic|facility name|referring facility|practice facility|medical group|from practice|organisation',
);
add('referrer.phone', 'referrer', 1, 'call back number|callback|phone office|return phone|facility phone|back line');
add(
  'referrer.fax',
  'referrer',
  1,
  'return fax|fax office|reply fax|fax back to|return fax number|facility fax|fax results to|fax back',
);

add(
  'service.specialty',
  'service',
  1,
  'refer to specialty|specialty|specialty requested|speciality|consult specialty|requested specialty|service|consulting specialty|category of care|referral for|specialty service|department|referral specialty|service line|service requested|refer for',
);
// Whose telephone stands under it is the specialist's.
add(
  'service.specialty',
  'recipient',
  1,
  'referral to|referred to|refer to|specialty referred to|consult to|refer patient to',
);
add(
  'service.reason',
  'service',
  1,
  'reason for referral|reason for consult|reason for consultation|clinical indication|reason for visit|referral reason|indication for referral|reason of referral|clinical reason|reason for request|clinical question|reason for order|why referred|purpose of referral|reason for this referral|question for consultant|clinical concern|presenting problem|reason referred|consult question',
);
add(
  'service.reason',
  'service',
  0.75,
  'reason|indication|concern|history|clinical summary|clinical notes|comments on referral',
);
add(
  'service.urgency',
  'service',
  1,
  'urgency|priority|status|referral priority|urgency level|referral urgency|referral type|time frame|timeframe|level of urgency|appointment needed|acuity|how soon',
);
add(
  'service.date',
  'service',
  1,
  'referral date|order date|todays date|date of referral|date ordered|date referred|request date|date of order|date of request|date written|date sent|ordered on|issued|date issued|submitted|submitted on',
);
add(
  { service: 'service.date', referrer: 'service.date', recipient: 'service.date', coverage: 'service.date' },
  null,
  0.75,
  'date|dated',
);
add(
  'service.authorization',
  'service',
  1,
  'auth no|authorization|auth|authorization number|authorization no|auth number|prior auth|prior authorization|prior auth no|pa number|referral number|auth ref|prior authorization number|referral auth no|pre auth|precert no|auth id|preauthorization number|preauthorization|pre cert|referral authorization',
);
add(
  'service.diagnoses',
  'service',
  1,
  'diagnosis|diagnoses|icd 10|icd 10 cm|icd 10 codes|icd 10 code s|icd 10 code|diagnosis icd 10|dx|diagnosis code|diagnosis codes|dx codes|icd10|diagnosis code s|icd 10 cm codes|dx icd 10|icd code|icd codes|primary diagnosis|icd|diagnoses icd 10 cm|dx code s',
);

add(
  null,
  'patient',
  1,
  'email|email address|e mail|ssn|social security number|preferred language|language|marital status|race|ethnicity|occupation|interpreter|interpreter needed|age|height|weight',
);
add(null, null, 1, 'last name|family name|surname|first name|given name|middle name|middle initial|mi|m i');
add(null, 'patient', 1, each(patients, 'last name|family name|first name|given name|middle name|middle initial|mi'));
// Somebody else's, and the patient's never.
add(
  null,
  'other',
  1,
  each(
    'subscriber|policy holder|policyholder|insured|guarantor|parent|guardian|mother|father|spouse',
    'dob|date of birth|birth date|birthdate|sex|gender',
  ),
);
add(null, 'other', 1, each('parent|guardian|mother|father|spouse|guarantor', 'name|full name'));
add(null, 'referrer', 1, each(referrers, 'last name|first name'));

add(
  null,
  'recipient',
  1,
  'to|attn|attention|consultant|refer to provider|to fax|specialist|refer to practice|send to|fax to|recipient name|receiving practice',
);
add(
  null,
  'other',
  1,
  'policy holder|policyholder|tax id|ein|emergency contact|employer|pcp|secondary|guarantor|primary care provider|pharmacy|next of kin|secondary insurance|responsible party|spouse|relationship|copay|rxbin|rxpcn|rxgrp|effective|effective date|pediatrician|emergency phone|work|work phone|work tel|work number',
);
add(
  null,
  'other',
  1,
  'pages|comments|allergies|medications|collected|exam|accession|printed by|number of visits|number of visits authorized|expires|notes|dear|signature|provider signature|physician signature|exam date|date of service|test|result|reported|received|findings|impression|technique|number of pages|message|date of exam|visit date|specimen|customer service|provider line|claims|signed|visits|valid through|attachments|attached|preferred provider|chief complaint|history of present illness|vital signs|physical exam|assessment and plan|assessment|plan of care|cc|subject|date signed|no of pages|date time|problem list|referral expires|visits requested|office visit|encounter date|fasting|dos|study|modality|radiologist|ordering|interpreting physician',
);
