import { execFile } from 'node:child_process';
import { createSign } from 'node:crypto';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { readHere } from '../../../demo/partner.ts';
import { freePort } from '../../../demo/free-port.ts';
import { createAuthority, issue, type Authority, type Issued, type Wish } from '../../../channels/direct/authority.ts';
import { sha256WithRsa } from '../../../channels/direct/cms/algorithms.ts';
import { integer, sequence, tags, tlv } from '../../../channels/direct/cms/der.ts';
import type { Identity } from '../../../channels/direct/cms/envelope.ts';
import { readIdentities } from '../../../channels/direct/files.ts';
import { openDirect, type Circumstances, type Opened } from '../../../channels/direct/judge.ts';
import direct from '../../../channels/direct/index.ts';
import { readCertificates, type Certificate } from '../../../channels/direct/trust/certificate.ts';
import type {
  Arrival,
  Channel,
  Desk,
  Inbox,
  News,
  Parcel,
  Practice,
  RefusedArrival,
  Tools,
} from '../../../src/core/channel.ts';
import type { Press } from '../../../src/core/press.ts';
import { openNetwork } from '../../../src/net/network.ts';
import type { Document } from '../../../src/core/message.ts';
import type { Network } from '../../../src/core/network.ts';

export const now = Date.UTC(2026, 10, 20, 12);
export const day = 86_400_000;

export const run = promisify(execFile);

export const whole = (pieces: Iterable<Buffer>): Buffer => Buffer.concat([...pieces]);

/** A folder that goes away with the test file. */
export async function scratch(): Promise<{
  readonly path: string;
  file(name: string, bytes: string | Uint8Array): Promise<string>;
  remove(): Promise<void>;
}> {
  const path = await mkdtemp(join(tmpdir(), 'direct-test-'));
  return {
    path,
    async file(name, bytes) {
      const full = join(path, name);
      await writeFile(full, bytes);
      return full;
    },
    remove: () => rm(path, { recursive: true, force: true }),
  };
}

export interface Person extends Issued {
  readonly address: string;
  readonly own: Identity;
  readonly cert: Certificate;
}

/** Somebody with a Direct address, and a certificate by that authority. */
export function person(by: Authority, address: string, wish: Partial<Wish> = {}): Person {
  const issued = issue(by, { address, ...wish });
  const [own] = readIdentities(Buffer.from(issued.identity));
  if (!own) throw new Error('no identity');
  return { ...issued, address, own, cert: own.certificate };
}

/** A certificate for a whole domain. */
export function domainPerson(by: Authority, domain: string): Person {
  const issued = issue(by, { domain });
  const [own] = readIdentities(Buffer.from(issued.identity));
  if (!own) throw new Error('no identity');
  return { ...issued, address: `anybody@${domain}`, own, cert: own.certificate };
}

export const authority = (name = 'Test CA'): Authority => createAuthority({ name, now });

export function certificate(pem: string): Certificate {
  const [first] = readCertificates(Buffer.from(pem));
  if (!first) throw new Error('no certificate');
  return first;
}

/** Judge as a gateway with these keys and anchors would. */
export function judge(
  raw: Buffer,
  to: Person,
  anchors: readonly Authority[],
  more: Partial<Circumstances> = {},
): Promise<Opened> {
  return openDirect(raw, {
    identities: [to.own],
    anchors: anchors.map(({ certificate: pem }) => certificate(pem)),
    crls: [],
    mailFrom: null,
    rcpts: null,
    at: now,
    ...more,
  });
}

export const crlf = (lines: readonly string[]): Buffer => Buffer.from(lines.join('\r\n'), 'latin1');

/** A plain message as its sender wrote it. */
export function letter(from: string, to: string, more: readonly string[] = []): Buffer {
  return crlf([
    `From: Doctor Who <${from}>`,
    `To: ${to}`,
    'Subject: referral of a synthetic patient',
    'Message-ID: <one@a.example>',
    'Date: Fri, 20 Nov 2026 12:00:00 +0000',
    'MIME-Version: 1.0',
    ...more,
    'Content-Type: multipart/mixed; boundary="b1"',
    '',
    '--b1',
    'Content-Type: text/plain; charset=utf-8',
    'Content-Transfer-Encoding: 8bit',
    '',
    'Please see the enclosed.',
    '--b1',
    'Content-Type: application/pdf; name="a.pdf"',
    'Content-Disposition: attachment; filename="a.pdf"',
    'Content-Transfer-Encoding: base64',
    '',
    pdf.toString('base64'),
    '--b1--',
    '',
  ]);
}

export const pdf = Buffer.from('%PDF-1.4 synthetic \u0000\u0001\r\n bare \n lines \r and all\n%%EOF', 'latin1');

export async function until(predicate: () => boolean): Promise<void> {
  while (!predicate()) await new Promise((resolve) => setImmediate(resolve));
}

/** An inbox that only remembers. */
export interface MemoryInbox extends Inbox {
  readonly messages: Arrival[];
  /** Copies too. */
  readonly taken: Arrival[];
  readonly news: News[];
  readonly refused: RefusedArrival[];
  /** Called before anything is stored. */
  before: () => Promise<void>;
}

