import { createServer } from 'node:http';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setDefaultCACertificates, getCACertificates } from 'node:tls';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from '@jest/globals';
import { createAuthority, issue } from '../../channels/direct/authority.ts';
import direct from '../../channels/direct/index.ts';
import efax from '../../channels/efax/index.ts';
import portal from '../../channels/portal/index.ts';
import { startFaxCompany, type FaxCompany } from '../../demo/fax-company.ts';
import { freePort } from '../../demo/free-port.ts';
import { startPartner, type Partner } from '../../demo/partner.ts';
import type { Channel } from '../../src/core/channel.ts';
import { lines } from '../e2e/neighbourhood.ts';
import { until } from '../harness.ts';
import { faxTiff, selfSigned } from '../channels/efax/setup.ts';
import { http, opaque, smtp, type Phases } from './phases.ts';
import { faultProxy, type Proxy } from './proxy.ts';
import { report, secondsSince, sized } from './table.ts';
import { cellsOf, type Cell, type Verdict } from './toxics.ts';
import {
  mailSink,
  openLedger,
  parcel,
  portOf,
  practice,
  textSha256,
  tlsFront,
  tools,
  type Ledger,
  type Pem,
} from './wire-support.ts';

const rounds = sized({ short: 1, change: 1, nightly: 20 });
/** Longer than any wait of an adapter of its own, but in the short form. */
const attemptMs = sized({ short: 12_000, change: 90_000, nightly: 90_000 });
// Enough for a slow handshake on a busy machine.
const limits = { connectMs: 6_000, replyMs: 6_000, keepMs: 100 };
const fax = { apiKey: 'KEY0000', connectionId: 'app-1' };

/** Where a harmful fault strikes, and what it leaves behind. QUIT is said when everything is over. */
const mailHarm = {
  connect: ['deferred'],
  ehlo: ['deferred'],
  tls: ['deferred'],
  mail: ['deferred'],
  rcpt: ['deferred'],
  data: ['deferred'],
  body: ['unknown'],
  dot: ['unknown'],
  quit: ['accepted'],
} as const;
const { mail, rcpt, data, body, dot } = mailHarm;
/** What was greeted and encrypted once is not again. */
const againHarm = { mail, rcpt, data, body, dot };
/** A request goes out as soon as the connection stands, so from there on nobody can know; whether it stood for a moment
 *  before it broke is a race. */
const webHarm: Readonly<Record<string, readonly Verdict[]>> = {
  connect: ['unknown', 'deferred'],
  headers: ['unknown'],
  body: ['unknown'],
  answer: ['unknown'],
};
const tlsHarm: Readonly<Record<string, readonly Verdict[]>> = { connect: ['deferred'], tls: ['deferred'] };

let folder: string;
let pem: Pem;
let partner: Partner;
let company: FaxCompany;
let ledger: Ledger;
const closing: (() => unknown)[] = [];
let ports: { direct: number; portal: number; fax: number; faxTls: number; house: number };
let files: { own: string; anchor: string; partner: string };

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'loopgate-wire-'));
  const file = (name: string, text: string): string => (writeFileSync(join(folder, name), text), join(folder, name));
  const made = selfSigned();
  pem = { key: made.key.toString(), cert: made.cert.toString() };
  setDefaultCACertificates([...getCACertificates('default'), pem.cert]);
  const authority = createAuthority({ name: 'Wire', now: Date.now() });
  const own = issue(authority, { domain: 'riverside.example' });
  const port = await freePort();
  const gateway = { domain: 'riverside.example', port: 9, certificate: own.certificate };
  partner = await startPartner({
    domain: 'far.example',
    authority,
    folder,
    port,
    gateway,
    ledgerFile: join(folder, 'direct.ledger'),
  });
  company = await startFaxCompany({ ...fax, pace: 1, ledgerFile: join(folder, 'fax.ledger') });
  ledger = openLedger(join(folder, 'portal.ledger'));
  const mail = await mailSink(ledger, pem);
  const faxPort = Number(new URL(company.url).port);
  const front = await tlsFront(faxPort, pem);
  const tiff = await faxTiff();
  // The company fetches the pages here, and is heard out when it calls.
  const house = createServer((request, answer) => answer.end(request.method === 'GET' ? tiff : ''));
  await new Promise<void>((resolve) => house.listen(0, '127.0.0.1', resolve));
  closing.push(() => (house.closeAllConnections(), house.close()));
  closing.push(
    () => partner.close(),
    () => company.close(),
    () => ledger.close(),
    mail.close,
    () => front.close(),
  );
  ports = { direct: port, portal: mail.port, fax: faxPort, faxTls: front.port, house: portOf(house) };
  files = {
    own: file('own.pem', own.identity),
    anchor: file('anchor.pem', authority.certificate),
    partner: file('partner.pem', partner.certificate),
  };
});
afterAll(async () => {
  for (const close of closing) await close();
  rmSync(folder, { recursive: true, force: true });
});

