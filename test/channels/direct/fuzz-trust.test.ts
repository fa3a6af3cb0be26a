import { sign } from 'node:crypto';
import { expect, test } from '@jest/globals';
import fc from 'fast-check';
import { sha256WithRsa } from '../../../channels/direct/cms/algorithms.ts';
import { octetString, rawOf, readValue, sequence, tags, tlv } from '../../../channels/direct/cms/der.ts';
import { readCertificate } from '../../../channels/direct/trust/certificate.ts';
import { readCrl } from '../../../channels/direct/trust/crl.ts';
import { questionAt, readAnswer } from '../../../channels/direct/trust/ocsp.ts';
import { altered, runs, share, turns, within } from './alter.ts';
import { authority, certificate, day, listBy, now, person } from './support.ts';

const ca = authority();
const root = certificate(ca.certificate);
const { cert } = person(ca, 'alice@a.example', {
  issuersAt: 'http://pki.example/ca.cer',
  responderAt: 'http://pki.example/ocsp',
  listsAt: 'http://pki.example/ca.crl',
  policies: ['1.2.3.4'],
  capabilities: ['2.16.840.1.101.3.4.1.46'],
});

/** What a responder that is the authority itself says: good. */
function answer(): Buffer {
  const question = decodeURIComponent(questionAt('', cert, root).slice(1));
  const asked = readValue(Buffer.from(question, 'base64')).children[0]?.children[0]?.children[0]?.children[0];
  if (!asked) throw new Error('no question');
  const time = (at: number): Buffer =>
    tlv(tags.generalizedTime, Buffer.from(new Date(at).toISOString().replace(/[-:T]|\.\d+/g, '')));
  const single = sequence(rawOf(asked), tlv(0x80), time(now - day), tlv(0xa0, time(now + day)));
  const data = sequence(tlv(0xa2, octetString(Buffer.alloc(20))), time(now), sequence(single));
  const signature = tlv(tags.bits, Buffer.from([0]), sign('sha256', data, ca.key));
  const basic = sequence(data, sha256WithRsa, signature);
  const id = Buffer.from('06092b0601050507300101', 'hex');
  return sequence(tlv(0x0a, Buffer.from([0])), tlv(0xa0, sequence(id, octetString(basic))));
}

/** How many of them were still read. */
function readOf(honest: Buffer, part: number, read: (bytes: Buffer) => unknown): number {
  let good = 0;
  fc.assert(
    fc.property(turns, (all) => {
      if (within(() => read(all.reduce(altered, honest)))) good++;
    }),
    share(part),
  );
  return good;
}

// Some turns do no harm: had none passed, nothing would have been tried.
test('certificates put wrong: never a crash', () => {
  expect(readOf(cert.raw, 0.1, readCertificate)).toBeGreaterThan(runs / 2_000);
}, 3_600_000);

test('revocation lists put wrong: never a crash', () => {
  expect(readOf(listBy(ca, root, [cert.serial], now + day), 0.1, readCrl)).toBeGreaterThan(runs / 2_000);
}, 3_600_000);

test('answers of responders put wrong: never a crash, and what is believed is what was signed', () => {
  const honest = answer();
  const said = readAnswer(honest, cert, root, now);
  expect(said).toEqual({ status: 'good', thisUpdate: now - day, nextUpdate: now + day });
  const believed = readOf(honest, 0.1, (bytes) => {
    const read = readAnswer(bytes, cert, root, now);
    expect(read).toEqual(said);
    return read;
  });
  expect(believed).toBeGreaterThan(0);
}, 3_600_000);
