import { createHash, randomBytes } from 'node:crypto';
import { deflateRawSync } from 'node:zlib';
import { describe, expect, test } from '@jest/globals';
import { zipSync, type Zippable } from 'fflate';
import type { About, Carried } from '../../../channels/direct/content/about.ts';
import { pack, packageSubject } from '../../../channels/direct/content/pack.ts';
import { readMetadata } from '../../../channels/direct/content/metadata-read.ts';
import { unpackAll, type Unpacked } from '../../../channels/direct/content/unpack.ts';
import { unzip } from '../../../channels/direct/content/unzip.ts';
import { sharing } from '../../hostile/archives.ts';
import { now, pdf } from './support.ts';

const about: About = {
  name: 'att_1',
  from: 'referrals@a.example',
  to: 'bob@b.example',
  practice: { name: 'Harbor & Sons <Clinic>', npi: '1234567893', phone: '+12125550100' },
  recipient: { name: 'Dr. Bob "B|b" O’Neil', npi: '1245319599' },
  request: {
    patient: {
      name: { family: 'Synthetic^Name', given: ['Ida', 'M'] },
      birthDate: '1961-04-09',
      sex: 'female',
      phone: '+12125550123',
      identifiers: [
        { system: 'urn:oid:2.16.840.1.113883.19.5', value: '998991' },
        { system: 'https://ehr.example/mrn', value: 'not for others' },
      ],
      coverage: null,
    },
    requester: { name: 'Ashley Peterson', npi: '1234567893', fax: null, direct: null },
    recipient: null,
    service: { specialty: null, reason: null, diagnoses: [] },
    urgency: 'routine',
    neededBy: null,
    replyTo: null,
  },
  at: now,
};
const note = Buffer.from('<ClinicalDocument xmlns="urn:hl7-org:v3"><title>x</title></ClinicalDocument>');
const documents: readonly Carried[] = [
  { name: 'Überweisung.pdf', mediaType: 'application/pdf', bytes: pdf },
  { name: 'note.xml', mediaType: 'text/xml', bytes: note },
];

const opened = (files: Zippable): Promise<Unpacked> =>
  unpackAll([{ name: 'XDM.ZIP', mediaType: 'application/octet-stream', bytes: Buffer.from(zipSync(files)) }]);

describe('a package of ours', () => {
  const made = pack(about, documents);

  test('has the places and names of IHE XDM, and is the same bytes on every try', async () => {
    const files = await unzip(Buffer.from(made.bytes));
    expect(files.map(({ path }) => path)).toEqual([
      'INDEX.HTM',
      'README.TXT',
      'IHE_XDM/SUBSET01/METADATA.XML',
      'IHE_XDM/SUBSET01/DOC00001.PDF',
      'IHE_XDM/SUBSET01/DOC00002.XML',
    ]);
    expect(pack(about, documents)).toEqual(made);
    expect(packageSubject('Referral')).toBe('XDM/1.0/DDM Referral');
    expect(packageSubject('[possible duplicate] XDM/1.0/DDM x')).toBe('[possible duplicate] XDM/1.0/DDM x');
  });

  test('describes each document by size, hash, type and patient', async () => {
    const files = await unzip(Buffer.from(made.bytes));
    const metadata = files.find(({ path }) => path.endsWith('METADATA.XML'))?.bytes ?? Buffer.alloc(0);
    expect(readMetadata(metadata)).toEqual(
      documents.map(({ name, mediaType, bytes }, index) => ({
        ids: [`Document0${index + 1}`, expect.stringMatching(/^2\.25\.\d{37,39}$/)],
        uri: `DOC0000${index + 1}.${index === 0 ? 'PDF' : 'XML'}`,
        mediaType,
        title: name,
        size: bytes.length,
        hash: createHash('sha1').update(bytes).digest('hex'),
        patient: '998991^^^&2.16.840.1.113883.19.5&ISO',
      })),
    );
    const text = metadata.toString('utf8');
    expect(text).toContain(
      '<Value>|1245319599^Dr. Bob &quot;B b&quot; O’Neil^^^^^^^&amp;2.16.840.1.113883.4.6&amp;ISO|^^Internet^bob@b.example</Value>',
    );
    expect(text).toContain('<Value>^^Internet^referrals@a.example</Value>');
    expect(text).toContain('<Value>PID-5|Synthetic Name^Ida^M</Value>');
    expect(text).toContain('urn:hl7-org:sdwg:ccda-structuredBody:2.1');
    expect(text).not.toContain('not for others');
  });

  test('says nothing that is not known', async () => {
    const bare = pack({ ...about, request: null, recipient: { name: null, npi: null } }, documents);
    const { documents: found, patients } = await unpackAll([{ ...bare, bytes: Buffer.from(bare.bytes) }]);
    expect(patients).toBe(0);
    expect(found.map(({ bytes }) => bytes)).toEqual(documents.map(({ bytes }) => Buffer.from(bytes)));
    const metadata = (await unzip(Buffer.from(bare.bytes)))[2]?.bytes.toString() ?? '';
    expect(metadata).not.toMatch(/patientId|PID-|57133-1/);
    expect(metadata).toContain('<Value>||^^Internet^bob@b.example</Value>');
  });
});