interface Way {
  readonly name: string;
  readonly channel: 'direct' | 'efax' | 'portal';
  /** The fault strikes the second message over one connection. */
  readonly warm?: boolean;
  readonly cells: readonly Cell[];
  to(): number;
  phases(): Phases;
  address(): string;
  open(port: number): Channel | Promise<Channel>;
  /** How often this attempt arrived, by the sink's own ledger. */
  arrived(attempt: string): number;
}

let numbers = 0;
const number = (): string => `+1312${String(2_000_000 + numbers++)}`;

const faxChannel = (baseUrl: string): Channel | Promise<Channel> =>
  efax.create(
    efax.config.parse({
      accounts: {
        main: {
          ...fax,
          provider: 'telnyx',
          publicKey: company.publicKey,
          baseUrl,
          from: '+12125550101',
          practice: 'main',
        },
      },
    }),
    tools({ publicUrl: `http://127.0.0.1:${ports.house}` }),
  );

const faxed = (attempt: string): number =>
  lines<{ state: string }>(join(folder, 'fax.ledger')).filter(({ state }) => state === attempt).length;

const directWay = {
  channel: 'direct',
  to: () => ports.direct,
  phases: smtp,
  address: () => partner.address('silent'),
  open: (port: number) =>
    direct.create(
      direct.config.parse({
        identities: [files.own],
        anchors: [files.anchor],
        peers: [{ match: 'far.example', host: '127.0.0.1', port, certificates: [files.partner] }],
        limits,
      }),
      tools(),
    ),
  arrived: (attempt: string) =>
    lines<{ token: string; sha256: string }>(join(folder, 'direct.ledger')).filter(
      ({ token, sha256 }) => sha256 === textSha256 && token.startsWith(`${attempt}@`),
    ).length,
} as const;

const ways: readonly Way[] = [
  { ...directWay, name: 'direct', cells: cellsOf('direct', mailHarm) },
  { ...directWay, name: 'direct, kept line', cells: cellsOf('direct again', againHarm, 1), warm: true },
  {
    name: 'portal',
    channel: 'portal',
    cells: cellsOf('portal', mailHarm),
    to: () => ports.portal,
    phases: smtp,
    address: () => 'desk@far.example',
    open: (port) =>
      portal.create(
        portal.config.parse({
          mail: { host: '127.0.0.1', port, from: 'links@riverside.example', tls: 'starttls', ca: pem.cert },
        }),
        tools(),
      ),
    arrived: (attempt) => ledger.counts().get(attempt) ?? 0,
  },
  {
    name: 'efax',
    channel: 'efax',
    cells: cellsOf('efax', webHarm),
    to: () => ports.fax,
    phases: http,
    address: number,
    open: (port) => faxChannel(`http://127.0.0.1:${port}/v2`),
    arrived: faxed,
  },
  {
    name: 'efax over TLS',
    channel: 'efax',
    cells: cellsOf('efax over TLS', tlsHarm),
    to: () => ports.faxTls,
    phases: opaque,
    address: number,
    open: (port) => faxChannel(`https://127.0.0.1:${port}/v2`),
    arrived: faxed,
  },
];

