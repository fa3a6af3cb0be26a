/** The least that any gateway on Node's HTTP server would do, in a process of its own: what `bench:accept` and
 *  `bench:direct-out` measure ours beside. It checks, records and retries nothing.
 *  node bench/floor.ts accept <folder>: SHA-256, AES-256-GCM, one SQLite row, grouped; 202 once it is on disk
 *  node bench/floor.ts direct <port> <certificate file>: the message wrapped, signed, encrypted and handed over by SMTP
 *  with STARTTLS on connections that stay open; 202 once it is taken */
import { createCipheriv, createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { createAuthority, issue } from '../channels/direct/authority.ts';
import { readIdentities } from '../channels/direct/files.ts';
import { composeLetter } from '../channels/direct/mime/compose.ts';
import { seal } from '../channels/direct/seal.ts';
import { readReplies } from '../channels/direct/smtp/replies.ts';
import { smtpTransmitter } from '../channels/direct/smtp/transmit.ts';
import { readCertificates } from '../channels/direct/trust/certificate.ts';

const repliesFile = new URL('../config/replies/smtp.json', import.meta.url);

type Take = (document: Buffer) => Promise<void>;

function keeping(folder: string): Take {
  const db = new DatabaseSync(join(folder, 'floor.db'));
  db.exec('pragma journal_mode = wal; pragma synchronous = full');
  db.exec('create table documents (id integer primary key, bytes blob not null)');
  const insert = db.prepare('insert into documents (bytes) values (?)');
  let waiting: { readonly bytes: Buffer; readonly kept: () => void }[] = [];
  const commit = (): void => {
    const group = waiting;
    waiting = [];
    db.exec('begin immediate');
    for (const { bytes } of group) insert.run(bytes);
    db.exec('commit');
    for (const { kept } of group) kept();
  };
  return (document) =>
    new Promise((kept) => {
      createHash('sha256').update(document).digest();
      const cipher = createCipheriv('aes-256-gcm', randomBytes(32), randomBytes(12));
      waiting.push({ bytes: Buffer.concat([cipher.update(document), cipher.final(), cipher.getAuthTag()]), kept });
      if (waiting.length === 1) setImmediate(commit);
    });
}

function handingOver(port: number, certificateFile: string): Take {
  const [certificate] = readCertificates(readFileSync(certificateFile));
  const authority = createAuthority({ name: 'Floor', now: Date.now() });
  const [identity] = readIdentities(Buffer.from(issue(authority, { address: 'a@near.example' }).identity));
  if (!certificate || !identity) throw new Error('no keys');
  const envelope = { from: 'a@near.example', to: ['dr@far.example'] };
  const wait = { connectMs: 10_000, replyMs: 10_000, idleMs: 10_000 };
  const transmitter = smtpTransmitter('near.example', wait, readReplies(repliesFile));
  const host = { host: '127.0.0.1', port, tls: 'encrypted', ca: null } as const;
  const { signal } = new AbortController();
  return async (document) => {
    const at = Date.now();
    const documents = [{ name: 'letter.pdf', mediaType: 'application/pdf', bytes: document }];
    const letter = { ...envelope, subject: 'bench', messageId: 'a@near.example', at, fields: [], text: '', documents };
    const recipients = [{ certificate, transport: 'oaep' as const }];
    const message = await seal({ message: composeLetter(letter), ...envelope, identity, recipients, at });
    const parcel = { from: envelope.from, to: 'dr@far.example', message, handingOver: () => Promise.resolve() };
    const { kind } = await transmitter.transmit(host, parcel, signal);
    if (kind !== 'accepted') throw new Error(`handed over: ${kind}`);
  };
}

const [, , kind, where = '', certificateFile = ''] = process.argv;
const take = kind === 'accept' ? keeping(where) : handingOver(Number(where), certificateFile);
const server = createServer((request, response) => {
  const chunks: Buffer[] = [];
  request.on('data', (chunk: Buffer) => chunks.push(chunk));
  request.on('end', () => {
    const body = Buffer.concat(chunks);
    const start = body.indexOf('%PDF');
    void take(body.subarray(start, body.indexOf('\r\n--', start))).then(() => {
      response.writeHead(202, { 'content-length': 0 }).end();
    });
  });
});
server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`http://127.0.0.1:${(server.address() as AddressInfo).port}\n`);
});
