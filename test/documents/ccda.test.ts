import { afterAll, describe, expect, test } from '@jest/globals';
import type { About } from '../../channels/direct/content/about.ts';
import { wrapped } from '../../channels/direct/content/unstructured.ts';
import { contextOf } from '../../channels/direct/content/context.ts';
import { readClinical } from '../../src/documents/ccda.ts';
import { clinicalView } from '../../src/documents/ccda-view.ts';
import { readContext } from '../../src/documents/context.ts';
import { sniff } from '../../src/documents/media-type.ts';
import { openSandbox } from '../../src/documents/sandbox.ts';
import { textPdf } from '../../src/documents/text-pdf.ts';
import { bytesOf, fixture, keptLog, read } from './tools.ts';

const clinical = (inside: string): string => `<ClinicalDocument xmlns="urn:hl7-org:v3">${inside}</ClinicalDocument>`;
const header = (inside: string) => readClinical(bytesOf(clinical(inside))).header;
const person = (given: string, family: string): string =>
  `<name><given>${given}</given><family>${family}</family></name>`;

describe('the head of a clinical document', () => {
  const author = `<author><assignedAuthor><assignedPerson>${person('Ann', 'Author')}</assignedPerson></assignedAuthor></author>`;
  const primary = `<documentationOf><serviceEvent><performer typeCode="PRF"><functionCode code="PCP"/><assignedEntity><id root="2.16.840.1.113883.4.6" extension="1245319599"/><assignedPerson>${person('Pat', 'Primary')}</assignedPerson></assignedEntity></performer></serviceEvent></documentationOf>`;
  const referring = `<participant typeCode="REFB"><associatedEntity><associatedPerson>${person('Rita', 'Referring')}</associatedPerson><scopingOrganization><name>Harbor Clinic</name></scopingOrganization></associatedEntity></participant>`;
  test.each([
    [author, 'Author'],
    [author + primary, 'Primary'],
    [author + primary + referring, 'Referring'],
    [`<participant typeCode="REF"><associatedEntity/></participant>${author}`, 'Author'],
    ['', null],
  ])('names who refers, by what is most sure to mean it (%#)', (inside, family) => {
    expect(header(inside).referrer.family).toBe(family);
  });

  const patient = (inside: string) =>
    header(`<recordTarget><patientRole>${inside}</patientRole></recordTarget>`).patient;
  test('takes the legal name of several, and a name in one piece', () => {
    const legal = `<name use="L"><given>Ida</given><given qualifier="BR">Adi</given><given>May</given><family>Legal</family></name>`;
    expect(patient(`<patient>${person('Nick', 'Name')}${legal}</patient>`)).toMatchObject({
      given: 'Ida May',
      family: 'Legal',
    });
    expect(patient('<patient><name>Ida May Whole</name></patient>')).toMatchObject({
      given: 'Ida May',
      family: 'Whole',
    });
  });

  test('gives telephone, address and chart number, and no Social Security number', () => {
    const inside = `<id root="2.16.840.1.113883.4.1" extension="111-00-2330"/><id root="1.2.3" extension="4711"/>
      <addr><streetAddressLine>1 Harbor Street</streetAddressLine><city>New York</city><state>NY</state><postalCode>10001</postalCode></addr>
      <telecom value="mailto:ida@x.example"/><telecom value="tel:+12125550123"/>`;
    expect(patient(inside)).toMatchObject({
      number: '4711',
      address: '1 Harbor Street, New York, NY 10001',
      telecom: 'tel:+12125550123',
    });
  });

  const reason = (text: string, code = '42349-1') =>
    header(`<component><section><code code="${code}"/><text>${text}</text></section></component>`).reason;
  test('has no reason where the section says that there is none', () => {
    expect(reason('New onset <content>atrial fibrillation</content>')).toBe('New onset atrial fibrillation');
    for (const none of ['No information', 'None recorded', 'Reason not on file', '']) expect(reason(none)).toBeNull();
    const byTemplate =
      '<component><section><templateId root="1.3.6.1.4.1.19376.1.5.3.1.3.1"/><text>Pain</text></section></component>';
    expect(header(byTemplate).reason).toBe('Pain');
  });

  test('is read in the encoding that the document declares', () => {
    const text = clinical(
      `<recordTarget><patientRole><patient>${person('Zoë', 'Muñoz')}</patient></patientRole></recordTarget>`,
    );
    const latin = Buffer.from(`<?xml version="1.0" encoding="windows-1252"?>${text}`, 'latin1');
    const wide = Buffer.from(`\ufeff<?xml version="1.0" encoding="UTF-16"?>${text}`, 'utf16le');
    const claimed = Buffer.from(`<?xml version="1.0" encoding="utf-16"?>${text}`);
    for (const bytes of [latin, wide, claimed]) {
      expect(sniff(bytes)).toBe('text/xml');
      expect(readClinical(bytes).header.patient).toMatchObject({ given: 'Zoë', family: 'Muñoz' });
    }
  });
});

