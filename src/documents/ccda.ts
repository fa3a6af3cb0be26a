import type { ClinicalHeader } from '../core/clinical.ts';
import { attribute, clinicalTree, each, findAll, first, lineOf, textOf, type Node } from './xml-tree.ts';

const npiRoot = '2.16.840.1.113883.4.6'; // OID of the US National Provider Identifier
const ssnRoot = '2.16.840.1.113883.4.1';
const reasonForReferral = { code: '42349-1', template: '1.3.6.1.4.1.19376.1.5.3.1.3.1' };

export interface ClinicalDocument {
  readonly header: ClinicalHeader;
  /** Its narrative as plain text. */
  readonly text: string;
  /** What an unstructured document carries instead of sections; null: it has sections, or its body lies elsewhere. */
  readonly body: Uint8Array | null;
}

/** Read a C-CDA document: its head in strings, its narrative as plain text, its body if it is a file.
 *  @throws Unreadable */
export function readClinical(bytes: Uint8Array): ClinicalDocument {
  const root = clinicalTree(bytes);
  const sections = findAll(root, 'section');
  const header = headerOf(root, sections);
  return { header, text: narrative(root, sections, header), body: bodyOf(root) };
}

export function headerOf(root: readonly Node[], sections: readonly Node[]): ClinicalHeader {
  const patient = first(root, 'recordTarget/patientRole');
  return {
    patient: {
      ...personName(legal(each(patient, 'patient/name'))),
      birthTime: attribute(first(patient, 'patient/birthTime'), 'value'),
      telecom: phoneOf(patient),
      sex: attribute(first(patient, 'patient/administrativeGenderCode'), 'code'),
      address: addressOf(first(patient, 'addr')),
      number: numberOf(patient),
    },
    referrer: referrerOf(root),
    reason: reasonOf(sections),
  };
}

/** In the order that senders' documents have taught others (openemr #5565, #5567). */
function referrerOf(root: readonly Node[]): ClinicalHeader['referrer'] {
  const typed = (codes: readonly string[]): readonly Node[] =>
    each(root, 'participant').filter((node) => codes.includes(attribute(node, 'typeCode') ?? ''));
  const primary = each(root, 'documentationOf/serviceEvent/performer').filter((node) =>
    ['PP', 'PCP'].includes(attribute(first(node, 'functionCode'), 'code') ?? ''),
  );
  const candidates = [
    ...typed(['REFB', 'REF']).flatMap((node) => each(node, 'associatedEntity')),
    ...each(root, 'componentOf/encompassingEncounter/responsibleParty/assignedEntity'),
    ...each(root, 'componentOf/encompassingEncounter/encounterParticipant/assignedEntity'),
    ...primary.flatMap((node) => each(node, 'assignedEntity')),
    ...each(root, 'author/assignedAuthor'),
  ];
  const person = candidates.find((node) => personOf(node).family !== null) ?? null;
  const organisation =
    first(person, 'scopingOrganization/name') ??
    first(person, 'representedOrganization/name') ??
    first(root, 'author/assignedAuthor/representedOrganization/name');
  return {
    ...personOf(person),
    npi: attribute(each(person, 'id').find((node) => attribute(node, 'root') === npiRoot) ?? null, 'extension'),
    telecom: phoneOf(person),
    practice: lineOf(organisation),
  };
}

const personOf = (node: Node | null): ReturnType<typeof personName> =>
  personName(legal([...each(node, 'assignedPerson/name'), ...each(node, 'associatedPerson/name')]));

/** The legal name, where one says that it is. */
const legal = (names: readonly Node[]): Node | null =>
  names.find((name) => attribute(name, 'use')?.split(' ').includes('L')) ?? names[0] ?? null;

function personName(name: Node | null): { readonly given: string | null; readonly family: string | null } {
  // Names at birth and others beside the legal one stand between its parts.
  const joined = (part: string): string | null =>
    each(name, part)
      .filter((node) => !/\b(BR|SP|CL)\b/.test(attribute(node, 'qualifier') ?? ''))
      .flatMap((node) => lineOf(node) ?? [])
      .join(' ') || null;
  const [given, family] = [joined('given'), joined('family')];
  if (given !== null || family !== null) return { given, family };
  // A name of no parts: the last word is the family's, as everywhere else that names come in one piece.
  const words = lineOf(name)?.split(' ') ?? [];
  return words.length > 1 ? { given: words.slice(0, -1).join(' '), family: words.at(-1) ?? null } : { given, family };
}

function phoneOf(node: Node | null): string | null {
  const values = each(node, 'telecom').flatMap((telecom) => attribute(telecom, 'value') ?? []);
  return values.find((value) => !/^(mailto|https?|fax):/i.test(value)) ?? null;
}

function addressOf(node: Node | null): string | null {
  const part = (name: string): string =>
    each(node, name)
      .flatMap((found) => lineOf(found) ?? [])
      .join(' ');
  const [street, city, state, code] = ['streetAddressLine', 'city', 'state', 'postalCode'].map(part);
  if (street === '' || city === '') return null;
  return `${street}, ${city}, ${[state, code].filter(Boolean).join(' ')}`;
}

function numberOf(patient: Node | null): string | null {
  const id = each(patient, 'id').find((node) => attribute(node, 'root') !== ssnRoot && attribute(node, 'extension'));
  return attribute(id ?? null, 'extension');
}

/** Some systems send the section with words that say there is no reason. */
const nothing = /^(no|none)\b.{0,40}$|\b(not on file|no information|no data|not available|unknown)\b/i;

function reasonOf(sections: readonly Node[]): string | null {
  const section = sections.find(
    (node) =>
      attribute(first(node, 'code'), 'code') === reasonForReferral.code ||
      each(node, 'templateId').some((id) => attribute(id, 'root') === reasonForReferral.template),
  );
  const reason = section ? lineOf(first(section, 'text')) : null;
  return reason === null || nothing.test(reason) ? null : reason;
}

/** Base64 alone: a body that the document only points to is never fetched. */
function bodyOf(root: readonly Node[]): Uint8Array | null {
  const text = first(root, 'component/nonXMLBody/text');
  if (text === null || attribute(text, 'representation') !== 'B64') return null;
  const bytes = Buffer.from(textOf(text), 'base64');
  return bytes.length > 0 ? bytes : null;
}

function narrative(root: readonly Node[], sections: readonly Node[], { patient, referrer }: ClinicalHeader): string {
  const line = (label: string, value: string | null): string[] => (value ? [`${label}: ${value}`] : []);
  const full = (name: { given: string | null; family: string | null }): string | null =>
    [name.given, name.family].filter(Boolean).join(' ') || null;
  const head = [
    textOf(first(root, 'title')).trim(),
    ...line('Patient', full(patient)),
    ...line('Date of birth', patient.birthTime),
    ...line('Phone', patient.telecom),
    ...line('Referring provider', full(referrer)),
    ...line('NPI', referrer.npi),
  ];
  const bodies = sections.map(
    (section) => `${textOf(first(section, 'title')).trim()}\n${textOf(first(section, 'text'))}`,
  );
  return [head.join('\n'), ...bodies].map((part) => part.replace(/\n\s*\n+/g, '\n').trim()).join('\n\n');
}
