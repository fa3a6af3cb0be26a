/** What sealing and opening cost beside the bare cryptography in them: node bench/direct.ts [seconds per figure].
 *  One run, one process, rounds taken in turn: only the ratios travel to other machines. */
import {
  constants,
  createCipheriv,
  createDecipheriv,
  createHash,
  privateDecrypt,
  publicEncrypt,
  randomBytes,
  sign,
  verify,
} from 'node:crypto';
import { promisify } from 'node:util';
import { createAuthority, issue } from '../channels/direct/authority.ts';
import type { Identity } from '../channels/direct/cms/envelope.ts';
import { readIdentities } from '../channels/direct/files.ts';
import { openDirect } from '../channels/direct/judge.ts';
import { composeLetter } from '../channels/direct/mime/compose.ts';
import { seal } from '../channels/direct/seal.ts';
import { readCertificates } from '../channels/direct/trust/certificate.ts';

const seconds = Number(process.argv[2] ?? 2);
const at = Date.now();
const ca = createAuthority({ name: 'Bench CA', now: at });
const identityOf = (address: string): Identity => {
  const [identity] = readIdentities(Buffer.from(issue(ca, { address }).identity));
  if (!identity) throw new Error('no identity');
  return identity;
};
const alice = identityOf('alice@a.example');
const bob = identityOf('bob@b.example');
const anchors = readCertificates(Buffer.from(ca.certificate));

const document = randomBytes(100_000);
const compose = (): Buffer[] =>
  composeLetter({
    from: 'alice@a.example',
    to: ['bob@b.example'],
    subject: 'bench',
    messageId: 'att_1@a.example',
    at,
    fields: [],
    text: 'bench\r\n',
    documents: [{ name: 'a.pdf', mediaType: 'application/pdf', bytes: document }],
  });
const pieces = compose();
const message = Buffer.concat(pieces);
const attributes = randomBytes(120);
const padding = constants.RSA_PKCS1_OAEP_PADDING;
const signOnPool = promisify(sign);

interface Bare {
  readonly iv: Buffer;
  readonly block: Buffer;
  readonly encrypted: Buffer[];
  readonly signature: Buffer;
}

/** The same primitives on the same bytes, and nothing else. */
async function bareSeal(): Promise<Bare> {
  createHash('sha256').update(message).digest();
  const signature = await signOnPool('sha256', attributes, alice.key);
  const key = randomBytes(32);
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  const encrypted = [cipher.update(message), cipher.final()];
  const block = publicEncrypt({ key: bob.certificate.publicKey, padding, oaepHash: 'sha256' }, key);
  return { iv, block, encrypted, signature };
}

const bare = await bareSeal();

function bareOpen(): Promise<void> {
  const key = privateDecrypt({ key: bob.key, padding, oaepHash: 'sha256' }, bare.block);
  const decipher = createDecipheriv('aes-256-cbc', key, bare.iv);
  for (const piece of bare.encrypted) decipher.update(piece);
  decipher.final();
  createHash('sha256').update(message).digest();
  verify('sha256', attributes, alice.certificate.publicKey, bare.signature);
  return Promise.resolve();
}

const sealOne = (letter: readonly Buffer[]): Promise<Buffer> =>
  seal({
    message: letter,
    from: 'alice@a.example',
    to: ['bob@b.example'],
    identity: alice,
    recipients: [{ certificate: bob.certificate, transport: 'oaep' }],
    at,
  });
const raw = await sealOne(pieces);

async function openOne(): Promise<void> {
  const circumstances = {
    identities: [bob],
    anchors,
    crls: [],
    mailFrom: 'alice@a.example',
    rcpts: ['bob@b.example'],
    at,
  };
  const { accepted, reasons } = await openDirect(raw, circumstances);
  if (!accepted) throw new Error(reasons.join('; '));
}

/** Rounds per second of processor time (all threads) of each, with `lanes` in flight, taken in turns of a quarter second.
 *  Processor time, because neighbours on the machine then do not count. */
async function measure(lanes: number, works: readonly (() => Promise<unknown>)[]): Promise<number[]> {
  const done = works.map(() => ({ rounds: 0, seconds: 0 }));
  for (let turn = 0; turn < Math.max(2, seconds * 4); turn++) {
    for (const [index, work] of works.entries()) {
      const tally = done[index] ?? { rounds: 0, seconds: 0 };
      const start = performance.now();
      const before = process.cpuUsage();
      let rounds = 0;
      const lane = async (): Promise<void> => {
        while (performance.now() - start < 250) {
          await work();
          rounds++;
        }
      };
      await Promise.all(Array.from({ length: lanes }, lane));
      const { user, system } = process.cpuUsage(before);
      if (turn === 0) continue; // warming up
      tally.rounds += rounds;
      tally.seconds += (user + system) / 1e6;
    }
  }
  return done.map(({ rounds, seconds: spent }) => rounds / spent);
}

const line = (name: string, ours: number, theirs: number, aim: string): void => {
  process.stdout.write(
    `${name.padEnd(44)} ${ours.toFixed(0).padStart(6)}/s  bare ${theirs.toFixed(0).padStart(6)}/s  ratio ${(ours / theirs).toFixed(2)}  ${aim}\n`,
  );
};

process.stdout.write('100 KB document, RSA-2048, SHA-256, AES-256-CBC, RSA-OAEP; per second of one core\n');
for (const lanes of [1, 4]) {
  const [bareRate = 1, sealRate = 0, composeRate = 0] = await measure(lanes, [
    bareSeal,
    () => sealOne(pieces),
    () => sealOne(compose()),
  ]);
  line(`seal, ${lanes} in flight`, sealRate, bareRate, '(aim 0.75)');
  line(`compose and seal, ${lanes} in flight`, composeRate, bareRate, '(aim 0.60)');
}
const [bareRate = 1, openRate = 0] = await measure(1, [bareOpen, openOne]);
line('open, judge and take apart, 1 in flight', openRate, bareRate, '');
