import { Command, CommanderError } from 'commander';
import { auditCommand, receiptCommand } from './audit.ts';
import { backupCommand, restoreCommand, resumeCommand } from './backup.ts';
import { certsCommand } from './certs.ts';
import { Failure } from './client.ts';
import { configCommand, reloadCommand } from './config.ts';
import { decisionCommand, explainCommand, logCommand, showCommand } from './deliveries.ts';
import { directCommand } from './direct.ts';
import { intakeCommand } from './intake.ts';
import { keysCommand } from './keys.ts';
import { numbersCommand } from './numbers.ts';
import { apiKeysCommand, usersCommand } from './people.ts';
import { sendCommand } from './send.ts';
import { runtimeOptions } from '../config.ts';
import { keepMemoryOffDisk } from '../crash-dumps.ts';
import { ConfigError } from '../errors.ts';

const program = new Command('loopgate')
  .description('gets a referral to the right practice and proves that it arrived')
  .hook('preAction', () => {
    keepMemoryOffDisk(runtimeOptions());
  })
  .addCommand(
    new Command('serve')
      .description('run the gateway')
      .option('--roles <roles>', "what this process does: 'edge', 'work' or 'edge,work'")
      .action(async (options: { readonly roles?: string }) => {
        // The whole gateway, which no other command needs.
        const { serve } = await import('../serve.ts');
        process.exitCode = await serve(options);
      }),
  )
  .addCommand(sendCommand())
  .addCommand(showCommand())
  .addCommand(logCommand())
  .addCommand(explainCommand())
  .addCommand(decisionCommand('retry', 'try a held or failed delivery again from its first route'))
  .addCommand(decisionCommand('confirm', 'say that a delivery in doubt arrived, and how you know'))
  .addCommand(decisionCommand('cancel', 'stop a delivery that waits'))
  .addCommand(decisionCommand('hold', 'stop a delivery until a person says otherwise'))
  .addCommand(numbersCommand())
  .addCommand(intakeCommand())
  .addCommand(directCommand())
  .addCommand(configCommand())
  .addCommand(reloadCommand())
  .addCommand(certsCommand())
  .addCommand(keysCommand())
  .addCommand(usersCommand())
  .addCommand(apiKeysCommand())
  .addCommand(auditCommand())
  .addCommand(receiptCommand())
  .addCommand(backupCommand())
  .addCommand(restoreCommand())
  .addCommand(resumeCommand());

/** Commander calls wrong usage 1 and writes of it in its own way; contract.md says 2, and one line that says what to do. */
function throwing(command: Command): void {
  command.exitOverride().configureOutput({
    outputError: (text, write) => {
      const [words = '', ...more] = text
        .replace(/^error: /, '')
        .trim()
        .split('\n');
      write(`loopgate: ${[words, ...more].join(' ')}; see npx loopgate --help\n`);
    },
  });
  for (const each of command.commands) throwing(each);
}
throwing(program);

try {
  await program.parseAsync();
} catch (cause) {
  process.exitCode = report(cause);
}

function report(cause: unknown): number {
  if (cause instanceof CommanderError) return cause.exitCode === 0 ? 0 : 2;
  if (cause instanceof Failure) {
    process.stderr.write(`loopgate: ${cause.message}\n`);
    return cause.exitCode;
  }
  if (cause instanceof ConfigError) {
    process.stderr.write(`loopgate: ${cause.problems.join('; ')}\n`);
    return 1;
  }
  process.stderr.write(`loopgate: ${cause instanceof Error ? cause.message : 'unknown failure'}\n`);
  return 1;
}
