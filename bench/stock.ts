import type { Change } from '../src/core/change.ts';
import type { Delivery, DeliveryState } from '../src/core/delivery.ts';
import type { Entry, Field, FieldName } from '../src/core/entry.ts';
import type { Message, Urgency } from '../src/core/message.ts';
import type { ReferralRequest } from '../src/core/referral.ts';
import { newId } from '../src/ids.ts';
import type { Store } from '../src/store/store.ts';

/** What a busy practice has on file: referrals of every fate over a month, and an intake queue that nobody emptied. All of
 *  it as the gateway writes it, sealed, findable and on record, but without documents. */

const days = 30;
const day = 24 * 60 * 60_000;
const together = 128;
const clinics = ['Cardiology', 'Dermatology', 'Neurology', 'Orthopaedics', 'Allergy', 'Imaging', 'Oncology'];
const towns = ['Hillside', 'Lakeview', 'Newport', 'Elm Street', 'Bay', 'Riverside', 'St. Bartholomew Regional'];
const families = ['Canary', 'Okafor', 'Nguyen', 'Ramirez', 'Larsson', 'Haddad', 'Kowalski', 'Osei', 'Tanaka'];
const given = ['Wilhelmina', 'Jonas', 'Amara', 'Luis', 'Mei', 'Noor', 'Piotr', 'Ada'];

/** Of a hundred. */
const states: readonly (readonly [DeliveryState, number])[] = [
  ['delivered', 93],
  ['failed', 2],
  ['held', 1],
  ['cancelled', 1],
  ['sent', 2],
  ['pending', 1],
];
const urgencies: readonly (readonly [Urgency, number])[] = [
  ['routine', 88],
  ['urgent', 10],
  ['stat', 2],
];
const channels: readonly (readonly [string, number])[] = [
  ['direct', 45],
  ['efax', 43],
  ['portal', 12],
];

/** Chance that every run repeats: each salt draws anew for the same `n`. */
const drawn = (n: number, salt: number): number => {
  const mixed = Math.imul(n + 1, 0x9e3779b1) ^ Math.imul(salt + 1, 0x85ebca6b);
  return Math.imul(mixed ^ (mixed >>> 15), 0x2c1b3c6d) >>> 8;
};

/** One of shares that sum to 100. */
function among<T>(shares: readonly (readonly [T, number])[], n: number, salt: number): T {
  let left = drawn(n, salt) % 100;
  for (const [value, share] of shares) {
    if (left < share) return value;
    left -= share;
  }
  throw new Error('shares do not sum to 100');
}

const pick = (from: readonly string[], n: number, salt: number): string => from[drawn(n, salt) % from.length] ?? '';

/** @param wanted how many of each, their arrivals spread over the month before `now` */
export async function stock(
  store: Store,
  wanted: { readonly deliveries: number; readonly entries: number },
  now: number,
): Promise<void> {
  const changes = function* (): Generator<Change> {
    for (let n = 0; n < wanted.deliveries; n++) yield sent(n, now - days * day + (n / wanted.deliveries) * days * day);
    for (let n = 0; n < wanted.entries; n++) yield arrived(n, now - 7 * day + (n / wanted.entries) * 7 * day);
  };
  const queue = changes();
  const one = async (): Promise<void> => {
    for (let next = queue.next(); !next.done; next = queue.next()) await store.commit(next.value);
  };
  await Promise.all(Array.from({ length: together }, one));
}

const patient = (n: number): ReferralRequest['patient'] => ({
  name: { family: pick(families, n, 7), given: [pick(given, n, 8)] },
  birthDate: `19${40 + (n % 60)}-04-09`,
  sex: 'female',
  phone: null,
  identifiers: [],
  coverage: null,
});

function sent(n: number, time: number): Change {
  const at = Math.floor(time);
  const message = newId('msg', at);
  const referral = newId('ref', at);
  const [state, urgency, channel] = [among(states, n, 1), among(urgencies, n, 2), among(channels, n, 3)];
  const address = channel === 'efax' ? `+1212555${String(n % 10_000).padStart(4, '0')}` : `desk${n % 900}@far.example`;
  const name = `${pick(towns, n, 4)} ${pick(clinics, n, 5)}`;
  const recipient = { name, npi: null, phone: '+12125550140', endpoints: [{ channel, address }] };
  const received = { ...messageOf(message, at, urgency), referral, recipients: [recipient] };
  const attempt = newId('att', at);
  const took = 2_000 + (drawn(n, 6) % 600_000);
  const delivery: Delivery = {
    id: newId('dlv', at),
    message,
    practice: 'main',
    recipient,
    urgency,
    state,
    routes: [
      {
        channel,
        address,
        proof: 'receipt',
        delays: [60_000],
        receiptWithin: 3_600_000,
        onSilence: 'hold',
        onDoubt: 'hold',
      },
    ],
    rejected: [],
    route: 0,
    tries: 1,
    attempt,
    unresolved: state === 'held' && drawn(n, 9) % 2 === 0 ? [attempt] : [],
    processed: null,
    provenBy: state === 'delivered' ? attempt : null,
    dueAt: null,
    version: 1,
  };
  const request: ReferralRequest = {
    patient: patient(n),
    requester: { name: 'Dr. Ada Brook', npi: '1234567893', fax: null, direct: null },
    recipient,
    service: { specialty: 'cardiology', reason: 'palpitations', diagnoses: [] },
    urgency,
    neededBy: null,
    replyTo: null,
  };
  return {
    received,
    deliveries: [delivery],
    referral: {
      id: referral,
      practice: 'main',
      direction: 'outgoing',
      message,
      state: 'sent',
      request,
      steps: [],
      version: 1,
    },
    events: [event(message, `delivery.${state}`, at + took)],
  };
}

function arrived(n: number, time: number): Change {
  const at = Math.floor(time);
  const message = newId('msg', at);
  const who = patient(n)?.name;
  const read = (name: FieldName, value: string, confidence: number): Field => ({
    name,
    value,
    confidence,
    place: { page: 0, box: { x: 80, y: 190, width: 560, height: 36 } },
    by: 'reading',
  });
  const entry: Entry = {
    id: newId('itk', at),
    message,
    practice: 'main',
    state: 'waiting',
    channel: 'efax',
    pages: 1 + (n % 6),
    fields: [
      read('patient.name', `${who?.given.join(' ') ?? ''} ${who?.family ?? ''}`, 0.97),
      read('patient.birthDate', '1961-04-09', 0.62),
      read('referrer.name', 'Dr. Ada Brook', 0.93),
      read('service.reason', 'palpitations, new onset atrial fibrillation', 0.91),
    ],
    warnings: [],
    referral: null,
    reason: null,
    arrivedAt: at,
    version: 1,
  };
  return {
    received: { ...messageOf(message, at, among(urgencies, n, 2)), origin: from('efax', message) },
    entry,
    events: [event(message, 'entry.filed', at)],
  };
}

const from = (channel: string, token: string): Message['origin'] => ({ channel, token, from: null, details: {} });

const messageOf = (id: Message['id'], at: number, urgency: Urgency): Message => ({
  id,
  practice: 'main',
  origin: from('api', id),
  subject: null,
  urgency,
  deadline: at + day,
  referral: null,
  recipients: [],
  documents: [],
  receivedAt: at,
});

const event = (message: Message['id'], what: string, at: number): Change['events'][number] => ({
  message,
  subject: message,
  what,
  who: 'gateway',
  at,
  facts: {},
});
