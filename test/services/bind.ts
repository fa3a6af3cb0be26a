import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { query } from '../../src/net/dns.ts';
import { freePort } from '../../demo/free-port.ts';

export interface NameServer {
  /** `127.0.0.1:port` */
  readonly address: string;
  stop(): Promise<void>;
}

/** Debian's bind9 with those zones, on a port of its own.
 *  @param zones name → its records, one a line, without SOA and NS */
export async function startBind(zones: Readonly<Record<string, readonly string[]>>): Promise<NameServer> {
  const folder = mkdtempSync(join(tmpdir(), 'loopgate-bind-'));
  const port = await freePort();
  const declared = Object.entries(zones).map(([name, records]) => {
    const file = join(folder, `${name}.zone`);
    const head = ['$TTL 60', '@ IN SOA ns hostmaster 1 3600 600 86400 30', '@ IN NS ns', 'ns IN A 127.0.0.1'];
    writeFileSync(file, `${[...head, ...records].join('\n')}\n`);
    return `zone "${name}" { type primary; file "${file}"; };`;
  });
  const config = join(folder, 'named.conf');
  const options = [
    `directory "${folder}"; pid-file "${join(folder, 'named.pid')}"; session-keyfile "${join(folder, 'session.key')}";`,
    `listen-on port ${port} { 127.0.0.1; }; listen-on-v6 { none; }; recursion no; dnssec-validation no;`,
  ];
  writeFileSync(config, `options { ${options.join(' ')} };\ncontrols {};\n${declared.join('\n')}\n`);
  const child = spawn('/usr/sbin/named', ['-g', '-n', '1', '-c', config], { stdio: ['ignore', 'ignore', 'pipe'] });
  let log = '';
  child.stderr.on('data', (bytes: Buffer) => (log += bytes.toString()));
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const address = `127.0.0.1:${port}`;
  const [first = ''] = Object.keys(zones);
  for (let tries = 0; ; tries++) {
    const answers = await query({ name: `ns.${first}`, type: 'A' }, [address], 200).catch(() => null);
    if (answers) break;
    if (tries > 50) throw new Error(`bind9 does not start: ${log.slice(-2_000)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    address,
    async stop() {
      child.kill();
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
