import { createHash } from 'node:crypto';
import { birthOf, documentOid, numbersOf, sexOf, type About, type Carried, type Patient } from './about.ts';
import { hl7Time, oidFor, xml } from './xml.ts';

export interface Filed extends Carried {
  /** Its file name in the package: 8.3, upper case. */
  readonly file: string;
}

const classification = 'urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject:Classification';
const identifier = 'urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject:ExternalIdentifier';
const formatCodes = '1.3.6.1.4.1.19376.1.2.3';
const loinc = '2.16.840.1.113883.6.1';
const npis = '2.16.840.1.113883.4.6';

/** METADATA.XML: the ebRIM of one submission set (IHE ITI TF-3 §4.2) with what is known and nothing made up, so it says
 *  of itself that it is limited (§4.2.3.2.29; XDR and XDM for Direct Messaging §6). */
export function writeMetadata(about: About, documents: readonly Filed[]): Buffer {
  const entries = documents.map((each, index) => entryOf(about, each, index)).join('');
  const members = documents.map((_, index) => memberOf(index)).join('');
  return Buffer.from(
    `<?xml version="1.0" encoding="UTF-8"?>
<lcm:SubmitObjectsRequest xmlns:lcm="urn:oasis:names:tc:ebxml-regrep:xsd:lcm:3.0">
<RegistryObjectList xmlns="urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0">
${entries}${setOf(about)}<Classification id="c-set" objectType="${classification}" classifiedObject="SubmissionSet01" classificationNode="urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd"/>
<Classification id="c-limited" objectType="${classification}" classifiedObject="SubmissionSet01" classificationNode="urn:uuid:5003a9db-8d8d-49e6-bf0c-990e34ac7707"/>
${members}</RegistryObjectList>
</lcm:SubmitObjectsRequest>
`,
    'utf8',
  );
}

function entryOf(about: About, document: Filed, index: number): string {
  const id = documentId(index);
  const patient = about.request?.patient ?? null;
  const number = numbersOf(patient)[0];
  const cx = number && cxOf(number);
  return `<ExtrinsicObject id="${id}" mimeType="${xml(document.mediaType)}" objectType="urn:uuid:7edca82f-054d-47f2-a032-9b2a5b5186c1" status="urn:oasis:names:tc:ebxml-regrep:StatusType:Approved">
${slot('creationTime', [hl7Time(about.at)])}${slot('hash', [createHash('sha1').update(document.bytes).digest('hex')])}${slot('size', [String(document.bytes.length)])}${slot('URI', [document.file])}${cx ? slot('sourcePatientId', [cx]) : ''}${patient ? slot('sourcePatientInfo', infoOf(patient, cx)) : ''}<Name><LocalizedString value="${xml(document.name)}"/></Name>
${author(id, 'urn:uuid:93606bcf-9494-43ec-9b4e-a7748d1a838d', about)}${coded(id, 'format', 'urn:uuid:a09d5840-386c-46f2-b5ad-9c3699a4309d', formatOf(document), formatCodes)}${about.request ? coded(id, 'type', 'urn:uuid:f0306f51-975f-434e-a61c-c59651d33983', referralNote, loinc) : ''}<Classification id="${id}-limited" objectType="${classification}" classifiedObject="${id}" classificationNode="urn:uuid:ab9b591b-83ab-4d03-8f5d-f93b1fb92e85"/>
${external(id, 'unique', '2e82c1f6-a085-4c72-9da3-8640a32e42ab', documentOid(about, index), 'XDSDocumentEntry.uniqueId')}${cx ? external(id, 'patient', '58a6f841-87b3-4a3e-92fd-a8ffeff98427', cx, 'XDSDocumentEntry.patientId') : ''}</ExtrinsicObject>
`;
}

function setOf(about: About): string {
  const id = 'SubmissionSet01';
  const number = numbersOf(about.request?.patient ?? null)[0];
  return `<RegistryPackage id="${id}" objectType="urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject:RegistryPackage" status="urn:oasis:names:tc:ebxml-regrep:StatusType:Approved">
${slot('submissionTime', [hl7Time(about.at)])}${slot('intendedRecipient', [recipientOf(about)])}${author(id, 'urn:uuid:a7058bb9-b4e4-4307-ba5b-e3f0ab85e12d', about)}${about.request ? coded(id, 'content', 'urn:uuid:aa543740-bdda-424e-8c96-df4873be8500', referralNote, loinc) : ''}${external(id, 'unique', '96fdda7c-d067-4183-912e-bf5ee74998a8', oidFor(`${about.name} set`), 'XDSSubmissionSet.uniqueId')}${external(id, 'source', '554ac39e-e3fe-47fe-b233-965d2a147832', oidFor(about.from), 'XDSSubmissionSet.sourceId')}${number ? external(id, 'patient', '6b5aea1a-874d-4603-a4bc-96a0a7b38446', cxOf(number), 'XDSSubmissionSet.patientId') : ''}</RegistryPackage>
`;
}

