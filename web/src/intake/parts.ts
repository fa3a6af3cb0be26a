import type { EntryView } from '../../../src/http/intake-shapes.ts';

/** The referrals in an arrival, by number; papers without any are one all the same. */
export function partsOf({ sheets }: EntryView): number[] {
  const parts = [...new Set(sheets.flatMap(({ part }) => part ?? []))].sort((a, b) => a - b);
  return parts.length === 0 ? [0] : parts;
}

export const isAccepted = ({ accepted }: EntryView, part: number): boolean =>
  accepted.some((done) => done.part === part);

export const openParts = (entry: EntryView): number[] => partsOf(entry).filter((part) => !isAccepted(entry, part));

/** As people count them, and whose it is as far as that was read. */
export function nameOf(entry: EntryView, part: number): string {
  const patient = entry.fields.find((field) => field.name === 'patient.name' && field.part === part)?.value;
  return `Referral ${numberOf(entry, part)}${patient ? `: ${patient}` : ''}`;
}

/** Numbers of parts have gaps once referrals were joined; people count from one. */
export const numberOf = (entry: EntryView, part: number): number => partsOf(entry).indexOf(part) + 1;

const kinds: Readonly<Record<EntryView['sheets'][number]['kind'], string>> = {
  cover: 'cover sheet',
  referral: 'referral form',
  note: 'clinical note',
  labs: 'lab results',
  imaging: 'imaging',
  facesheet: 'face sheet',
  insurance_card: 'insurance card',
  consent: 'consent',
  answer_sheet: 'answer sheet',
  junk: 'advertising',
  blank: 'blank',
  other: '',
};

/** What kind of page it is, and what a person should know of it. */
export const describe = ({ kind, foreign, copyOf }: EntryView['sheets'][number]): string =>
  [kinds[kind], foreign && '! names another patient', copyOf !== null && `copy of page ${copyOf + 1}`]
    .filter(Boolean)
    .join(', ');
