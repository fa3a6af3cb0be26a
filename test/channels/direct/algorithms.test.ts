import { createECDH } from 'node:crypto';
import { describe, expect, test } from '@jest/globals';
import { oids } from '../../../channels/direct/cms/algorithms.ts';
import { childOf, readValue, toDer, type Value } from '../../../channels/direct/cms/der.ts';
import { openEnvelope } from '../../../channels/direct/cms/opening.ts';
import { sealEnvelope, type EnvelopeRecipient } from '../../../channels/direct/cms/envelope.ts';
import { readEntity } from '../../../channels/direct/mime/entity.ts';
import { readsOf, unknown } from '../../../channels/direct/recipient.ts';
import { seal } from '../../../channels/direct/seal.ts';
import { openssl, strangersMessage } from './strangers.ts';
import { authority, judge, letter, now, person, scratch, whole, type Person } from './support.ts';

const ca = authority();
const signers = {
  'RSA-2048': person(ca, 'alice@a.example'),
  'RSA-3072': person(ca, 'anna@a.example', { key: 3072 }),
  'P-256': person(ca, 'amy@a.example', { key: 'P-256' }),
  'P-384': person(ca, 'ada@a.example', { key: 'P-384' }),
};
const recipients = {
  'RSA-2048': person(ca, 'bob@b.example'),
  'P-256': person(ca, 'ben@b.example', { key: 'P-256' }),
  'P-384': person(ca, 'bea@b.example', { key: 'P-384' }),
};

const sealed = async (from: Person, to: Person, reads: Partial<EnvelopeRecipient>): Promise<Buffer> =>
  whole(
    await seal({
      message: [letter(from.address, to.address)],
      from: from.address,
      to: [to.address],
      identity: from.own,
      recipients: [{ certificate: to.cert, transport: 'oaep', ...reads }],
      at: now,
    }),
  );

const table = Object.entries(signers).flatMap(([signer, from]) =>
  Object.entries(recipients).flatMap(([recipient, to]) =>
    (['aes-256-cbc', 'aes-256-gcm'] as const).flatMap((cipher) =>
      (['sha256', 'sha384', 'sha512'] as const).map((digest) => ({ signer, recipient, cipher, digest, from, to })),
    ),
  ),
);

test.each(table)('what $signer signs by $digest for $recipient in $cipher opens', async (row) => {
  const { from, to, cipher, digest } = row;
  const raw = await sealed(from, to, { cipher, digest });
  const { accepted, reasons } = await judge(raw, to, [ca]);
  expect({ accepted, reasons }).toEqual({ accepted: true, reasons: [] });
  const type = cipher === 'aes-256-gcm' ? 'authEnveloped-data' : 'enveloped-data';
  expect(raw.toString('latin1')).toContain(`smime-type=${type};`);
});

describe('a key on P-384', () => {
  test.each(['sha256', 'sha384', 'sha512'] as const)(
    'signs with no less than SHA-384 (asked for %s)',
    async (digest) => {
      const folder = await scratch();
      try {
        const raw = await folder.file('raw.eml', await sealed(signers['P-384'], recipients['RSA-2048'], { digest }));
        const key = await folder.file('key.pem', recipients['RSA-2048'].identity);
        const inner = (await openssl(['cms', '-decrypt', '-in', raw, '-inkey', key])).toString('latin1');
        expect(inner).toContain(digest === 'sha512' ? 'micalg=sha-512' : 'micalg=sha-384');
      } finally {
        await folder.remove();
      }
    },
  );
});

describe('what a certificate says that its owner reads (RFC 4262)', () => {
  const { rsa, rsaOaep, aes256Cbc, aes256Gcm } = oids;
  test.each([
    ['nothing', [], {}, 'oaep', 'aes-256-cbc'],
    ['GCM', [aes256Cbc, aes256Gcm], {}, 'oaep', 'aes-256-gcm'],
    ['PKCS#1 v1.5 alone', [rsa, aes256Cbc], {}, 'v15', 'aes-256-cbc'],
    ['both key transports', [rsa, rsaOaep], {}, 'oaep', 'aes-256-cbc'],
    [
      'GCM, and the settings otherwise',
      [rsa, aes256Gcm],
      { transport: 'oaep', cipher: 'aes-256-cbc' },
      'oaep',
      'aes-256-cbc',
    ],
  ] as const)('%s', (_name, capabilities, settings, transport, cipher) => {
    const { cert } = person(ca, 'carol@c.example', { capabilities });
    expect(readsOf(cert, { ...unknown, ...settings })).toEqual({ transport, cipher, digest: 'sha256' });
  });
});

