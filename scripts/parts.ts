import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Programs (and one Perl module) that tests use as strangers and peers, and the Debian package that brings each. */
const parts: Readonly<Record<string, string>> = {
  openssl: 'openssl',
  gpgsm: 'gpgsm',
  'gpg-agent': 'gpg-agent',
  cmsutil: 'libnss3-tools',
  javac: 'default-jdk-headless', // runs BouncyCastle from a single source file
  '/usr/share/java/bcmail.jar': 'libbcmail-java',
  swaks: 'swaks',
  '/usr/sbin/postfix': 'postfix',
  '/usr/sbin/named': 'bind9',
  '/usr/sbin/slapd': 'slapd',
  promtool: 'prometheus',
  chromium: 'chromium',
  tesseract: 'tesseract-ocr',
  pdftoppm: 'poppler-utils',
  tiffinfo: 'libtiff-tools',
  strace: 'strace',
  eatmydata: 'eatmydata',
  faketime: 'faketime',
  '/usr/sbin/hfaxd': 'hylafax-server',
  iaxmodem: 'iaxmodem',
  ip: 'iproute2',
  '/usr/lib/rabbitmq/bin/rabbitmq-server': 'rabbitmq-server',
  pg_ctlcluster: 'postgresql',
  'perl -MNet::SSLeay': 'libnet-ssleay-perl', // swaks speaks TLS by it
};

function present(part: string): boolean {
  if (part.endsWith('.jar')) return existsSync(part);
  return spawnSync('sh', ['-c', part.startsWith('perl ') ? `${part} -e 1` : `command -v ${part}`]).status === 0;
}

/** Bring up what is missing, from Debian's packages.
 *  @throws naming what is missing and how to get it, when that does not work: a test is never skipped for want of a part. */
export function bringUpParts(): void {
  const missing = Object.entries(parts).filter(([program]) => !present(program));
  if (missing.length === 0) return;
  const packages = missing.map(([, name]) => name);
  process.stderr.write(`installing what the tests need: ${packages.join(' ')}\n`);
  const sudo = process.getuid?.() === 0 ? [] : ['sudo', '-n'];
  const run = (...words: string[]): boolean => {
    const [program = '', ...rest] = [...sudo, ...words];
    return (
      spawnSync(program, rest, {
        stdio: ['ignore', 'ignore', 'inherit'],
        env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
      }).status === 0
    );
  };
  run('apt-get', 'update', '-q');
  run('apt-get', 'install', '-qy', '--no-install-recommends', ...packages);
  const still = missing.filter(([program]) => !present(program));
  if (still.length > 0) {
    throw new Error(
      `the tests need ${still.map(([program, name]) => `${program} (Debian: ${name})`).join(', ')}; install them and run again`,
    );
  }
}
