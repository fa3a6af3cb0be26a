import type { Chance } from './chance.ts';
import { dateText, phoneText, type Case, type Patient, type Sender } from './world.ts';

/** One page as HTML, and what it shows of which field. */
export interface Sheet {
  readonly type: string;
  readonly html: string;
  readonly shown: Readonly<Record<string, string>>;
  readonly pen: boolean;
}

const fonts = ['Liberation Sans', 'Liberation Serif', 'Liberation Mono', 'Carlito', 'FreeSans', 'DejaVu Sans'];
const pens = ['Breip', 'Humor Sans', 'Femkeklaver', 'dkg handwriting'];

class Writer {
  readonly shown: Record<string, string> = {};
  readonly sender: Sender;
  constructor(sender: Sender) {
    this.sender = sender;
  }
  /** A value of a field. */
  v(key: string, text: string | null): string {
    if (text === null) return '';
    this.shown[key] = text;
    return `<span class="t v">${text}</span>`;
  }
  phone(key: string, digits: string): string {
    return this.v(key, phoneText(digits, this.sender.phoneStyle));
  }
  date(key: string, iso: string): string {
    return this.v(key, dateText(iso, this.sender.dateStyle));
  }
}

const t = (text: string, tag = 'span', style = ''): string => `<${tag} class="t" style="${style}">${text}</${tag}>`;
const lines = (text: string, width = 88): string => {
  const rows: string[] = [''];
  for (const word of text.split(' ')) {
    if ((rows.at(-1) ?? '').length + word.length > width) rows.push('');
    rows[rows.length - 1] = `${rows.at(-1) ?? ''} ${word}`.trim();
  }
  return rows.map((row) => `<div>${t(row)}</div>`).join('');
};
const box = (key: string | null, value: string, checked: boolean): string =>
  `<i class="b" data-group="${key ?? ''}" data-value="${value}" data-checked="${checked ? 1 : 0}">${checked ? '✕' : ''}</i>`;

function page(type: string, writer: Writer, body: string, pen = false): Sheet {
  const { sender } = writer;
  const html = `<style>*{box-sizing:border-box}body{margin:0;width:800px;height:1035px;padding:46px 52px;font:13.5px '${fonts[sender.font] ?? ''}';color:#000;position:relative;overflow:hidden}
.t{white-space:nowrap}h1{font-size:22px;margin:6px 0;text-align:center}h2{font-size:14px;margin:14px 0 6px}table{border-collapse:collapse;width:100%}
.g td{border:1px solid #000;padding:4px 6px;height:40px;vertical-align:top}.g small{display:block;font-size:10px}.r td{padding:5px 8px}.u{border-bottom:1px solid #000;display:inline-block;min-width:210px}
.k td{border:1px solid #000;padding:5px 7px}.b{display:inline-block;width:13px;height:13px;border:1.4px solid #000;font:bold 11px/11px 'DejaVu Sans';text-align:center;margin:0 6px 0 14px;vertical-align:-2px;font-style:normal}
${pen ? `.v{font-family:'${pens[sender.form % pens.length] ?? ''}';font-size:18px}` : ''}</style>${body}`;
  return { type, html, shown: writer.shown, pen };
}

const full = ({ first, last }: { first: string; last: string }): string => `${first} ${last}`;
const urgencies = ['routine', 'urgent', 'stat'] as const;
const ticks = (c: Case): string =>
  urgencies
    .map(
      (each) =>
        box('referral.urgency', each, each === c.urgency) +
        t(each === 'stat' ? 'STAT' : each === 'urgent' ? 'Urgent' : 'Routine'),
    )
    .join('');

function marks(w: Writer, c: Case): string {
  w.shown['referral.urgency'] = `checkbox:${c.urgency}`;
  return ticks(c);
}

