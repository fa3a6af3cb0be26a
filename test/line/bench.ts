import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { chmodSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Relay } from './relay.ts';

const ports = { relay: 4569, sender: 4570, receiver: 4571, hfaxd: 4559 };
const spool = '/var/spool/hylafax';

export interface Bench {
  readonly relay: Relay;
  readonly port: number;
  /** Both modems wait for a call. */
  idle(): boolean;
  close(): Promise<void>;
}

/** Two software modems on one line, HylaFAX behind them. Only inside a network and mount namespace of its own, as
 *  `loneNamespace` makes it: it binds well-known ports and lays its own folders over the system's. */
export async function openBench(): Promise<Bench> {
  const home = mkdtempSync(join(tmpdir(), 'line-'));
  laySpool(home);
  const relay = new Relay([ports.sender, ports.receiver]);
  await relay.open(ports.relay);
  const children: ChildProcess[] = [];
  const run = (program: string, ...words: string[]): void => {
    const child = spawn(program, words, { stdio: ['ignore', 'ignore', 'ignore'], cwd: spool });
    children.push(child);
  };
  for (const name of ['ttyIAX0', 'ttyIAX1']) run('iaxmodem', name);
  for (const name of ['ttyIAX0', 'ttyIAX1']) await until(`${name} is there`, () => existsSync(`/dev/${name}`));
  run('/usr/sbin/faxq', '-D');
  run('/usr/sbin/hfaxd', '-d', '-i', String(ports.hfaxd));
  for (const name of ['ttyIAX0', 'ttyIAX1']) run('/usr/sbin/faxgetty', name);
  const status = (name: string): string => {
    const file = join(spool, 'status', name);
    return existsSync(file) ? readFileSync(file, 'latin1') : '';
  };
  for (const name of ['ttyIAX0', 'ttyIAX1']) await until(`${name} is ready`, () => /idle/i.test(status(name)));
  return {
    relay,
    port: ports.hfaxd,
    idle: () => ['ttyIAX0', 'ttyIAX1'].every((name) => /idle/i.test(status(name))),
    async close() {
      for (const child of children.reverse()) child.kill('SIGTERM');
      await sleep(300);
      for (const child of children) child.kill('SIGKILL');
      await relay.close();
      spawnSync('umount', [spool]);
      spawnSync('umount', ['/etc/iaxmodem']);
      rmSync(home, { recursive: true, force: true });
    },
  };
}

function laySpool(home: string): void {
  const own = join(home, 'spool');
  cpSync(spool, own, { recursive: true });
  cpSync('/etc/hylafax', join(own, 'etc'), { recursive: true });
  for (const [name, number] of [
    ['ttyIAX0', '+1 212 555 0100'],
    ['ttyIAX1', '+1 212 555 0123'],
  ] as const) {
    writeFileSync(join(own, 'etc', `config.${name}`), modemConfig(number));
  }
  writeFileSync(join(own, 'etc', 'config'), 'LogFacility: daemon\nCountryCode: 1\nMaxConcurrentCalls: 1\n');
  // Without the password of an account hfaxd wants none; the administrator's lets it hand out what was received.
  const admin = spawnSync('openssl', ['passwd', '-1', '-salt', 'ab', 'adminpass'], { encoding: 'utf8' }).stdout.trim();
  writeFileSync(join(own, 'etc', 'hosts.hfaxd'), `127.0.0.1:21::${admin}\nlocalhost:21::${admin}\n`, { mode: 0o600 });
  spawnSync('chown', ['-R', 'uucp:uucp', own]);
  const modems = join(home, 'iaxmodem');
  mkdirSync(modems);
  for (const [index, name] of ['ttyIAX0', 'ttyIAX1'].entries()) {
    writeFileSync(join(modems, name), iaxConfig(name, 4570 + index));
  }
  chmodSync(home, 0o755);
  for (const [from, to] of [
    [own, spool],
    [modems, '/etc/iaxmodem'],
  ] as const) {
    const { status, stderr } = spawnSync('mount', ['--bind', from, to], { encoding: 'utf8' });
    if (status !== 0) throw new Error(`cannot lay ${from} over ${to}: ${stderr}`);
  }
}

const modemConfig = (number: string): string => `CountryCode: 1
AreaCode: 212
FAXNumber: ${number}
LongDistancePrefix: 1
InternationalPrefix: 011
DialStringRules: etc/dialrules
ServerTracing: 0xFFF
SessionTracing: 0xFFF
RecvFileMode: 0600
LogFileMode: 0600
DeviceMode: 0666
RingsBeforeAnswer: 1
SpeakerVolume: off
LocalIdentifier: "${number.replaceAll(' ', '')}"
TagLineFont: etc/lutRS18.pcf
TagLineFormat: "From %%l|%c|Page %%P of %%T"
MaxRecvPages: 50
ModemType: Class1
Class1AdaptRecvCmd: AT+FAR=1
Class1TMConnectDelay: 400
CallIDPattern: "NMBR="
CallIDPattern: "NAME="
CallIDPattern: "ANID="
CallIDPattern: "NDID="
`;

const iaxConfig = (name: string, port: number): string => `device /dev/${name}
owner uucp:uucp
mode 660
port ${port}
refresh 60
server 127.0.0.1
peername ${name}
secret none
cidname Loopgate
cidnumber 2125550100
codec slinear
`;

export async function until(what: string, look: () => boolean, ms = 60_000): Promise<void> {
  const limit = Date.now() + ms;
  while (!look()) {
    if (Date.now() > limit) throw new Error(`waited in vain until ${what}`);
    await sleep(50);
  }
}
