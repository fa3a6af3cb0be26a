/** What sealing and opening cost beside the bare cryptography in them, at 100 KB and 2 MB, on one core and on two, and
 *  what a message of 25 MB takes of memory: node bench/direct.ts [seconds per figure]. One run, rounds taken in turn: only
 *  the ratios travel to other machines. Each size has a process of its own: how often Node collects garbage hangs on what
 *  ran before. */
import { execFile, spawnSync } from 'node:child_process';
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
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { createAuthority, issue } from '../channels/direct/authority.ts';
import type { Identity } from '../channels/direct/cms/envelope.ts';
import { readIdentities } from '../channels/direct/files.ts';
import { openEnvelope } from '../channels/direct/cms/opening.ts';
import { readValue } from '../channels/direct/cms/der.ts';
import { readEntity } from '../channels/direct/mime/entity.ts';
import { openDirect } from '../channels/direct/judge.ts';
import { unseal } from '../channels/direct/open.ts';
import { composeLetter } from '../channels/direct/mime/compose.ts';
import { fromBase64 } from '../channels/direct/mime/decode.ts';
import { base64Lines } from '../channels/direct/mime/encode.ts';
import { seal } from '../channels/direct/seal.ts';
import { readCertificates } from '../channels/direct/trust/certificate.ts';

const [, script = '', seconds = '2', part, begin = '0'] = process.argv;
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

const attributes = randomBytes(120);
const padding = constants.RSA_PKCS1_OAEP_PADDING;
const signOnPool = promisify(sign);
const circumstances = {
  identities: [bob],
  anchors,
  crls: [],
  mailFrom: 'alice@a.example',
  rcpts: ['bob@b.example'],
  at,
};

const compose = (document: Buffer): Buffer[] =>
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

const sealOne = (letter: readonly Buffer[]): Promise<Generator<Buffer>> =>
  seal({
    message: letter,
    from: 'alice@a.example',
    to: ['bob@b.example'],
    identity: alice,
    recipients: [{ certificate: bob.certificate, transport: 'oaep' }],
    at,
  });

/** Piece by piece, as SMTP takes it. */
async function sealAll(letter: readonly Buffer[]): Promise<number> {
  let size = 0;
  for (const piece of await sealOne(letter)) size += piece.length;
  return size;
}

const rawOf = async (letter: readonly Buffer[]): Promise<Buffer> => Buffer.concat([...(await sealOne(letter))]);

async function openOne(raw: Buffer): Promise<void> {
  const { accepted, reasons } = await openDirect(raw, circumstances);
  if (!accepted) throw new Error(reasons.join('; '));
}

/** The same bytes that we hash, and that we encrypt. */
interface Work {
  readonly hashed: Buffer;
  readonly enclosed: Buffer;
}

function workOf(raw: Buffer): Work {
  const unsealed = unseal(raw, [bob], anchors);
  const opened = openEnvelope(readValue(Buffer.from(readEntity(raw).body.toString('latin1'), 'base64')), [bob]);
  if ('rule' in unsealed || !opened) throw new Error('what we sealed does not open');
  return { hashed: unsealed.signed.content, enclosed: opened.content };
}

interface Bare {
  readonly iv: Buffer;
  readonly block: Buffer;
  readonly encrypted: Buffer;
  readonly signature: Buffer;
}

/** The same primitives on the same bytes, and nothing else. */
async function bareSeal({ hashed, enclosed }: Work): Promise<Bare> {
  createHash('sha256').update(hashed).digest();
  const signature = await signOnPool('sha256', attributes, alice.key);
  const key = randomBytes(32);
  const iv = randomBytes(16);
  const cipher = createCipheriv('aes-256-cbc', key, iv);
  const encrypted = Buffer.concat([cipher.update(enclosed), cipher.final()]);
  const block = publicEncrypt({ key: bob.certificate.publicKey, padding, oaepHash: 'sha256' }, key);
  return { iv, block, encrypted, signature };
}

