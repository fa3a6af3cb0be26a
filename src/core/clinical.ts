/** What the head of a clinical document (HL7 C-CDA, or a Direct message's Context) says in so many words: strings as they
 *  stand there, null where silent. */
export interface ClinicalHeader {
  readonly patient: {
    readonly given: string | null;
    readonly family: string | null;
    /** HL7 time, for instance `19610409`. */
    readonly birthTime: string | null;
    /** As in `telecom/@value`, for instance `tel:+1(212)555-0123`. */
    readonly telecom: string | null;
    /** `F`, `M` or another code of AdministrativeGender. */
    readonly sex: string | null;
    /** On one line. */
    readonly address: string | null;
    /** The number in the sender's files; no Social Security number. */
    readonly number: string | null;
  };
  /** Who refers: a participant that says so, else who met the patient, else the primary care provider, else the author. */
  readonly referrer: {
    readonly given: string | null;
    readonly family: string | null;
    readonly npi: string | null;
    readonly telecom: string | null;
    readonly practice: string | null;
  };
  /** Narrative of the section "Reason for referral". */
  readonly reason: string | null;
}
