import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import { hylafax } from '../../../channels/efax/providers/hylafax.ts';
import type { FaxProvider } from '../../../channels/efax/provider.ts';
import { chance, type Chance } from '../../simulation/chance.ts';
import { openHylafax, type Hylafax } from './companies/hylafax.ts';
import { faxTiff, there } from './setup.ts';

/** What no other company has. The contract suite is in companies.test.ts, real calls are in test/line. */
let far: Hylafax;
let provider: FaxProvider;

beforeAll(async () => {
  far = await openHylafax();
  const account = hylafax.account.parse({ ...far.account, from: '+13105550100', practice: 'main' });
  provider = hylafax.open(account, { now: Date.now });
});
afterAll(() => far.close());

test('what a call that broke before its first page left behind is swept; a call under way and a broken fax are not', async () => {
  far.lay({ name: 'fax000000001.tif', pages: 3, caller: '5550101', csid: 'Lab1' });
  far.lay({ name: 'fax000000002.tif', pages: 0, caller: '', csid: '' });
  far.lay({ name: 'fax000000003.tif', pages: 0, caller: '5550102', csid: '', busy: true });
  const error = 'No response to PPS repeated 3 times.';
  far.lay({ name: 'fax000000004.tif', pages: 1, caller: '5550103', csid: 'Lab3', error });
  expect(await provider.waiting?.(AbortSignal.timeout(5_000))).toMatchObject([
    { id: 'fax000000001.tif', from: '5550101', csid: 'Lab1', pageCount: 3, broken: false },
    { id: 'fax000000004.tif', from: '5550103', csid: 'Lab3', pageCount: 1, broken: true },
  ]);
  expect(far.erased).toEqual(['recvq/fax000000002.tif']);
});

test('wherever the line to hfaxd breaks, what it took is never called not taken', async () => {
  const draw = chance(11);
  const line = await breakingLine(Number(far.account['port']), draw);
  const account = { ...far.account, port: line.port, from: '+13105550100', practice: 'main' };
  const broken = hylafax.open(hylafax.account.parse(account), { now: Date.now });
  const tiff = await faxTiff();
  const kinds = new Set<string>();
  try {
    for (let i = 0; i < 60; i++) {
      const family = `att_${i}` as const;
      const fax = { family, to: there, tiff, pages: 1, mediaUrl: '', webhookUrl: '', gently: false };
      const outcome = await broken.submit(fax, AbortSignal.timeout(5_000));
      const taken = far.sent.some(({ name }) => name === family);
      expect([outcome.kind, taken]).not.toEqual(['deferred', true]);
      expect([outcome.kind, taken]).not.toEqual(['accepted', false]);
      kinds.add(outcome.kind);
    }
  } finally {
    await line.close();
  }
  expect([...kinds]).toEqual(expect.arrayContaining(['accepted', 'deferred']));
});

/** Carries what both say, and now and then hangs up, resets the connection or says something of its own. */
async function breakingLine(port: number, draw: Chance): Promise<{ readonly port: number; close(): Promise<unknown> }> {
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const beyond = connect(port, '127.0.0.1');
    for (const [from, to] of [
      [near, beyond],
      [beyond, near],
    ] as const) {
      sockets.add(from.on('error', () => undefined).on('close', () => to.destroy()));
      from.on('data', (bytes) => {
        const trouble = draw.weighed({ none: 96, reset: 2, end: 1, garbage: 1 });
        if (trouble === 'reset') near.resetAndDestroy();
        if (trouble === 'end') near.end();
        if (trouble === 'garbage') near.write('garbage\r\n');
        if (to.writable) to.write(bytes);
      });
    }
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(resolve));
    },
  };
}
