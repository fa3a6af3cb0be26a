import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createAuthority, issue } from '../channels/direct/authority.ts';
import { loadConfig } from '../src/config.ts';
import { ConfigError } from '../src/errors.ts';
import { makeSignIn } from '../src/first-run.ts';
import { createGateway } from '../src/gateway.ts';
import { startFaxCompany } from './fax-company.ts';
import { startMailbox } from './mailbox.ts';
import { startPartner } from './partner.ts';
import { arrivals, submitAll, unluckyNumbers } from './story.ts';

// A neighbourhood on loopback: a partner HISP, a fax company and a specialist's mailbox around a gateway of its own.
// Everything lives in a folder that goes when the demo ends; `data` is not touched.

const folder = mkdtempSync(join(tmpdir(), 'loopgate-demo-'));
const pem = (name: string, content: string): string => {
  writeFileSync(join(folder, name), content, { mode: 0o600 });
  return join(folder, name);
};

async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
  const { port } = server.address() as AddressInfo;
  await new Promise((done) => server.close(done));
  return port;
}

async function run(): Promise<void> {
  const authority = createAuthority({ name: 'Demo authority', now: Date.now() });
  const own = issue(authority, { domain: 'direct.riverside.example' });
  const environment = {
    ...process.env,
    LOOPGATE_DATA: join(folder, 'data'),
    LOOPGATE_CONFIG: join(folder, 'config.mjs'),
  };
  const httpPort = Number(process.env['LOOPGATE_HTTP_PORT'] ?? 8080);
  const directPort = Number(process.env['LOOPGATE_DIRECT_PORT'] ?? 2525);
  const partnerPort = await freePort();
  const partner = await startPartner({
    domain: 'direct.hillside.example',
    authority,
    folder,
    port: partnerPort,
    gateway: { domain: 'direct.riverside.example', port: directPort, certificate: own.certificate },
  });
  const apiKey = 'demo-key';
  const webhookUrl = `http://127.0.0.1:${httpPort}/webhooks/efax/main`;
  const company = await startFaxCompany({ apiKey, connectionId: 'demo', pace: 700, webhookUrl });
  for (const [number, behaviour] of unluckyNumbers) company.behave(number, ...behaviour);
  const mailbox = await startMailbox((link, to) => {
    process.stdout.write(`mail for ${to}: ${link}\n`);
  });
  const settings = {
    log: 'warn',
    practices: [
      {
        id: 'main',
        name: 'Riverside Family Practice',
        phone: '+1 212 555 0100',
        npi: '1234567893',
        addresses: { direct: ['referrals@direct.riverside.example'], efax: ['+12125550101'] },
      },
    ],
    patience: {
      direct: { delays: ['5s', '10s', '20s'], receiptWithin: '20s', onSilence: 'fallback' },
      efax: { delays: ['6s', '12s', '20s'], receiptWithin: '40s', onSilence: 'fallback' },
      portal: { delays: ['5s'], receiptWithin: '72h', onSilence: 'hold' },
    },
    channels: {
      direct: {
        identities: [pem('own.pem', own.identity)],
        anchors: [pem('anchor.pem', authority.certificate)],
        listen: { host: '127.0.0.1', port: directPort },
        peers: [
          {
            match: 'direct.hillside.example',
            host: '127.0.0.1',
            port: partnerPort,
            certificates: [pem('partner.pem', partner.certificate)],
          },
        ],
      },
      efax: {
        mediaHosts: [company.mediaHost],
        accounts: {
          main: {
            provider: 'telnyx',
            apiKey,
            connectionId: 'demo',
            publicKey: company.publicKey,
            baseUrl: company.url,
            from: '+12125550101',
            practice: 'main',
          },
        },
      },
      portal: { mail: { host: '127.0.0.1', port: mailbox.port, from: 'referrals@riverside.example', tls: 'none' } },
    },
  };
  pem('config.mjs', `export default ${JSON.stringify(settings)};`);

  const config = await loadConfig(environment);
  const gateway = await createGateway(config);
  const signIn = await makeSignIn(config, gateway.store);
  await gateway.start();
  process.stdout.write(`ready ${gateway.url}\n`);
  if (signIn) process.stdout.write(`sign in as ${signIn.name} with password ${signIn.password}\n`);

  await submitAll(gateway.actions.submit, partner.address);
  for (const { from, file } of arrivals.faxes) {
    void company.receive({ to: '+12125550101', from, file: readFileSync(new URL(`faxes/${file}`, import.meta.url)) });
  }
  for (const file of arrivals.letters) await partner.refer('referrals@direct.riverside.example', file);
  process.stdout.write(
    [
      'a dozen referrals are under way and four faxes came in; stop with Ctrl-C. From another terminal:',
      `  export LOOPGATE_CONFIG=${environment.LOOPGATE_CONFIG} LOOPGATE_DATA=${environment.LOOPGATE_DATA}`,
      '  npx loopgate log --follow',
      `  npx loopgate send --to ${partner.address('slow')} +13122000001 --document README.md --wait`,
      'the mailboxes ok, slow, silent, gateway-only, busy and twice at direct.hillside.example do what their names say;',
      'of the fax numbers, +13122000001 is busy twice, …02 never answers, …03 is a voice, …05 slow, …06 dead, …07 silent\n',
    ].join('\n'),
  );

  await new Promise<void>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM'] as const)
      process.once(signal, () => {
        resolve();
      });
  });
  await gateway.stop();
  partner.close();
  await company.close();
  await mailbox.close();
}

try {
  await run();
} catch (cause) {
  if (!(cause instanceof ConfigError)) throw cause;
  process.stderr.write(`the demo cannot start:\n${cause.problems.map((problem) => `  ${problem}\n`).join('')}`);
  process.exitCode = 1;
} finally {
  rmSync(folder, { recursive: true, force: true });
}
process.exit();