interface Object {
  readonly id?: string;
  readonly uri?: string | null;
  readonly bytes?: Uint8Array;
  readonly patient?: string;
  readonly more?: string;
}

const slot = (name: string, ...values: string[]): string =>
  `<Slot name="${name}"><ValueList>${values.map((value) => `<Value>${value}</Value>`).join('')}</ValueList></Slot>`;

/** Metadata as other systems write it. */
const metadataOf = (...objects: readonly Object[]): Uint8Array =>
  Buffer.from(
    `<SubmitObjectsRequest><RegistryObjectList>${objects
      .map(
        ({ id = 'eo1', uri = 'CCDA.XML', bytes = note, patient = '1^^^&amp;2.3&amp;ISO', more = '' }) =>
          `<rim:ExtrinsicObject id="${id}" mimeType="text/xml">${uri === null ? '' : slot('URI', uri)}${slot('size', String(bytes.length))}${slot('hash', createHash('sha1').update(bytes).digest('hex').toUpperCase())}${slot('sourcePatientId', patient)}${more}</rim:ExtrinsicObject>`,
      )
      .join('')}</RegistryObjectList></SubmitObjectsRequest>`,
  );

const folder = 'IHE_XDM/SUBSET01/';

describe('a package of others', () => {
  test.each<[string, Zippable]>([
    ['as it should be', { [`${folder}METADATA.XML`]: metadataOf({}), [`${folder}CCDA.XML`]: note }],
    ['in lower case', { [`ihe_xdm/subset01/metadata.xml`]: metadataOf({}), [`ihe_xdm/subset01/ccda.xml`]: note }],
    ['below a folder more', { [`Export/${folder}METADATA.XML`]: metadataOf({}), [`Export/${folder}CCDA.XML`]: note }],
    ['all in one folder', { 'METADATA.XML': metadataOf({}), 'CCDA.XML': note }],
    [
      'with a URI from the top',
      { [`${folder}METADATA.XML`]: metadataOf({ uri: `/${folder}CCDA.XML` }), [`${folder}CCDA.XML`]: note },
    ],
    [
      'without URI, named by id',
      {
        [`${folder}METADATA.XML`]: metadataOf({ uri: null, id: 'ccda' }),
        [`${folder}CCDA.XML`]: note,
        [`${folder}OTHER.XSL`]: note,
      },
    ],
    ['without URI, the only file', { [`${folder}METADATA.XML`]: metadataOf({ uri: null }), [`${folder}X.XML`]: note }],
    [
      'with a wrong URI, the only file',
      { [`${folder}METADATA.XML`]: metadataOf({ uri: 'GONE.XML' }), [`${folder}X.XML`]: note },
    ],
    [
      'with the litter of its maker',
      {
        'INDEX.HTM': Buffer.from('<html><body><p>not closed'),
        'README.TXT': Buffer.from('x'),
        [`${folder}.DS_Store`]: randomBytes(99),
        [`__MACOSX/${folder}._CCDA.XML`]: randomBytes(99),
        [`${folder}CDA.XSL`]: Buffer.from('<xsl/>'),
        [`${folder}METADATA.XML`]: metadataOf({}),
        [`${folder}CCDA.XML`]: note,
      },
    ],
    [
      'with values escaped twice',
      { [`${folder}METADATA.XML`]: metadataOf({ uri: 'A&amp;amp;B.XML' }), [`${folder}A&B.XML`]: note },
    ],
  ])('%s is opened without a remark', async (_name, files) => {
    const { documents: found, remarks, patients } = await opened(files);
    expect(remarks).toEqual([]);
    expect(patients).toBe(1);
    expect(found).toHaveLength(1);
    expect(found[0]?.bytes.equals(note)).toBe(true);
    expect(found[0]?.mediaType).toBe('text/xml');
  });

  test.each<[string, Zippable, RegExp]>([
    [
      'whose hash and size differ',
      { [`${folder}METADATA.XML`]: metadataOf({ bytes: pdf }), [`${folder}CCDA.XML`]: note },
      /document 1 of the package has another size.*document 1 of the package is not what the package says/,
    ],
    [
      'with a document missing',
      { [`${folder}METADATA.XML`]: metadataOf({}, { id: 'eo2', uri: 'GONE.XML' }), [`${folder}CCDA.XML`]: note },
      /document 2 of the package is missing/,
    ],
    [
      'with more than it names',
      { [`${folder}METADATA.XML`]: metadataOf({}), [`${folder}CCDA.XML`]: note, [`${folder}SCAN.PDF`]: pdf },
      /holds 1 more/,
    ],
  ])('%s is opened, and its reader is told', async (_name, files, told) => {
    const { documents: found, remarks } = await opened(files);
    expect(remarks.join('; ')).toMatch(told);
    expect(found[0]?.bytes.equals(note)).toBe(true);
    expect(found).toHaveLength(Object.keys(files).length - 1);
  });

  test('counts its patients', async () => {
    const two = { id: 'eo2', uri: 'B.XML', patient: '2^^^&amp;2.3&amp;ISO' };
    const files = {
      [`${folder}METADATA.XML`]: metadataOf({}, two),
      [`${folder}CCDA.XML`]: note,
      [`${folder}B.XML`]: note,
    };
    expect(await opened(files)).toMatchObject({ patients: 2, remarks: [] });
  });

  test('an archive that is no package stays as it came', async () => {
    const { documents: found, remarks } = await opened({ 'a.pdf': pdf });
    expect([found.map(({ name }) => name), remarks]).toEqual([['XDM.ZIP'], []]);
  });
});