test('one envelope for recipients of different keys, and CBC as soon as one of them reads nothing else', () => {
  const all = Object.values(recipients).map(({ cert }, index): EnvelopeRecipient => ({
    certificate: cert,
    transport: 'oaep',
    cipher: index === 0 ? 'aes-256-cbc' : 'aes-256-gcm',
  }));
  const info = readValue(whole(sealEnvelope([Buffer.from('text')], all)));
  for (const { own } of Object.values(recipients)) {
    const opened = openEnvelope(info, [own]);
    expect(opened).toMatchObject({ sound: true, cipher: { name: 'aes-256-cbc' } });
    expect(opened?.content.toString()).toBe('text');
  }
});

test('bytes that openssl writes without telling lengths first are read', async () => {
  const folder = await scratch();
  try {
    const from = signers['RSA-2048'];
    const to = recipients['RSA-2048'];
    const raw = await strangersMessage(folder.path, letter(from.address, to.address), { signers: [from], to });
    const key = await folder.file('to.pem', to.certificate);
    // -stream is how openssl comes to indefinite lengths.
    const inner = await openssl(['cms', '-decrypt', '-inkey', await folder.file('key.pem', to.identity)], raw);
    const ber = await openssl(['cms', '-encrypt', '-binary', '-stream', '-aes256', '-outform', 'DER', key], inner);
    expect(ber[1]).toBe(0x80);
    const info = readValue(ber);
    expect(openEnvelope(info, [to.own])?.content.equals(inner)).toBe(true);
  } finally {
    await folder.remove();
  }
});

describe('a sender’s point that is not on the curve', () => {
  const to = recipients['P-256'];
  const info = readValue(whole(sealEnvelope([Buffer.alloc(100)], [{ certificate: to.cert, transport: 'oaep' }])));
  const der = toDer(info);
  const point = pointOf(info);
  const at = der.indexOf(point);

  test.each([
    ['has a changed coordinate', flipped(point)],
    ['is infinity', Buffer.alloc(point.length)],
    ['is on another curve', Buffer.concat([createECDH('secp256k1').generateKeys()])],
  ])('%s: it opens nothing, like every failure', (_name, other) => {
    const forged = Buffer.from(der);
    other.copy(forged, at);
    expect(openEnvelope(readValue(forged), [to.own])?.sound).toBe(false);
  });
});

function pointOf(info: Value): Buffer {
  const data = childOf(childOf(info, 1), 0);
  const agreement = childOf(childOf(data, 1), 0, 0xa1);
  const bits = childOf(childOf(childOf(agreement, 1), 0), 1);
  return Buffer.from(bits.source.subarray(bits.body + 1, bits.bodyEnd));
}

function flipped(bytes: Buffer): Buffer {
  const out = Buffer.from(bytes);
  out[40] = (out[40] ?? 0) ^ 1;
  return out;
}

test('micalg that names another digest than the signature is refused', async () => {
  const folder = await scratch();
  const from = signers['RSA-2048'];
  const to = recipients['RSA-2048'];
  const as = (micalg: string): Promise<Buffer> =>
    strangersMessage(folder.path, letter(from.address, to.address), {
      signers: [from],
      to,
      alter: (signed) => Buffer.from(signed.toString('latin1').replace(/micalg="[^"]*"/, micalg), 'latin1'),
    });
  const fate = async (micalg: string): Promise<string> => {
    const raw = await as(micalg);
    expect(readEntity(raw).fields.length).toBeGreaterThan(3);
    return (await judge(raw, to, [ca])).rule;
  };
  try {
    expect(await fate('micalg=sha-512')).toBe('bad-signature');
    expect(await fate('micalg=MD5')).toBe('bad-signature');
    for (const micalg of ['micalg=SHA256', 'micalg="sha-256"', 'micalg=unknown', 'micalg="sha-1,sha-256"', 'x=y']) {
      expect([micalg, await fate(micalg)]).toEqual([micalg, 'accepted']);
    }
  } finally {
    await folder.remove();
  }
});
