import { deflateSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { integer, octetString, oid, sequence, tlv } from '../../../channels/direct/cms/der.ts';
import { contentInfo, sealEnvelope } from '../../../channels/direct/cms/envelope.ts';
import { block } from '../../../channels/direct/mime/compose.ts';
import { base64Lines } from '../../../channels/direct/mime/encode.ts';
import { seal } from '../../../channels/direct/seal.ts';
import { authority, domainPerson, judge, letter, now, person, whole, type Person } from './support.ts';

const ca = authority();
const bob = person(ca, 'bob@b.example');

const fate = async (message: Buffer, signer: Person): Promise<string> => {
  const raw = whole(
    await seal({
      message: [message],
      from: 'alice@a.example',
      to: [bob.address],
      identity: signer.own,
      recipients: [{ certificate: bob.cert, transport: 'oaep' }],
      at: now,
    }),
  );
  return (await judge(raw, bob, [ca])).rule;
};

describe('binding tricks: a certificate for', () => {
  test('exactly the domain speaks for it, so that the others fail for their own reasons', async () => {
    expect(await fate(letter('alice@a.example', bob.address), domainPerson(ca, 'a.example'))).toBe('accepted');
    expect(await fate(letter('alice@a.example', bob.address), domainPerson(ca, 'A.Example'))).toBe('accepted');
  });

  test.each([
    ['a sub-domain', 'mail.a.example'],
    ['the domain above', 'example'],
    ['a domain that ends alike', 'evil-a.example'],
    ['a domain that begins alike', 'a.example.evil.example'],
    ['a wildcard', '*.example'],
    ['the domain with a dot behind it', 'a.example.'],
    ['the domain and a NUL behind it', 'a.example\0.evil.example'],
    ['the domain in letters that look like it', 'а.example'],
    ['the address, as if it were a domain', 'alice@a.example'],
    ['nothing at all', ''],
  ])('%s does not speak for the sender', async (_name, domain) => {
    expect(await fate(letter('alice@a.example', bob.address), domainPerson(ca, domain))).toBe('sender-mismatch');
  });

  test.each([
    ['another address of the domain', 'alicia@a.example'],
    ['the address and a NUL behind it', 'alice@a.example\0@evil.example'],
    ['the address with a tag', 'alice+x@a.example'],
    ['the domain, as if it were an address', 'a.example'],
  ])('%s does not speak for the sender', async (_name, address) => {
    expect(await fate(letter('alice@a.example', bob.address), person(ca, address))).toBe('sender-mismatch');
  });
});

describe('a From that is', () => {
  const alice = person(ca, 'alice@a.example');
  const as = (from: string): Buffer =>
    Buffer.from(
      letter('alice@a.example', bob.address)
        .toString('latin1')
        .replace(/^From: .*$/m, from.replaceAll('\n', '\r\n')),
      'latin1',
    );

  test.each([
    ['a group of one', 'From: us: alice@a.example;', 'accepted'],
    ['a group of nobody', 'From: undisclosed:;', 'sender-mismatch'],
    ['a source route', 'From: <@evil.example:alice@a.example>', 'sender-mismatch'],
    ['two angle addresses', 'From: <eve@evil.example> <alice@a.example>', 'sender-mismatch'],
    ['an address with a NUL', 'From: alice@a.example\0', 'sender-mismatch'],
    ['absent', 'X-From: alice@a.example', 'sender-mismatch'],
    ['another’s, with the signer as Sender', 'From: carol@a.example\nSender: alice@a.example', 'accepted'],
    [
      'another’s, with the signer as Sender twice',
      'From: carol@a.example\nSender: alice@a.example\nSender: alice@a.example',
      'sender-mismatch',
    ],
  ])('%s', async (_name, from, rule) => {
    expect(await fate(as(from), alice)).toBe(rule);
  });
});

describe('compressed data', () => {
  const bomb = deflateSync(Buffer.alloc(20_000_000));
  const compressed = contentInfo(
    '1.2.840.113549.1.9.16.1.9',
    sequence(
      integer(0),
      sequence(oid('1.2.840.113549.1.9.16.3.8')),
      sequence(oid('1.2.840.113549.1.7.1'), tlv(0xa0, octetString(bomb))),
    ),
  );
  const entity = whole([
    block(['Content-Type: application/pkcs7-mime; smime-type=compressed-data', 'Content-Transfer-Encoding: base64']),
    ...base64Lines([compressed]),
  ]);

  test('is not blown up, outside the envelope or inside', async () => {
    const inside = whole([
      block(['Content-Type: application/pkcs7-mime', 'Content-Transfer-Encoding: base64']),
      ...base64Lines(sealEnvelope([entity], [{ certificate: bob.cert, transport: 'oaep' }])),
    ]);
    const start = performance.now();
    expect((await judge(entity, bob, [ca])).rule).toBe('not-encrypted');
    expect((await judge(inside, bob, [ca])).rule).toBe('not-signed');
    expect(performance.now() - start).toBeLessThan(1_000);
  });
});