const documentId = (index: number): string => `Document${String(index + 1).padStart(2, '0')}`;

const memberOf = (index: number): string =>
  `<Association id="member-${index + 1}" associationType="urn:oasis:names:tc:ebxml-regrep:AssociationType:HasMember" objectType="urn:oasis:names:tc:ebxml-regrep:ObjectType:RegistryObject:Association" sourceObject="SubmissionSet01" targetObject="${documentId(index)}">
${slot('SubmissionSetStatus', ['Original'])}</Association>
`;

const slot = (name: string, values: readonly string[]): string =>
  `<Slot name="${name}"><ValueList>${values.map((value) => `<Value>${xml(value)}</Value>`).join('')}</ValueList></Slot>\n`;

const external = (of: string, name: string, scheme: string, value: string, words: string): string =>
  `<ExternalIdentifier id="${of}-${name}-id" objectType="${identifier}" registryObject="${of}" identificationScheme="urn:uuid:${scheme}" value="${xml(value)}"><Name><LocalizedString value="${words}"/></Name></ExternalIdentifier>\n`;

interface Code {
  readonly code: string;
  readonly words: string;
}

const referralNote: Code = { code: '57133-1', words: 'Referral note' };

const coded = (of: string, name: string, scheme: string, { code, words }: Code, system: string): string =>
  `<Classification id="${of}-${name}" objectType="${classification}" classificationScheme="${scheme}" classifiedObject="${of}" nodeRepresentation="${code}">
${slot('codingScheme', [system])}<Name><LocalizedString value="${words}"/></Name></Classification>\n`;

/** The sender's Direct address is the author's telecommunication address (XTN). */
function author(of: string, scheme: string, { practice, request, from }: About): string {
  const person = request?.requester;
  const named = person ? slot('authorPerson', [xcn(person.name, person.npi)]) : '';
  return `<Classification id="${of}-author" objectType="${classification}" classificationScheme="${scheme}" classifiedObject="${of}" nodeRepresentation="">
${named}${slot('authorInstitution', [hl7(practice.name)])}${slot('authorTelecommunication', [`^^Internet^${from}`])}</Classification>\n`;
}

/** XON|XCN|XTN: no organisation, the person as far as known, the Direct address. */
const recipientOf = ({ recipient: { name, npi }, to }: About): string =>
  `|${name === null ? '' : xcn(name, npi)}|^^Internet^${to}`;

/** A person whose name we know only as a whole stands where family names do. */
const xcn = (name: string, npi: string | null): string =>
  npi === null ? `^${hl7(name)}` : `${hl7(npi)}^${hl7(name)}^^^^^^^&${npis}&ISO`;

const cxOf = ({ root, value }: { readonly root: string; readonly value: string }): string =>
  `${hl7(value)}^^^&${root}&ISO`;

function infoOf(patient: Patient, cx: string | undefined): string[] {
  const birth = birthOf(patient);
  const sex = sexOf(patient);
  return [
    ...(cx ? [`PID-3|${cx}`] : []),
    `PID-5|${[patient.name.family, ...patient.name.given].map(hl7).join('^')}`,
    ...(birth === null ? [] : [`PID-7|${birth}`]),
    ...(sex === null ? [] : [`PID-8|${sex}`]),
  ];
}

/** HL7 v2's separators have no place in a value. */
const hl7 = (text: string): string => text.replace(/[|^~\\&\r\n]+/g, ' ').trim();

function formatOf({ mediaType, bytes }: Filed): Code {
  if (!mediaType.endsWith('xml'))
    return { code: 'urn:ihe:iti:xds:2017:mimeTypeSufficient', words: 'mimeType Sufficient' };
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).includes('nonXMLBody')
    ? { code: 'urn:hl7-org:sdwg:ccda-nonXMLBody:2.1', words: 'C-CDA R2.1, unstructured body' }
    : { code: 'urn:hl7-org:sdwg:ccda-structuredBody:2.1', words: 'C-CDA R2.1, structured body' };
}
