import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { loadConfig } from '../src/config.ts';
import { ConfigError } from '../src/errors.ts';
import { makeSignIn } from '../src/first-run.ts';
import { createGateway } from '../src/gateway.ts';
import { startNeighbours } from './neighbours.ts';
import { arrivals, submitAll, unluckyNumbers } from './story.ts';

// A neighbourhood on loopback: a partner HISP, a fax company and a specialist's mailbox around a gateway of its own.
// Everything lives in a folder that goes when the demo ends; `data` is not touched.

const folder = mkdtempSync(join(tmpdir(), 'loopgate-demo-'));
async function run(): Promise<void> {
  const environment = { ...process.env, LOOPGATE_CONFIG: join(folder, 'config.mjs') };
  const data = join(folder, 'data');
  const httpPort = Number(process.env['LOOPGATE_HTTP_PORT'] ?? 8080);
  const directPort = Number(process.env['LOOPGATE_DIRECT_PORT'] ?? 2525);
  const { partner, company, settings, close } = await startNeighbours({
    folder,
    ourDomain: 'direct.riverside.example',
    theirDomain: 'direct.hillside.example',
    httpPort,
    directPort,
    pace: 700,
    onMail: (link, to) => {
      process.stdout.write(`mail for ${to}: ${link}\n`);
    },
  });
  for (const [number, behaviour] of unluckyNumbers) company.behave(number, ...behaviour);
  const impatient = {
    direct: { delays: ['5s', '10s', '20s'], receiptWithin: '20s', onSilence: 'fallback' },
    efax: { delays: ['6s', '12s', '20s'], waits: null, receiptWithin: '40s', onSilence: 'fallback' },
    portal: { delays: ['5s'], receiptWithin: '72h', onSilence: 'hold' },
  };
  const own = { ...settings, data, http: { port: httpPort }, log: 'warn', patience: impatient };
  writeFileSync(environment.LOOPGATE_CONFIG, `export default ${JSON.stringify(own)};`, { mode: 0o600 });

  const config = await loadConfig(environment);
  const gateway = await createGateway(config, { reread: () => loadConfig(environment) });
  const signIn = await makeSignIn(config, gateway.store, Date.now());
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
      `  export LOOPGATE_CONFIG=${environment.LOOPGATE_CONFIG}`,
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
  await close();
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
