import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { chownSync, closeSync, mkdtempSync, openSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { userInfo, tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client } from 'pg';
import { freePort } from '../../demo/free-port.ts';
import { until } from '../harness.ts';

export interface Postgres {
  /** A fresh database: empty, or a copy of one that nobody uses now. */
  url(like?: string): Promise<string>;
  /** Stop as an administrator does (connections are cut), and start again at the same address. */
  restart(settings?: Settings): Promise<void>;
  /** Where all that it writes lies: its data, and `server.log`. */
  folder(): Promise<string>;
  /** kill -9 of every process of the server. `restart` brings it back. */
  kill(): Promise<void>;
  /** Stop for good and leave nothing behind. */
  stop(): Promise<void>;
}

/** Of the server, for instance `{ fsync: 'off' }`. */
export type Settings = Readonly<Record<string, string>>;

let databases = 0;

/** A PostgreSQL for tests: the one at LOOPGATE_TEST_POSTGRES_URL, or a private one in a temporary folder, started at the
 *  first use. Call `stop` in `afterAll`.
 *  @param settings of the private one */
export function postgres(settings: Settings = {}): Postgres {
  const given = process.env['LOOPGATE_TEST_POSTGRES_URL'];
  const server = given === undefined ? privateServer(settings) : borrowed(given);
  return {
    async url(like) {
      const admin = await server.address();
      const name = `loopgate_test_${process.pid}_${Date.now()}_${databases++}`;
      const template = like === undefined ? '' : ` template ${new URL(like).pathname.slice(1)}`;
      await ask(admin, `create database ${name}${template}`);
      return Object.assign(new URL(admin), { pathname: `/${name}` }).href;
    },
    restart: (settings) => server.restart(settings),
    folder: () => server.folder(),
    kill: () => server.kill(),
    stop: () => server.stop(),
  };
}

interface Server extends Omit<Postgres, 'url'> {
  /** Of its administrator's database. */
  address(): Promise<string>;
}

function borrowed(url: string): Server {
  const notOurs = () =>
    Promise.reject(new Error('this PostgreSQL is not ours to stop: unset LOOPGATE_TEST_POSTGRES_URL'));
  return {
    address: () => Promise.resolve(url),
    restart: notOurs,
    folder: notOurs,
    kill: notOurs,
    stop: () => Promise.resolve(),
  };
}

function privateServer(settings: Settings): Server {
  let made: Promise<{ readonly folder: string; readonly port: number }> | null = null;
  let child: ChildProcess | null = null;

  async function make() {
    const folder = mkdtempSync(join(tmpdir(), 'loopgate-postgres-'));
    if (owner) chownSync(folder, owner.uid, owner.gid);
    const port = await freePort();
    const initdb = ['--pgdata', folder, '--no-sync', '--auth=trust', '--username=loopgate', '--encoding=UTF8'];
    execFileSync(program('initdb'), initdb, { ...owner, cwd: folder, stdio: 'ignore' });
    await start({ folder, port }, settings);
    return { folder, port };
  }

  async function start({ folder, port }: { folder: string; port: number }, settings: Settings): Promise<void> {
    const all = {
      listen_addresses: '127.0.0.1',
      port: String(port),
      unix_socket_directories: '',
      // After a kill: one sync of the disk, not one of each file of a hundred databases.
      recovery_init_sync_method: 'syncfs',
      ...settings,
    };
    const words = Object.entries(all).flatMap(([name, value]) => ['-c', `${name}=${value}`]);
    // It ends with whoever started it, even if he is killed.
    const tied = [
      '--pdeathsig',
      'INT',
      ...(owner ? [`--reuid=${owner.uid}`, `--regid=${owner.gid}`, '--clear-groups'] : []),
    ];
    const log = openSync(join(folder, 'server.log'), 'a');
    const started = spawn('setpriv', [...tied, program('postgres'), '-D', folder, ...words], {
      cwd: folder,
      stdio: ['ignore', 'ignore', log],
    });
    closeSync(log);
    child = started;
    await until(
      'PostgreSQL answers',
      async () => {
        if (started.exitCode !== null)
          throw new Error(
            `PostgreSQL ended by itself: ${readFileSync(join(folder, 'server.log'), 'utf8').slice(-2_000)}`,
          );
        return ask(addressOf(port), 'select').then(
          () => true,
          () => false,
        );
      },
      60_000,
    );
  }

  /** Its children notice that it is gone only when they look: they are killed by name, while it stands still and can
   *  neither have another nor bury one. */
  async function end(signal: 'SIGINT' | 'SIGKILL'): Promise<void> {
    const server = child;
    child = null;
    if (server?.pid === undefined || server.exitCode !== null) return;
    const { pid } = server;
    const gone = new Promise((done) => server.once('exit', done));
    if (signal === 'SIGKILL') await stand(pid);
    const family = childrenOf(pid);
    if (signal === 'SIGKILL') for (const child of family) process.kill(child, signal);
    server.kill(signal);
    await gone;
    await until('PostgreSQL is gone', () => family.every((pid) => !alive(pid)));
  }

  const here = () => (made ??= make());
  return {
    address: async () => addressOf((await here()).port),
    async restart(settings = {}) {
      const place = await here();
      await end('SIGINT');
      await start(place, settings);
    },
    folder: async () => (await here()).folder,
    async kill() {
      await here();
      await end('SIGKILL');
    },
    async stop() {
      if (!made) return;
      const { folder } = await made;
      await end('SIGKILL');
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const addressOf = (port: number): string => `postgres://loopgate@127.0.0.1:${port}/postgres`;

async function ask(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    await client.query(sql);
  } finally {
    await client.end();
  }
}

/** Debian keeps the server's programs out of the path, one folder for each version. */
export function program(name: string): string {
  const debian = '/usr/lib/postgresql';
  const newest = readdirSync(debian)
    .sort((a, b) => Number(b) - Number(a))
    .at(0);
  return join(debian, newest ?? '', 'bin', name);
}

/** PostgreSQL will not run as root. Undefined: we are somebody else already. */
const owner = userInfo().uid === 0 ? accountOf('postgres') : undefined;

function accountOf(name: string): { readonly uid: number; readonly gid: number } {
  const line = readFileSync('/etc/passwd', 'utf8')
    .split('\n')
    .find((each) => each.startsWith(`${name}:`));
  const [, , uid, gid] = (line ?? '').split(':').map(Number);
  if (uid === undefined || gid === undefined) throw new Error(`there is no account ${name}`);
  return { uid, gid };
}

const childrenOf = (pid: number): number[] =>
  readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').trim().split(' ').filter(Boolean).map(Number);

async function stand(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  await until('PostgreSQL stands still', () => stateOf(pid) === 'T');
}

/** One letter, see proc(5). */
const stateOf = (pid: number): string | undefined => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.[0];

function alive(pid: number): boolean {
  try {
    return stateOf(pid) !== 'Z';
  } catch {
    return false;
  }
}
