import { domainOf } from '../mime/address.ts';
import { clean } from '../mime/compose.ts';
import { contextName } from '../mime/documents.ts';
import { numbersOf, sexOf, type About, type Carried, type Patient } from './about.ts';

/** By which the message's header names its Context. */
export const contextId = ({ name, from }: About): string => `context.${name}@${domainOf(from)}`;

/** The Context of a message (Context IG v1.1): what it is about, for machines that file it. */
export function contextOf(about: About): Carried {
  const patient = about.request?.patient ?? null;
  const numbers = numbersOf(patient).map(({ root, value }) => `${root}:${bare(value)}`);
  const lines = [
    'version: 1.1',
    `id: <${about.name}@${domainOf(about.from)}>`,
    ...(numbers.length > 0 ? [`patient-id: ${numbers.join('; ')}`] : []),
    ...(about.request ? ['type: referral/order'] : []),
    'purpose: treatment',
    ...(patient ? [`patient: ${wordsOf(patient)}`] : []),
  ];
  return {
    name: contextName,
    mediaType: 'text/plain',
    bytes: Buffer.from(`${lines.join('\r\n')}\r\n`, 'utf8'),
  };
}

function wordsOf(patient: Patient): string {
  const [first = '', ...middle] = patient.name.given;
  const values: readonly (readonly [string, string | null])[] = [
    ['givenName', first],
    ['surname', patient.name.family],
    ['middleName', middle.join(' ')],
    ['dateOfBirth', patient.birthDate],
    ['gender', sexOf(patient)],
    ['telephoneNumber', patient.phone],
  ];
  return values.flatMap(([name, value]) => (value ? [`${name}=${bare(value)}`] : [])).join('; ');
}

/** The separators have no place in a value. */
const bare = (text: string): string =>
  clean(text)
    .replace(/[\s;=]+/g, ' ')
    .trim();
