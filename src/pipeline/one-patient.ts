import type { NamedPatient, Patients } from '../documents/patients.ts';
import { namesAgree } from '../intake/identity.ts';
import type { ReferralRequest } from '../core/referral.ts';

interface File {
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** One referral is about one patient: whoever receives it files it under one name, and another's document with it. By
 *  index, in words without names, which clinical documents are about somebody else than the referral, or than the first
 *  that says whom it is about. Pages and images say nothing here: they are not opened on their way out. */
export async function strangersAmong(
  files: readonly File[],
  asked: ReferralRequest['patient'],
  patientsOf: Patients,
): Promise<ReadonlyMap<number, string>> {
  const problems = new Map<number, string>();
  let first = asked && { patient: patientOf(asked), from: 'the referral' };
  for (const [index, { mediaType, bytes }] of files.entries()) {
    const patients = mediaType === 'text/xml' ? await patientsOf(bytes) : [];
    for (const patient of patients) {
      first ??= { patient, from: `file ${index + 1}` };
      const differs = difference(first.patient, patient);
      if (differs === null) continue;
      problems.set(
        index,
        `it is about another patient than ${first.from} (${differs}): send one referral for each patient`,
      );
    }
  }
  return problems;
}

function patientOf({ name, birthDate }: NonNullable<ReferralRequest['patient']>): NamedPatient {
  return { family: name.family, given: name.given.join(' ') || null, birth: birthDate?.replaceAll('-', '') || null };
}

/** Birth dates decide where both are known: names are written in many ways, and change. */
function difference(a: NamedPatient, b: NamedPatient): string | null {
  if (a.birth !== null && b.birth !== null) return a.birth === b.birth ? null : 'the dates of birth differ';
  const [x, y] = [fullName(a), fullName(b)];
  return x !== null && y !== null && !namesAgree(x, y) ? 'the names differ' : null;
}

const fullName = ({ family, given }: NamedPatient): string | null =>
  family !== null && given !== null ? `${given} ${family}` : null;
