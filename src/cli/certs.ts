import { Command } from 'commander';
import { directConfig } from '../../channels/direct/config.ts';
import { edgeConfig } from '../../channels/direct/edge/config.ts';
import { takeInventory, type Inventory, type Named } from '../../channels/direct/inventory.ts';
import { loadConfig, type Config } from '../config.ts';
import { addMakingVerbs } from './certs-make.ts';
import { addPublishVerb } from './certs-publish.ts';
import { Failure, show, table } from './client.ts';

export function certsCommand(): Command {
  const command = new Command('certs').description('the certificates that the settings name, and new ones');
  addMakingVerbs(command);
  addPublishVerb(command);
  command
    .command('list')
    .description('every certificate that the settings name, and until when it is valid')
    .option('--json', 'print JSON')
    .action(async ({ json }: { readonly json?: boolean }) => {
      const { certificates } = await takeInventory(named(await loadConfig()), Date.now());
      show(json, certificates.map(dated), () => rowsOf(certificates));
    });
  command
    .command('check')
    .description('expired or about to, weak, unreadable, or with a key that is not theirs; exit 0 when none is')
    .option('--json', 'print JSON')
    .action(async ({ json }: { readonly json?: boolean }) => {
      const inventory = await takeInventory(named(await loadConfig()), Date.now());
      show(json, { ...inventory, certificates: inventory.certificates.map(dated) }, () => told(inventory));
      if (inventory.problems.length > 0) throw new Failure(1, inventory.problems.join('; '));
    });
  return command;
}

function named({ channels }: Config): Named[] {
  const direct = channels['direct'] === undefined ? null : directConfig.parse(channels['direct']);
  const edge = channels['edge'] === undefined ? null : edgeConfig.parse(channels['edge']);
  const all = (use: 'identity' | 'anchor' | 'partner' | 'authority', files: readonly (string | null)[]): Named[] =>
    files.flatMap((file) => (file === null ? [] : [{ use, file }]));
  const doors = [direct?.listen.tls, edge?.listen.tls].flatMap((tls) => tls ?? []);
  return [
    ...all('identity', direct?.identities ?? []),
    ...all('anchor', direct?.anchors.map(({ file }) => file) ?? []),
    ...all('partner', direct?.peers.flatMap(({ certificates }) => certificates) ?? []),
    ...all('authority', direct?.bundles.map(({ signer }) => signer) ?? []),
    ...all('authority', [...(direct?.peers.map(({ ca }) => ca) ?? []), edge?.notices?.ca ?? null]),
    ...doors.map(({ key, certificate }): Named => ({ use: 'tls', file: certificate, key })),
  ];
}

const dated = (found: Inventory['certificates'][number]) => ({
  ...found,
  notAfter: new Date(found.notAfter).toISOString(),
});

function told({ certificates, problems }: Inventory): string {
  const verdict = problems.length === 0 ? ['the certificates are fine'] : problems;
  return [rowsOf(certificates), ...verdict].join('\n');
}

function rowsOf(certificates: Inventory['certificates']): string {
  const rows = certificates.map(dated).map(({ use, notAfter, subject, file }) => [use, notAfter, subject, file]);
  return table([['USE', 'VALID UNTIL', 'SUBJECT', 'FILE'], ...rows]);
}
