import { bytesOf } from '../documents/tools.ts';
import { until } from '../harness.ts';
import type { Case } from './cases.ts';
import { sound, submit } from './http-cases.ts';

/** Messages of other standards. No door speaks them; somebody will try whether one does. */

const signature = (transform: string): string =>
  `<Signature xmlns="http://www.w3.org/2000/09/xmldsig#">${'<SignedInfo><Reference URI="#a"><Transforms><Transform Algorithm="http://www.w3.org/TR/1999/REC-xslt-19991116"><xsl:stylesheet xmlns:xsl="http://www.w3.org/1999/XSL/Transform" version="1.0"><xsl:include href="LURE"/></xsl:stylesheet></Transform></Transforms><DigestValue>a<!-- -->b</DigestValue></Reference></SignedInfo>'.replaceAll('LURE', transform).repeat(2)}</Signature>`;

/** It goes on as the file that it is, byte for byte: nobody here understands it, or follows what it points to. */
const carried = (name: string, type: string, text: (lure: string) => string): Case => ({
  name,
  async act(town) {
    let lured = 'nobody was lured';
    const lure = town.publish((reply) => {
      lured = 'it was fetched';
      reply.end();
    });
    const bytes = bytesOf(text(lure));
    const said = await submit(town, sound(town, {}), { name: 'a.txt', type, bytes });
    const look = async (): Promise<string> => {
      await until('it arrives', () =>
        town.partner.arrivals.some(({ documents }) => documents.some((each) => Buffer.from(each.bytes).equals(bytes))),
      );
      return lured;
    };
    return { answer: said, look };
  },
  answer: /^202 ok/,
  found: /^nobody was lured$/,
});

const bundle = (entries: number): string =>
  `{"resourceType":"Bundle","entry":[${Array.from({ length: entries }, () => '{"fullUrl":"urn:x:1"}').join()}]}`;
const attachments = (lure: string): string =>
  JSON.stringify({
    resourceType: 'DocumentReference',
    content: [lure, 'file:///etc/passwd', 'data:text/html,<script>1</script>'].map((url) => ({ attachment: { url } })),
  });

export const formCases: readonly Case[] = [
  carried('54: a C-CDA with two signatures in one, and a style sheet from elsewhere', 'text/xml', (lure) => {
    const parts = `<title>x</title>${signature(lure)}`;
    return `<ClinicalDocument xmlns="urn:hl7-org:v3">${parts}</ClinicalDocument>`;
  }),
  carried(
    '56: HL7 v2 with other separators, no CR, and escapes that would make segments',
    'x-application/hl7-v2+er7',
    () => 'MSH#^~\\&#A#B\\X0D\\ZZZ#1',
  ),
  {
    name: '56: HL7 v2 with an OBX of 30 MB',
    async act(town) {
      const bytes = bytesOf(`MSH|^~\\&|A\rOBX|1|ED|||${'x'.repeat(30_000_000)}`);
      return { answer: await submit(town, sound(town, {}), { name: 'a.txt', type: 'text/plain', bytes }) };
    },
    answer: /^(400 invalid .*document\[0\]|413 )/,
  },
  carried('59: FHIR, a bundle of 20,000 entries', 'application/fhir+json', () => bundle(20_000)),
  carried('59: FHIR, attachments elsewhere, in files and in data', 'application/fhir+json', attachments),
  {
    name: '59: FHIR where a referral is expected',
    act: async (town) => ({ answer: await submit(town, bundle(40_000)) }),
    answer: /^(400 invalid|413 ) /,
  },
];
