import type { Network } from '../../../src/core/network.ts';
import { Malformed } from '../cms/der.ts';
import { readCertificate, type Certificate } from '../trust/certificate.ts';

/** RFC 4398 §2.1: a certificate itself. Types that only name an address to fetch from (IPKIX, URI) are left alone: no
 *  known partner publishes so, and each would be a fetch at a stranger's word. */
const pkix = 1;
/** Before the certificate: type, key tag, algorithm. */
const headBytes = 5;
const maxCertificates = 20;

/** The certificates in the CERT records of a name. Records that are none are passed over, like decoys.
 *  @throws Unreachable when DNS does not answer */
export async function certRecords(name: string, network: Network): Promise<readonly Certificate[]> {
  const records = await network.ask(name, 'CERT');
  return records
    .filter((data) => data.length > headBytes && data.readUInt16BE(0) === pkix)
    .slice(0, maxCertificates)
    .flatMap((data) => readableCertificate(Buffer.from(data.subarray(headBytes))));
}

/** One certificate, or none when the bytes are something else. */
export function readableCertificate(der: Buffer): Certificate[] {
  try {
    return [readCertificate(der)];
  } catch (cause) {
    if (cause instanceof Malformed) return [];
    throw cause;
  }
}

/** RDATA of a CERT record for a certificate, for those who publish one. */
export const certRecordData = ({ raw }: Certificate): Buffer => Buffer.concat([Buffer.from([0, pkix, 0, 0, 0]), raw]);

/** The name under which an address's own certificate is published: `@` becomes a dot (facts §1d). Null: none fits DNS. */
export function certNameOf(address: string): string | null {
  const name = address.replace('@', '.');
  const labels = name.split('.');
  return name.length <= 253 && labels.every((label) => label.length > 0 && label.length <= 63) ? name : null;
}
