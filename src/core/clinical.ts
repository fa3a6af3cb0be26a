/** What the head of a clinical document (HL7 C-CDA) says in so many words: strings as they stand there, null where silent. */
export interface ClinicalHeader {
  readonly patient: {
    readonly given: string | null;
    readonly family: string | null;
    /** HL7 time, for instance `19610409`. */
    readonly birthTime: string | null;
    /** As in `telecom/@value`, for instance `tel:+1(212)555-0123`. */
    readonly telecom: string | null;
  };
  readonly author: {
    readonly given: string | null;
    readonly family: string | null;
    readonly npi: string | null;
  };
  /** Narrative of the section "Reason for referral". */
  readonly reason: string | null;
}
