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
const section = (side: Side, names: string): void => {
  for (const name of names.split('|')) lexicon.set(folded(name), { field: null, side, worth: 1, section: true });
};

section(
  'patient',
  'patient information|patient demographics|demographics|patient details|patient info|patient data|about the patient|client information|patient demographics face sheet|face sheet|section 1 patient|patient section',
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
  'referral details|referral information|service requested|clinical information|reason and diagnosis|order details|clinical|request|request details|clinical details|consult request|appointment request|referral request details|what is requested',
);
section(
  'recipient',
  'refer to|referred to provider|receiving provider|specialist information|consultant information|recipient',
);

add(
  'patient.name',
  'patient',
  1,
  'patient name|patient|pt name|name of patient|patient full name|full name|name last first mi|name last first|pt|client name|patients name|patient name last first|patient legal name|legal name',
);
add(
  'patient.name',
  'patient',
  0.8,
  're|regarding|member name|subscriber name|subscriber|insured name|regarding patient',
);
add({ patient: 'patient.name', referrer: 'referrer.name' }, null, 0.9, 'name|print name|printed name');
add(
  'patient.birthDate',
  'patient',
  1,
  'dob|date of birth|birth date|birthdate|patient dob|patient date of birth|born|d0b|do8|d08|oob|0ob|birthday|date of birth mm dd yyyy|pt dob|dob mm dd yyyy|birth dt',
);
add(
  'patient.sex',
  'patient',
  1,
  'sex|gender|legal sex|m f|sex at birth|birth sex|patient sex|sex m f|administrative sex',
);
add(
  'patient.phone',
  'patient',
  1,
  'patient phone|home phone|cell phone|mobile phone|patient telephone|patient tel|pt phone|home tel|primary phone|preferred phone|patient contact|home telephone|phone home|daytime phone|day phone|patient phone number|patient mobile',
);
add(
  'patient.phone',
  'patient',
  0.85,
  'cell|mobile|patient cell|best phone|contact phone|phone cell|alt phone|phone mobile|best number|contact number',
);
add(
  { patient: 'patient.phone', referrer: 'referrer.phone' },
  null,
  0.95,
  'phone|phone number|telephone|tel|ph|phone no|telephone number|call back|tel no',
);
add({ referrer: 'referrer.fax' }, null, 0.95, 'fax|fax number|fax no|facsimile|fx');
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
  'mrn|patient id|medical record number|medical record no|chart no|chart number|med rec no|chart|mr no|record no|patient number|patient account|mrn no|account number|acct|record number|medical record',
);

add(
  'coverage.payer',
  'coverage',
  1,
  'payer|payor|primary payer|carrier|insurance carrier|insurance company|insurance plan|insurance name|primary payor|plan|plan name|primary carrier|insurer|insurance co|health plan|primary ins|ins company|primary insurer|name of insurance|payer name|primary plan',
);
add(
  { coverage: 'coverage.payer', patient: 'coverage.payer' },
  'coverage',
  0.9,
  'primary|insurance|primary insurance|ins|coverage',
);
add(
  'coverage.memberId',
  'coverage',
  1,
  'member id|subscriber id|insurance id|policy number|policy no|member number|id number|policy|policy id|member no|insurance id number|id no|identification number|subscriber number|member id number|insured id|ins id|medicare number|medicaid id|plan id|subscriber no|mbi|policy id number|member',
);
add({ coverage: 'coverage.memberId', patient: 'coverage.memberId' }, null, 0.9, 'id');
add(
  'coverage.group',
  'coverage',
  1,
  'group|group number|group no|grp|group id|grp no|group name number|group num|insurance group|plan group|grp number|employer group',
);

add(
  'referrer.name',
  'referrer',
  1,
  'referring provider|referring physician|ordering provider|ordering physician|requesting provider|requesting physician|referred by|referring doctor|referring clinician|ordering clinician|referring md|physician name|provider name|referring provider name|referring physician name|referring practitioner|requested by|ordered by|referring dr|ordering doctor|clinician name|requesting clinician|requester',
);
add(
  'referrer.name',
  'referrer',
  0.9,
  'sincerely|electronically signed by|signed by|kind regards|best regards|respectfully|warm regards|thank you kindly|with regards|yours truly|esigned by',
);
add({ referrer: 'referrer.name' }, 'referrer', 0.8, 'provider|physician|clinician|doctor');
add('referrer.name', 'referrer', 0.55, 'from');
add(
  'referrer.npi',
  'referrer',
  1,
  'npi|npt|referring npi|provider npi|npi number|ordering npi|physician npi|np1|npl|npil|npi no|individual npi|requesting npi|referring provider npi',
);
add(
  'referrer.practice',
  'referrer',
  1,
  'practice|clinic|practice name|clinic name|referring practice name|facility|referring clinic name|office|organization|group practice|office name|practice clinic|facility name|referring facility|practice facility|medical group|from practice|organisation',
);
add(
  'referrer.phone',
  'referrer',
  1,
  'practice phone|office phone|clinic phone|provider phone|referring phone|office tel|practice tel|office telephone|call back number|callback|phone office|referring office phone|practice telephone|return phone|facility phone|back line',
);
add(
  'referrer.fax',
  'referrer',
  1,
  'practice fax|office fax|return fax|clinic fax|provider fax|referring fax|fax office|reply fax|fax back to|return fax number|facility fax|fax results to|fax back',
);

add(
  'service.specialty',
  'service',
  1,
  'refer to specialty|specialty|specialty requested|referral to|referred to|refer to|specialty referred to|speciality|consult specialty|requested specialty|service|consulting specialty|specialty service|department|referral specialty|consult to|service line|service requested|refer patient to',
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
  'reason|indication|history|clinical summary|clinical notes|comments on referral',
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
  'referral date|order date|todays date|date of referral|date ordered|date referred|request date|date of order|date of request|date written|date sent|ordered on',
);
add({ service: 'service.date', referrer: 'service.date', recipient: 'service.date' }, null, 0.75, 'date|dated');
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
  'recipient',
  1,
  'to|attn|attention|consultant|refer to provider|to fax|specialist|refer to practice|send to|fax to|recipient name|receiving practice',
);
add(
  null,
  'other',
  1,
  'emergency contact|employer|pcp|secondary|guarantor|primary care provider|pharmacy|next of kin|secondary insurance|responsible party|spouse|preferred language|language|marital status|race|ethnicity|email|relationship|copay|rxbin|rxpcn|rxgrp|effective|effective date|occupation|interpreter|ssn|pediatrician|emergency phone|interpreter needed|age|height|weight',
);
add(
  null,
  'other',
  1,
  'pages|comments|allergies|medications|collected|exam|accession|printed by|number of visits|number of visits authorized|expires|notes|dear|signature|provider signature|physician signature|exam date|date of service|test|result|reported|received|findings|impression|technique|number of pages|message|date of exam|visit date|specimen|customer service|provider line|claims|signed|visits|valid through|attachments|attached|preferred provider|chief complaint|history of present illness|vital signs|physical exam|assessment and plan|assessment|plan of care|cc|subject|date signed|no of pages|date time|problem list|referral expires|visits requested|office visit|encounter date|fasting|dos|study|modality|radiologist|ordering|interpreting physician',
);