function bareOpen({ hashed }: Work, bare: Bare): void {
  const key = privateDecrypt({ key: bob.key, padding, oaepHash: 'sha256' }, bare.block);
  const decipher = createDecipheriv('aes-256-cbc', key, bare.iv);
  const enclosed = decipher.update(bare.encrypted);
  decipher.final();
  createHash('sha256').update(enclosed.subarray(0, hashed.length)).digest();
  verify('sha256', attributes, alice.certificate.publicKey, bare.signature);
}

/** The least that mail asks for beside them: base64, by one call of Node's, without lines. */
const mailOf = ({ encrypted }: Bare): Buffer => Buffer.from(encrypted.toString('base64'), 'latin1');

function bareRead(work: Work, bare: Bare, mail: Buffer): void {
  bareOpen(work, { ...bare, encrypted: Buffer.from(mail.toString('latin1'), 'base64') });
}

const room = Buffer.allocUnsafeSlow(4 << 20);

/** The same out of lines, as mail has them, by the fastest way that we know, into memory that is there already. */
function bareDecoded(work: Work, bare: Bare, lines: Buffer): void {
  bareOpen(work, { ...bare, encrypted: fromBase64(lines, room) });
}

/** Rounds per second of processor time (all threads) of each, with `lanes` in flight, taken in turns of a quarter second.
 *  Processor time, because neighbours on the machine then do not count. */
