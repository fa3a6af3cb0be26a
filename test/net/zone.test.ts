import { createSocket, type Socket } from 'node:dgram';
import { afterAll, afterEach, beforeAll, describe, expect, test } from '@jest/globals';
import { decode, encode } from 'dns-packet';
import { freePort } from '../../demo/free-port.ts';
import { openNetwork } from '../../src/net/network.ts';
import { startBind, type NameServer } from '../services/bind.ts';

/** What some resolvers say to kinds of records that they do not know. */
const codes = { NOERROR: 0, FORMERR: 1, SERVFAIL: 2, NOTIMP: 4, REFUSED: 5 };
type Code = keyof typeof codes;

interface Relay {
  readonly port: number;
  /** `CERT name`, each question once. */
  readonly asked: string[];
}

let bind: NameServer;
let zone: Relay;
let clock: number;
const sockets: Socket[] = [];
const certificate = Buffer.from('0001000000' + '30820001ab'.repeat(400), 'hex');

beforeAll(async () => {
  const data = (certificate.toString('hex').match(/.{1,200}/g) ?? []).join(' ');
  bind = await startBind({
    'zone.example': [
      `bob.direct IN TYPE37 \\# ${certificate.length} ( ${data} )`,
      'small IN TYPE37 \\# 7 00010000003000',
      'empty IN A 127.0.0.1',
      'alias IN CNAME small',
    ],
    'inside.example': ['bob IN TYPE37 \\# 7 00010000003000'],
  });
});
afterAll(() => bind.stop());
afterEach(() => {
  for (const socket of sockets.splice(0)) socket.close();
});

/** Passes questions on to bind9, but to those of some kinds answers by itself, if so told. */
async function relay(says: Code | null = null, kinds: readonly string[] = ['CERT']): Promise<Relay> {
  const asked: string[] = [];
  const socket = createSocket('udp4');
  sockets.push(socket);
  socket.on('message', (bytes, from) => {
    const { id, questions = [], additionals = [] } = decode(bytes);
    const [question] = questions;
    // A question that was declined is asked again without EDNS.
    if (additionals.length > 0) asked.push(`${question?.type} ${question?.name}`);
    if (says !== null && question && kinds.includes(question.type)) {
      socket.send(encode({ type: 'response', id: id ?? 0, flags: codes[says], questions }), from.port);
      return;
    }
    const onward = createSocket('udp4', (reply) => {
      onward.close();
      socket.send(reply, from.port);
    });
    onward.send(bytes, Number(bind.address.split(':')[1]));
  });
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve));
  return { port: socket.address().port, asked };
}

function networkBy(resolver: Relay, zonePort: number, allow = ['127.0.0.0/8']) {
  clock = Date.UTC(2026, 10, 28);
  const resolvers = [`127.0.0.1:${resolver.port}`];
  return openNetwork({ allow, resolvers }, { now: () => clock, zonePort });
}

const certsIn = ({ asked }: Relay): string[] => asked.filter((each) => each.startsWith('CERT'));

