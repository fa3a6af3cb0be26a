import { createServer as createHttp } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { converse, type HostileTown } from '../../test/hostile/town.ts';

/** Somewhere to send hostile bytes to where nothing becomes of them: what they cost without a gateway.
 *  @returns the town with its doors there; what is called hostile is made, sealed and sent like any other time */
export async function sinkBeside(town: HostileTown): Promise<HostileTown & { drain(): void }> {
  const open = new Set<Socket>();
  const mail = createServer(politely);
  const web = createHttp((request, response) => {
    request.resume().on('end', () => response.end(JSON.stringify(anything)));
  });
  for (const server of [mail, web]) {
    server.on('connection', (socket: Socket) => {
      open.add(socket.on('error', () => undefined).on('close', () => open.delete(socket)));
    });
  }
  const [directPort, webPort] = [await portOf(mail), await portOf(web)];
  const url = `http://127.0.0.1:${webPort}`;

  const ask = (path: string, init: RequestInit = {}): Promise<Response> => fetch(`${url}/api/v1${path}`, init);
  const api = async <T>(path: string, init?: RequestInit): Promise<T> => (await (await ask(path, init)).json()) as T;
  return {
    ...town,
    url,
    directPort,
    ask,
    api,
    async webhook(event) {
      const body = JSON.stringify(event);
      const headers = town.company.sign(body, Date.now());
      return (await fetch(`${url}/webhooks/efax/main`, { method: 'POST', body, headers })).status;
    },
    smtp: (...turns) => converse(directPort, turns),
    story: (message) => api(`/messages/${message}`),
    submit: async (_, address, text) => {
      await ask('/referrals', { method: 'POST', body: `${address} ${text}` });
      return 'msg_0';
    },
    /** Cuts who is still there. */
    drain() {
      for (const socket of open) socket.destroy();
    },
  };
}

/** The answer to every question, so that acts of several steps take all of them. */
const anything = {
  message: 'msg_0',
  deliveries: [{ id: 'dlv_0', state: 'sent', attempts: [{ id: 'att_00000000000000000000000000' }], receipts: [] }],
  documents: [],
  events: [],
  rows: [],
  next: null,
};

/** Every command is fine, and every mail is taken. */
function politely(socket: Socket): void {
  let reading = false;
  let tail = '';
  socket.write('220 sink\r\n');
  socket.on('data', (piece: Buffer) => {
    tail = (tail + piece.toString('latin1')).slice(-5);
    if (reading && tail !== '\r\n.\r\n') return;
    reading = !reading && /^DATA\r\n$/i.test(piece.toString('latin1', 0, 7));
    if (socket.writable) socket.write(reading ? '354 go on\r\n' : '250 fine\r\n');
  });
}

async function portOf(server: Server): Promise<number> {
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  server.unref();
  return (server.address() as AddressInfo).port;
}
