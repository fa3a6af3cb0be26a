/** The outside, as far as we may reach it. What a far side names (an address in a certificate, a server in DNS) is
 *  connected to only through this. */
export interface Network {
  /** Addresses of a host (or itself, when it is one) that may be connected to: public ones, and those that the settings
   *  allow. They are what to connect to: asked again, a name may say something else.
   *  @throws Unreachable */
  addressesOf(host: string): Promise<readonly string[]>;

  /** One file by HTTP. Resolves whatever happens there. */
  get(url: string, limits: FetchLimits): Promise<Fetched>;

  /** Records of a name, CNAMEs followed, remembered as long as they allow. None: the name has none of that kind.
   *  @throws Unreachable when no resolver answered */
  ask<K extends keyof RecordKinds>(name: string, kind: K): Promise<readonly RecordKinds[K][]>;
}

export interface FetchLimits {
  readonly maxBytes: number;
  /** For all of it, redirects included. */
  readonly timeoutMs: number;
  /** How many redirects may be followed, each judged like the first address. Default 0. */
  readonly redirects?: number;
  /** Networks (CIDR) that may be reached by this fetch beside public ones. */
  readonly also?: readonly string[];
  /** The caller has judged the port already. Default false: only 80 and 443, save in allowed networks. */
  readonly anyPort?: boolean;
}

/** `why` never quotes the address. `forbidden`: our own rules say no, and will say so again. */
export type Fetched =
  | { readonly ok: true; readonly bytes: Buffer }
  | { readonly ok: false; readonly forbidden: boolean; readonly why: string };

export interface RecordKinds {
  readonly A: string;
  readonly AAAA: string;
  readonly MX: { readonly preference: number; readonly exchange: string };
  readonly SRV: {
    readonly priority: number;
    readonly weight: number;
    readonly port: number;
    readonly target: string;
  };
  /** RDATA of RFC 4398 §2: type, key tag, algorithm, certificate. */
  readonly CERT: Buffer;
}

/** A name or an address that cannot be reached, or must not be. The message says why, in words for the operator. */
export class Unreachable extends Error {
  /** Our own rules say no, and will say so again. */
  readonly forbidden: boolean;
  constructor(why: string, forbidden = false) {
    super(why);
    this.forbidden = forbidden;
  }
}