describe('a resolver that mishandles CERT', () => {
  test.each(Object.keys(codes) as Code[])('is passed by when it says %s', async (says) => {
    const resolver = await relay(says);
    zone = await relay();
    const network = networkBy(resolver, zone.port);
    expect(await network.ask('small.zone.example', 'CERT')).toEqual([Buffer.from('00010000003000', 'hex')]);
    expect(zone.asked).toEqual(['CERT small.zone.example']);
    // What the zone said is remembered like any answer.
    clock += 59_000;
    await network.ask('small.zone.example', 'CERT');
    expect(zone.asked).toHaveLength(1);
  });

  test('is passed by for a large certificate too, by TCP', async () => {
    const network = networkBy(await relay('NOERROR'), Number(bind.address.split(':')[1]));
    expect(await network.ask('bob.direct.zone.example', 'CERT')).toEqual([certificate]);
  });

  test('is passed by for an alias that it hides', async () => {
    const network = networkBy(await relay('NOERROR'), Number(bind.address.split(':')[1]));
    expect(await network.ask('alias.zone.example', 'CERT')).toHaveLength(1);
  });

  test('is believed for a while when the zone cannot be reached', async () => {
    const resolver = await relay('NOERROR');
    const network = networkBy(resolver, await freePort());
    const ask = () => network.ask('small.zone.example', 'CERT');
    expect(await ask()).toEqual([]);
    const before = resolver.asked.length;
    clock += 59_000;
    expect(await ask()).toEqual([]);
    expect(resolver.asked).toHaveLength(before);
    clock += 2_000;
    await ask();
    expect(resolver.asked.length).toBeGreaterThan(before);
  });

  test('has not answered when it fails and the zone cannot be reached', async () => {
    const network = networkBy(await relay('SERVFAIL'), await freePort());
    await expect(network.ask('small.zone.example', 'CERT')).rejects.toThrow('no answer from DNS (CERT): SERVFAIL');
  });

  test('is all that is asked when the zone’s server is at a forbidden address', async () => {
    const resolver = await relay('NOERROR');
    zone = await relay();
    expect(await networkBy(resolver, zone.port, []).ask('bob.inside.example', 'CERT')).toEqual([]);
    expect(resolver.asked).toContain('A ns.inside.example');
    expect(zone.asked).toEqual([]);
    // Not because there is nothing there.
    expect(await networkBy(resolver, zone.port).ask('bob.inside.example', 'CERT')).toHaveLength(1);
  });

  test('a server that only refers to others is none of the zone', async () => {
    const network = networkBy(await relay('SERVFAIL'), (await relay('NOERROR')).port);
    await expect(network.ask('small.zone.example', 'CERT')).rejects.toThrow('SERVFAIL');
  });

  test.each([
    [`${'a.'.repeat(60)}zone.example`, 7],
    ['zone.example', 2],
  ])('and name servers costs few questions, and a registry none (%s)', async (name, questions) => {
    const resolver = await relay('NOERROR', ['CERT', 'NS']);
    expect(await networkBy(resolver, await freePort()).ask(name, 'CERT')).toEqual([]);
    expect(resolver.asked).toHaveLength(questions);
  });
});

describe('an honest resolver', () => {
  test('has its "nothing" confirmed by the zone once, and that is remembered', async () => {
    const resolver = await relay();
    zone = await relay();
    const network = networkBy(resolver, zone.port);
    const ask = () => network.ask('empty.zone.example', 'CERT');
    expect(await ask()).toEqual([]);
    expect([certsIn(resolver), zone.asked]).toEqual([['CERT empty.zone.example'], ['CERT empty.zone.example']]);
    // It has said which zone that is.
    expect(resolver.asked.filter((each) => each.startsWith('NS'))).toEqual(['NS zone.example']);
    // The zone's SOA says: for 30 seconds.
    clock += 29_000;
    expect(await ask()).toEqual([]);
    expect([certsIn(resolver).length, zone.asked.length]).toEqual([1, 1]);
    clock += 2_000;
    expect(await ask()).toEqual([]);
    expect([certsIn(resolver).length, zone.asked.length]).toEqual([2, 2]);
  });

  test('is believed that there is no such name, and that is remembered', async () => {
    const resolver = await relay();
    zone = await relay();
    const network = networkBy(resolver, zone.port);
    const ask = () => network.ask('nobody.zone.example', 'CERT');
    for (const wait of [0, 29_000]) {
      clock += wait;
      expect(await ask()).toEqual([]);
    }
    expect([resolver.asked, zone.asked]).toEqual([['CERT nobody.zone.example'], []]);
    clock += 2_000;
    await ask();
    expect(resolver.asked).toHaveLength(2);
  });

  test('is asked alone for other kinds', async () => {
    zone = await relay();
    expect(await networkBy(await relay(), zone.port).ask('small.zone.example', 'MX')).toEqual([]);
    expect(zone.asked).toEqual([]);
  });
});
