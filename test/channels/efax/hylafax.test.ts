import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { hylafax } from '../../../channels/efax/providers/hylafax.ts';

/** hfaxd with a receive queue and nothing else. What a whole server does is tried on real calls: test/line. */
const queue = new Map([
  // name|in use|pages|caller|CSID|error, as RCVFMT asks for them.
  ['fax000000001.tif', ' |3|5550101|Lab1|'],
  ['fax000000002.tif', ' |0|||'],
  ['fax000000003.tif', '*|0|5550102||'],
  ['fax000000004.tif', ' |1|5550103|Lab3|No response to PPS repeated 3 times.'],
]);
const erased: string[] = [];
let server: Server;
let data: Server;

beforeAll(async () => {
  data = createServer();
  server = createServer(speak);
  for (const each of [data, server]) await new Promise<void>((resolve) => each.listen(0, '127.0.0.1', resolve));
});
afterAll(() => {
  data.close();
  server.close();
});

function speak(socket: Socket): void {
  const say = (line: string): boolean => socket.write(`${line}\r\n`);
  let open: Promise<Socket> | null = null;
  say('220 hfaxd ready.');
  socket.on('error', () => undefined);
  createInterface({ input: socket }).on('line', (line) => {
    const [verb = '', word = ''] = line.split(' ');
    if (verb === 'PASV') {
      const { port } = data.address() as AddressInfo;
      open = new Promise((resolve) => data.once('connection', resolve));
      say(`227 Entering passive mode (127,0,0,1,${port >> 8},${port & 255})`);
    } else if (verb === 'LIST') {
      say('150 Opening new data connection for "recvq".');
      void open?.then((line) => {
        line.end([...queue].map(([name, rest]) => `${name}|${rest}\n`).join(''), () => say('226 Transfer complete.'));
      });
    } else if (verb === 'DELE') {
      erased.push(word);
      queue.delete(word.replace('recvq/', ''));
      say('250 DELE command successful.');
    } else if (verb === 'QUIT') say('221 Goodbye.');
    else say(verb === 'USER' ? '230 User logged in.' : '213 ok.');
  });
}

test('what a call that broke before its first page left behind is swept; a call under way and a broken fax are not', async () => {
  const { port } = server.address() as AddressInfo;
  const account = { provider: 'hylafax', from: '+13105550100', practice: 'main', port, adminPassword: 'secret' };
  const provider = hylafax.open(hylafax.account.parse(account), { now: Date.now });
  const waiting = await provider.waiting?.(AbortSignal.timeout(5_000));
  expect(waiting).toMatchObject([
    { id: 'fax000000001.tif', from: '5550101', csid: 'Lab1', pageCount: 3, broken: false },
    { id: 'fax000000004.tif', from: '5550103', csid: 'Lab3', pageCount: 1, broken: true },
  ]);
  expect(erased).toEqual(['recvq/fax000000002.tif']);
  expect([...queue.keys()]).toContain('fax000000003.tif');
});
