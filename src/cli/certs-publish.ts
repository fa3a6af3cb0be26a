import { readFile } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import { certNameOf } from '../../channels/direct/discovery/dns-cert.ts';
import { bindingsOf, readCertificates, type Certificate } from '../../channels/direct/trust/certificate.ts';
import { usageProblems } from '../../channels/direct/trust/links.ts';
import { Failure } from './client.ts';

interface PublishOptions {
  readonly as: 'dns' | 'ldif';
  readonly base?: string;
}

/** The other half of discovery: what to put where partners look for our certificates. */
export function addPublishVerb(command: Command): void {
  command
    .command('publish')
    .description('what to put into your DNS or directory, so that partners find a certificate')
    .argument('<pem>', 'a certificate, or an identity; its key is not looked at')
    .addOption(
      new Option('--as <form>', 'records of a DNS zone, or an entry of a directory')
        .choices(['dns', 'ldif'])
        .default('dns'),
    )
    .option('--base <dn>', 'where in the directory, with --as ldif')
    .action(async (file: string, options: PublishOptions) => {
      const [certificate] = readCertificates(await readFile(file));
      if (!certificate) throw new Failure(1, `${file}: there is no certificate`);
      process.stdout.write(entriesOf(certificate, options).join(''));
    });
}

function entriesOf(certificate: Certificate, { as, base }: PublishOptions): string[] {
  const { addresses, domains } = bindingsOf(certificate);
  const names = [...addresses, ...domains];
  if (names.length === 0) throw new Failure(1, 'it is bound to no address and no domain: partners would not use it');
  const [useless] = usageProblems(certificate, 'keyEncipherment');
  if (useless !== undefined) throw new Failure(1, `${useless}: partners need the one that they encrypt for`);
  if (as === 'dns') return names.map((name) => recordOf(name, certificate));
  if (base === undefined)
    throw new Failure(2, 'name with --base where in the directory, for instance dc=riverside,dc=org');
  return names.map((name) => entryOf(name, base, certificate));
}

/** RFC 4398 §2.2, as name servers read it; the name ends in a dot, so it stands in any zone file. */
function recordOf(name: string, { raw }: Certificate): string {
  const owner = certNameOf(name);
  if (owner === null || !/^[\w.-]+$/.test(owner))
    throw new Failure(1, `${name} cannot be a name in DNS: publish it by LDAP`);
  const lines = raw.toString('base64').replace(/.{1,64}/g, '  $&\n');
  return `${owner}. IN CERT PKIX 0 0 (\n${lines})\n`;
}

/** RFC 2849 and RFC 4523: partners look for the address, then for the domain, in `mail`. */
function entryOf(name: string, base: string, { raw }: Certificate): string {
  const lines = [
    `dn: cn=${name.replace(/[,+"\\<>;=#]/g, '\\$&')},${base}`,
    'objectClass: inetOrgPerson',
    `cn: ${name}`,
    `sn: ${name}`,
    `mail: ${name}`,
    `userCertificate;binary:: ${raw.toString('base64')}`,
  ];
  return `${lines.join('\n')}\n\n`;
}
