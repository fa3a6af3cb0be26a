import { createHash } from 'node:crypto';

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&apos;',
};

/** Text for an element or an attribute of XML 1.0: what XML cannot hold becomes a blank. */
export const xml = (text: string): string =>
  text
    .replace(/[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/gu, ' ')
    .replace(/[&<>"']/g, (each) => entities[each] ?? '');

/** HL7 time in UTC, to the second. */
export const hl7Time = (at: number): string => new Date(at).toISOString().replace(/[-:T]|\..*$/g, '');

/** An OID below 2.25 (ITU-T X.667) that is the same whenever it is made of the same words: a name for a document that
 *  far sides know again when a try is repeated. */
export function oidFor(words: string): string {
  const bytes = createHash('sha256').update(words).digest().subarray(0, 16);
  // The UUID below says that it was made from a name (version 8, RFC 9562 §5.8).
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return `2.25.${BigInt(`0x${bytes.toString('hex')}`)}`;
}