describe('the page that a clinical document is read by', () => {
  test('shows head, sections, tables and lists', () => {
    const html = clinicalView(fixture('ccda/referral-note.xml'));
    expect(html).toContain('<dt>Patient</dt><dd>Isabel M Fernández</dd>');
    expect(html).toContain('<h2>Reason for Referral</h2><p>New onset atrial fibrillation &amp; fatigue</p>');
    expect(html).toContain('<tr><td>Apixaban</td><td>5 mg</td></tr>');
  });

  const view = (text: string): string =>
    clinicalView(bytesOf(clinical(`<component><section><title>T</title><text>${text}</text></section></component>`)));
  test.each([
    ['script', '<script>alert(1)</script>', 'alert(1)'],
    ['script, escaped', '&lt;script&gt;alert(1)&lt;/script&gt;', '&lt;script&gt;alert(1)&lt;/script&gt;'],
    ['script in CDATA', '<![CDATA[<img src=x onerror=alert(1)>]]>', ''],
    ['an event handler', '<paragraph onclick="alert(1)" style="position:fixed">x</paragraph>', '<p>x</p>'],
    ['a link', '<linkHtml href="javascript:alert(1)">here</linkHtml>', 'here'],
    [
      'a picture from elsewhere',
      '<renderMultiMedia referencedObject="a"/><img src="https://x.example/a.png"/>',
      '<em>[picture not shown]</em>',
    ],
    ['a frame', '<iframe src="file:///etc/passwd">x</iframe>', 'x'],
    [
      'a span that breaks out',
      '<table><tr><td colspan="2&quot; onload=&quot;x">a</td><td colspan="2">b</td></tr></table>',
      '<td>a</td><td colspan="2">b</td>',
    ],
    ['letters that turn the line', 'a&#x202e;b', 'a b'],
  ])('makes nothing of %s', (_name, text, shown) => {
    const html = view(text);
    expect(html).toContain(shown);
    const body = html.slice(html.indexOf('<body>'));
    expect(body).not.toMatch(/<(script|img|iframe|a|object|embed|link|form|svg)\b/i);
    expect(body).not.toMatch(/<[^>]*\s(on\w+|style|href|src)=/i);
  });
});

const about: About = {
  name: 'att_1',
  from: 'a@a.example',
  to: 'b@b.example',
  practice: { name: 'Harbor & Sons', npi: '1234567893', phone: '+1 (212) 555-0100' },
  recipient: { name: 'Dr. <Bob>', npi: null },
  request: {
    patient: {
      name: { family: 'O’Neil & Co', given: ['Ida', 'May'] },
      birthDate: '1961-04-09',
      sex: 'female',
      phone: '+12125550123',
      identifiers: [{ system: '2.16.840.1.113883.19.5', value: '4711; patient=x' }],
      coverage: null,
    },
    requester: null,
    recipient: null,
    service: { specialty: null, reason: null, diagnoses: [] },
    urgency: 'routine',
    neededBy: null,
    replyTo: null,
  },
  at: Date.UTC(2026, 10, 20, 12),
};

describe('an unstructured document', () => {
  const sandbox = openSandbox({ log: keptLog().log });
  afterAll(() => sandbox.close());

  test('as we make it gives back the file and says whose it is', async () => {
    const { pdf } = await textPdf('Synthetic letter about a knee');
    const made = wrapped(about, { name: 'Letter.PDF', mediaType: 'application/pdf', bytes: pdf }, 0);
    expect([made.name, made.mediaType]).toEqual(['Letter.xml', 'text/xml']);
    const { header: head, body } = readClinical(made.bytes);
    expect(Buffer.from(body ?? []).equals(Buffer.from(pdf))).toBe(true);
    expect(head.patient).toMatchObject({ given: 'Ida May', family: 'O’Neil & Co', birthTime: '19610409', sex: 'F' });
    const { pages, clinical: found, warnings } = await read(sandbox, made.name, made.bytes);
    expect(warnings).toEqual([]);
    expect(found).toEqual(head);
    expect(pages[0]?.page.text).toBe('Synthetic letter about a knee');
    expect(wrapped(about, { name: 'Letter.PDF', mediaType: 'application/pdf', bytes: pdf }, 0)).toEqual(made);
  });

  test('without a referral says of the patient that nothing is known', () => {
    const made = wrapped(
      { ...about, request: null },
      { name: 'a', mediaType: 'image/tiff', bytes: new Uint8Array(3) },
      0,
    );
    const text = Buffer.from(made.bytes).toString();
    expect(text).toContain('<birthTime nullFlavor="UNK"/>');
    expect(readClinical(made.bytes).header.patient).toMatchObject({ given: null, family: null, sex: null });
  });

  test('that only points to its file is not followed', async () => {
    const pointing = clinical(
      '<component><nonXMLBody><text><reference value="file:///etc/passwd"/></text></nonXMLBody></component>',
    );
    expect(readClinical(bytesOf(pointing)).body).toBeNull();
    expect(clinicalView(bytesOf(pointing))).toContain('did not come with it');
    const { pages } = await read(sandbox, 'x.xml', bytesOf(pointing));
    expect(pages[0]?.page.text ?? '').not.toContain('root');
  });
});

test('Context as we write it is read again, and no value breaks out of its place', () => {
  const { bytes } = contextOf(about);
  const text = Buffer.from(bytes).toString('utf8');
  expect(text.split('\r\n')).toEqual([
    'version: 1.1',
    'id: <att_1@a.example>',
    'patient-id: 2.16.840.1.113883.19.5:4711 patient x',
    'type: referral/order',
    'purpose: treatment',
    'patient: givenName=Ida; surname=O’Neil & Co; middleName=May; dateOfBirth=1961-04-09; gender=F; telephoneNumber=+12125550123',
    '',
  ]);
  expect(readContext(text)?.patient).toMatchObject({ given: 'Ida May', family: 'O’Neil & Co', birthTime: '19610409' });
});
