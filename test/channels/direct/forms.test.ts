import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { freePort } from '../../../demo/free-port.ts';
import { readDocuments } from '../../../channels/direct/mime/documents.ts';
import { readClinical } from '../../../src/documents/ccda.ts';
import { readContext } from '../../../src/documents/context.ts';
import type { Arrival } from '../../../src/core/channel.ts';
import { request } from '../../harness.ts';
import { authority, hisp, parcel, pdf, person, scratch, type Hisp } from './support.ts';

const ca = authority();
const alice = person(ca, 'alice@a.example');
const bob = person(ca, 'bob@b.example');
const signal = new AbortController().signal;

let folder: Awaited<ReturnType<typeof scratch>>;
const running: Hisp[] = [];
beforeAll(async () => {
  folder = await scratch();
});
afterEach(() => {
  for (const each of running.splice(0)) each.stop();
});
afterAll(() => folder.remove());

/** What arrives of a parcel that is sent to a partner with these settings. */
async function arriving(peer: object, more: Partial<ReturnType<typeof parcel>> = {}): Promise<Arrival> {
  const anchors = [await folder.file('ca.pem', ca.certificate)];
  const port = await freePort();
  const b = await hisp(bob, {
    anchors,
    identity: await folder.file('bob.pem', bob.identity),
    more: { listen: { port } },
  });
  const certificates = [await folder.file('bob-cert.pem', bob.certificate)];
  const peers = [{ match: 'b.example', host: '127.0.0.1', port, certificates, ...peer }];
  const a = await hisp(alice, {
    anchors,
    identity: await folder.file('alice.pem', alice.identity),
    peers,
  });
  running.push(a, b);
  const sent = { ...parcel(a.practice, bob.address), ...more };
  expect(await a.channel.send(sent, signal)).toMatchObject({ kind: 'accepted' });
  const [arrival] = b.inbox.messages;
  if (!arrival) throw new Error('nothing arrived');
  return arrival;
}

const named = ({ documents }: Arrival): string[] => documents.map(({ name }) => name);
const bytesAt = ({ documents }: Arrival, index: number): Buffer => Buffer.from(documents[index]?.bytes ?? []);

describe('a partner gets documents', () => {
  test('in one XDM package, of which nothing is left when it is opened', async () => {
    const arrival = await arriving({ form: 'xdm' }, { request: request() });
    expect(arrival.subject).toBe('XDM/1.0/DDM A synthetic subject');
    expect(named(arrival)).toEqual(['DOC00001.PDF', 'message.txt']);
    expect(bytesAt(arrival, 0).equals(pdf)).toBe(true);
    expect(arrival.origin.details).not.toHaveProperty('remarks');
  });

  test('as C-CDA documents that say whose they are', async () => {
    const arrival = await arriving({ form: 'ccda' }, { request: request() });
    expect(named(arrival)).toEqual(['Überweisung "1".xml', 'message.txt']);
    const { header, body } = readClinical(bytesAt(arrival, 0));
    expect(Buffer.from(body ?? []).equals(pdf)).toBe(true);
    expect(header.patient).toMatchObject({ family: 'Canary-Quist', given: 'Wilhelmina', birthTime: '19610409' });
  });

  test('with Context, which says of whom the message is', async () => {
    const arrival = await arriving({ context: true }, { request: request() });
    expect(named(arrival)).toEqual(['Überweisung "1".pdf', 'metadata.txt', 'message.txt']);
    expect(readContext(bytesAt(arrival, 1).toString())?.patient).toMatchObject({ family: 'Canary-Quist' });
  });

  test('with the Context that their sender wrote, in whatever form the others go', async () => {
    const own = Buffer.from('version: 1.0\r\nid: <1@ehr>\r\npatient: givenName=Ida; surname=Own\r\n');
    const [document] = parcel({ id: 'x', name: 'x', phone: '', npi: null, addresses: {} }, '').message.documents;
    if (!document) throw new Error('no document');
    const context = { ...document, id: 'doc_2' as const, name: 'metadata.txt', mediaType: 'text/plain' };
    const { message } = parcel({ id: alice.address, name: 'x', phone: '', npi: null, addresses: {} }, bob.address);
    const arrival = await arriving(
      { form: 'xdm' },
      {
        message: { ...message, documents: [context, document] },
        open: (id) => Promise.resolve(id === 'doc_2' ? own : pdf),
      },
    );
    expect(named(arrival)).toEqual(['DOC00001.PDF', 'metadata.txt', 'message.txt']);
    expect(bytesAt(arrival, 1).equals(own)).toBe(true);
  });
});

describe('the Context of others', () => {
  const root = join(import.meta.dirname, '../../fixtures/direct/context');
  const contextIn = async (file: string): Promise<string | null> => {
    const found = await readDocuments(readFileSync(join(root, file)));
    return found.find(({ name }) => name === 'metadata.txt')?.bytes.toString() ?? null;
  };
  const files = readdirSync(root, { withFileTypes: true }).flatMap((entry) =>
    entry.isFile() && !/HL7|PatienId/.test(entry.name) ? [entry.name] : [],
  );

  test.each([...files, 'v1.1/ContextSimple1.txtQuotedPrintable'])(
    '%s says the same in every encoding',
    async (file) => {
      const text = await contextIn(file);
      expect(text).not.toBeNull();
      expect(readContext(text ?? '')?.patient).toEqual({
        given: 'John Jacob',
        family: 'Doe',
        birthTime: '19611231',
        telecom: null,
        sex: 'M',
        address: null,
        number: null,
      });
    },
  );

  test('that names nobody says nothing of a patient', async () => {
    for (const file of ['ContextHL7.Default.txtBase64', 'ContextSimple.PatienIdOnly.txtDefault'])
      expect([file, readContext((await contextIn(file)) ?? 'none')]).toEqual([file, null]);
  });

  test.each(readdirSync(join(root, 'BadContext')))('%s keeps nothing else from being read', async (file) => {
    const found = await readDocuments(readFileSync(join(root, 'BadContext', file)));
    expect(found.some(({ mediaType, bytes }) => mediaType === 'application/pdf' || bytes.includes('Simple Body'))).toBe(
      true,
    );
    expect(() => readContext(found[0]?.bytes.toString() ?? '')).not.toThrow();
  });
});
