import { createHash, randomBytes } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { readValue, tlv } from '../../../channels/direct/cms/der.ts';
import { sealEnvelope } from '../../../channels/direct/cms/envelope.ts';
import { openEnvelope } from '../../../channels/direct/cms/opening.ts';
import { readSigned, signDetached } from '../../../channels/direct/cms/signature.ts';
import { block } from '../../../channels/direct/mime/compose.ts';
import { readDocuments } from '../../../channels/direct/mime/documents.ts';
import { fromBase64 } from '../../../channels/direct/mime/decode.ts';
import { base64Lines } from '../../../channels/direct/mime/encode.ts';
import { readEntity } from '../../../channels/direct/mime/entity.ts';
import { readNotification } from '../../../channels/direct/mime/notification.ts';
import { altered, flat, rebuilt, runs, share, turns, within } from './alter.ts';
import { authority, crlf, judge, letter, now, person, whole } from './support.ts';

const ca = authority();
const alice = person(ca, 'alice@a.example');
const bob = person(ca, 'bob@b.example', { key: 'P-256' });
const content = Buffer.concat([block(['Content-Type: message/rfc822']), letter(alice.address, bob.address)]);
const digest = { name: 'sha256', value: createHash('sha256').update(content).digest() } as const;
const p7s = await signDetached(digest, alice.own, now);
const detached = { content, micalg: null };

test('signed data put wrong: never a crash, and no signature is good for other content', () => {
  let good = 0;
  fc.assert(
    fc.property(turns, fc.boolean(), (all, opaque) => {
      const forged = all.reduce(altered, p7s);
      const info = within(() => readValue(forged));
      const signed = info && within(() => readSigned(info, opaque ? null : detached, [alice.cert]));
      for (const { certificate, problems } of signed?.signers ?? []) {
        if (problems.length > 0 || !certificate?.raw.equals(alice.cert.raw)) continue;
        expect(signed?.content.equals(content)).toBe(true);
        good++;
      }
    }),
    share(0.4),
  );
  // Some turns do no harm (what is not signed, BER for DER): had none passed, nothing would have been tried.
  expect(good).toBeGreaterThan(runs / 500);
}, 3_600_000);

test('a certificate whose key cannot be read serves nobody, and harms nobody', () => {
  const whole = readValue(p7s);
  const key = flat(whole).find(({ tag, end, bodyEnd, body }) => tag === 0x03 && end - body > 200 && bodyEnd === end);
  if (!key) throw new Error('no key in the certificate');
  const forged = readValue(rebuilt(whole, key.start, tlv(0x03, Buffer.from([0]))));
  const { certificates, signers } = readSigned(forged, detached, []);
  expect(certificates).toEqual([]);
  expect(signers[0]?.problems[0]?.text).toBe('the signer’s certificate is missing');
});

test('envelopes put wrong: never a crash, and what opens is what was sealed', () => {
  let sound = 0;
  const sealed = (['aes-256-cbc', 'aes-256-gcm'] as const).map((cipher) =>
    whole(sealEnvelope([content], [{ certificate: bob.cert, transport: 'oaep', cipher }])),
  );
  fc.assert(
    fc.property(turns, fc.nat(1), (all, which) => {
      const forged = all.reduce(altered, sealed[which] ?? Buffer.alloc(0));
      const info = within(() => readValue(forged));
      const opened = info && within(() => openEnvelope(info, [bob.own]));
      // CBC alone proves nothing: that is what the signature inside is for.
      if (opened?.sound && opened.cipher.name.endsWith('gcm')) expect(opened.content.equals(content)).toBe(true);
      if (opened?.sound) sound++;
    }),
    share(0.3),
  );
  expect(sound).toBeGreaterThan(runs / 500);
}, 3_600_000);

const edit = fc.record({
  at: fc.nat(),
  from: fc.nat(),
  what: fc.constantFrom('drop', 'double', 'move', 'split', 'insert'),
  text: fc.oneof(
    fc.constantFrom(
      '--s1',
      '--s1--',
      '--b1',
      '--b1--',
      '',
      'Content-Type: text/html',
      'Content-Type: multipart/signed; boundary=s1',
      'Content-Type: multipart/mixed; boundary="b1"',
      'Content-Type: message/rfc822',
      'Content-Transfer-Encoding: base64',
      'Content-Transfer-Encoding: quoted-printable',
      'From: mallory@evil.example',
      'Subject: forged',
      ' folded; boundary=b1',
      'A'.repeat(5_000),
    ),
    fc.string({ maxLength: 60 }),
  ),
});