/** One stored or deflated entry, with sizes as claimed. */
function archiveOf(name: string, content: Buffer, claimed: number, { flags = 0, crc = 0 } = {}): Buffer {
  const packed = deflateRawSync(content);
  const common = Buffer.alloc(26);
  common.writeUInt16LE(20, 0);
  common.writeUInt16LE(flags, 2);
  common.writeUInt16LE(8, 4);
  common.writeUInt32LE(crc, 10);
  common.writeUInt32LE(packed.length, 14);
  common.writeUInt32LE(claimed, 18);
  common.writeUInt16LE(name.length, 22);
  const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), common, Buffer.from(name), packed]);
  const central = Buffer.concat([
    Buffer.from('PK\x01\x02\x14\0', 'latin1'),
    common,
    Buffer.alloc(14),
    Buffer.from(name),
  ]);
  const end = Buffer.alloc(22);
  end.write('PK\x05\x06', 'latin1');
  end.writeUInt16LE(1, 8);
  end.writeUInt16LE(1, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(local.length, 16);
  return Buffer.concat([local, central, end]);
}

describe('an archive that means harm', () => {
  const bounds = { files: 5, bytes: 1_000_000 };
  test.each<[string, Buffer, RegExp]>([
    ['zip bomb', archiveOf('METADATA.XML', Buffer.alloc(50_000_000), 50_000_000), /too large/],
    ['zip bomb that hides its size', archiveOf('METADATA.XML', Buffer.alloc(50_000_000), 10), /damaged/],
    ['path traversal', archiveOf('../METADATA.XML', note, note.length), /damaged/],
    ['absolute path', archiveOf('/etc/METADATA.XML', note, note.length), /damaged/],
    ['encrypted entry', archiveOf('METADATA.XML', note, note.length, { flags: 1 }), /encrypted/],
    ['wrong checksum', archiveOf('METADATA.XML', note, note.length, { crc: 1 }), /a file in the archive is damaged/],
    ['files over the same bytes', sharing(), /share their bytes/],
    ['archive cut off', Buffer.from(zipSync({ 'METADATA.XML': note })).subarray(0, -30), /damaged/],
    [
      'too many files',
      Buffer.from(zipSync(Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`${i}`, note])))),
      /too many/,
    ],
  ])('%s is refused', async (_name, archive, why) => {
    await expect(unzip(archive, bounds)).rejects.toThrow(why);
  });

  test.each<[string, Uint8Array]>([
    ['a DOCTYPE', Buffer.from('<!DOCTYPE x [<!ENTITY a "b">]><SubmitObjectsRequest/>')],
    ['nesting without end', Buffer.from('<a>'.repeat(100_000))],
    ['nothing in it', Buffer.from('<SubmitObjectsRequest/>')],
    ['what is no XML', randomBytes(1_000)],
  ])('metadata with %s leaves the package closed, and its reader is told', async (_name, metadata) => {
    const { documents: found, remarks } = await opened({ [`${folder}METADATA.XML`]: metadata, 'A.XML': note });
    expect(found.map(({ name }) => name)).toEqual(['XDM.ZIP']);
    expect(remarks).toEqual([expect.stringMatching(/could not be opened.*ask its sender/)]);
  });
});
