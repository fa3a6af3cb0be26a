import type { ClinicalHeader } from '../core/clinical.ts';
import type { Field } from '../core/entry.ts';
import { clinicalFields } from './ccda.ts';
import type { Packet } from './packet.ts';

/** A document of an arrival, as far as it says itself what it is. */
export interface Stating {
  readonly clinical: ClinicalHeader | null;
  /** How many of the arrival's pages are its, in order. */
  readonly pages: number;
}

/** What pages were read to say, under what documents state of themselves (C-CDA, Context): that needs no reading, and the
 *  pages fill in what it leaves open. Documents about different patients are referrals of their own, before those on paper:
 *  nobody's fields may come from another's document. */
export function withStated(packet: Packet, documents: readonly Stating[]): Packet {
  const patients = [...new Set(documents.flatMap(({ clinical }) => patientOf(clinical) ?? []))];
  const owners = documents.flatMap(({ clinical, pages }) => Array<string | null>(pages).fill(patientOf(clinical)));
  const apart = patients.length > 1;
  const read = apart ? besides(packet, owners, patients) : packet;
  const stated = documents.flatMap(({ clinical }) =>
    clinical ? partOf(clinicalFields(clinical), apart ? patients.indexOf(patientOf(clinical) ?? '') : 0) : [],
  );
  const chosen = stated.filter((field, index) => stated.findIndex((other) => isSame(other, field)) === index);
  const open = read.fields.filter((field) => !chosen.some((other) => isSame(other, field)));
  return { sheets: read.sheets, fields: [...chosen, ...open] };
}

/** Null: it names nobody. */
function patientOf(clinical: ClinicalHeader | null): string | null {
  if (clinical === null || clinical.patient.family === null) return null;
  const { family, given, birthTime } = clinical.patient;
  return [family, given?.split(' ')[0] ?? '', birthTime?.slice(0, 8) ?? ''].join(' ').toLowerCase();
}

const partOf = (fields: readonly Field[], part: number): Field[] =>
  part < 0 ? [] : fields.map((field) => ({ ...field, part }));

const isSame = (a: Field, b: Field): boolean => a.name === b.name && (a.part ?? 0) === (b.part ?? 0);

/** The packet with a part for each patient of a document in front of its own parts. */
function besides(packet: Packet, owners: readonly (string | null)[], patients: readonly string[]): Packet {
  const ownerOf = (page: number): string | null => owners[page] ?? null;
  return {
    sheets: packet.sheets.map((sheet, page) => {
      const owner = ownerOf(page);
      if (owner !== null) return { ...sheet, kind: 'referral', part: patients.indexOf(owner), foreign: false };
      return { ...sheet, part: sheet.part === null ? null : sheet.part + patients.length };
    }),
    fields: packet.fields
      .filter(({ place }) => place !== null && ownerOf(place.page) === null)
      .map((field) => ({ ...field, part: (field.part ?? 0) + patients.length })),
  };
}
