import type { OpenBox } from '../core/box.ts';
import { headerOf } from './ccda.ts';
import { Unreadable } from './protocol.ts';
import { clinicalTree, xmlText } from './xml-tree.ts';

/** Whom a file names as its patient, as far as it does. */
export interface NamedPatient {
  readonly family: string | null;
  readonly given: string | null;
  /** YYYYMMDD. */
  readonly birth: string | null;
}

/** The patients of a clinical document (C-CDA), looked for in a process of its own. Of a document that cannot be read
 *  nobody is known. */
export type Patients = (xml: Uint8Array) => Promise<readonly NamedPatient[]>;

export function boxedPatients(openBox: OpenBox): Patients {
  const box = openBox(new URL('patients-worker.ts', import.meta.url), new URL('.', import.meta.url));
  return async (xml) => {
    const answer = await box.ask<readonly NamedPatient[]>(xml);
    return answer.ok ? answer.value : [];
  };
}

/** A head is some hundred lines; a document about more patients than this is none. */
const maxHead = 65_536;
const maxPatients = 8;

/** Its `recordTarget`s are read and nothing else of it. */
export function patientsOf(bytes: Uint8Array): NamedPatient[] {
  const pieces = xmlText(bytes)
    .split(/<\/(?:[\w-]{1,20}:)?recordTarget\s*>/, maxPatients + 1)
    .slice(0, maxPatients);
  return pieces.flatMap((piece) => {
    const start = piece.search(/<(?:[\w-]{1,20}:)?recordTarget[\s>]/);
    return start < 0 || piece.length - start > maxHead ? [] : patientIn(piece.slice(start));
  });
}

function patientIn(open: string): NamedPatient[] {
  const end = `</${/^<([\w:-]+)/.exec(open)?.[1] ?? 'recordTarget'}>`;
  try {
    const { patient } = headerOf(clinicalTree(Buffer.from(`<ClinicalDocument>${open}${end}</ClinicalDocument>`)), []);
    const birth = /^\d{8}/.exec(patient.birthTime ?? '')?.[0] ?? null;
    return [{ family: patient.family, given: patient.given, birth }];
  } catch (cause) {
    if (cause instanceof Unreadable) return [];
    throw cause;
  }
}
