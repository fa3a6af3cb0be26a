import { publicDecrypt, randomBytes, X509Certificate } from 'node:crypto';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { issue } from '../../channels/direct/authority.ts';
import { openssl } from '../channels/direct/strangers.ts';
import { until } from '../harness.ts';
import type { Case } from './cases.ts';
import { change, touched } from './fax-cases.ts';
import { enclose, plainText, shown } from './letter-cases.ts';
import { lines, send, silent } from './mail.ts';
import { ours, type HostileTown } from './town.ts';

/** What is signed, sealed or certified, and is not what it claims; and what would crowd out the mail of others. */

const file = async (town: HostileTown, bytes: string | Uint8Array): Promise<string> => {
  const path = join(town.folder, `${randomBytes(8).toString('hex')}.pem`);
  await writeFile(path, bytes);
  return path;
};

const honest = (town: HostileTown, body: string): Buffer => lines(...plainText(silent(town), {}, body));

/** @param beside certificates that go along, PEM */
async function signed(town: HostileTown, inner: Buffer, identity: string, beside = ''): Promise<Buffer> {
  const along = beside === '' ? [] : ['-certfile', await file(town, beside)];
  const by = ['-signer', await file(town, identity), ...along];
  const entity = Buffer.concat([lines('Content-Type: message/rfc822', '', ''), inner]);
  return openssl(['cms', '-sign', '-binary', '-crlfeol', '-md', 'sha256', '-outform', 'SMIME', ...by], entity);
}

async function encrypted(
  town: HostileTown,
  inner: Buffer,
  cipher = '-aes-256-cbc',
  to = town.certificate,
): Promise<Buffer> {
  const names = ['-from', silent(town), '-to', ours, '-recip', await file(town, to)];
  return openssl(['cms', '-encrypt', '-binary', cipher, '-outform', 'SMIME', ...names], inner);
}

/** The DER of the base64 that ends a MIME entity, as somebody changes it. */
function reworked(mail: Buffer, start: number, rework: (der: Buffer) => Buffer): Buffer {
  const text = mail.toString('latin1');
  const [code = ''] = /[A-Za-z0-9+/=\r\n]{400,}/.exec(text.slice(start)) ?? [];
  const at = text.indexOf(code, start);
  const der = rework(Buffer.from(code, 'base64'));
  const again = (der.toString('base64').match(/.{1,64}/g) ?? []).join('\r\n');
  return Buffer.from(`${text.slice(0, at)}\r\n${again}\r\n${text.slice(at + code.length)}`, 'latin1');
}

const doubtful = (name: string, make: (town: HostileTown) => Promise<Buffer>, quarantine: RegExp): Case => ({
  name,
  act: async (town) => ({ answer: await send(town, await make(town)) }),
  answer: /^250 /,
  quarantine,
});

const day = 86_400_000;

async function byLeaf(town: HostileTown): Promise<Buffer> {
  const leaf = issue(town.authority, { address: 'doctor@rival.example' });
  const { identity } = issue({ ...leaf, now: Date.now() }, { address: silent(town) });
  return encrypted(town, await signed(town, honest(town, 'From under a leaf'), identity, leaf.certificate));
}

const valid = (from: number, until: number) => async (town: HostileTown) => {
  const [notBefore, notAfter] = [Date.now() + from * day, Date.now() + until * day];
  const { identity } = issue(town.authority, { address: silent(town), notBefore, notAfter });
  return encrypted(town, await signed(town, honest(town, 'Out of its time'), identity));
};

/** A key whose exponent is 3, certified by an authority that the gateway trusts. */
async function cubic(town: HostileTown): Promise<{ readonly certificate: string; readonly identity: string }> {
  const options = ['-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-pkeyopt', 'rsa_keygen_pubexp:3'];
  const key = (await openssl(['genpkey', ...options])).toString();
  const keyFile = await file(town, key);
  const request = await openssl(['req', '-new', '-key', keyFile, '-subj', '/CN=cubic']);
  const names = `subjectAltName=email:${silent(town)}\nkeyUsage=critical,digitalSignature\nbasicConstraints=CA:FALSE\nsubjectKeyIdentifier=hash\nauthorityKeyIdentifier=keyid\nextendedKeyUsage=emailProtection\n`;
  const by = ['-CA', await file(town, town.authority.certificate), '-CAkey', await file(town, town.authority.key)];
  const extensions = ['-extfile', await file(town, names), '-days', '30', '-sha256'];
  const certificate = (await openssl(['x509', '-req', ...by, ...extensions], request)).toString();
  return { certificate, identity: key + certificate };
}

/** The smallest number whose cube is not below. */
function cubeRoot(of: bigint): bigint {
  let [low, high] = [0n, 1n << 700n];
  while (low < high) {
    const middle = (low + high) / 2n;
    if (middle ** 3n < of) low = middle + 1n;
    else high = middle;
  }
  return low;
}

/** Made without the key: its cube begins like a good signature, and ends in rubbish that a lax reader does not look at. */
function forged(genuine: Buffer, certificate: string): Buffer {
  const digest = publicDecrypt(new X509Certificate(certificate).publicKey, genuine);
  const block = Buffer.alloc(genuine.length);
  Buffer.concat([Buffer.from([0, 1]), Buffer.alloc(8, 0xff), Buffer.from([0]), digest]).copy(block);
  const root = cubeRoot(BigInt(`0x${block.toString('hex')}`));
  const begins = `000${(root ** 3n).toString(16)}`.startsWith(block.toString('hex').slice(0, 2 * (11 + digest.length)));
  if (!begins) throw new Error('the forgery would fool nobody');
  return Buffer.from(root.toString(16).padStart(genuine.length * 2, '0'), 'hex');
}

