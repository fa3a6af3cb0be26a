import { readFile } from 'node:fs/promises';
import type { Tools } from '../../src/core/channel.ts';
import { createAuthority, issue } from './authority.ts';
import { domainOf } from './mime/address.ts';

/** What we call ourselves in SMTP: the domain of our first address. */
export const ownName = ({ practices }: Tools): string =>
  domainOf(practices.flatMap(({ addresses }) => addresses['direct'] ?? [])[0] ?? 'loopgate@localhost');

/** PEM files of a listener's key and certificate. */
export async function readTls(files: { key: string; certificate: string }): Promise<{ key: string; cert: string }> {
  return { key: await readFile(files.key, 'utf8'), cert: await readFile(files.certificate, 'utf8') };
}

/** For STARTTLS among partners who do not ask for our name: the message protects itself. */
export function ownTls(now: number): { key: string; cert: string } {
  const { key, certificate } = issue(createAuthority({ name: 'Loopgate', now, key: 'P-256' }), {
    domain: 'localhost',
    key: 'P-256',
  });
  return { key, cert: certificate };
}
