/** What it takes to judge a partner's certificate, cold (its intermediate and two revocation lists are fetched and read, and
 *  every signature is checked) and warm (seen before): node bench/direct-paths.ts [partners]. What is fetched comes from
 *  memory, so that the time is ours and not that of a network. */
import { sign } from 'node:crypto';
import { createAuthority, issue, type Authority } from '../channels/direct/authority.ts';
import { sha256WithRsa } from '../channels/direct/cms/algorithms.ts';
import { integer, sequence, tags, tlv } from '../channels/direct/cms/der.ts';
import { timeValue } from '../channels/direct/cms/signature.ts';
import { readCertificates, type Certificate } from '../channels/direct/trust/certificate.ts';
import { judge } from '../channels/direct/trust/judge-path.ts';
import { openSources } from '../channels/direct/trust/sources.ts';
import type { Network } from '../src/core/network.ts';

const partners = Number(process.argv[2] ?? 40);
const at = Date.now();
const day = 86_400_000;
const served = new Map<string, Buffer>();

const certificateOf = (pem: string): Certificate => {
  const [first] = readCertificates(Buffer.from(pem));
  if (!first) throw new Error('no certificate');
  return first;
};

/** An authority's list of a thousand revoked certificates. */
function listOf(by: Authority): Buffer {
  const revoked = Array.from({ length: 1_000 }, (_, index) =>
    sequence(tlv(tags.integer, Buffer.from((0x40_0000_0000 + index).toString(16), 'hex')), timeValue(at - day)),
  );
  const { subject } = certificateOf(by.certificate);
  const dates = [timeValue(at - day), timeValue(at + day)];
  const body = sequence(integer(1), sha256WithRsa, subject, ...dates, sequence(...revoked));
  const signature = tlv(tags.bits, Buffer.from([0]), sign('sha256', body, by.key));
  return sequence(body, sha256WithRsa, signature);
}

const root = createAuthority({ name: 'Bench root', now: at });
served.set('http://pki.example/root.crl', listOf(root));
const leaves = Array.from({ length: partners }, (_, index) => {
  const here = `http://pki.example/${index}`;
  const middle = issue(root, { ca: true, name: `Authority ${index}`, listsAt: 'http://pki.example/root.crl' });
  const by = { ...middle, now: at };
  served.set(`${here}.cer`, certificateOf(middle.certificate).raw);
  served.set(`${here}.crl`, listOf(by));
  return issue(by, { domain: `p${index}.example`, issuersAt: `${here}.cer`, listsAt: `${here}.crl` }).certificate;
});

const network: Pick<Network, 'get'> = {
  get(url) {
    const bytes = served.get(url);
    return Promise.resolve(bytes ? { ok: true, bytes } : { ok: false, forbidden: false, why: 'not there' });
  },
};

const by = {
  anchors: [certificateOf(root.certificate)],
  crls: [],
  at,
  sources: openSources(network as Network, () => at),
  revocation: { unknown: 'refuse', graceMs: 0 },
} as const;

async function round(name: string, certificates: readonly Certificate[]): Promise<void> {
  const before = process.cpuUsage();
  for (const certificate of certificates) {
    const { problems } = await judge(certificate, 'digitalSignature', [], by);
    if (problems.length > 0) throw new Error(problems.join('; '));
  }
  const { user, system } = process.cpuUsage(before);
  const ms = (user + system) / 1_000 / certificates.length;
  process.stdout.write(
    `${name.padEnd(6)} ${ms.toFixed(3)} ms a certificate, ${(1_000 / ms).toFixed(0)} a second of one core\n`,
  );
}

const read = leaves.map(certificateOf);
await round('cold', read);
await round('warm', Array.from({ length: 50 }, () => read).flat());