async function measure(lanes: number, works: readonly (() => unknown)[]): Promise<number[]> {
  const done = works.map(() => ({ rounds: 0, seconds: 0 }));
  for (let turn = 0; turn < Math.max(2, Number(seconds) * 4); turn++) {
    for (const [index, work] of works.entries()) {
      const tally = done[index] ?? { rounds: 0, seconds: 0 };
      // What the one before threw away is not for this one to clear up.
      (globalThis as { gc?: () => void }).gc?.();
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

const line = (name: string, ours: number, bare: number, mail: number, aim: string): void => {
  const beside = [bare, mail].map((rate) => `${rate.toFixed(0).padStart(6)}/s ${(ours / rate).toFixed(2)}`).join('  ');
  process.stdout.write(`${name.padEnd(44)} ${ours.toFixed(0).padStart(6)}/s  ${beside}  ${aim}\n`);
};

async function figures(size: string, document: Buffer, aim: string): Promise<void> {
  process.stdout.write(`${size}, RSA-2048, SHA-256, AES-256-CBC, RSA-OAEP; per second of one core\n`);
  process.stdout.write(
    `${'beside the bare calls, and those with base64'.padEnd(44)}    ours  bare, ratio  base64, ratio\n`,
  );
  const pieces = compose(document);
  const raw = await rawOf(pieces);
  const work = workOf(raw);
  const bare = await bareSeal(work);
  const mail = mailOf(bare);
  for (const lanes of [1, 4]) {
    const [bareRate = 1, mailRate = 1, sealRate = 0, composeRate = 0] = await measure(lanes, [
      () => bareSeal(work),
      async () => mailOf(await bareSeal(work)),
      () => sealAll(pieces),
      () => sealAll(compose(document)),
    ]);
    line(`sign and encrypt, ${lanes} in flight`, sealRate, bareRate, mailRate, aim);
    line(`compose, sign and encrypt, ${lanes} in flight`, composeRate, bareRate, mailRate, '');
  }
  const [bareRate = 1, readRate = 1, unsealRate = 0, openRate = 0] = await measure(1, [
    () => {
      bareOpen(work, bare);
    },
    () => {
      bareRead(work, bare, mail);
    },
    () => unseal(raw, [bob], anchors),
    () => openOne(raw),
  ]);
  line('decrypt and verify', unsealRate, bareRate, readRate, aim);
  line('decrypt, verify, judge and take apart', openRate, bareRate, readRate, '');
}

/** Rounds a second by the clock: four in flight where something is waited for, and one opened at a time, as opening waits
 *  for nothing. Each turn has its own time, so that processes on several cores do the same at once. */
async function byTheClock(document: Buffer): Promise<void> {
  const pieces = compose(document);
  const raw = await rawOf(pieces);
  const work = workOf(raw);
  const bare = await bareSeal(work);
  let next = Number(begin);
  const turn = async (lanes: number, run: () => unknown): Promise<number> => {
    (globalThis as { gc?: () => void }).gc?.();
    await sleep(Math.max(0, next - Date.now()));
    next += 300;
    const start = performance.now();
    let rounds = 0;
    const lane = async (): Promise<void> => {
      for (; performance.now() - start < 250; rounds++) await run();
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    return (rounds * 1_000) / (performance.now() - start);
  };
  const beside = async (lanes: number, works: readonly (() => unknown)[]): Promise<number[]> => {
    const rates = works.map(() => 0);
    for (let taken = 0; taken <= Number(seconds) * 4; taken++) {
      for (const [index, run] of works.entries()) {
        const rate = await turn(lanes, run);
        if (taken > 0) rates[index] = (rates[index] ?? 0) + rate / (Number(seconds) * 4);
      }
    }
    return rates;
  };
  const sealing = await beside(4, [() => bareSeal(work), () => sealAll(pieces)]);
  const lines = Buffer.concat([...base64Lines([bare.encrypted])]);
  const opening = await beside(1, [
    () => {
      bareOpen(work, bare);
    },
    () => {
      bareDecoded(work, bare, lines);
    },
    () => unseal(raw, [bob], anchors),
  ]);
  process.stdout.write(JSON.stringify([...sealing, ...opening]));
}

/** One process on each of so many cores, all at once; together. */
async function onCores(size: string, cores: number, sizePart: string): Promise<void> {
  const soon = String(Date.now() + 3_000);
  const all = await Promise.all(
    Array.from({ length: cores }, async (_, core) => {
      const own = [process.execPath, ...process.execArgv, script, seconds, sizePart, soon];
      const { stdout } = await promisify(execFile)('taskset', ['-c', String(core), ...own]);
      return JSON.parse(stdout) as number[];
    }),
  );
  const [bareSealing = 1, sealing = 0, bareOpening = 1, decoding = 1, opening = 0] = [0, 1, 2, 3, 4].map((index) =>
    all.reduce((sum, rates) => sum + (rates[index] ?? 0), 0),
  );
  const told = (what: string, ours: number, bare: number): string =>
    `${what} ${ours.toFixed(0)}/s, bare ${bare.toFixed(0)}/s, ${(ours / bare).toFixed(2)}`;
  process.stdout.write(
    `${size}, ${cores} of the cores, by the clock: ${told('sign and encrypt', sealing, bareSealing)}; ${told('decrypt and verify', opening, bareOpening)} (the bare calls with base64 ${(decoding / bareOpening).toFixed(2)})\n`,
  );
}

/** The peak of the whole process, above what it was before: the one message of its size that it ever opens. */
async function memory(): Promise<void> {
  const big = await rawOf(compose(randomBytes(25_000_000)));
  (globalThis as { gc?: () => void }).gc?.();
  const peak = (): number => process.resourceUsage().maxRSS * 1_024;
  const before = { peak: peak(), now: process.memoryUsage.rss() };
  await openOne(big);
  const times = (Math.max(peak(), before.now) - before.now) / big.length;
  process.stdout.write(
    `25 MB: opening takes ${times.toFixed(1)} times the message's ${(big.length / 1e6).toFixed(0)} MB above the ${(before.now / 1e6).toFixed(0)} MB held before${peak() > before.peak ? '' : ' (at most: sealing took more)'}  (aim 4)\n`,
  );
}

const small = randomBytes(100_000);
const large = randomBytes(2_000_000);
const parts: Readonly<Record<string, () => Promise<void>>> = {
  small: () => figures('100 KB', small, '(aim 0.75)'),
  large: () => figures('2 MB', large, '(aim 0.85)'),
  memory,
  smallByTheClock: () => byTheClock(small),
  largeByTheClock: () => byTheClock(large),
};

if (part !== undefined) await parts[part]?.();
else {
  for (const each of ['small', 'large', 'memory']) {
    const { status } = spawnSync(process.execPath, [...process.execArgv, script, seconds, each], { stdio: 'inherit' });
    if (status !== 0) process.exit(1);
  }
  for (const cores of [1, 2]) {
    await onCores('100 KB', cores, 'smallByTheClock');
    await onCores('2 MB', cores, 'largeByTheClock');
  }
}
