import { spawnSync } from 'node:child_process';
import type { Chance } from './chance.ts';
import { forms } from './forms.ts';
import type { Case, Patient, Sender } from './world.ts';
import { full, lines, t, Writer } from './writer.ts';

/** One page as HTML, and what it shows of which field. */
export interface Sheet {
  readonly type: string;
  readonly html: string;
  readonly shown: Readonly<Record<string, string>>;
  readonly pen: boolean;
}

const fonts = ['Liberation Sans', 'Liberation Serif', 'Liberation Mono', 'Carlito', 'FreeSans', 'DejaVu Sans'];
/** Handwriting as fonts have it: capitals, script, and what children are taught. */
const pens = [
  'Breip',
  'Humor Sans',
  'femkeklaver',
  'DkgHandwriting',
  'Rufscript',
  'Steve',
  'Because We Build',
  'Because We Connect',
  'Because We Create',
  'Because We Learn',
  'Because We Organize',
];

/** @throws when one of the fonts is not there: with another in its place the same seed would give other pages. */
export function needFonts(): void {
  const there = spawnSync('fc-list', [':', 'family'], { encoding: 'utf8' }).stdout.split(/[\n,]/);
  const missing = [...fonts, ...pens].filter((each) => !there.includes(each));
  if (missing.length > 0)
    throw new Error(
      `no ${missing.join(', ')}: install Debian’s fonts-liberation fonts-crosextra-carlito fonts-freefont-ttf fonts-dejavu-core fonts-breip fonts-humor-sans fonts-femkeklaver fonts-dkg-handwriting fonts-rufscript fonts-sjfonts fonts-bwht`,
    );
}

function page(type: string, writer: Writer, body: string, pen = false): Sheet {
  const { sender } = writer;
  const html = `<style>*{box-sizing:border-box}body{margin:0;width:800px;height:1035px;padding:46px 52px;font:13.5px '${fonts[sender.font] ?? ''}';color:#000;position:relative;overflow:hidden}
.t{white-space:nowrap}h1{font-size:22px;margin:6px 0;text-align:center}h2{font-size:14px;margin:14px 0 6px}table{border-collapse:collapse;width:100%}
.g td{border:1px solid #000;padding:4px 6px;height:40px;vertical-align:top}.g small{display:block;font-size:10px}.r td{padding:5px 8px}.u{border-bottom:1px solid #000;display:inline-block;min-width:210px}
.k td{border:1px solid #000;padding:5px 7px}.b{display:inline-block;width:13px;height:13px;border:1.4px solid #000;font:bold 11px/11px 'DejaVu Sans';text-align:center;margin:0 6px 0 14px;vertical-align:-2px;font-style:normal}
${pen ? `.v{font-family:'${pens[(sender.form + sender.font) % pens.length] ?? ''}';font-size:18px}` : ''}</style>${body}`;
  return { type, html, shown: writer.shown, pen };
}

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
    `<h1>${t('AUTHORIZATION TO RELEASE MEDICAL INFORMATION')}</h1>${t('Patient name:')} ${w.v('patient.name', full(p))}<br><br>${lines('I hereby authorize the practice named above to disclose my records to the specialist. I understand that I may revoke this consent in writing at any time.')}<br><br>${t('Patient signature:')} <span style="display:inline-block;width:220px;border-bottom:1px solid #000"></span>`,
  );
}

export const junkPage = (sender: Sender): Sheet =>
  page(
    'junk',
    new Writer(sender),
    `<h1>${t('FREE ESTIMATE ON OFFICE CLEANING')}</h1>${lines('Act now: limited time offer for medical offices. Special rates, 30% off the first three months. Call today. To remove your number from this list call toll free.')}`,
  );

export const blankPage = (sender: Sender): Sheet => page('blank', new Writer(sender), '');