/** Five forms that practices might use. */
const forms: readonly ((w: Writer, c: Case) => string)[] = [
  (w, c) => {
    const { sender: s } = w;
    const p = c.patient;
    const cell = (label: string, value: string, span = 1): string =>
      `<td colspan="${span}"><small>${t(label)}</small>${value}</td>`;
    return `<h1>${w.v('referring.practice', s.practice)}</h1>${t('Outpatient Referral Form', 'h1')}
<h2>${t('PATIENT DETAILS')}</h2><table class="g"><tr>${cell('Full name', w.v('patient.name', `${p.last}, ${p.first}`), 2)}${cell('Birth date', w.date('patient.dob', p.dob))}${cell('Gender', w.v('patient.sex', p.sex === 'F' ? 'Female' : 'Male'))}</tr>
<tr>${cell('Street address', w.v('patient.address', p.address), 3)}${cell('Preferred phone', w.phone('patient.phone', p.phone))}</tr>
<tr>${cell('Health plan', w.v('insurance.payer', p.payer), 2)}${cell('Policy number', w.v('insurance.memberId', p.memberId))}${cell('Group number', w.v('insurance.group', p.group))}</tr></table>
<h2>${t('REFERRING OFFICE')}</h2><table class="g"><tr>${cell('Referring clinician', w.v('referring.name', `Dr. ${full(s.provider)}`), 2)}${cell('NPI', w.v('referring.npi', s.provider.npi))}</tr>
<tr>${cell('Facility', t(s.practice))}${cell('Phone', w.phone('referring.phone', s.phone))}${cell('Fax', w.phone('referring.fax', s.fax))}</tr></table>
<h2>${t('CLINICAL DETAILS')}</h2><table class="g"><tr>${cell('Requested specialty', w.v('referral.specialty', c.specialty))}${cell('Date of referral', w.date('referral.date', c.date))}${cell('Authorization number', w.v('authNo', c.authNo))}</tr>
<tr>${cell('ICD-10 code(s)', w.v('dx', c.dx.join(', ')))}${cell('Priority', marks(w, c), 2)}</tr><tr>${cell('Reason for consultation', w.v('referral.reason', c.reason), 3)}</tr></table>`;
  },
  (w, c) => {
    const { sender: s } = w;
    const p = c.patient;
    const row = (label: string, value: string): string =>
      `<tr><td>${t(`${label}:`)}</td><td><span class="u">${value}</span></td></tr>`;
    return `<h1>${t('CONSULTATION REQUEST')}</h1><table class="r">${row('Date', w.date('referral.date', c.date))}</table>
<table><tr><td style="vertical-align:top"><h2>${t('PATIENT INFORMATION')}</h2><table class="r">${row('Name', w.v('patient.name', full(p)))}${row('DOB', w.date('patient.dob', p.dob))}${row('Sex', w.v('patient.sex', p.sex))}${row('Phone', w.phone('patient.phone', p.phone))}${row('Chart no', w.v('patient.mrn', p.mrn))}</table></td>
<td style="vertical-align:top"><h2>${t('REFERRING PROVIDER')}</h2><table class="r">${row('Name', w.v('referring.name', `${full(s.provider)}, MD`))}${row('NPI', w.v('referring.npi', s.provider.npi))}${row('Practice', w.v('referring.practice', s.practice))}${row('Phone', w.phone('referring.phone', s.phone))}${row('Fax', w.phone('referring.fax', s.fax))}</table></td></tr></table>
<h2>${t('INSURANCE INFORMATION')}</h2><table class="r">${row('Insurance company', w.v('insurance.payer', p.payer))}${row('Member number', w.v('insurance.memberId', p.memberId))}${row('Group no', w.v('insurance.group', p.group))}</table>
<h2>${t('REQUEST')}</h2><table class="r">${row('Refer to', w.v('referral.specialty', c.specialty))}<tr><td>${t('Urgency:')}</td><td>${marks(w, c)}</td></tr>${row('Diagnosis codes', w.v('dx', c.dx.join('; ')))}${row('Prior authorization', w.v('authNo', c.authNo))}${row('Clinical question', w.v('referral.reason', c.reason))}</table>`;
  },
  (w, c) => {
    const { sender: s } = w;
    const p = c.patient;
    return `<div style="text-align:right">${w.v('referring.practice', s.practice)}<br>${t(s.address)}<br>${t('Phone')} ${w.phone('referring.phone', s.phone)}<br>${t('Fax')} ${w.phone('referring.fax', s.fax)}</div><br>${w.date('referral.date', c.date)}<br><br>
${t('Re:')} ${w.v('patient.name', full(p))}<br>${t('Date of birth:')} ${w.date('patient.dob', p.dob)}<br>${t('Home phone:')} ${w.phone('patient.phone', p.phone)}<br>${t('Insurance:')} ${w.v('insurance.payer', p.payer)} ${t('ID')} ${w.v('insurance.memberId', p.memberId)}<br><br>
${t('Dear colleague,')}<br><br>${lines(`Thank you for seeing ${full(p)}, a patient of this practice, in ${c.specialty.toLowerCase()} consultation.`)}<div>${w.v('referral.reason', c.reason)}${t('.')}</div>${lines('The history is long and the examination was otherwise without findings. Medication is unchanged.')}
<br>${t('Diagnoses:')} ${w.v('dx', c.dx.join(', '))}<br><br>${t('Kind regards,')}<br><br><br>${w.v('referring.name', `${full(s.provider)}, DO`)}<br>${t('NPI')} ${w.v('referring.npi', s.provider.npi)}${((w.shown['referral.specialty'] = c.specialty), '')}`;
  },
  (w, c) => {
    const { sender: s } = w;
    const p = c.patient;
    const row = (label: string, value: string): string =>
      `<tr><td style="width:230px">${t(label)}</td><td>${value}</td></tr>`;
    return `<h1>${w.v('referring.practice', s.practice)}</h1><h1>${t('REFERRAL ORDER')}</h1><table class="k">${row('Patient name', w.v('patient.name', `${p.last}, ${p.first}`))}${row('Date of birth', w.date('patient.dob', p.dob))}${row('Sex', w.v('patient.sex', p.sex))}${row('Home phone', w.phone('patient.phone', p.phone))}${row('Home address', w.v('patient.address', p.address))}${row('MRN', w.v('patient.mrn', p.mrn))}
${row('Payer', w.v('insurance.payer', p.payer))}${row('Member ID', w.v('insurance.memberId', p.memberId))}${row('Group', w.v('insurance.group', p.group))}${row('Service', w.v('referral.specialty', c.specialty))}${row('Priority', marks(w, c))}${row('Order date', w.date('referral.date', c.date))}${row('Diagnoses', w.v('dx', c.dx.join(', ')))}${row('Reason for referral', w.v('referral.reason', c.reason))}${row('Authorization no', w.v('authNo', c.authNo))}
${row('Ordering provider', w.v('referring.name', `${full(s.provider)}, NP`))}${row('Provider NPI', w.v('referring.npi', s.provider.npi))}${row('Office phone', w.phone('referring.phone', s.phone))}${row('Office fax', w.phone('referring.fax', s.fax))}</table>`;
  },
];

