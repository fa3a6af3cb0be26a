import { execFileSync, spawn } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ownTls } from '../../channels/direct/doorstep.ts';
import { freePort } from '../../demo/free-port.ts';

export interface MailServer {
  readonly port: number;
  stop(): Promise<void>;
}

/** What of Postfix's parts a relay needs: name, type, and the program where it is called otherwise. */
const parts = [
  'cleanup unix n - n - 0 cleanup',
  'qmgr unix n - n 300 1 qmgr',
  'tlsmgr unix - - n 1000? 1 tlsmgr',
  'rewrite unix - - n - - trivial-rewrite',
  ...['bounce', 'defer', 'trace'].map((name) => `${name} unix - - n - 0 bounce`),
  ...['smtp', 'error', 'anvil', 'scache', 'discard'].map((name) => `${name} unix - - n - - ${name}`),
  'retry unix - - n - - error',
  'proxymap unix - - n - - proxymap',
  'postlog unix-dgram n - n - 1 postlogd',
];

/** Its parts run as users of their own, which only root can make of them. */
const asRoot = (...words: string[]): [program: string, rest: string[]] => {
  const [program = '', ...rest] = process.getuid?.() === 0 ? words : ['sudo', '-n', ...words];
  return [program, rest];
};

/** Debian's Postfix as a relay on a port of its own: takes mail over TLS, and hands it on over TLS.
 *  @param routes domain → port on this machine */
export async function startPostfix(routes: Readonly<Record<string, number>>): Promise<MailServer> {
  const folder = mkdtempSync(join(tmpdir(), 'loopgate-postfix-'));
  chmodSync(folder, 0o755);
  const port = await freePort();
  const [config, spool, data] = ['etc', 'spool', 'data'].map((name) => join(folder, name)) as [string, string, string];
  for (const each of [config, spool, data]) mkdirSync(each);
  execFileSync(...asRoot('chown', 'postfix', data));
  execFileSync(...asRoot('chown', 'root', spool));
  const { key, cert } = ownTls(Date.now());
  writeFileSync(join(config, 'tls.pem'), `${key}${cert}`);
  const maps = Object.entries(routes).map(([domain, to]) => `{ ${domain} = smtp:[127.0.0.1]:${to} }`);
  writeFileSync(
    join(config, 'main.cf'),
    [
      'compatibility_level = 3.6',
      `queue_directory = ${spool}`,
      `data_directory = ${data}`,
      'myhostname = relay.example',
      'mydestination =',
      'inet_interfaces = 127.0.0.1',
      'inet_protocols = ipv4',
      'mynetworks = 127.0.0.0/8',
      'smtpd_relay_restrictions = permit_mynetworks, reject',
      `relay_domains = ${Object.keys(routes).join(' ')}`,
      'relay_transport = smtp',
      `transport_maps = inline:{ ${maps.join(', ')} }`,
      'disable_dns_lookups = yes',
      'smtp_tls_security_level = encrypt',
      'smtpd_tls_security_level = may',
      `smtpd_tls_chain_files = ${join(config, 'tls.pem')}`,
      `maillog_file = ${join(folder, 'log')}`,
      `maillog_file_prefixes = ${folder}`,
      '',
    ].join('\n'),
  );
  writeFileSync(join(config, 'master.cf'), [`127.0.0.1:${port} inet n - n - - smtpd`, ...parts, ''].join('\n'));
  const child = spawn(...asRoot('/usr/sbin/postfix', '-c', config, 'start-fg'), { stdio: 'ignore' });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  for (let tries = 0; !(await answers(port)); tries++) {
    if (tries > 100)
      throw new Error(`postfix does not start: ${readFileSync(join(folder, 'log'), 'utf8').slice(-2_000)}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    port,
    async stop() {
      execFileSync(...asRoot('/usr/sbin/postfix', '-c', config, 'stop'), { stdio: 'ignore' });
      await gone;
      execFileSync(...asRoot('rm', '-r', folder));
    },
  };
}

const answers = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('data', () => {
      socket.destroy();
      resolve(true);
    });
    socket.once('error', () => {
      resolve(false);
    });
  });
