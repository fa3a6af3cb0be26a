import { createHash, randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createAuthority, issue } from '../channels/direct/authority.ts';
import type { Config } from './config.ts';
import { Duplicate } from './errors.ts';
import { hashPassword } from './http/secrets.ts';
import type { Store } from './store/store.ts';

/** Where the command line finds its key. */
export const cliKeyFile = (config: Config): string => join(config.keys, 'cli.key');

/** A Direct identity for trying out: made when none is there and the settings still point at the default place. */
export function makeTryOutIdentity(config: Config, now: number): void {
  const identity = join(config.keys, 'direct', 'identity.pem');
  const anchor = join(config.keys, 'direct', 'anchor.pem');
  const wanted = JSON.stringify(config.channels['direct'] ?? {}).includes(JSON.stringify(identity));
  if (!wanted || existsSync(identity) || existsSync(anchor)) return;
  const address = config.practices[0]?.addresses['direct']?.[0];
  if (address === undefined) return;
  const authority = createAuthority({ name: 'Loopgate try-out authority', now });
  secretFile(anchor, authority.certificate);
  secretFile(identity, issue(authority, { domain: address.slice(address.lastIndexOf('@') + 1) }).identity);
}

/** On an empty store: one administrator, and one key for the command line. Null when people are there already. */
export async function makeSignIn(
  config: Config,
  store: Store,
  now: number,
): Promise<{ readonly name: string; readonly password: string } | null> {
  if ((await store.people.users()).length > 0) return null;
  const password = randomBytes(12).toString('base64url');
  const key = `lg_${randomBytes(32).toString('base64url')}`;
  secretFile(cliKeyFile(config), `${key}\n`);
  const hash = createHash('sha256').update(key).digest('hex');
  await store.people.addKey({ hash, label: 'command line', practice: null, role: 'system-admin', ...fresh(now) });
  try {
    const admin = { name: 'admin', practice: null, role: 'system-admin', disabledAt: null } as const;
    await store.people.addUser({ ...admin, password: await hashPassword(password) });
  } catch (cause) {
    // Another process was the first; it has told its password.
    if (cause instanceof Duplicate) return null;
    throw cause;
  }
  return { name: 'admin', password };
}

const fresh = (madeAt: number) => ({ scopes: null, madeAt, usedAt: null, revokedAt: null });

function secretFile(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  writeFileSync(path, content, { mode: 0o600 });
}