export const referralPage = (sender: Sender, c: Case): Sheet => {
  const writer = new Writer(sender);
  const body = (forms[sender.form % forms.length] ?? forms[0])?.(writer, c) ?? '';
  return page('referral', writer, body, sender.pen && sender.form % forms.length !== 2);
};

export function coverPage(sender: Sender, pages: number, chance: Chance): Sheet {
  const w = new Writer(sender);
  const row = (label: string, value: string): string =>
    `<tr><td style="width:150px">${t(label)}</td><td>${value}</td></tr>`;
  return page(
    'cover',
    w,
    `<h1>${t('FAX COVER SHEET')}</h1><h1>${w.v('referring.practice', sender.practice)}</h1><table class="r">${row('To:', t('Lakeview Specialists'))}${row('Attention:', t('Scheduling'))}${row('Fax:', t('555-443-0199'))}${row('From:', t(chance.pick(['Front desk', 'Referral coordinator'])))}${row('Phone:', w.phone('referring.phone', sender.phone))}${row('Return fax:', w.phone('referring.fax', sender.fax))}${row('Pages:', t(`${pages} including cover`))}${row('Re:', t('New patient referral'))}</table><br>${lines('CONFIDENTIALITY NOTICE: This fax is meant for the intended recipient only. If you received this communication in error, notify the sender and destroy it.')}`,
  );
}

export function facePage(sender: Sender, p: Patient): Sheet {
  const w = new Writer(sender);
  const row = (label: string, value: string): string =>
    `<tr><td style="width:190px">${t(label)}</td><td>${value}</td></tr>`;
  return page(
    'facesheet',
    w,
    `<h1>${t('PATIENT REGISTRATION')}</h1><table class="r">${row('Patient name:', w.v('patient.name', `${p.last}, ${p.first}`))}${row('Date of birth:', w.date('patient.dob', p.dob))}${row('Sex:', w.v('patient.sex', p.sex))}${row('Account number:', w.v('patient.mrn', p.mrn))}${row('Home phone:', w.phone('patient.phone', p.phone))}${row('Address:', w.v('patient.address', p.address))}${row('Marital status:', t('Single'))}${row('Emergency contact:', t('Kim Doe 212-555-0188'))}${row('Employer:', t('Self'))}</table><h2>${t('INSURANCE')}</h2><table class="r">${row('Primary payer:', w.v('insurance.payer', p.payer))}${row('Subscriber ID:', w.v('insurance.memberId', p.memberId))}${row('Group:', w.v('insurance.group', p.group))}</table>`,
  );
}

