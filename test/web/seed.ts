import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import sharp from 'sharp';
import { accepted, deferred, refused, unknown, type Outcome } from '../../src/core/outcome.ts';
import { trust } from './seed-trust.ts';
import type { Field } from '../../src/core/entry.ts';
import type { Match } from '../../src/core/match.ts';
import type { Word } from '../../src/core/page.ts';
import { createDesk } from '../../src/desk.ts';
import { keepRecipient } from '../../src/pipeline/recipients.ts';
import type { HttpDeps } from '../../src/http/deps.ts';
import { listen, type Listening } from '../../src/http/server.ts';
import { arrival, fax, harness, hour, minute, pdf, request, scripted, submission, type Harness } from '../harness.ts';
import { hashSecret } from '../../src/http/secrets.ts';
import { addUser, house } from '../http/house.ts';
import { drawn } from './drawn.ts';

const lines = [
  'RIVERSIDE IMAGING — REFERRAL',
  'Patient: Wilhelmina Canary-Quist',
  'DOB: 04/09/1961',
  'Phone: (212) 555-0123',
  'Referring: Dr. Ada Brook   NPI 1234567893',
  'Reason: palpitations, new onset atrial fibrillation',
];
const width = 850;
const height = 1100;
const lineTop = (line: number): number => 120 + line * 70;

/** A page as a fax brings it: an image, its words, and where they stand. */
async function faxPage(): Promise<{ png: Uint8Array; words: Word[]; text: string }> {
  const rows = lines.map(
    (text, line) => `<text x="80" y="${lineTop(line) + 28}" font-size="28" font-family="monospace">${text}</text>`,
  );
  const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}"><rect width="100%" height="100%" fill="white"/>${rows.join('')}</svg>`;
  const png = await sharp(Buffer.from(svg)).png().toBuffer();
  const words = lines.map((text, line) => ({
    text,
    line,
    confidence: 0.95,
    box: { x: 80, y: lineTop(line), width: Math.min(760, text.length * 17), height: 36 },
  }));
  return { png, words, text: lines.join('\n') };
}

const field = (name: Field['name'], value: string, confidence: number, line: number): Field => ({
  name,
  value,
  confidence,
  place: { page: 0, box: { x: 80, y: lineTop(line), width: 560, height: 36 } },
  by: 'reading',
});

export interface Site {
  readonly pipeline: Harness;
  readonly url: string;
  /** Send one referral, by the pipeline. */
  readonly send: (name: string) => Promise<string>;
  readonly close: () => Promise<void>;
}

interface Options {
  /** Default: any. */
  readonly port?: number;
  readonly signIn?: HttpDeps['signIn'];
  /** Nothing happened in it yet. */
  readonly empty?: boolean;
}

/** A gateway with a day's worth of fates, on a port, with the built console. With a port of its own it is reached by a
 *  name, as passkeys demand. */
export async function openSite({ port = 0, signIn, empty }: Options = {}): Promise<Site> {
  const page = await faxPage();
  const portal = scripted('portal', (parcel) => publishing(pipeline, parcel.attempt, parcel.message.id, parcel));
  const direct = Object.assign(scripted('direct', accepted('2.0.0')), { trust: () => trust(pipeline.now()) });
  const efax: ReturnType<typeof fax> = { ...fax(accepted('fax_8123')), preview: drawn(() => pipeline.now()) };
  const pipeline: Harness = harness({
    channels: [direct, efax, portal],
    patience: { delays: [5 * minute], receiptWithin: hour, onSilence: 'hold' },
    read: (document) => {
      const { png, words, text } = page;
      const read = { document: document.id, number: 1, width, height, text, words, source: 'ocr' as const };
      return Promise.resolve({ pages: [{ page: read, png }], warnings: [], clinical: null });
    },
  });
  const send = async (name: string): Promise<string> => {
    const endpoints = [
      { channel: 'direct', address: 'intake@far.example' },
      { channel: 'efax', address: '+12125550199' },
      { channel: 'pager', address: '555' },
    ];
    const referral = request({ recipient: { name, npi: null, phone: '+12125550140', endpoints } });
    const { message } = await pipeline.submit(submission({ referral }));
    await pipeline.turn(minute);
    return message;
  };
  if (!empty) await seed(pipeline, direct.answers, send);
  await pipeline.turn();
  const site = house({
    pipeline,
    channels: new Map([direct, efax, portal].map((each) => [each.name, each])),
    webRoot: fileURLToPath(new URL('../../web/dist', import.meta.url)),
    ...(port === 0 ? {} : { publicUrl: `http://localhost:${port}` }),
    ...(signIn ? { signIn } : {}),
  });
  await addUser(pipeline, 'anna', 'practice-admin', 'main');
  const server: Listening = await listen(site.app, { host: '127.0.0.1', port });
  return {
    pipeline,
    url: port === 0 ? server.url : `http://localhost:${port}`,
    send,
    close: async () => {
      await server.close();
      await pipeline.close();
    },
  };
}

