/** Who a channel is and whom it trusts, as people look after it. No secrets: certificates are public. */
export interface Trust {
  readonly certificates: readonly CertificateFacts[];
  readonly bundles: readonly BundleFacts[];
  readonly lists: readonly ListFacts[];
  /** What asking around for recipients' certificates came to, newest first. */
  readonly found: readonly FoundFacts[];
}

export interface CertificateFacts {
  /** `own`: we sign and open with it; `partner`: the settings name it as a partner's; `anchor`: we trust what it
   *  certifies. */
  readonly use: 'own' | 'partner' | 'anchor';
  readonly subject: string;
  /** Addresses and domains that it speaks for. */
  readonly names: readonly string[];
  /** Hex. */
  readonly sha256: string;
  /** Epoch ms. */
  readonly notBefore: number;
  readonly notAfter: number;
  /** Of an anchor: the file or bundle that it came from. */
  readonly from: string | null;
  /** Of an anchor: our own domains that trust it; null: all. */
  readonly domains: readonly string[] | null;
  readonly direction: 'in' | 'out' | 'both' | null;
  /** Another one of ours, for the same names and uses, lasts longer. */
  readonly replaced: boolean;
}

/** Since the start of this process, once for each address: the latest. */
export interface FoundFacts {
  readonly address: string;
  /** Epoch ms. */
  readonly at: number;
  /** The place that has them, in words; null: nobody has any. */
  readonly place: string | null;
  /** Every place that was asked, and what it said. */
  readonly told: string;
  readonly certificates: readonly Pick<CertificateFacts, 'subject' | 'names' | 'sha256' | 'notBefore' | 'notAfter'>[];
}

export interface BundleFacts {
  readonly url: string;
  /** Its signature is checked. */
  readonly signed: boolean;
  readonly anchors: number;
  /** When the copy in force was fetched by this process, epoch ms; null: it was kept from before. */
  readonly fetchedAt: number | null;
  /** Why the last fetch failed; null: it did not, or there was none. */
  readonly failure: string | null;
  readonly dueAt: number;
}

/** What says whether certificates are revoked. */
export interface ListFacts {
  readonly kind: 'list' | 'responder';
  /** Address; of a list from a file: who issued it. */
  readonly from: string;
  /** When the next one is promised, epoch ms; null: not said. */
  readonly nextUpdate: number | null;
  readonly failure: string | null;
  /** When it was read or asked last, epoch ms; null: it is a file. */
  readonly at: number | null;
}