export function labPage(sender: Sender, p: Patient, chance: Chance): Sheet {
  const w = new Writer(sender);
  const tests = [
    ['Sodium', 'mmol/L'],
    ['Potassium', 'mmol/L'],
    ['Creatinine', 'mg/dL'],
    ['Hemoglobin', 'g/dL'],
    ['Platelets', 'K/uL'],
    ['Glucose', 'mg/dL'],
    ['WBC', 'K/uL'],
    ['TSH', 'uIU/mL'],
    ['Calcium', 'mg/dL'],
    ['Albumin', 'g/dL'],
  ];
  return page(
    'labs',
    w,
    `<h1>${t('Meridian Reference Laboratory')}</h1>${t('LABORATORY REPORT')}<br>${t('Patient:')} ${w.v('patient.name', `${p.last}, ${p.first}`)} &nbsp;&nbsp; ${t('DOB:')} ${w.date('patient.dob', p.dob)}<br>${t(`Collected: 0${1 + chance.int(8)}/14/2026`)} &nbsp; ${t(`Accession: M${chance.digits(7)}`)}<br><br><table class="r"><tr>${['Test', 'Result', 'Reference range', 'Units'].map((each) => `<td>${t(each)}</td>`).join('')}</tr>${tests.map(([name = '', unit = '']) => `<tr><td>${t(name)}</td><td>${t(String(chance.int(150) / 10))}</td><td>${t('3.5-5.1')}</td><td>${t(unit)}</td></tr>`).join('')}</table>`,
  );
}

export function notePage(sender: Sender, c: Case): Sheet {
  const w = new Writer(sender);
  const p = c.patient;
  return page(
    'note',
    w,
    `${t(sender.practice)}<h1>${t('Progress Note')}</h1>${t('Patient:')} ${w.v('patient.name', full(p))} &nbsp; ${t('DOB:')} ${w.date('patient.dob', p.dob)} &nbsp; ${t('MRN:')} ${w.v('patient.mrn', p.mrn)}<h2>${t('Chief Complaint')}</h2>${lines(c.reason)}<h2>${t('History of Present Illness')}</h2>${lines('The complaint began some months ago and has been slowly progressive. No relief from simple measures. Sleep and appetite are fair, and work is affected on most days of the week.')}<h2>${t('Vital Signs')}</h2>${lines('BP 128/76, HR 72, RR 14, SpO2 97%, BMI 27.1')}<h2>${t('Physical Exam')}</h2>${lines('General: well, no distress. Lungs clear. Heart regular, no murmur. Abdomen soft. No edema of the legs, gait normal.')}<h2>${t('Assessment and Plan')}</h2>${lines(`${c.dx.map((code, i) => `${i + 1}. Condition (${code})`).join(' ')}. Refer to ${c.specialty}.`)}`,
  );
}

export function imagingPage(sender: Sender, p: Patient): Sheet {
  const w = new Writer(sender);
  return page(
    'imaging',
    w,
    `<h1>${t('Northside Radiology Associates')}</h1>${t('Patient Name:')} ${w.v('patient.name', full(p))}<br>${t('DOB:')} ${w.date('patient.dob', p.dob)}<br>${t('Exam: MRI WITHOUT CONTRAST')}<h2>${t('TECHNIQUE')}</h2>${lines('Standard sequences in three planes. No comparison is at hand.')}<h2>${t('FINDINGS')}</h2>${lines('Alignment is normal. Minor degenerative change without focal lesion. The soft tissues are unremarkable.')}<h2>${t('IMPRESSION')}</h2>${lines('No acute abnormality. Minor degenerative change.')}`,
  );
}

export function cardPage(sender: Sender, p: Patient): Sheet {
  const w = new Writer(sender);
  return page(
    'insurance_card',
    w,
    `<div style="border:2px solid #000;border-radius:12px;width:440px;padding:18px;margin:120px 90px"><b style="font-size:20px">${w.v('insurance.payer', p.payer)}</b><br><br>${t('Member Name')}<br>${w.v('patient.name', full(p).toUpperCase())}<br><br>${t('Member ID')}<br>${w.v('insurance.memberId', p.memberId)}<br>${p.group === null ? '' : `<br>${t('Group')}<br>${w.v('insurance.group', p.group)}<br>`}<br>${t('RxBIN 610014')} &nbsp; ${t('RxPCN ADV')}<br>${t('Customer Service 1-800-555-0142')}</div>`,
  );
}

export function consentPage(sender: Sender, p: Patient): Sheet {
  const w = new Writer(sender);
  return page(
    'consent',
    w,
    `<h1>${t('AUTHORIZATION TO RELEASE MEDICAL INFORMATION')}</h1>${t('Patient name:')} ${w.v('patient.name', full(p))}<br><br>${lines('I hereby authorize the practice named above to disclose my records to the specialist. I understand that I may revoke this consent in writing at any time.')}<br><br>${t('Patient signature: ______________________')}`,
  );
}

export const junkPage = (sender: Sender): Sheet =>
  page(
    'junk',
    new Writer(sender),
    `<h1>${t('FREE ESTIMATE ON OFFICE CLEANING')}</h1>${lines('Act now: limited time offer for medical offices. Special rates, 30% off the first three months. Call today. To remove your number from this list call toll free.')}`,
  );

export const blankPage = (sender: Sender): Sheet => page('blank', new Writer(sender), '');
