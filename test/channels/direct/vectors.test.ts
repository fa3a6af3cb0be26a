import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from '@jest/globals';
import { openDirect, type Opened } from '../../../channels/direct/judge.ts';
import { openEnvelope } from '../../../channels/direct/cms/opening.ts';
import { readValue } from '../../../channels/direct/cms/der.ts';
import { readIdentities } from '../../../channels/direct/files.ts';
import { readDocuments } from '../../../channels/direct/mime/documents.ts';
import { decodedBody, firstOf, mediaTypeOf, partsOf, readEntity } from '../../../channels/direct/mime/entity.ts';
import { readNotification } from '../../../channels/direct/mime/notification.ts';
import { readWrapped } from '../../../channels/direct/open.ts';
import { seal } from '../../../channels/direct/seal.ts';
import { readCertificates } from '../../../channels/direct/trust/certificate.ts';
import { authority, judge, now, person, whole } from './support.ts';

/** The Direct Project's own messages (BSD-licensed), with public test keys. */
const folder = new URL('../../fixtures/direct/', import.meta.url);
const read = (path: string): Buffer => readFileSync(new URL(path, folder));
const list = (path: string): string[] =>
  readdirSync(new URL(path, folder), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map(({ parentPath, name }) =>
      `${parentPath.slice(parentPath.lastIndexOf('/direct/') + 8)}/${name}`.replaceAll('//', '/'),
    );

const anchor = readCertificates(read('keys/secureHealthEmailCA.der'));
const open = (path: string, key: string, more: { mailFrom?: string; rcpts?: string[] } = {}): Promise<Opened> =>
  openDirect(read(path), {
    identities: readIdentities(read(`keys/${key}`)),
    anchors: anchor,
    crls: [],
    mailFrom: more.mailFrom ?? null,
    rcpts: more.rcpts ?? null,
    at: now,
  });

const gm = 'gm2552@securehealthemail.com';
const ryan = 'ryan@securehealthemail.com';

describe('the Java reference implementation', () => {
  test.each(['ri/EncryptedMessage2.txt', 'ri/EncAttachment.txt'])('%s is accepted', async (path) => {
    const verdict = await open(path, 'ri2021jks_ryan.pem', { mailFrom: gm, rcpts: [ryan] });
    expect(verdict.reasons).toEqual([]);
    expect(verdict).toMatchObject({ accepted: true, author: [gm], from: gm, recipients: [ryan] });
    expect(verdict.documents[0]).toMatchObject({ name: 'iMac-icon.png', mediaType: 'image/png' });
    expect(verdict.documents[0]?.bytes.subarray(1, 4).toString()).toBe('PNG');
  });

  test('a second recipient who is not in the header makes it a routing tamper', async () => {
    const rcpts = [ryan, 'john@securehealthemail.com'];
    expect(await open('ri/EncAttachment.txt', 'ri2021jks_ryan.pem', { mailFrom: gm, rcpts })).toMatchObject({
      accepted: false,
      rule: 'routing',
    });
  });

  test('the message of 2010 is read, and refused for each of its weaknesses', async () => {
    const { accepted, reasons } = await open('ri/EncryptedMessage3.txt', 'gm2552old.pem');
    expect(accepted).toBe(false);
    for (const words of ['des-ede3-cbc', 'signed with sha1', 'expired at 2011']) {
      expect(reasons.join('\n')).toContain(words);
    }
    expect(reasons.join('\n')).not.toContain('not what was signed');
  });

  test.each([
    ['ri/EncryptedMessage2.txt', 'ri2021jks_ryan.pem', 'plain/plain_EncryptedMessage2.txt'],
    ['ri/EncAttachment.txt', 'ri2021jks_ryan.pem', 'plain/plain_EncAttachment.txt'],
    ['ri/EncryptedMessage3.txt', 'gm2552old.pem', 'plain/plain_EncryptedMessage3.txt'],
    [
      'dotnet/envelopeSignature.eml',
      'dn_nhind_Private_nhind_umamalga1_vm1.pfx.pem',
      'plain/plain_envelopeSignature.eml',
    ],
  ])('%s decrypts to a message with the known bytes in it', (path, key, plain) => {
    const info = readValue(decodedBody(readEntity(read(path))));
    const opened = openEnvelope(info, readIdentities(read(`keys/${key}`)));
    // Two of the plain files were signed anew since: the content is the same, its signature and boundaries are not.
    const [content] = partsOf(readEntity(opened?.content ?? Buffer.alloc(0)));
    const [known] = partsOf(readEntity(read(plain)));
    expect(known && content?.equals(known)).toBe(true);
  });
});

describe('the .NET reference implementation', () => {
  test.each(['', 'ContentType1', 'ContentType2'])(
    'envelopeSignature%s is read, and refused for SHA-1 and age',
    async (name) => {
      const verdict = await open(`dotnet/envelopeSignature${name}.eml`, 'dn_nhind_Private_nhind_umamalga1_vm1.pfx.pem');
      const reasons = verdict.reasons.join('\n');
      expect(verdict).toMatchObject({ accepted: false, rule: 'weak-algorithm' });
      expect(reasons).toContain('signed with sha1');
      expect(reasons).toContain('expired at 2025-06');
      expect(reasons).not.toContain('does not verify');
    },
  );

  test.each(list('dotnet/wrapped'))('%s is unwrapped and read, whatever its transfer encoding', async (path) => {
    const entity = readEntity(read(path));
    const [signed] = partsOf(entity);
    const message = readWrapped(signed ? readEntity(signed) : entity);
    expect(message && firstOf(message, 'from')).toMatch(/@/);
    expect(message && mediaTypeOf(message).type).toMatch(/^(text|multipart)\//);
    expect((await readDocuments(message?.raw ?? Buffer.alloc(0))).length).toBeGreaterThan(0);
  });

  test.each(list('dotnet').filter((path) => /^dotnet\/[^/]+$/.test(path) && !path.includes('envelope')))(
    '%s is read',
    async (path) => {
      expect((await readDocuments(read(path))).length).toBeGreaterThan(0);
    },
  );
});

describe('what people send', () => {
  const ca = authority();
  const bob = person(ca, 'bob@b.example');
  const senders = new Map<string, ReturnType<typeof person>>();
  const paths = [...list('context'), 'ri/MessageWithAttachment.txt', 'ri/MultipartMimeMessage.txt'];

  test.each(paths)('%s goes through the envelope byte for byte and is read again', async (path) => {
    const message = Buffer.from(read(path).toString('latin1').replace(/\r?\n/g, '\r\n'), 'latin1');
    const from = /[^\s<]+@[^\s>]+/.exec(firstOf(readEntity(message), 'from') ?? '')?.[0] ?? 'toby@x.example';
    const sender = senders.get(from) ?? person(ca, from);
    senders.set(from, sender);
    const recipients = [{ certificate: bob.cert, transport: 'oaep' as const }];
    const raw = whole(
      await seal({ message: [message], from, to: [bob.address], identity: sender.own, recipients, at: now }),
    );
    const verdict = await judge(raw, bob, [ca]);
    if (firstOf(readEntity(message), 'from') === null) {
      expect(verdict.rule).toBe('sender-mismatch');
      return;
    }
    expect(verdict.reasons).toEqual([]);
    expect(verdict.message?.raw.equals(message)).toBe(true);
  });
});

describe('notifications of several senders', () => {
  const original = '9501051053.aa04167@IETF.CNR I.Reston.VA.US';
  test.each([
    ['MDNMessage.txt', 'mdn', 'processed', original],
    ['MDNMessageFriendlyNameFinalRecip.txt', 'mdn', 'processed', original],
    ['MDNMessageNoFinalRecip.txt', 'mdn', 'processed', original],
    ['MDNMessageNonCanonicalized.txt', 'mdn', 'processed', original],
    ['MDNMessageOrigInReplyTo.txt', 'mdn', 'processed', original],
    ['MDNMessageNoDisp.txt', 'mdn', null, original],
    ['MDNResponse.txt', 'mdn', 'processed', undefined],
    ['MDNDispatchedMessage.txt', 'mdn', 'delivered', original],
    ['MDNDispatchedTimeAndReliable.txt', 'mdn', 'delivered', original],
    ['MDNDispatchedTimeAndReliableLowerCaseOption.txt', 'mdn', 'delivered', original],
    ['DSNMessage.txt', 'dsn', 'failed', original],
    ['DSNMessageOrigInReplyTo.txt', 'dsn', 'failed', original],
    ['DSNMessageNoActionOrStatus.txt', 'dsn', null, original],
  ])('%s is a %s that says %s', (name, type, kind, about) => {
    const notification = readNotification(readEntity(read(`mdn/${name}`)));
    expect(notification).toMatchObject({ type, kind });
    expect(notification?.about[0]).toBe(about);
  });

  test('every one of them has its expectation here', () => {
    expect(list('mdn')).toHaveLength(13);
  });

  const mdn = (disposition: string, more = ''): ReturnType<typeof readNotification> =>
    readNotification(
      readEntity(
        Buffer.from(
          `Content-Type: multipart/report; boundary=x\n\n--x\nContent-Type: message/disposition-notification\n\n` +
            `DISPOSITION : automatic-action/MDN-sent-automatically;\n ${disposition}\noriginal-message-id: <a@b>\n${more}\n--x--\n`,
        ),
      ),
    );
  test.each([
    ['processed/error', 'failed'],
    ['error', 'failed'],
    ['failed', 'failed'],
    ['processed', 'processed'],
    ['dispatched', 'processed'],
    ['displayed', 'opened'],
    ['deleted', null],
    ['dispatched/error', 'failed'],
  ])('folded, in capitals, with a blank before the colon: %s means %s', (disposition, kind) => {
    expect(mdn(disposition)).toMatchObject({ kind, about: ['a@b'] });
  });

  test.each([
    ['delayed', null],
    ['relayed', null],
    ['failed', 'failed'],
  ])('a DSN that says %s means %s', (action, kind) => {
    const raw = `Content-Type: multipart/report; boundary=x\n\n--x\nContent-Type: message/delivery-status\n\nReporting-MTA: dns; a\n\nFinal-Recipient: rfc822;a@b.c\nAction: ${action}\nStatus: 4.0.0\n--x--\n`;
    expect(readNotification(readEntity(Buffer.from(raw)))).toMatchObject({ type: 'dsn', kind });
  });
});
