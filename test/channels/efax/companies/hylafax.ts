import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { handOvers, over, type Far, type Fate } from './company.ts';

/** How HylaFAX 6 words what faxsend came to (faxd/STATUS.txt); the number that it gives in the end is 333 for most. */
const failures: Readonly<Partial<Record<Fate, { readonly s: string; readonly p?: string }>>> = {
  busy: { s: 'Busy signal detected; too many attempts to dial' },
  'no answer': { s: 'No answer from remote; too many attempts to dial' },
  voice: { s: 'Unknown problem (check modem power); too many attempts to dial' },
  'bad number': { s: 'Invalid dialing command; too many attempts to dial' },
  partial: { s: 'No response to PPS repeated 3 times.', p: '1' },
};

/** A row by the letters of JOBFMT and RCVFMT (hfaxd.conf(5)). */
type Row = Record<string, string>;

/** A file in the receive queue. */
export interface Received {
  readonly name: string;
  readonly pages: number;
  readonly caller: string;
  readonly csid: string;
  /** What broke the call; '' when nothing did. */
  readonly error?: string;
  /** The call is not over. */
  readonly busy?: boolean;
  readonly file?: Uint8Array;
}

export interface Hylafax extends Far {
  /** Lays a file into the receive queue. */
  lay(file: Received): void;
  readonly erased: readonly string[];
}

const user = { name: 'loopgate', password: 'secret', adminPassword: 'more secret' };