async function seed(pipeline: Harness, direct: unknown[], send: (name: string) => Promise<string>): Promise<void> {
  const fates: readonly (readonly [name: string, answer: Outcome])[] = [
    ['Hillside Cardiology', refused('bad-address', '550 5.1.1')],
    [
      'St. Bartholomew Regional Medical Center, Department of Paediatric Gastroenterology and Hepatology',
      unknown('interrupted', 'after DATA'),
    ],
    ['Bay Neurology', accepted('2.0.0')],
    // Last, and no fault of the far side: its lane must stay open for the others.
    ['Lakeview Orthopaedics', deferred('busy', '451 4.2.2')],
  ];
  for (const [name, answer] of fates) {
    direct.splice(0, direct.length, answer);
    const message = await send(name);
    const [delivery] = await pipeline.store.deliveriesOf(message as `msg_${string}`);
    if (name.startsWith('Hillside') && delivery?.attempt) {
      await pipeline.inbox.receipt({
        channel: 'efax',
        author: null,
        receipt: { attempt: delivery.attempt, kind: 'delivered', reason: null, at: pipeline.now() },
        evidence: { mediaType: 'application/json', bytes: Buffer.from('{"status":"delivered"}') },
      });
      await pipeline.turn();
    }
    if (name.startsWith('St.')) await pipeline.turn(2 * hour);
  }
  const endpoints = [{ channel: 'portal', address: 'desk@elm.example' }];
  await pipeline.submit(
    submission({
      referral: request({
        urgency: 'urgent',
        recipient: { name: 'Elm Street Dermatology', npi: null, phone: '+12125550177', endpoints },
      }),
    }),
  );
  await pipeline.turn(minute);
  for (const token of ['fax-1', 'fax-2']) {
    const documents = [{ name: 'fax.pdf', mediaType: 'application/pdf', bytes: pdf }];
    await pipeline.inbox.message(
      arrival({ origin: { channel: 'direct', token, from: 'dr@far.example', details: {} }, documents }),
    );
    await pipeline.turn(minute);
  }
  const { rows } = await pipeline.store.entries({ practices: null, limit: 10 });
  for (const entry of rows) {
    const fields = [
      field('patient.name', 'Wilhelmina Canary-Quist', 0.97, 1),
      field('patient.birthDate', '1961-04-09', 0.62, 2),
      { ...field('patient.phone', '', 0, 3), doubt: 'handwritten: please type what the picture shows' },
      field('referrer.name', 'Dr. Ada Brook', 0.93, 4),
      field('service.reason', 'palpitations, new onset atrial fibrillation', 0.91, 5),
    ];
    const matches = knownOf(pipeline.now());
    await pipeline.store.commit({ entry: { ...entry, fields, matches, version: entry.version + 1 }, events: [] });
  }
}

/** Somebody to send to. */
export async function keepHarbor(pipeline: Harness): Promise<void> {
  await keepRecipient(pipeline)({
    ...{ id: null, who: 'user:anna', practices: ['main'], practice: 'main', version: null },
    recipient: {
      ...{ name: 'Harbor Orthopaedic Institute', npi: '1457389249', phone: null },
      endpoints: [
        { channel: 'direct', address: 'referrals@harbor.example' },
        { channel: 'efax', address: '+12125550166' },
      ],
    },
  });
}

/** One fax of three pages: the first two are one referral, the third another one. */
export async function fileSeveral({ inbox, turn, store }: Harness): Promise<string> {
  const documents = ['a', 'b', 'c'].map((name) => ({
    name: `${name}.pdf`,
    mediaType: 'application/pdf',
    bytes: Buffer.concat([pdf, Buffer.from(name)]),
  }));
  await inbox.message(
    arrival({ origin: { channel: 'direct', token: 'several', from: 'dr@far.example', details: {} }, documents }),
  );
  await turn(minute);
  const { rows } = await store.entries({ practices: null, state: 'waiting', limit: 1 });
  const entry = rows[0]!;
  const sheets = [0, 0, 1].map((part) => ({ kind: 'referral' as const, part, foreign: false, copyOf: null }));
  const fields = [0, 2].flatMap((page, part) =>
    [
      field('patient.name', part === 0 ? 'Wilhelmina Canary-Quist' : 'Jonas Okafor', 0.97, 1),
      field('patient.birthDate', '1961-04-09', 0.97, 2),
    ].map((each) => ({ ...each, part, place: { page, box: each.place?.box ?? { x: 0, y: 0, width: 1, height: 1 } } })),
  );
  await store.commit({ entry: { ...entry, sheets, fields, repeats: [], version: entry.version + 1 }, events: [] });
  return entry.id;
}

/** As the gateway finds them among what a practice accepted before. */
const knownOf = (now: number): Match[] => [
  {
    ...{ part: 0, who: 'patient', referral: 'ref_before', at: now - 48 * hour, certain: true },
    agree: ['patient.name', 'patient.birthDate'],
    differ: [{ field: 'patient.phone', value: '+12125550142' }],
  },
  {
    ...{ part: 0, who: 'sender', referral: 'ref_before', at: now - 48 * hour, certain: false },
    agree: ['referrer.name'],
    differ: [{ field: 'referrer.npi', value: '1234567893' }],
  },
];

async function publishing(
  { store, now }: Pick<Harness, 'store' | 'now'>,
  attempt: `att_${string}`,
  message: `msg_${string}`,
  parcel: { handingOver(): Promise<void> },
): Promise<Outcome> {
  const secret = randomBytes(32).toString('base64url');
  await createDesk({ store, now, draw: () => Promise.resolve([]) }).publish({
    token: hashSecret(secret),
    secret,
    code: '042137',
    attempt,
    message,
    practice: 'main',
    expiresAt: now() + 48 * hour,
    wrongCodes: 0,
    openedAt: null,
    answer: null,
    version: 1,
  });
  await parcel.handingOver();
  return accepted('2.0.0');
}
