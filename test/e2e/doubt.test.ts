import { connect, createServer, type Server, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from '@jest/globals';
import { freePort } from '../../demo/free-port.ts';
import { accepted } from '../../src/core/outcome.ts';
import { authority, hisp, person, scratch, type Hisp } from '../channels/direct/support.ts';
import {
  harness,
  hour,
  minute,
  request,
  scripted,
  submission,
  type Harness,
  type ScriptedChannel,
} from '../harness.ts';

const ca = authority();
const ours = person(ca, 'referrals@riverside.example');
const theirs = person(ca, 'referrals@hillside.example');

/** Two gateways with real Direct between them, and a wire that can break after the far side has taken a message, before
 *  its answer is through. */
let near: Harness;
let far: Harness;
let efax: ScriptedChannel;
let breaking: boolean;
let closing: (() => Promise<void> | void)[];

beforeEach(async () => {
  breaking = true;
  closing = [];
  const folder = await scratch();
  closing.push(() => folder.remove());
  const anchors = [await folder.file('ca.pem', ca.certificate)];
  const wire = await openWire();
  const nearPort = await freePort();
  const b = await hisp(theirs, {
    anchors,
    identity: await folder.file('b.pem', theirs.identity),
    peers: [{ match: 'riverside.example', host: '127.0.0.1', port: nearPort }],
    listens: false,
  });
  const certificates = [await folder.file('b-cert.pem', theirs.certificate)];
  const a = await hisp(ours, {
    anchors,
    identity: await folder.file('a.pem', ours.identity),
    peers: [{ match: 'hillside.example', host: '127.0.0.1', port: wire.port, certificates }],
    more: { listen: { port: nearPort } },
    listens: false,
  });
  efax = scripted('efax', accepted('fax-1'));
  near = harness({ channels: [real(a), efax] });
  far = harness({ channels: [real(b)] });
  const stopping = new AbortController();
  closing.push(
    () => near.close(),
    () => far.close(),
    () => wire.close(),
    () => stopping.abort(),
  );
  await a.channel.listen?.(near.inbox, stopping.signal);
  const door: Harness['inbox'] = {
    ...far.inbox,
    async message(arrival) {
      const taken = await far.inbox.message(arrival);
      if (breaking) wire.cut();
      return taken;
    },
  };
  await b.channel.listen?.(door, stopping.signal);
  wire.to = b.port;
});
afterEach(async () => {
  for (const close of closing.reverse()) await close();
});

const real = ({ channel }: Hisp): ScriptedChannel => ({ ...scripted('direct'), ...channel });

async function openWire(): Promise<{ port: number; to: number; cut(): void; close(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const wire = { to: 0 };
  const server: Server = createServer((socket) => {
    const onward = connect(wire.to, '127.0.0.1');
    for (const each of [socket, onward]) {
      sockets.add(each);
      each.on('error', () => each.destroy()).on('close', () => sockets.delete(each));
    }
    socket.pipe(onward).pipe(socket);
  });
  const port = await freePort();
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  const cut = (): void => {
    for (const socket of sockets) socket.destroy();
  };
  return Object.assign(wire, {
    port,
    cut,
    close: async () => {
      cut();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

async function send(urgency: 'routine' | 'urgent') {
  const endpoints = [
    { channel: 'direct', address: theirs.address },
    { channel: 'efax', address: '+12125550199' },
  ];
  const recipient = { name: 'Hillside Cardiology', npi: null, phone: null, endpoints };
  const { deliveries } = await near.submit(submission({ referral: request({ urgency, recipient }) }));
  await near.turn();
  const delivery = deliveries[0]!.id;
  expect(await near.store.delivery(delivery)).toMatchObject({ state: 'sent', unresolved: [expect.any(String)] });
  return delivery;
}

const filed = async (): Promise<number> => (await far.store.entries({ practices: null, limit: 9 })).rows.length;

describe('a final answer that got lost', () => {
  test('leaves a doubt; the copy sent again is known by its name, and the notice of the first settles it', async () => {
    const delivery = await send('routine');
    await near.turn(hour);
    expect(await near.state(delivery)).toBe('held');
    breaking = false;
    const word = { who: 'user:anna', practices: null, reason: 'they cannot find it' };
    await near.decideDelivery({ id: delivery, verb: 'retry', ...word });
    await near.turn(1);
    const attempts = await near.store.attemptsOf(delivery);
    expect(attempts.map(({ outcome }) => outcome?.kind)).toEqual(['unknown', 'accepted']);
    const { rows } = await far.store.deliveries({ practices: null, limit: 9 });
    expect(rows).toHaveLength(1);
    expect(await far.story(rows[0]!.delivery.message)).toContain('message.repeated');

    await far.turn();
    expect(await filed()).toBe(1);
    await near.turn();
    expect(await near.state(delivery)).toBe('delivered');
    expect(efax.sent).toEqual([]);
  });

  test('is made up for by a notice that comes after the fax went', async () => {
    const delivery = await send('urgent');
    await near.turn(30 * minute);
    expect(efax.sent.map(({ possibleDuplicate }) => possibleDuplicate)).toEqual([true]);
    await far.turn();
    await near.turn();
    const [direct] = await near.store.attemptsOf(delivery);
    expect(await near.store.delivery(delivery)).toMatchObject({ state: 'delivered', provenBy: direct!.id });
    expect(await filed()).toBe(1);
  });
});