test('signed messages put wrong: never a crash, and what is accepted is what was signed', async () => {
  const message = Buffer.concat([
    block(['Content-Type: multipart/signed; protocol="application/pkcs7-signature"; micalg=sha-256; boundary="s1"']),
    crlf(['--s1', '']),
    content,
    block(['\r\n--s1', 'Content-Type: application/pkcs7-signature', 'Content-Transfer-Encoding: base64']),
    ...base64Lines([p7s]),
    crlf(['--s1--', '']),
  ]);
  const lines = message.toString('latin1').split('\r\n');
  let accepted = 0;
  const honest = await readDocuments(letter(alice.address, bob.address));
  await fc.assert(
    fc.asyncProperty(fc.array(edit, { minLength: 1, maxLength: 4 }), async (edits) => {
      const inner = edits.reduce<string[]>((all, { at, from, what, text }) => {
        const index = at % Math.max(all.length, 1);
        const line = all[index] ?? '';
        const instead = {
          drop: [],
          double: [line, line],
          move: [all[from % Math.max(all.length, 1)] ?? ''],
          split: [line.slice(0, line.length / 2), line.slice(line.length / 2)],
          insert: [text, line],
        }[what as 'drop'];
        return [...all.slice(0, index), ...instead, ...all.slice(index + 1)];
      }, lines);
      const cms = sealEnvelope(
        [Buffer.from(inner.join('\r\n'), 'latin1')],
        [{ certificate: bob.cert, transport: 'oaep' }],
      );
      const outer = ['Content-Type: application/pkcs7-mime', 'Content-Transfer-Encoding: base64'];
      const start = performance.now();
      const verdict = await judge(whole([block(outer), ...base64Lines(cms)]), bob, [ca]);
      expect(performance.now() - start).toBeLessThan(1_000);
      if (verdict.accepted) accepted++;
      if (!verdict.accepted) expect([verdict.message, verdict.documents]).toEqual([null, []]);
      else expect([verdict.from, verdict.documents]).toEqual([alice.address, honest]);
    }),
    share(0.1),
  );
  expect(accepted).toBeGreaterThan(runs / 500);
}, 3_600_000);

const field = fc.oneof(
  fc.constantFrom(
    'Final-Recipient: rfc822; bob@b.example',
    'final-recipient : Bob <bob@b.example>',
    'Original-Message-ID: <att_1@a.example>',
    'original-message-id:\r\n <att_1@a.example>',
    'Disposition: automatic-action/MDN-sent-automatically;processed',
    'disposition: automatic-action/MDN-sent-automatically; processed/error',
    'Disposition: ;;;;/',
    'Disposition: manual-action/MDN-sent-manually;displayed',
    'X-DIRECT-FINAL-DESTINATION-DELIVERY: ',
    'Action: failed',
    'Status: 5.1.1',
    'Action: delayed',
    'References: ' + '<a@b> '.repeat(200),
  ),
  fc.string({ maxLength: 80 }),
);

test('notifications of any making are read in no time, and say only what notifications can say', () => {
  const types = ['message/disposition-notification', 'message/delivery-status', 'message/rfc822', 'text/plain', 'x'];
  fc.assert(
    fc.property(
      fc.array(field, { maxLength: 8 }),
      fc.array(field, { maxLength: 12 }),
      fc.constantFrom(...types),
      fc.constantFrom('multipart/report; boundary=b', 'multipart/mixed; boundary="b"', 'multipart/report', ...types),
      (top, report, type, outer) => {
        const raw = crlf([
          ...top,
          `Content-Type: ${outer}`,
          '',
          '--b',
          `Content-Type: ${type}`,
          '',
          ...report,
          '--b--',
        ]);
        const read = within(() => readNotification(readEntity(raw)));
        if (!read) return;
        expect(['processed', 'delivered', 'opened', 'failed', null]).toContain(read.kind);
        expect(read.about.length).toBeLessThanOrEqual(20);
        // Nothing settles well that speaks of failure in its disposition.
        if (/^[^;]*;[^;]*(error|failed)/i.test(read.words)) expect(read.kind).not.toBe('processed');
      },
    ),
    share(0.2),
  );
}, 3_600_000);

test('base64 says the same line by line as in one, whatever stands between', () => {
  const junk = fc.record({ at: fc.nat(), byte: fc.constantFrom(...Buffer.from('= \r\nA-_\x00\xff', 'latin1')) });
  const shape = fc.tuple(fc.constantFrom(4, 7, 60, 64, 76, 1_200), fc.constantFrom('\r\n', '\n'), fc.boolean());
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 300 }),
    fc.nat(200_000).map((size) => randomBytes(size)),
  );
  fc.assert(
    fc.property(bytes, shape, fc.array(junk, { maxLength: 3 }), (plain, [line, end, ended], spoilt) => {
      const lines =
        Buffer.from(plain)
          .toString('base64')
          .match(new RegExp(`.{1,${line}}`, 'g')) ?? [];
      const text = Buffer.from(lines.join(end) + (ended ? end : ''), 'latin1');
      for (const { at, byte } of spoilt) if (text.length > 0) text[at % text.length] = byte;
      return fromBase64(text).equals(Buffer.from(text.toString('latin1'), 'base64'));
    }),
    share(0.02),
  );
});

test('lines of base64 are what node:buffer says, in lines of 76', () => {
  const pieces = fc.array(
    fc.nat(40_000).map((size) => randomBytes(size)),
    { maxLength: 4 },
  );
  fc.assert(
    fc.property(pieces, (given) => {
      const lines = whole(given)
        .toString('base64')
        .replace(/.{1,76}/g, '$&\r\n');
      return whole(base64Lines(given)).equals(Buffer.from(lines));
    }),
    share(0.005),
  );
});
