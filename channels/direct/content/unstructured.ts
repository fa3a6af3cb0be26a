import { birthOf, documentOid, numbersOf, sexOf, type About, type Carried, type Patient } from './about.ts';
import { hl7Time, xml } from './xml.ts';

const npis = '2.16.840.1.113883.4.6';
const unknown = 'nullFlavor="UNK"';

/** A document as the body of a C-CDA R2.1 Unstructured Document (template 2.16.840.1.113883.10.20.22.1.10) with the US
 *  Realm header: for systems that take in nothing else. What is not known stands as such; nothing is made up. */
export function wrapped(about: About, document: Carried, index: number): Carried {
  const { request } = about;
  const [code, words] = request ? ['57133-1', 'Referral note'] : ['34109-9', 'Note'];
  const time = `${hl7Time(about.at)}+0000`;
  const body = Buffer.from(document.bytes.buffer, document.bytes.byteOffset, document.bytes.length).toString('base64');
  const text = `<?xml version="1.0" encoding="UTF-8"?>
<ClinicalDocument xmlns="urn:hl7-org:v3" xmlns:sdtc="urn:hl7-org:sdtc">
<realmCode code="US"/>
<typeId root="2.16.840.1.113883.1.3" extension="POCD_HD000040"/>
<templateId root="2.16.840.1.113883.10.20.22.1.1"/>
<templateId root="2.16.840.1.113883.10.20.22.1.1" extension="2015-08-01"/>
<templateId root="2.16.840.1.113883.10.20.22.1.10"/>
<templateId root="2.16.840.1.113883.10.20.22.1.10" extension="2015-08-01"/>
<id root="${documentOid(about, index)}"/>
<code code="${code}" codeSystem="2.16.840.1.113883.6.1" codeSystemName="LOINC" displayName="${words}"/>
<title>${words}</title>
<effectiveTime value="${time}"/>
<confidentialityCode code="N" codeSystem="2.16.840.1.113883.5.25"/>
<languageCode code="en-US"/>
${patientOf(request?.patient ?? null)}
<author>
<time value="${time}"/>
<assignedAuthor>
${idOf(request?.requester?.npi ?? about.practice.npi)}
<addr ${unknown}/>
${telecomOf(about.practice.phone)}
${authorOf(about)}
</assignedAuthor>
</author>
<custodian><assignedCustodian><representedCustodianOrganization>
${idOf(about.practice.npi)}
<name>${xml(about.practice.name)}</name>
${telecomOf(about.practice.phone)}
<addr ${unknown}/>
</representedCustodianOrganization></assignedCustodian></custodian>
${recipientOf(about)}<component><nonXMLBody><text mediaType="${xml(document.mediaType)}" representation="B64">${body}</text></nonXMLBody></component>
</ClinicalDocument>
`;
  const name = `${document.name.replace(/\.[a-z0-9]{2,4}$/i, '')}.xml`;
  return { name, mediaType: 'text/xml', bytes: Buffer.from(text, 'utf8') };
}

function patientOf(patient: Patient | null): string {
  const ids = numbersOf(patient).map(({ root, value }) => `<id root="${root}" extension="${xml(value)}"/>`);
  const birth = patient && birthOf(patient);
  const sex = patient && sexOf(patient);
  const name = patient
    ? `<name use="L">${patient.name.given.map((each) => `<given>${xml(each)}</given>`).join('')}<family>${xml(patient.name.family)}</family></name>`
    : `<name ${unknown}/>`;
  return `<recordTarget><patientRole>
${ids.length > 0 ? ids.join('\n') : `<id ${unknown}/>`}
<addr ${unknown}/>
${telecomOf(patient?.phone ?? null)}
<patient>
${name}
<administrativeGenderCode ${sex ? `code="${sex}" codeSystem="2.16.840.1.113883.5.1"` : unknown}/>
<birthTime ${birth ? `value="${birth}"` : unknown}/>
<raceCode ${unknown}/>
<ethnicGroupCode ${unknown}/>
</patient>
</patientRole></recordTarget>`;
}

const idOf = (npi: string | null): string =>
  npi === null ? `<id ${unknown}/>` : `<id root="${npis}" extension="${xml(npi)}"/>`;

const telecomOf = (phone: string | null): string =>
  phone ? `<telecom value="tel:${xml(phone.replace(/[^+\d]/g, ''))}"/>` : `<telecom ${unknown}/>`;

/** Who asks for it; else the system that made the document of what it was given. */
const authorOf = ({ request }: About): string =>
  request?.requester
    ? `<assignedPerson><name>${xml(request.requester.name)}</name></assignedPerson>`
    : '<assignedAuthoringDevice><manufacturerModelName>Loopgate</manufacturerModelName><softwareName>Loopgate</softwareName></assignedAuthoringDevice>';

const recipientOf = ({ recipient: { name, npi } }: About): string =>
  name === null
    ? ''
    : `<informationRecipient><intendedRecipient>${npi === null ? '' : `<id root="${npis}" extension="${xml(npi)}"/>`}<informationRecipient><name>${xml(name)}</name></informationRecipient></intendedRecipient></informationRecipient>
`;
