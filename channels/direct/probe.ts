import type { Network } from '../../src/core/network.ts';
import type { DirectConfig } from './config.ts';
import type { Discover } from './discovery/discover.ts';
import { partnerOf, signerFor, trustedBy, type Keyring, type Partner } from './keyring.ts';
import { domainOf } from './mime/address.ts';
import { recipientFor, unknown } from './recipient.ts';
import { openLine } from './smtp/line.ts';
import { hostOf } from './smtp/mail-server.ts';
import { isBoundTo, nameOf, type Certificate } from './trust/certificate.ts';
import { hasLists, judge, type Trusting } from './trust/judge-path.ts';
import type { Sources } from './trust/sources.ts';

/** One thing that was looked at, in words. `todo`: what whoever runs the gateway can do about it. */
export interface Look {
  readonly what: string;
  readonly fate: 'good' | 'bad' | 'later' | 'note';
  readonly words: string;
  readonly todo: string | null;
}

export interface ProbeBy {
  readonly config: DirectConfig;
  readonly keyring: Keyring;
  readonly network: Network;
  readonly sources: Sources;
  readonly discover: Discover;
  /** Our name in SMTP. */
  readonly name: string;
  /** Epoch ms. */
  readonly at: number;
}

/** What would happen to a message from one address to another: everything that sending does, save sending. */
export async function* probe(from: string, to: string, by: ProbeBy): AsyncGenerator<Look> {
  const partner = partnerOf(by.keyring, to);
  const trusting: Trusting = {
    anchors: trustedBy(by.keyring, domainOf(from), 'out'),
    crls: by.keyring.crls,
    at: by.at,
    sources: by.sources,
    revocation: by.config.revocation,
  };
  yield own(from, by);
  yield settings(partner, trusting.anchors.length, domainOf(from));
  const certificates = partner?.certificates ?? [];
  const found = certificates.length > 0 ? certificates : (await by.discover(to)).certificates;
  if (certificates.length === 0) yield* places(to, by);
  for (const each of found) yield await certificateLook(each, to, found, trusting);
  yield await choice(to, certificates, partner, { trusting, discover: by.discover });
  yield* mailServer(to, partner, by);
}

const look = (what: string, fate: Look['fate'], words: string, todo: string | null = null): Look => ({
  what,
  fate,
  words,
  todo,
});

const dayOf = (at: number): string => new Date(at).toISOString().slice(0, 10);

function own(from: string, { keyring, at }: ProbeBy): Look {
  const identity = signerFor(keyring, from, at);
  if (!identity) {
    return look('our identity', 'bad', `nothing signs for ${from}`, 'put its key and certificate into `identities`');
  }
  const { certificate } = identity;
  const words = `${from} signs with ${nameOf(certificate)}, valid until ${dayOf(certificate.notAfter)}`;
  return certificate.notAfter < at
    ? look('our identity', 'bad', words, 'renew it: partners refuse what it signs')
    : look('our identity', 'good', words);
}

function settings(partner: Partner | null, anchors: number, domain: string): Look {
  const trust = `${domain} trusts ${anchors} anchor${anchors === 1 ? '' : 's'} to send to`;
  if (!partner) return look('settings', 'note', `no entry in peers; ${trust}`);
  const { match, host, port, transport, cipher } = partner.peer;
  const server = host === null ? 'mail server by MX' : `mail server ${host}:${port}`;
  const reads = [transport, cipher].filter((each) => each !== null).join(', ') || 'as its certificate says';
  return look('settings', 'note', `peers entry ${match}: ${server}, ${reads}; ${trust}`);
}

async function* places(to: string, { discover, config }: ProbeBy): AsyncGenerator<Look> {
  if (!config.discovery) yield look('discovery', 'note', 'switched off (`discovery: false`)');
  for (const { place, certificates, failure } of (await discover(to)).steps) {
    const count = certificates.length;
    if (failure !== null) {
      yield look(
        'discovery',
        'later',
        `${place}: ${failure}`,
        'it will be asked again; look at the network and at theirs',
      );
    } else
      yield look('discovery', count > 0 ? 'good' : 'note', `${place}: ${count} certificate${count === 1 ? '' : 's'}`);
  }
}

async function certificateLook(
  certificate: Certificate,
  to: string,
  pool: readonly Certificate[],
  trusting: Trusting,
): Promise<Look> {
  const path = await judge(certificate, 'keyEncipherment', pool, trusting);
  const bound = isBoundTo(certificate, to) ? [] : ['it does not speak for this address'];
  const problems = [...bound, ...path.problems];
  const chain = path.anchored ? `chain ${path.chain.map(nameOf).join(' ← ')}` : 'no chain to an anchor';
  const lists = path.chain.some((each) => hasLists(each) || each.respondersAt.length > 0)
    ? 'revocation asked'
    : 'names no revocation list';
  const words = [`${nameOf(certificate)}, valid until ${dayOf(certificate.notAfter)}`, chain, lists, ...path.notes];
  if (problems.length === 0) return look('certificate', 'good', words.join('; '));
  const todo = path.anchored
    ? 'tell the partner'
    : 'if you trust its authority, put the top of its chain into `anchors`, or take up its bundle';
  return look('certificate', path.passing ? 'later' : 'bad', [...words, ...problems].join('; '), todo);
}

async function choice(
  to: string,
  known: readonly Certificate[],
  partner: Partner | null,
  by: Parameters<typeof recipientFor>[3],
): Promise<Look> {
  const chosen = await recipientFor(to, known, partner?.peer ?? unknown, by);
  if (!('reason' in chosen)) {
    const key = chosen.certificate.publicKey.asymmetricKeyType === 'ec' ? 'ECDH' : chosen.transport;
    return look('encryption', 'good', `for ${nameOf(chosen.certificate)} (${key}, ${chosen.cipher})`);
  }
  const { code } = chosen.reason;
  if (chosen.passing)
    return look('encryption', 'later', 'the message would wait and be tried again', 'look again later');
  return code === 'no-certificate'
    ? look(
        'encryption',
        'bad',
        'no certificate is known: refused (5.7.31)',
        'ask the partner how it publishes its certificates',
      )
    : look('encryption', 'bad', 'no certificate is trusted: refused (5.7.11)', 'see the certificates above');
}

async function* mailServer(to: string, partner: Partner | null, by: ProbeBy): AsyncGenerator<Look> {
  const host = await hostOf(partner?.peer ?? null, partner?.ca ?? null, to, by.network);
  if ('why' in host) {
    yield look('mail server', 'later', host.why, 'the message would wait; set `host` in peers, or tell the partner');
    return;
  }
  yield look('mail server', 'good', `${host.host}:${host.port}${host.at === undefined ? '' : ` (${host.at})`}`);
  const { connectMs } = by.config.limits;
  const wait = { connectMs, replyMs: connectMs, idleMs: 0 };
  try {
    const { connection } = await openLine(host, by.name, wait, AbortSignal.timeout(2 * connectMs));
    connection.quit();
    const trust =
      host.tls === 'verified'
        ? 'its certificate proves its name'
        : 'any certificate will do: messages protect themselves';
    yield look('SMTP', 'good', `answers and takes STARTTLS; ${trust}`);
  } catch (cause) {
    const code = cause instanceof Error && 'code' in cause ? String(cause.code) : 'no answer';
    yield look(
      'SMTP',
      'later',
      `no line with STARTTLS (${code})`,
      'the message would wait; port 25 may be closed on the way out',
    );
  }
}
