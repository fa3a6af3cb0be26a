import { loadConfig } from './config.ts';
import { ConfigError } from './errors.ts';
import { makeSignIn, makeTryOutIdentity } from './first-run.ts';
import { createGateway } from './gateway.ts';

/** Run until a signal says stop. Returns the exit code: 0 done, 1 could not start.
 *  @param words settings from the command line */
export async function serve(words: { readonly roles?: string } = {}): Promise<number> {
  try {
    const config = await loadConfig(undefined, words);
    makeTryOutIdentity(config, Date.now());
    const gateway = await createGateway(config);
    const edge = config.roles.includes('edge');
    const signIn = edge ? await makeSignIn(config, gateway.store) : null;
    await gateway.start();
    process.stdout.write(edge ? `ready ${gateway.url}\n` : 'ready\n');
    if (signIn) {
      process.stdout.write(`sign in as ${signIn.name} with password ${signIn.password} (shown once)\n`);
    }
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