interface Result {
  readonly cell: Cell;
  readonly verdict: string;
  readonly handed: number;
  readonly struck: number;
  readonly attempt: string;
}

async function play(way: Way, cell: Cell): Promise<Result> {
  const { to, phases, address, open, channel: name } = way;
  const proxy: Proxy = await faultProxy({ to: to(), phases, fault: cell, tls: pem });
  try {
    const channel = await open(proxy.port);
    if (way.warm) await channel.send(parcel(practice, name, address()), AbortSignal.timeout(attemptMs));
    const sent = parcel(practice, name, address());
    const outcome = await channel.send(sent, AbortSignal.timeout(attemptMs));
    // QUIT is said behind the sender's back.
    for (let wait = 0; proxy.struck() === 0 && wait < 40; wait++) await sleep(50);
    return { cell, verdict: outcome.kind, handed: sent.handed.length, struck: proxy.struck(), attempt: sent.attempt };
  } finally {
    await proxy.close();
  }
}

test.each(ways)(
  '$name: every toxic in every phase ends in the right class',
  async (way) => {
    const startedAt = performance.now();
    const results: Result[] = [];
    for (let round = 0; round < rounds; round++)
      results.push(...(await Promise.all(way.cells.map((cell) => play(way, cell)))));
    // The company transmits after it answered.
    await sleep(1_000);
    const judged = results.map((result) => ({ ...result, arrived: way.arrived(result.attempt) }));
    const wrong = judged.filter(
      ({ cell, verdict, handed, struck, arrived }) =>
        struck === 0 ||
        !cell.expected.some((each) => each === verdict) ||
        (verdict === 'accepted' && arrived !== 1) ||
        (verdict === 'deferred' && arrived !== 0) ||
        (verdict !== 'deferred' && handed !== 1) ||
        arrived > 1,
    );
    report({
      test: `L3 faults on the line: ${way.name}`,
      size: `${judged.length} cells`,
      faults: `${judged.reduce((sum, { struck }) => sum + struck, 0)} faults`,
      lost: judged.filter(({ verdict, arrived }) => verdict === 'accepted' && arrived === 0).length,
      duplicates: judged.filter(({ arrived }) => arrived > 1).length,
      falseReceipts: judged.filter(({ verdict, arrived }) => verdict === 'deferred' && arrived > 0).length,
      inDoubt: judged.filter(({ verdict }) => verdict === 'unknown').length,
      seconds: secondsSince(startedAt),
    });
    expect(
      wrong.map(
        ({ cell, verdict, handed, struck, arrived }) =>
          `${cell.name}: ${verdict}, not ${cell.expected.join(' or ')}; struck ${struck}, handed over ${handed}, arrived ${arrived}`,
      ),
    ).toEqual([]);
  },
  180_000 * rounds,
);

test.each(ways.filter(({ cells }) => cells.some(({ phase }) => phase === 'quit')))(
  '$name: a server that never answers QUIT holds nobody up',
  async ({ to, phases, address, open, channel: name }) => {
    const fault = { toxic: { kind: 'time-out' }, phase: 'quit' } as const;
    const proxy = await faultProxy({ to: to(), phases, fault, tls: pem });
    const channel = await open(proxy.port);
    expect(await channel.send(parcel(practice, name, address()), AbortSignal.timeout(10_000))).toMatchObject({
      kind: 'accepted',
    });
    await until('QUIT was said', () => proxy.struck() === 1);
    await until('the line is gone', () => proxy.open() === 0, 20_000);
    await proxy.close();
  },
);