/** hfaxd of HylaFAX 6: one FTP-like session for a question, documents and listings by data connections of their own. */
export async function openHylafax(): Promise<Hylafax> {
  const desk = handOvers();
  const jobs = new Map<string, Row>();
  const recvq = new Map<string, Row>();
  const files = new Map<string, Uint8Array>();
  const erased: string[] = [];
  const sockets = new Set<Socket>();

  const listed: Readonly<Record<string, (formats: Row) => string[]>> = {
    sendq: ({ job }) => [...jobs.values()].filter(({ a }) => a !== 'D' && a !== 'F').map((row) => formatted(job, row)),
    doneq: ({ job }) => [...jobs.values()].filter(({ a }) => a === 'D' || a === 'F').map((row) => formatted(job, row)),
    recvq: ({ received }) => [...recvq.values()].map((row) => formatted(received, row)),
    status: () => ['HylaFAX scheduler on fax.example: Running', 'Modem ttyS0 (+1.310.555.0100): Running and idle'],
  };

  function speak(socket: Socket): void {
    sockets.add(socket);
    const say = (line: string): void => void socket.write(`${line}\r\n`);
    const formats: Row = { job: '%j', received: '%f' };
    let data: Promise<Socket> | null = null;
    let known = false;
    let job: Row = {};
    socket.on('close', () => {
      sockets.delete(socket);
      if (job['a'] === 'T') jobs.delete(job['j'] ?? '');
    });

    /** Announces bytes, sends them, and says that they are through. */
    async function give(bytes: Uint8Array | string): Promise<void> {
      say('150 Opening new data connection.');
      (await data)?.end(bytes, () => {
        say('226 Transfer complete.');
      });
    }

    async function store(): Promise<void> {
      const name = `/tmp/doc${files.size + 1}`;
      say(`150 FILE: ${name} (Opening new data connection).`);
      const chunks: Buffer[] = [];
      for await (const chunk of (await data) as AsyncIterable<Buffer>) chunks.push(chunk);
      files.set(name, Buffer.concat(chunks));
      say(`226 Transfer complete (FILE: ${name}).`);
    }

    function submit(): void {
      const fate = desk.next();
      const { j: id = '', v: to = '', J: name = '' } = job;
      if (fate === 'breaks') socket.resetAndDestroy();
      else if (fate === 'refuses') say(`504 Cannot submit job ${id}; null or missing DIALSTRING parameter.`);
      else {
        job['a'] = 'R';
        desk.take({ id, to, name }, files.get(job['DOCUMENT'] ?? '') ?? Buffer.alloc(0));
        if (fate === 'drops the reply') socket.resetAndDestroy();
        else say(fate === 'garbles the reply' ? '<html>accepted</html>' : `200 Job ${id} submitted.`);
      }
    }

    const commands: Readonly<Record<string, (rest: string) => void | Promise<void>>> = {
      USER: () => say(`331 Password required for ${user.name}.`),
      PASS(word) {
        known = word === user.password;
        say(known ? `230 User ${user.name} logged in.` : '530 Login incorrect.');
      },
      ADMIN: (word) =>
        say(word === user.adminPassword ? '230 Administrative privileges established.' : '530 Password incorrect.'),
      TZONE: () => say('200 Using time values in GMT.'),
      TYPE: () => say('200 Type set to I.'),
      async PASV() {
        const server = createServer();
        data = new Promise((resolve) =>
          server.once('connection', (each) => resolve(each.on('error', () => undefined))),
        );
        void data.then(() => server.close());
        socket.once('close', () => server.close());
        await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
        const { port } = server.address() as AddressInfo;
        say(`227 Entering passive mode (127,0,0,1,${port >> 8},${port & 255})`);
      },
      STOT: store,
      JNEW() {
        job = { j: String(jobs.size + 1), a: 'T', J: '', p: '0', y: '3', v: '', s: '' };
        jobs.set(job['j'] ?? '', job);
        say(`200 New job created: jobid: ${job['j'] ?? ''} groupid: ${job['j'] ?? ''}.`);
      },
      JPARM(rest) {
        const [, name = '', value = ''] = /^(\w+) "?(.*?)"?$/.exec(rest) ?? [];
        job[{ DIALSTRING: 'v', JOBINFO: 'J' }[name] ?? name] = value;
        say(`213 ${name} set to "${value}".`);
      },
      JSUBM: submit,
      JOBFMT: (rest) => say(`200 ${(formats['job'] = rest.slice(1, -1))}`),
      RCVFMT: (rest) => say(`200 ${(formats['received'] = rest.slice(1, -1))}`),
      LIST: (queue) => give((listed[queue]?.(formats) ?? []).map((line) => `${line}\r\n`).join('')),
      RETR: (path) => (files.has(path) ? give(files.get(path) ?? '') : say(`550 ${path}: No such file or directory.`)),
      DELE(path) {
        erased.push(path);
        files.delete(path);
        say(recvq.delete(path.replace('recvq/', '')) ? '250 DELE command successful.' : `550 ${path}: No such file.`);
      },
      QUIT: () => say('221 Goodbye.'),
    };

    say('220 fax.example server (HylaFAX (tm) Version 6.0.7) ready.');
    const lines = createInterface({ input: socket });
    // Whoever breaks the line is on the other end of it.
    for (const each of [socket, lines]) each.on('error', () => undefined);
    lines.on('line', (line) => {
      const [, verb = '', rest = ''] = /^(\S+) ?(.*)$/.exec(line) ?? [];
      const command = commands[verb];
      if (!command) say(`500 ${verb}: Command not recognized.`);
      else if (!known && !['USER', 'PASS', 'QUIT'].includes(verb)) say('530 Please login with USER and PASS.');
      else void command(rest);
    });
  }

  const server = createServer(speak);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  function lay({ name, pages, caller, csid, error = '', busy = false, file = Buffer.alloc(8) }: Received): void {
    recvq.set(name, { f: name, z: busy ? '*' : ' ', p: String(pages), j: caller, s: csid, e: error });
    files.set(`recvq/${name}`, file);
  }

  const account = {
    provider: 'hylafax',
    port: (server.address() as AddressInfo).port,
    password: user.password,
    adminPassword: user.adminPassword,
  };
  return {
    account,
    stranger: { ...account, password: 'wrong' },
    sent: desk.sent,
    number: '+12125550123',
    fate: desk.fate,
    end(id) {
      const { fax, record } = over(desk.sent, jobs, id);
      Object.assign(
        record,
        { a: failures[fax.fate] ? 'F' : 'D', p: failures[fax.fate] ? '0' : '3' },
        failures[fax.fate],
      );
      return null;
    },
    receive({ id, from, file }) {
      lay({ name: `fax-${id}.tif`, pages: 1, caller: from, csid: 'FAR OFFICE', file });
      return null;
    },
    holds: (id) => recvq.has(`fax-${id}.tif`),
    lay,
    erased,
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

const formatted = (format = '', row: Row): string => format.replace(/%(\w)/g, (_, letter: string) => row[letter] ?? '');
