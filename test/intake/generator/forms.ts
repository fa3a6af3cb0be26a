import type { Case } from './world.ts';
import { full, lines, marks, t, type Writer } from './writer.ts';

type Form = (w: Writer, c: Case) => string;

/** Forms that practices, plans and EHRs might use: cells with small labels, lines, a letter, a grid, … */
export const forms: readonly Form[] = [
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
  // … numbered items and names asked for apart, as plans print them, …
  (w, c) => {
    const { sender: s } = w;
    const p = c.patient;
    let item = 0;
    const cell = (label: string, value: string, span = 1): string =>
      `<td colspan="${span}"><small>${t(`${(item += 1)}. ${label}`)}</small>${value}</td>`;
    const last = w.v('patient.name', p.last);
    const first = w.v('patient.name', p.first);
    w.shown['patient.name'] = `${p.last}, ${p.first}`;
    return `${t('SPECIALTY REFERRAL AND AUTHORIZATION REQUEST', 'h1')}<h2>${t('MEMBER INFORMATION')}</h2><table class="g"><tr>${cell('Last name', last)}${cell('First name', first)}${cell('Date of birth', w.date('patient.dob', p.dob))}</tr>
<tr>${cell('Telephone', w.phone('patient.phone', p.phone))}${cell('Health plan', w.v('insurance.payer', p.payer))}${cell('Member ID number', w.v('insurance.memberId', p.memberId))}</tr></table>
<h2>${t('REFERRING PROVIDER INFORMATION')}</h2><table class="g"><tr>${cell('Name of referring provider', w.v('referring.name', `${full(s.provider)}, MD`), 2)}${cell('NPI', w.v('referring.npi', s.provider.npi))}</tr>
<tr>${cell('Practice', w.v('referring.practice', s.practice))}${cell('Telephone', w.phone('referring.phone', s.phone))}${cell('Fax', w.phone('referring.fax', s.fax))}</tr></table>
<h2>${t('REFERRAL')}</h2><table class="g"><tr>${cell('Specialty referred to', w.v('referral.specialty', c.specialty))}${cell('Date of referral', w.date('referral.date', c.date))}${cell('Diagnosis (ICD-10-CM)', w.v('dx', c.dx.join(', ')))}</tr>
<tr>${cell('Reason for referral', w.v('referral.reason', c.reason), 2)}${cell('Urgency', marks(w, c))}</tr></table>`;
  },
  // … labels under the lines that are written on, …
  (w, c) => {
    const { sender: s } = w;
    const p = c.patient;
    const line = (label: string, value: string, width: number): string =>
      `<div style="display:inline-block;width:${width}px;margin:0 14px 22px 0"><div style="border-bottom:1px solid #000;height:24px">${value}</div><small>${t(label)}</small></div>`;
    return `${t('REFERRAL REQUEST', 'h1')}<br>${line('Patient name', w.v('patient.name', full(p)), 330)}${line('Date of birth', w.date('patient.dob', p.dob), 170)}${line('Sex', w.v('patient.sex', p.sex), 70)}
${line('Patient phone', w.phone('patient.phone', p.phone), 200)}${line('Insurance', w.v('insurance.payer', p.payer), 220)}${line('Member ID', w.v('insurance.memberId', p.memberId), 190)}
${line('Referring provider', w.v('referring.name', `${full(s.provider)}, NP`), 330)}${line('NPI', w.v('referring.npi', s.provider.npi), 190)}
${line('Practice name', w.v('referring.practice', s.practice), 330)}${line('Phone', w.phone('referring.phone', s.phone), 150)}${line('Fax', w.phone('referring.fax', s.fax), 150)}
${line('Specialty', w.v('referral.specialty', c.specialty), 220)}${line('Date of referral', w.date('referral.date', c.date), 170)}${line('ICD-10 codes', w.v('dx', c.dx.join(', ')), 190)}
${line('Reason for referral', w.v('referral.reason', c.reason), 640)}<div>${t('Urgency:')}${marks(w, c)}</div>`;
  },
  // … an EHR's order, the patient in its head, …
  (w, c) => {
    const { sender: s } = w;
    const p = c.patient;
    w.shown['referral.specialty'] = c.specialty;
    return `<h2>${t(`Ambulatory Referral to ${c.specialty}`)}</h2>${w.v('patient.name', full(p))}<br>${t('MRN:')} ${w.v('patient.mrn', p.mrn)} &nbsp; ${t('DOB:')} ${w.date('patient.dob', p.dob)} &nbsp; ${w.v('patient.sex', p.sex === 'F' ? 'Female' : 'Male')}<br>${w.v('patient.address', p.address)}<br>${t('Home:')} ${w.phone('patient.phone', p.phone)}<br><br>
<table class="k"><tr><td>${t('Ordering Provider')}</td><td>${t('Order Date')}</td><td>${t('Priority')}</td></tr><tr><td>${w.v('referring.name', `${full(s.provider)}, MD`)}</td><td>${w.date('referral.date', c.date)}</td><td>${w.v('referral.urgency', c.urgency)}</td></tr></table>
<br>${t('Diagnoses:')} ${w.v('dx', c.dx.join(', '))}<br>${t('Reason for Referral:')} ${w.v('referral.reason', c.reason)}<br><h2>${t('Coverage')}</h2>
<table class="k"><tr><td>${t('Payor')}</td><td>${t('Member ID')}</td><td>${t('Group Number')}</td></tr><tr><td>${w.v('insurance.payer', p.payer)}</td><td>${w.v('insurance.memberId', p.memberId)}</td><td>${w.v('insurance.group', p.group)}</td></tr></table>
<br>${w.v('referring.practice', s.practice)} &nbsp; ${t('Phone:')} ${w.phone('referring.phone', s.phone)} &nbsp; ${t('Fax:')} ${w.phone('referring.fax', s.fax)}<br>${t('Provider NPI:')} ${w.v('referring.npi', s.provider.npi)}`;
  },
  // … and the receiver's own form, with the receiver's letterhead.
  (w, c) => {
    const { sender: s } = w;
    const p = c.patient;
    return `${t('Lakeview Specialists', 'h1')}<center>${t('NEW PATIENT REFERRAL - fax to 555-443-0199')}</center><br><br><div style="line-height:34px">${t('Date:')} ${w.date('referral.date', c.date)} &nbsp;&nbsp; ${t('Urgency:')} ${marks(w, c)}<br>
${t('Patient’s name:')} ${w.v('patient.name', `${p.last}, ${p.first}`)} &nbsp;&nbsp; ${t('D.O.B.:')} ${w.date('patient.dob', p.dob)}<br>${t('Phone (H):')} ${w.phone('patient.phone', p.phone)}<br>${t('Address:')} ${w.v('patient.address', p.address)}<br>
${t('Insurance:')} ${w.v('insurance.payer', p.payer)} &nbsp;&nbsp; ${t('ID#:')} ${w.v('insurance.memberId', p.memberId)}<br>${t('Referring Dr.:')} ${w.v('referring.name', full(s.provider))} &nbsp;&nbsp; ${t('NPI #:')} ${w.v('referring.npi', s.provider.npi)}<br>
${t('Office:')} ${w.v('referring.practice', s.practice)}<br>${t('Office Ph:')} ${w.phone('referring.phone', s.phone)} &nbsp;&nbsp; ${t('Office Fax:')} ${w.phone('referring.fax', s.fax)}<br>${t('Specialty:')} ${w.v('referral.specialty', c.specialty)}<br>
${t('ICD-10:')} ${w.v('dx', c.dx.join(', '))}<br>${t('Reason for visit:')} ${w.v('referral.reason', c.reason)}</div>`;
  },
];
