import { execFileSync, spawn } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePort } from '../../demo/free-port.ts';

export interface Directory {
  readonly port: number;
  stop(): Promise<void>;
}

/** Somebody in a directory. */
export interface Listed {
  readonly mail: string;
  /** DER. */
  readonly certificates: readonly Buffer[];
}

/** Where the people are. */
export const peopleBase = 'dc=people';

/** Debian's slapd on a port of its own, with two naming contexts: the people are in the second.
 *  @param more LDIF of more entries below `peopleBase` */
export async function startSlapd(people: readonly Listed[], more = ''): Promise<Directory> {
  const folder = mkdtempSync(join(tmpdir(), 'loopgate-slapd-'));
  const port = await freePort();
  const suffixes = ['dc=empty', peopleBase];
  const config = join(folder, 'slapd.conf');
  const databases = suffixes.map((suffix, index) => {
    mkdirSync(join(folder, String(index)));
    return `database mdb\nsuffix "${suffix}"\ndirectory ${join(folder, String(index))}\nmaxsize 10485760\n`;
  });
  const schemas = ['core', 'cosine', 'inetorgperson'].map((name) => `include /etc/ldap/schema/${name}.schema`);
  const own = [...schemas, `pidfile ${join(folder, 'pid')}`, 'modulepath /usr/lib/ldap'];
  writeFileSync(config, `${[...own, 'moduleload back_mdb', ...databases].join('\n')}\n`);
  for (const [index, entries] of [[], people].entries()) {
    const suffix = suffixes[index] ?? '';
    const ldif = join(folder, `${index}.ldif`);
    const listed = entries.map((each, n) => entryOf(each, n, suffix));
    writeFileSync(ldif, [rootOf(suffix), ...listed, suffix === peopleBase ? more : ''].join('\n'));
    execFileSync('/usr/sbin/slapadd', ['-f', config, '-n', String(index + 1), '-l', ldif], { stdio: 'pipe' });
  }
  const child = spawn('/usr/sbin/slapd', ['-f', config, '-h', `ldap://127.0.0.1:${port}`, '-d', '0'], {
    stdio: 'ignore',
  });
  const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  for (let tries = 0; !(await answers(port)); tries++) {
    if (tries > 50) throw new Error('slapd does not start');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  return {
    port,
    async stop() {
      child.kill();
      await gone;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

const rootOf = (suffix: string): string =>
  `dn: ${suffix}\nobjectClass: dcObject\nobjectClass: organization\no: test\ndc: ${suffix.slice(3)}\n`;

function entryOf({ mail, certificates }: Listed, n: number, suffix: string): string {
  const lines = [
    `dn: cn=person ${n},${suffix}`,
    'objectClass: inetOrgPerson',
    `cn: person ${n}`,
    `sn: ${n}`,
    `mail: ${mail}`,
    ...certificates.map((der) => `userCertificate;binary:: ${der.toString('base64')}`),
  ];
  return `${lines.join('\n')}\n`;
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1');
    const end = (well: boolean) => () => {
      socket.destroy();
      resolve(well);
    };
    socket.once('connect', end(true)).once('error', end(false));
  });
}
