import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import portal from '../../../channels/portal/index.ts';
import type { Channel, LinkCarrier, Parcel, Tools } from '../../../src/core/channel.ts';
import type { Link } from '../../../src/core/link.ts';
import { practice } from '../../harness.ts';

interface Around {
  readonly now: () => number;
  readonly publish: (link: Omit<Link, 'delivery'>) => void;
  /** The channel that carries links by fax. Absent: there is none. */
  readonly carrier?: LinkCarrier | null;
}

/** The channel as its settings make it. */
export async function openPortal(config: object, { now, publish, carrier = null }: Around): Promise<Channel> {
  const tools = {
    now,
    publicUrl: 'https://gate.example',
    log: { info: () => undefined, warn: () => undefined, error: () => undefined },
    practices: [practice],
    pickups: { note: () => Promise.resolve(), done: () => Promise.resolve(), list: () => Promise.resolve([]) },
    linkCarrier: () => carrier,
    desk: {
      publish: (link: Omit<Link, 'delivery'>) => {
        publish(link);
        return Promise.resolve(link);
      },
    },
  } as unknown as Tools;
  return portal.create(portal.config.parse(config), tools);
}

export const anyParcel = (over: Partial<Parcel> = {}): Parcel => ({
  attempt: 'att_1',
  family: 'att_1',
  endpoint: { channel: 'portal', address: 'desk@hillside.example' },
  message: { id: 'msg_1', documents: [], referral: null, urgency: 'routine' } as unknown as Parcel['message'],
  recipient: { name: 'Hillside', npi: null, phone: null, endpoints: [] },
  practice,
  possibleDuplicate: false,
  open: () => Promise.resolve(new Uint8Array()),
  handingOver: () => Promise.resolve(),
  taken: () => Promise.resolve(),
  ...over,
});

/** A company that carries text messages and answers as told. */
export async function telnyx(status: number, headers: Readonly<Record<string, string>> = {}) {
  const asked: { path: string | undefined; authorization: string | undefined; body: unknown }[] = [];
  const server = createServer((req, res) => {
    let body = '';
    req.on('data', (chunk: Buffer) => (body += chunk.toString()));
    req.on('end', () => {
      asked.push({ path: req.url, authorization: req.headers.authorization, body: JSON.parse(body) });
      res.writeHead(status, { ...headers, connection: 'close' }).end('{"data":{"id":"msg-1"}}');
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  return {
    asked,
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v2`,
    close: () =>
      new Promise<void>((done) =>
        server.close(() => {
          done();
        }),
      ),
  };
}
