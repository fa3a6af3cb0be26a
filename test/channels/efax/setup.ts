import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { serve, type ServerType } from '@hono/node-server';
import type { AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import { readHere } from '../../../demo/partner.ts';
import efax from '../../../channels/efax/index.ts';
import { type FaxCompany, type FaxCompanyOptions, startFaxCompany } from '../../../demo/fax-company.ts';
import type {
  Arrival,
  Channel,
  Inbox,
  News,
  Parcel,
  Practice,
  RefusedArrival,
  Tools,
} from '../../../src/core/channel.ts';
import type { Link } from '../../../src/core/link.ts';
import type { AttemptId, Document, Urgency } from '../../../src/core/message.ts';
import type { Cover, Press } from '../../../src/core/press.ts';
import { openNetwork } from '../../../src/net/network.ts';
import { newId } from '../../../src/ids.ts';

export const there = '+12125550123';
export const ours = '+13105550100';
export const apiKey = 'KEY0000';
export const patient = { family: 'Quillfeather', given: 'Marguerite', birthDate: '1961-04-09' };

/** A page set as the press makes it: 1728 px, 204×196, 1-bit, G4. */
export async function faxTiff(pages = 1): Promise<Buffer> {
  const height = 2156;
  const raw = Buffer.alloc(1728 * height * pages, 255);
  for (let page = 0; page < pages; page++) {
    const from = 1728 * (page * height + 300);
    raw.fill(0, from, from + 1728 * (20 + page));
  }
  return sharp(raw, { raw: { width: 1728, height: height * pages, channels: 1, pageHeight: height } })
    .toColourspace('b-w')
    .tiff({ compression: 'ccittfax4', bitdepth: 1, xres: 204 / 25.4, yres: 196 / 25.4 })
    .toBuffer();
}

const practice = (id: string, fax: string): Practice => ({
  id,
  name: `${id} Family Practice`,
  phone: '+13105550111',
  npi: null,
  addresses: { efax: [fax] },
});
export const maple = practice('maple', ours);
export const oak = practice('oak', '+13105550200');
/** Has no account. */
export const elm = practice('elm', '+13105550300');

/** An inbox with the promises of the real one, and what it was told. */
export class MemoryInbox implements Inbox {
  readonly messages: Arrival[] = [];
  readonly news: News[] = [];
  readonly refused: RefusedArrival[] = [];
  readonly attempts = new Set<AttemptId>();
  handed = 0;
  /** True: nothing can be kept. */
  broken = false;

  async message(arrival: Arrival): Promise<'new' | 'duplicate'> {
    this.handed++;
    await this.disk();
    if (this.messages.some(({ origin }) => origin.token === arrival.origin.token)) return 'duplicate';
    this.messages.push(arrival);
    return 'new';
  }

  handIn(): Promise<null> {
    return Promise.reject(new Error('nobody hands anything in here'));
  }

  async receipt(news: News): Promise<'recorded' | 'duplicate' | 'unmatched'> {
    await this.disk();
    const { attempt, kind } = news.receipt;
    if (!this.attempts.has(attempt)) return 'unmatched';
    if (this.news.some(({ receipt }) => receipt.attempt === attempt && receipt.kind === kind)) return 'duplicate';
    this.news.push(news);
    return 'recorded';
  }

  async quarantine(refused: RefusedArrival): Promise<void> {
    await this.disk();
    if (!this.refused.some(({ token }) => token === refused.token)) this.refused.push(refused);
  }

  private disk(): Promise<void> {
    return this.broken ? Promise.reject(new Error('disk full')) : Promise.resolve();
  }
}

export function memoryPickups(): Tools['pickups'] {
  const rows = new Map<string, 'seen' | 'kept'>();
  return {
    note: (place, fax, phase) => {
      if (phase === 'kept' || !rows.has(`${place}|${fax}`)) rows.set(`${place}|${fax}`, phase);
      return Promise.resolve();
    },
    done: (place, fax) => Promise.resolve(void rows.delete(`${place}|${fax}`)),
    list: (place) =>
      Promise.resolve(
        [...rows].flatMap(([key, phase]) =>
          key.startsWith(`${place}|`) ? [{ fax: key.slice(place.length + 1), phase }] : [],
        ),
      ),
  };
}

export interface Clock {
  at: number;
}

export interface House {
  readonly channel: Channel;
  readonly company: FaxCompany;
  readonly inbox: MemoryInbox;
  readonly pickups: Tools['pickups'];
  readonly clock: Clock;
  readonly covers: Cover[];
  readonly logged: string[];
  readonly url: string;
  /** The channel again, as after a restart. */
  reborn(): Promise<Channel>;
  /** How often anything was rendered. */
  readonly renders: () => number;
  parcel(changes?: Partial<Parcel> & { urgency?: Urgency }): Parcel & { readonly handed: string[] };
  close(): Promise<void>;
}

export interface HouseOptions {
  readonly company?: Partial<FaxCompanyOptions>;
  readonly account?: Readonly<Record<string, unknown>>;
  readonly mediaHosts?: readonly string[];
  readonly press?: Partial<Press>;
  readonly pages?: number;
  /** What is published for parcels of the portal. Absent: nothing. */
  readonly link?: Link;
}

/** One gateway's fax channel with the given accounts, its webhooks on a loopback socket. */
export interface ChannelHouse extends Omit<House, 'company'> {
  readonly tiff: Buffer;
}

export async function channelHouse(
  clock: Clock,
  accounts: Readonly<Record<string, unknown>>,
  options: Pick<HouseOptions, 'mediaHosts' | 'press' | 'pages' | 'link'> & { readonly looks?: boolean } = {
    looks: true,
  },
): Promise<ChannelHouse> {
  const inbox = new MemoryInbox();
  const parcels = new Map<AttemptId, Parcel>();
  const covers: Cover[] = [];
  const logged: string[] = [];
  const tiff = await faxTiff(options.pages);
  const press: Press = {
    fax: (cover) => {
      covers.push(cover);
      return Promise.resolve({ tiff, pages: options.pages ?? 1 });
    },
    link: () => Promise.reject(new Error('no links here')),
    preview: () => Promise.resolve([]),
    ...options.press,
  };

  let channel: Channel | null = null;
  const server: ServerType = await new Promise((resolve) => {
    const made = serve(
      {
        port: 0,
        hostname: '127.0.0.1',
        fetch: (request: Request) => channel?.webhook?.(request, inbox) ?? new Response(null, { status: 503 }),
      },
      () => {
        resolve(made);
      },
    );
  });
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const log = (event: string, facts?: unknown): void => void logged.push(JSON.stringify([event, facts ?? null]));
  const tools: Tools = {
    log: { info: log, warn: log, error: log },
    now: () => clock.at,
    practices: [maple, oak, elm],
    publicUrl: url,
    press,
    openBox: readHere,
    network: openNetwork({ allow: [], resolvers: [] }, { now: () => clock.at }),
    pickups: memoryPickups(),
    desk: {
      publish: () => Promise.reject(new Error('no portal here')),
      linkOf: () => Promise.resolve(options.link ?? null),
      file: () => Promise.reject(new Error('no intake here')),
      answerSheet: () => Promise.resolve('LG0123456789ABCDEFGHJKMNPQ'),
    },
    linkCarrier: () => null,
    reopen: (attempt) => Promise.resolve(parcels.get(attempt) ?? null),
  };
  const { pickups } = tools;
  const stop = new AbortController();
  const close = async (): Promise<void> => {
    stop.abort();
    await new Promise((resolve) => server.close(resolve));
  };
  const settings = efax.config.parse({ accounts, mediaHosts: options.mediaHosts, lookEvery: 100 });
  try {
    channel = await efax.create(settings, tools);
  } catch (error) {
    await close();
    throw error;
  }
  if (options.looks) await channel.listen?.(inbox, stop.signal);

  return {
    channel,
    inbox,
    pickups,
    clock,
    covers,
    logged,
    url,
    tiff,
    reborn: async () => (channel = await efax.create(settings, tools)),
    renders: () => covers.length,
    parcel(changes = {}) {
      const made = parcelOf(newId('att', clock.at), clock.at, changes);
      parcels.set(made.attempt, made);
      inbox.attempts.add(made.attempt);
      return made;
    },
    close,
  };
}

/** The fax channel and Telnyx, which it deals with. */
export async function openHouse(options: HouseOptions = {}): Promise<House> {
  const clock: Clock = { at: Date.now() };
  const company = await startFaxCompany({
    apiKey,
    connectionId: '1234567890',
    pace: 1,
    retryDelays: [5, 5],
    now: () => clock.at,
    ...options.company,
  });
  const account = {
    provider: 'telnyx',
    apiKey,
    connectionId: '1234567890',
    publicKey: company.publicKey,
    baseUrl: company.url,
    from: ours,
    practice: 'maple',
    ...options.account,
  };
  const accounts = { main: account, other: { ...account, from: oak.addresses['efax']?.[0], practice: 'oak' } };
  try {
    const house = await channelHouse(clock, accounts, { mediaHosts: [company.mediaHost], ...options });
    company.callAt(`${house.url}/webhooks/efax/main`);
    return { ...house, company, close: () => Promise.all([company.close(), house.close()]).then(() => undefined) };
  } catch (error) {
    await company.close();
    throw error;
  }
}

function parcelOf(
  attempt: AttemptId,
  at: number,
  { urgency = 'routine', ...changes }: Partial<Parcel> & { urgency?: Urgency },
): Parcel & { readonly handed: string[] } {
  const handed: string[] = [];
  const document: Document = {
    id: 'doc_1',
    name: `${patient.family} referral.pdf`,
    mediaType: 'application/pdf',
    bytes: 9,
    sha256: '0'.repeat(64),
  };
  return {
    attempt,
    family: attempt,
    endpoint: { channel: 'efax', address: there },
    message: {
      id: newId('msg', at),
      practice: 'maple',
      origin: { channel: 'api', token: 't', from: null, details: {} },
      subject: `Referral of ${patient.given} ${patient.family}`,
      urgency,
      deadline: at + 3_600_000,
      referral: null,
      recipients: [],
      documents: [document],
      receivedAt: at,
    },
    recipient: { name: 'Harbor Cardiology', npi: null, phone: null, endpoints: [] },
    practice: maple,
    possibleDuplicate: false,
    open: () => Promise.resolve(Buffer.from('%PDF-1.7\n')),
    handingOver() {
      handed.push('handing over');
      return Promise.resolve();
    },
    taken: () => Promise.resolve(),
    ...changes,
    handed,
  };
}

type Seen<T> = T | undefined | null | false;

/** Wait for something that happens on a real socket; says what it waited for. */
export async function until<T>(what: string, look: () => Seen<T> | Promise<Seen<T>>): Promise<T> {
  const limit = Date.now() + 8000;
  for (;;) {
    const seen = await look();
    if (seen !== undefined && seen !== null && seen !== false) return seen;
    if (Date.now() > limit) throw new Error(`waited in vain until ${what}`);
    await sleep(5);
  }
}

export const never = new AbortController().signal;

/** A signed webhook call, as the company makes it. */
export function call(
  house: House,
  body: unknown,
  { at = house.clock.at, headers = {} }: { at?: number; headers?: Record<string, string> } = {},
): Request {
  const text = typeof body === 'string' ? body : JSON.stringify(body);
  return new Request(`${house.url}/webhooks/efax/main`, {
    method: 'POST',
    body: text,
    headers: { ...house.company.sign(text, at), ...headers },
  });
}

/** The channel's answer to a request that comes by no socket. */
export async function answerTo(house: House, request: Request): Promise<number> {
  if (!house.channel.webhook) throw new Error('the channel takes no webhooks');
  return (await house.channel.webhook(request, house.inbox)).status;
}

let events = 0;
export const event = (type: string, payload: Record<string, unknown>, attempt = 1): unknown => ({
  data: {
    record_type: 'event',
    event_type: type,
    id: `0000-${events++}`,
    occurred_at: '2026-11-22T10:00:00.123456Z',
    payload: {
      fax_id: 'f72eebbe-f9b6-4f0f-b652-03e742e110d5',
      connection_id: '1234567890',
      direction: 'outbound',
      from: ours,
      to: there,
      user_id: '19a75cea',
      ...payload,
    },
  },
  meta: { attempt, delivered_to: 'https://gateway.example/webhooks/efax/main' },
});
export const clientState = (attempt: string): string => Buffer.from(attempt).toString('base64');

/** A certificate for 127.0.0.1 that nobody vouches for, and its key. */
export function selfSigned(): { readonly key: Buffer; readonly cert: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), 'fax-'));
  const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')];
  const options = '-x509 -newkey rsa:2048 -nodes -days 1 -subj /CN=127.0.0.1 -addext subjectAltName=IP:127.0.0.1';
  execFileSync('openssl', ['req', ...options.split(' '), '-keyout', key, '-out', cert], { stdio: 'ignore' });
  const made = { key: readFileSync(key), cert: readFileSync(cert) };
  rmSync(folder, { recursive: true });
  return made;
}
