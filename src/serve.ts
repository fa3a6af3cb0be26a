import { flushCompileCache } from 'node:module';
import { loadConfig, runtimeOptions } from './config.ts';
import { keepMemoryOffDisk } from './crash-dumps.ts';
import { ConfigError } from './errors.ts';
import { makeSignIn, makeTryOutIdentity } from './first-run.ts';
import { createGateway } from './gateway.ts';
import { createLog, endOnUncaught } from './log.ts';
import type { Reloaded } from './reload.ts';

/** Run until a signal says stop. Returns the exit code: 0 done, 1 could not start.
 *  @param words settings from the command line */
export async function serve(words: { readonly roles?: string } = {}): Promise<number> {
  // Diagnostics that find no room are lost; the record is in the store, and the mail goes on.
  for (const stream of [process.stdout, process.stderr]) stream.on('error', () => undefined);
  try {
    const bare = keepMemoryOffDisk(runtimeOptions());
    const config = await loadConfig(undefined, words);
    if (!bare) createLog(config.log).warn('process.cores-hold-memory');
    makeTryOutIdentity(config, Date.now());
    const gateway = await createGateway(config, { reread: () => loadConfig(undefined, words) });
    const edge = config.roles.includes('edge');
    const signIn = edge ? await makeSignIn(config, gateway.store, Date.now()) : null;
    // Only now: what goes wrong before any message is touched may be told in full.
    endOnUncaught();
    await gateway.start();
    process.stdout.write(edge ? `ready ${gateway.url}\n` : 'ready\n');
    if (signIn) {
      process.stdout.write(`sign in as ${signIn.name} with password ${signIn.password} (shown once)\n`);
    }
    // Else it is written at a clean end only: who is killed would compile everything again at each start.
    flushCompileCache();
    process.on('SIGHUP', () => {
      void gateway.reload('signal').then(reloaded, refused);
    });
    await new Promise<void>((resolve) => {
      process.once('SIGINT', () => {
        resolve();
      });
      process.once('SIGTERM', () => {
        resolve();
      });
    });
    await gateway.stop();
    return 0;
  } catch (cause) {
    if (!(cause instanceof ConfigError)) throw cause;
    process.stderr.write(`loopgate cannot start:\n${cause.problems.map((problem) => `  ${problem}\n`).join('')}`);
    return 1;
  }
}

function reloaded({ changed, restart }: Reloaded): void {
  const words = [`reloaded: ${changed.join(', ') || 'nothing changed'}`];
  if (restart.length > 0) words.push(`needs a restart: ${restart.join(', ')}`);
  process.stdout.write(`${words.join('; ')}\n`);
}

function refused(cause: unknown): void {
  const problems = cause instanceof ConfigError ? cause.problems : ['the record could not be written'];
  process.stderr.write(
    `not reloaded, the old settings stay in force:\n${problems.map((each) => `  ${each}\n`).join('')}`,
  );
}