async function withRubbish(town: HostileTown): Promise<Buffer> {
  const { certificate, identity } = await cubic(town);
  const whole = await signed(town, honest(town, 'Signed by nobody'), identity);
  const start = whole.indexOf('smime.p7s');
  const mark = Buffer.from('04820100', 'hex');
  return encrypted(
    town,
    reworked(whole, start, (der) => {
      const at = der.lastIndexOf(mark) + mark.length;
      forged(der.subarray(at, at + 256), certificate).copy(der, at);
      return der;
    }),
  );
}

async function layered(town: HostileTown): Promise<Buffer> {
  let mail = await signed(town, honest(town, 'Deep inside'), town.partner.identity);
  for (let layer = 0; layer < 10; layer++) mail = await encrypted(town, mail);
  return mail;
}

const sealedUp = async (town: HostileTown): Promise<Buffer> =>
  signed(town, honest(town, 'For your eyes'), town.partner.identity);

const certified: readonly Case[] = [
  doubtful('24: a signer certified by somebody who may certify nobody', byLeaf, /is not a certificate authority/),
  doubtful('26: a signature made without its key, of exponent 3', withRubbish, /bad-signature/),
  doubtful('29: a signer whose certificate has ended', valid(-9, -1), /untrusted; .* (expired|ended|not valid after)/),
  doubtful('29: a signer whose certificate is not valid yet', valid(1, 9), /is not valid before/),
  doubtful(
    '30: sealed for somebody else',
    async (town) => {
      const { certificate } = issue(town.authority, { address: 'other@riverside.example' });
      return encrypted(town, await sealedUp(town), undefined, certificate);
    },
    /undecryptable/,
  ),
  doubtful(
    '30: sealed by a cipher of yesterday',
    async (town) => encrypted(town, await sealedUp(town), '-des3'),
    /undecryptable|algorithm|cipher/,
  ),
  doubtful(
    '30: sealed, with two blocks of it altered on the way',
    async (town) =>
      reworked(await encrypted(town, await sealedUp(town)), 0, (der) => {
        const at = Math.floor(der.length * 0.6);
        for (const place of [at, at + 16]) der[place] = (der[place] ?? 0) ^ 1;
        return der;
      }),
    /undecryptable|bad-signature|malformed|not-signed/,
  ),
  doubtful('31: ten envelopes in each other', layered, /not-signed/),
];

/** The order of the group of Ed25519, added to a signature's second half: another signature for those who do not look. */
function stretched(text: string): string {
  const order = (1n << 252n) + 27742317777372353535851937790883648493n;
  const bytes = Buffer.from(text, 'base64');
  const number = BigInt(`0x${Buffer.from(bytes.subarray(32)).reverse().toString('hex')}`) + order;
  Buffer.from(number.toString(16).padStart(64, '0'), 'hex').reverse().copy(bytes, 32);
  return bytes.toString('base64');
}

/** Say all of it at once, and hear what comes until as many replies or the end. */
async function flood(town: HostileTown, text: string, replies: number): Promise<readonly string[]> {
  const socket = connect(town.directPort, '127.0.0.1');
  let heard = '';
  socket.on('error', () => undefined);
  socket.on('data', (piece: Buffer) => (heard += piece.toString('latin1')));
  await once(socket, 'data');
  socket.write(text);
  const all = (): string[] => heard.match(/^\d{3} /gm) ?? [];
  await until('all is answered', () => socket.closed || all().length >= replies);
  socket.destroy();
  return all().map((code) => code.trim());
}

const most = 10_000;
const opening = `EHLO stranger.example\r\nMAIL FROM:<silent@far.example>\r\n`;

const crowding: readonly Case[] = [
  {
    name: '7: a proxy’s greeting, and one that never ends',
    async act(town) {
      const short = await flood(town, 'PROXY TCP4 10.0.0.1 10.0.0.2 1 25\r\n', 2);
      const endless = await flood(town, `PROXY TCP4 ${'1'.repeat(1_000_000)}`, 2);
      return { answer: `${short.join()} | ${endless.join()}` };
    },
    answer: /^220,5\d\d \| 220,(421|500)$/,
  },
  {
    name: `9: ${most} recipients`,
    async act(town) {
      const [, , , ...codes] = await flood(town, opening + `RCPT TO:<${ours}>\r\n`.repeat(most), most + 3);
      const taken = codes.filter((code) => code === '250').length;
      return { answer: `${taken} taken, then ${[...new Set(codes.slice(taken))].join()}` };
    },
    answer: /^1 taken, then (452|452,421)$/,
  },
  shown(
    '14: an attachment of 1.2 MB',
    (town) =>
      enclose(town, { name: 'filename="a.bin"', type: 'application/octet-stream', bytes: randomBytes(1_200_000) }),
    ({ documents }) => documents[0]?.name ?? 'nothing',
    /a\.bin/,
  ),
  touched('25: a webhook whose Ed25519 signature has the group’s order added', change(stretched)),
];

export const trustCases: readonly Case[] = [...certified, ...crowding];