export function memoryInbox(): MemoryInbox {
  const inbox: MemoryInbox = {
    messages: [],
    taken: [],
    news: [],
    refused: [],
    before: () => Promise.resolve(),
    async message(arrival) {
      await inbox.before();
      inbox.taken.push(arrival);
      const known = inbox.messages.some(({ origin }) => origin.token === arrival.origin.token);
      if (!known) inbox.messages.push(arrival);
      return known ? 'duplicate' : 'new';
    },
    handIn: () => Promise.reject(new Error('nobody hands anything in here')),
    async receipt(news) {
      await inbox.before();
      inbox.news.push(news);
      return 'recorded';
    },
    async quarantine(refusal) {
      await inbox.before();
      inbox.refused.push(refusal);
    },
  };
  return inbox;
}

export function toolsFor(
  practices: readonly Practice[],
  log: (event: string, facts: object) => void = () => undefined,
): Tools {
  const line = (event: string, facts: object = {}): void => {
    log(event, facts);
  };
  const none = (): never => {
    throw new Error('not for Direct');
  };
  return {
    log: { info: line, warn: line, error: line },
    now: () => now,
    practices,
    publicUrl: 'http://127.0.0.1',
    press: { fax: none, link: none, preview: none } satisfies Press,
    openBox: readHere,
    pickups: { note: () => Promise.resolve(), done: () => Promise.resolve(), list: () => Promise.resolve([]) },
    network: openNetwork({ allow: [], resolvers: [] }, { now: () => now }),
    desk: { publish: none, linkOf: none, file: none, answerSheet: none } satisfies Desk,
    linkCarrier: () => null,
    reopen: () => Promise.resolve(null),
  };
}

export const practice = (id: string, address: string): Practice => ({
  id,
  name: `Practice ${id}`,
  phone: '+12125550100',
  npi: null,
  addresses: { direct: [address] },
});

/** A Direct channel, its practice and its inbox. */
export interface Hisp {
  readonly channel: Channel;
  readonly inbox: MemoryInbox;
  readonly practice: Practice;
  readonly port: number;
  readonly lines: { readonly event: string; readonly facts: object }[];
  stop(): void;
}

export async function hisp(
  who: Person,
  options: {
    readonly anchors: readonly string[];
    readonly peers?: readonly object[];
    readonly limits?: object;
    readonly identity: string;
    readonly more?: object;
    readonly listens?: boolean;
    /** Default: public addresses, by the system's resolver. */
    readonly network?: Network;
  },
): Promise<Hisp> {
  const { anchors, peers = [], limits = {}, identity, more = {}, listens = true, network } = options;
  const port = await freePort();
  const own = practice(who.address, who.address);
  const lines: { event: string; facts: object }[] = [];
  const usual = toolsFor([own], (event, facts) => lines.push({ event, facts }));
  const tools = network ? { ...usual, network } : usual;
  const config = direct.config.parse({ identities: [identity], anchors, peers, limits, listen: { port }, ...more });
  const channel = await direct.create(config, tools);
  const stopping = new AbortController();
  const inbox = memoryInbox();
  if (listens) await channel.listen?.(inbox, stopping.signal);
  return {
    channel,
    inbox,
    practice: own,
    port: config.listen.port,
    lines,
    stop() {
      stopping.abort();
    },
  };
}

/** A parcel with one PDF in it. `handed` counts how often the hand-over was recorded. */
export function parcel(from: Practice, address: string, attempt = '0001'): Parcel & { readonly handed: number[] } {
  const document: Document = {
    id: 'doc_1',
    name: 'Überweisung "1".pdf',
    mediaType: 'application/pdf',
    bytes: pdf.length,
    sha256: '',
  };
  const handed: number[] = [];
  return {
    attempt: `att_${attempt.padStart(26, '0')}`,
    family: `att_${attempt.padStart(26, '0')}`,
    endpoint: { channel: 'direct', address },
    message: {
      id: 'msg_1',
      practice: from.id,
      origin: { channel: 'api', token: 't', from: null, details: {} },
      subject: 'A synthetic subject',
      urgency: 'routine',
      deadline: now + day,
      referral: null,
      recipients: [],
      documents: [document],
      receivedAt: now,
    },
    recipient: { name: null, npi: null, phone: null, endpoints: [] },
    practice: from,
    possibleDuplicate: false,
    open: () => Promise.resolve(pdf),
    handingOver: () => {
      handed.push(Date.now());
      return Promise.resolve();
    },
    taken: () => Promise.resolve(),
    handed,
  };
}

/** A revocation list by that authority. */
export const listBy = (
  by: { key: string },
  issuer: Certificate,
  serials: readonly Buffer[],
  nextUpdate: number,
): Buffer => {
  const time = (at: number): Buffer =>
    tlv(
      tags.utcTime,
      Buffer.from(
        new Date(at)
          .toISOString()
          .replace(/[-:T]|\.\d+/g, '')
          .slice(2),
      ),
    );
  const revoked = serials.map((serial) => sequence(serial, time(now - day)));
  const body = sequence(
    integer(1),
    sha256WithRsa,
    issuer.subject,
    time(now - day),
    time(nextUpdate),
    ...(revoked.length > 0 ? [sequence(Buffer.concat(revoked))] : []),
  );
  return sequence(
    body,
    sha256WithRsa,
    tlv(tags.bits, Buffer.from([0]), createSign('sha256').update(body).sign(by.key)),
  );
};
