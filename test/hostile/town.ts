import { createServer, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { connect, type AddressInfo } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { readIdentities } from '../../channels/direct/files.ts';
import { seal } from '../../channels/direct/seal.ts';
import { readCertificates } from '../../channels/direct/trust/certificate.ts';
import { selfSigned } from '../channels/efax/setup.ts';
import { until } from '../harness.ts';
import { neighbourhood, referralForm, type Neighbourhood, type Submitted, type Town } from '../e2e/neighbourhood.ts';

export const ours = 'referrals@riverside.example';
export const ourNumber = '+12125550101';

/** Gives the answer to one request for a received fax. */
export type Give = (response: ServerResponse) => void;

export interface Story {
  readonly deliveries: readonly {
    readonly id: string;
    readonly state: string;
    readonly attempts: readonly { readonly id: string }[];
    readonly receipts: readonly { readonly kind: string }[];
  }[];
  readonly documents: readonly { readonly id: string; readonly name: string | null }[];
  readonly events: readonly { readonly what: string }[];
}

export interface HostileTown extends Neighbourhood {
  /** Publish a received fax as the fax company would; its address. */
  publish(give: Give): string;
  /** Where a received fax lies behind a certificate that nobody vouches for. */
  readonly unvouched: string;
  /** A genuine webhook of the fax company; its status. */
  webhook(body: unknown): Promise<number>;
  /** A message sealed by somebody whom the gateway trusts. Default: the partner's silent mailbox. */
  sealed(message: Buffer, as?: { readonly from: string; readonly identity: string }): Promise<Buffer>;
  /** Say these lines one after the other, each after the reply to the one before; every reply. */
  smtp(...turns: readonly (string | Buffer)[]): Promise<readonly string[]>;
  story(message: string): Promise<Story>;
  submit(channel: string, address: string, text: string): Promise<string>;
  /** Good traffic that goes on all the while: messages sent so far. */
  readonly sent: readonly string[];
  /** Stop sending good traffic; rejects when the gateway turned any of it away. */
  calm(): Promise<void>;
}

/** A gateway in a process of its own and honest neighbours who never stop sending: what hostility must not disturb.
 *  @param peer one more honest neighbour, who lives elsewhere
 *  @param ready told before the gateway starts, once everything around it stands */
export async function hostileTown(
  peer?: Town['peer'],
  ready: (town: Neighbourhood) => Promise<void> = () => Promise.resolve(),
): Promise<HostileTown> {
  const shelf = new Map<string, Give>();
  const media = createServer((request, response) => {
    const give = shelf.get(request.url ?? '');
    if (give) give(response);
    else response.writeHead(404).end();
  });
  const mediaHost = await listening(media);
  const unvouched = createTlsServer(selfSigned(), (_, response) => response.end('%PDF-1.7'));
  const unvouchedHost = await listening(unvouched);
  // One recipient is all that is ever asked for here: an address counts once, however often it is named.
  const direct = { limits: { maxClients: 150, messageBytes: 2_500_000, maxRecipients: 1 } };
  const patience = { delays: ['1s', '1s', '1s'], waits: null, receiptWithin: '5m', onSilence: 'hold' };
  const town = await neighbourhood(
    { patience: { direct: patience, efax: patience, portal: patience } },
    { direct, mediaHosts: [mediaHost, unvouchedHost], ...(peer ? { peer } : {}) },
  );
  await ready(town);
  await town.start();
  const sent: string[] = [];
  const stop = new AbortController();

  async function submit(channel: string, address: string, text: string): Promise<string> {
    const body = referralForm([{ channel, address }], text);
    return (await town.api<Submitted>('/referrals?practice=main', { method: 'POST', body })).message;
  }

  async function traffic(): Promise<void> {
    for (let n = 0; !stop.signal.aborted; n++) {
      const fax = n % 40 === 0;
      const to = fax ? `+131220${String(10_000 + n)}` : town.partner.address('ok');
      sent.push(await submit(fax ? 'efax' : 'direct', to, `Good traffic ${n}`));
      await sleep(200, undefined, { signal: stop.signal }).catch(() => undefined);
    }
  }
  const flowing = traffic();
  flowing.catch(() => undefined);

  return {
    ...town,
    sent,
    submit,
    publish(give) {
      const path = `/${shelf.size}.tif`;
      shelf.set(path, give);
      return `http://${mediaHost}${path}`;
    },
    unvouched: `https://${unvouchedHost}/f.pdf`,
    async webhook(event) {
      const body = JSON.stringify(event);
      const headers = town.company.sign(body, Date.now());
      return (await fetch(`${town.url}/webhooks/efax/main`, { method: 'POST', body, headers })).status;
    },
    sealed: (message, as) => sealedFor(town, message, as),
    smtp: (...turns) => converse(town.directPort, turns),
    story: (message) => town.api<Story>(`/messages/${message}`),
    async calm() {
      stop.abort();
      await flowing;
    },
    async close() {
      stop.abort();
      await flowing.catch(() => undefined);
      for (const server of [media, unvouched]) {
        server.closeAllConnections();
        await new Promise((done) => server.close(done));
      }
      await town.close();
    },
  };
}

/** A message sealed by somebody whom the gateway trusts. Default: the partner's silent mailbox. */
export async function sealedFor(
  town: Neighbourhood,
  message: Buffer,
  as = { from: town.partner.address('silent'), identity: town.partner.identity },
): Promise<Buffer> {
  const [identity] = readIdentities(Buffer.from(as.identity));
  const [certificate] = readCertificates(Buffer.from(town.certificate));
  if (!identity || !certificate) throw new Error('the neighbourhood has no keys');
  const recipients = [{ certificate, transport: 'oaep' as const }];
  const pieces = await seal({ message: [message], from: as.from, to: [ours], identity, recipients, at: Date.now() });
  return Buffer.concat([...pieces]);
}

async function listening(server: Server): Promise<string> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

/** SMTP or anything else in lines, without a library that would refuse to say what we want said. */
export async function converse(port: number, turns: readonly (string | Buffer)[]): Promise<readonly string[]> {
  const socket = connect(port, '127.0.0.1');
  let text = '';
  socket.on('data', (piece: Buffer) => (text += piece.toString('latin1')));
  socket.on('error', () => undefined);
  const replies = (): string[] => text.split('\r\n').filter((line) => /^\d{3} /.test(line));
  const reply = (count: number): Promise<unknown> => until('a reply', () => socket.closed || replies().length >= count);
  await reply(1);
  for (const [index, turn] of turns.entries()) {
    if (socket.closed) break;
    socket.write(turn);
    await reply(index + 2);
  }
  socket.destroy();
  return replies();
}

/** The turns that bring one mail, byte for byte: dots at line starts are not doubled. */
export const mailTurns = (raw: Buffer, from: string, to = ours): readonly (string | Buffer)[] => [
  'EHLO stranger.example\r\n',
  `MAIL FROM:<${from}>\r\n`,
  `RCPT TO:<${to}>\r\n`,
  'DATA\r\n',
  Buffer.concat([raw, Buffer.from('\r\n.\r\n')]),
];
