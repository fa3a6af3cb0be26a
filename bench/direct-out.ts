/** Direct out, end to end: referrals with a 100 KB PDF accepted over HTTP, stored, routed, wrapped, signed, encrypted and
 *  handed over by SMTP with STARTTLS, beside the bare node:crypto work that is in it, and beside HTTP, sealing and SMTP
 *  without a gateway between them (bench/floor.ts), in the same run. Judged by processor time of the whole process (all
 *  threads): what one core can do.
 *  node bench/direct-out.ts [referrals] */
import {
  constants,
  createCipheriv,
  createHash,
  generateKeyPairSync,
  publicEncrypt,
  randomBytes,
  sign,
} from 'node:crypto';
import { farSide } from './far-side.ts';
import { newFolder, removeFolder, say, startFloor, startGateway, type Measured } from './gateway.ts';
import { loadOf, pdf } from './load.ts';

const referrals = Number(process.argv[2] ?? 1000);
const clients = 8;
const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
// A document in base64 lines, as it stands in the message that is signed and encrypted.
const message = Buffer.from(pdf.toString('base64').replaceAll(/.{76}/g, '$&\r\n'));
const attributes = randomBytes(120);

function bareOnce(): void {
  createHash('sha256').update(message).digest();
  sign('sha256', attributes, privateKey);
  const key = randomBytes(32);
  const cipher = createCipheriv('aes-256-cbc', key, randomBytes(16));
  cipher.update(message);
  cipher.final();
  publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, key);
}

/** Milliseconds of processor time for one round. */
function bare(): number {
  for (let i = 0; i < 100; i++) bareOnce();
  const before = process.cpuUsage();
  for (let i = 0; i < 1000; i++) bareOnce();
  const { user, system } = process.cpuUsage(before);
  return (user + system) / 1000 / 1000;
}

const folder = newFolder();
const far = await farSide(folder);
const gateway = await startGateway(folder, far.direct);
const floor = await startFloor('direct', String(far.port), far.certificate);

interface Cost {
  readonly cpuMs: number;
  readonly wallMs: number;
}

async function through(by: Omit<Measured, 'startMs'>, count: number): Promise<Cost> {
  const goal = far.taken + count;
  const start = performance.now();
  const cpu = by.cpuMs();
  await loadOf(by, far.to, clients, count);
  await far.until(goal);
  return { cpuMs: (by.cpuMs() - cpu) / count, wallMs: (performance.now() - start) / count };
}

await through(gateway, 100);
await through(floor, 100);
const before = bare();
const { cpuMs, wallMs } = await through(gateway, referrals);
const least = await through(floor, referrals);
const after = bare();
await gateway.stop();
await floor.stop();
await far.close();
removeFolder(folder);

const bareMs = (before + after) / 2;
const line = (name: string, ms: number): void => {
  say(`${name.padEnd(44)} ${ms.toFixed(2).padStart(7)} ms  ${(1000 / ms).toFixed(0).padStart(5)} /s`);
};
line('bare SHA-256, RSA-2048, AES-256-CBC, OAEP', bareMs);
line('HTTP, seal, SMTP without a gateway, per core', least.cpuMs);
line('Loopgate, accept to handed over, per core', cpuMs);
line('Loopgate, accept to handed over, wall clock', wallMs);
say(
  `ratio per core  ${(bareMs / cpuMs).toFixed(2)}  (aim 0.60; without a gateway ${(bareMs / least.cpuMs).toFixed(2)})`,
);
say(`ratio to HTTP, seal, SMTP without a gateway  ${(least.cpuMs / cpuMs).toFixed(2)}`);
// From a processor profile (BENCH_PROFILE=folder keeps one); only the second line is in the bare loop.
say('where the time of the main thread goes, as profiled:');
for (const [share, what] of [
  ['30 %', 'handing over: dot-stuffing in nodemailer (16), TLS records and socket writes'],
  ['23 %', 'wrap, sign, encrypt: SHA-256, AES, RSA and base64 lines'],
  ['20 %', 'nine steps on record: seal, open, read and commit rows'],
  ['9 %', 'accept: HTTP, multipart, checks, SHA-256, vault'],
  ['5 %', 'garbage collection, and as much again in its own threads'],
]) {
  say(`  ${share?.padStart(5)}  ${what}`);
}
