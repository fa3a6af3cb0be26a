import type { Health, Log } from '../../src/core/channel.ts';
import { allAnchors, type Keyring } from './keyring.ts';
import { bindingsOf, fingerprintOf, nameOf, usages, type Certificate } from './trust/certificate.ts';

const day = 86_400_000;
const soonDays = [1, 7, 30] as const;

/** Are our own identities good for today? One that has ended and has a successor, for the same names and uses, is no
 *  problem: it stays only to open mail that is under way.
 *  @param now epoch ms */
export function healthOf(keyring: Keyring, now: number): Health {
  const own = currentOf(keyring);
  const problems = [
    ...own.flatMap((certificate) => lifeProblem(certificate, now)),
    ...allAnchors(keyring).flatMap(({ certificate }) =>
      certificate.notAfter < now ? [`the anchor ${nameOf(certificate)} has expired`] : [],
    ),
  ];
  const validUntil = Math.min(...own.map(({ notAfter }) => notAfter));
  return problems.length === 0 ? { ok: true, validUntil } : { ok: false, problem: problems.join('; '), validUntil };
}

/** Tells the log once when 30, 7 and 1 days are left to one of our identities. */
export function endWatch(log: Log): (keyring: Keyring, now: number) => void {
  const told = new Map<string, number>();
  return (keyring, now) => {
    for (const certificate of currentOf(keyring)) {
      const left = soonDays.find((days) => certificate.notAfter - now <= days * day);
      const key = fingerprintOf(certificate);
      if (left === undefined || left >= (told.get(key) ?? Infinity)) continue;
      told.set(key, left);
      log.warn('direct.certificate-ends', {
        channel: 'direct',
        reason: `${nameOf(certificate)} ends ${new Date(certificate.notAfter).toISOString()}`,
        count: left,
      });
    }
  };
}

/** For each of our names and uses, the certificate that lasts longest. */
export function currentOf({ identities }: Keyring): Certificate[] {
  const latest = new Map<string, Certificate>();
  for (const { certificate } of identities) {
    const { addresses, domains } = bindingsOf(certificate);
    const uses = [usages.digitalSignature, usages.keyEncipherment].filter(
      (use) => certificate.keyUsage === null || (certificate.keyUsage & use) !== 0,
    );
    for (const key of [...addresses, ...domains].flatMap((name) => uses.map((use) => `${name} ${use}`))) {
      const known = latest.get(key);
      if (!known || known.notAfter < certificate.notAfter) latest.set(key, certificate);
    }
  }
  // What speaks for nobody is still told of.
  return latest.size > 0 ? [...new Set(latest.values())] : identities.map(({ certificate }) => certificate);
}

function lifeProblem(certificate: Certificate, now: number): string[] {
  const days = Math.floor((certificate.notAfter - now) / day);
  if (now < certificate.notBefore) return [`the identity ${nameOf(certificate)} is not valid yet`];
  return days < 0 ? [`the identity ${nameOf(certificate)} expired ${-days} days ago`] : [];
}
