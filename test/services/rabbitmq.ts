import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { connect, type ChannelModel } from 'amqplib';
import { freePort } from '../../demo/free-port.ts';
import { until } from '../harness.ts';
import type { Host } from './network.ts';

const binary = '/usr/lib/rabbitmq/bin/rabbitmq-server';
const run = promisify(execFile);

/** A broker to talk to. */
export interface Broker {
  readonly url: string;
  /** A connection of the test's own. */
  connect(): Promise<ChannelModel>;
  stop(): Promise<void>;
}

/** A broker to do anything to. */
export interface PrivateBroker extends Broker {
  /** Of the broker's process while it runs: for SIGSTOP and SIGCONT. */
  pid(): number | null;
  /** SIGKILL; resolves when it is gone. Its data stays. */
  kill(): Promise<void>;
  /** Like `kill`, and its data directory is deleted. */
  wipe(): Promise<void>;
  /** Bring it back, on the same port; resolves when it answers. */
  start(): Promise<void>;
  /** `rabbitmqctl …`; a second or two. @returns what it printed */
  ctl(...words: string[]): Promise<string>;
  /** Every byte it has on disk, its log included. */
  bytes(): Buffer;
}

/** The broker named by LOOPGATE_TEST_AMQP_URL, else a private one. */
export async function anyBroker(): Promise<Broker> {
  const url = process.env['LOOPGATE_TEST_AMQP_URL'];
  if (url === undefined) return startBroker();
  return { url, connect: () => connect(url), stop: () => Promise.resolve() };
}

/** Which of a cluster's hosts a broker is on. */
interface Membership {
  readonly host: Host;
  readonly nodes: readonly string[];
  readonly cookie: string;
}

/** Three nodes on hosts of their own, set up as the compose file's; they see each other by their inner cables. */
export async function startCluster(hosts: readonly Host[]): Promise<PrivateBroker[]> {
  const cookie = randomBytes(12).toString('hex');
  const nodes = hosts.map(nodeOn);
  const started = await Promise.allSettled(hosts.map((host) => startBroker({ host, nodes, cookie })));
  const running = started.flatMap((each) => (each.status === 'fulfilled' ? [each.value] : []));
  const failed = started.find((each) => each.status === 'rejected');
  if (!failed) return running;
  await Promise.all(running.map((each) => each.stop()));
  throw failed.reason;
}

const nodeOn = ({ inner }: Host): string => `loopgate@${inner}`;

const membership = ({ nodes }: Membership): readonly string[] => [
  'loopback_users = none',
  'cluster_partition_handling = pause_minority',
  'cluster_formation.peer_discovery_backend = classic_config',
  ...nodes.map((node, nth) => `cluster_formation.classic_config.nodes.${nth + 1} = ${node}`),
];

/** Debian's rabbitmq-server with a node name, ports, cookie and data of its own, all in a temporary folder; works as
 *  root and as anybody else. Starts in about three seconds. `stop` leaves nothing behind. */
export async function startBroker(member: Membership | null = null): Promise<PrivateBroker> {
  const folder = mkdtempSync(join(tmpdir(), 'loopgate-broker-'));
  const [port, distribution] = [await freePort(), await freePort()];
  // Nodes of a cluster ask for each other at the usual place.
  const names = member ? 4369 : await freePort();
  const data = join(folder, 'data');
  for (const name of ['data', 'log', 'home']) mkdirSync(join(folder, name));
  const cookie = join(folder, 'home', '.erlang.cookie');
  writeFileSync(cookie, member?.cookie ?? randomBytes(12).toString('hex'), { mode: 0o400 });
  const address = member?.host.address ?? '127.0.0.1';
  // The write-ahead log is made at full size: 512 MB by default.
  const settings = [
    `listeners.tcp.1 = ${address}:${port}`,
    'disk_free_limit.absolute = 10MB',
    'raft.wal_max_size_bytes = 8388608',
    ...(member ? membership(member) : []),
  ];
  writeFileSync(join(folder, 'rabbitmq.conf'), `${settings.join('\n')}\n`);
  const environment = {
    PATH: process.env['PATH'],
    HOME: join(folder, 'home'),
    ERL_EPMD_PORT: String(names),
    RABBITMQ_NODENAME: member ? nodeOn(member.host) : `loopgate-${port}@localhost`,
    ...(member ? { RABBITMQ_USE_LONGNAME: 'true' } : {}),
    RABBITMQ_MNESIA_BASE: data,
    RABBITMQ_LOG_BASE: join(folder, 'log'),
    RABBITMQ_CONFIG_FILE: join(folder, 'rabbitmq'),
    RABBITMQ_CONF_ENV_FILE: '/dev/null',
    RABBITMQ_ENABLED_PLUGINS_FILE: join(folder, 'no-plugins'),
    RABBITMQ_DIST_PORT: String(distribution),
    // No shell between us and the broker: signals reach it.
    RUNNING_UNDER_SYSTEMD: '1',
    // Who is not heard for a few seconds is given up: a minute by default.
    RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS: `+sbwt none +sbwtdcpu none +sbwtdio none${member ? ' -kernel net_ticktime 8' : ''}`,
  };
  // Its own name server, or the first broker would start one that outlives it.
  const epmd = launch(['epmd', '-port', String(names), '-address', member?.host.inner ?? '127.0.0.1'], 'ignore');
  const url = `amqp://guest:guest@${address}:${port}`;
  let child: ChildProcess | null = null;

  function launch(words: readonly string[], output: 'ignore' | 'pipe'): ChildProcess {
    const [program = '', ...rest] = [...(member?.host.run ?? []), ...words];
    return spawn(program, rest, { env: environment, stdio: ['ignore', output, output] });
  }

  async function start(): Promise<void> {
    const own = launch([binary], 'pipe');
    child = own;
    let written = '';
    for (const stream of [own.stdout, own.stderr]) stream?.on('data', (chunk: Buffer) => (written += chunk.toString()));
    await until(
      'the broker answers',
      async () => {
        if (!runs(own)) throw new Error(`the broker ended by itself:\n${written.slice(-3000)}`);
        const connection = await connect(url, { timeout: 1_000 }).catch(() => null);
        await connection?.close();
        return connection !== null;
      },
      60_000,
    );
  }

  async function end(signal: NodeJS.Signals): Promise<void> {
    const own = child;
    child = null;
    if (own) await ended(own, signal);
  }

  await start();
  return {
    url,
    connect: () => connect(url),
    start,
    pid: () => (child && runs(child) ? (child.pid ?? null) : null),
    kill: () => end('SIGKILL'),
    async wipe() {
      await end('SIGKILL');
      rmSync(data, { recursive: true });
      mkdirSync(data);
    },
    ctl: async (...words) =>
      (await run(join(realpathSync(binary), '../rabbitmqctl'), ['--quiet', ...words], { env: environment })).stdout,
    bytes: () =>
      Buffer.concat(
        readdirSync(folder, { recursive: true, withFileTypes: true })
          .filter((entry) => entry.isFile() && !entry.parentPath.endsWith('home'))
          .map((entry) => readFileSync(join(entry.parentPath, entry.name))),
      ),
    async stop() {
      await end('SIGKILL');
      await ended(epmd, 'SIGKILL');
      rmSync(folder, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

const runs = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;

async function ended(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (!runs(child)) return;
  const gone = new Promise((done) => child.once('exit', done));
  child.kill(signal);
  await gone;
}
