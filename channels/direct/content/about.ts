import type { ReferralRequest } from '../../../src/core/referral.ts';
import { oidFor } from './xml.ts';

/** What a form of content may say of a message beside its documents. */
export interface About {
  /** The same on every try that may be a copy. */
  readonly name: string;
  readonly from: string;
  readonly to: string;
  readonly practice: { readonly name: string; readonly npi: string | null; readonly phone: string };
  readonly recipient: { readonly name: string | null; readonly npi: string | null };
  /** The referral that it is, as far as the sender said. */
  readonly request: ReferralRequest | null;
  /** Epoch ms: when the message was handed to us. */
  readonly at: number;
}

export interface Carried {
  readonly name: string;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
  /** Of a MIME part that others refer to, without angle brackets. */
  readonly contentId?: string;
}

export type Patient = NonNullable<ReferralRequest['patient']>;

/** Numbers of a patient under an OID: others mean nothing outside. */
export function numbersOf(patient: Patient | null): { readonly root: string; readonly value: string }[] {
  return (patient?.identifiers ?? []).flatMap(({ system, value }) => {
    const root = /^(?:urn:oid:)?([0-2](?:\.\d+)+)$/.exec(system)?.[1];
    return root !== undefined && value.trim() !== '' ? [{ root, value: value.trim() }] : [];
  });
}

/** HL7's letter for a sex as FHIR writes it; null: not known, or none that the letter could say. */
export const sexOf = ({ sex }: Patient): 'F' | 'M' | null => {
  const letter = (sex ?? '').slice(0, 1).toUpperCase();
  return letter === 'F' || letter === 'M' ? letter : null;
};

/** HL7 date; null: not known. */
export const birthOf = ({ birthDate }: Patient): string | null =>
  birthDate !== null && /^\d{4}-\d\d-\d\d$/.test(birthDate) ? birthDate.replaceAll('-', '') : null;

export const documentOid = (about: About, index: number): string => oidFor(`${about.name} document ${index}`);
