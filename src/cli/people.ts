import { Command } from 'commander';
import { roles, type Role } from '../core/role.ts';
import { connect, Failure, show, table } from './client.ts';

interface Options {
  readonly json?: boolean;
}

interface Bound {
  readonly role: Role;
  readonly practice?: string;
  readonly allPractices?: boolean;
}

interface User {
  readonly name: string;
  readonly role: Role;
  readonly practice: string | null;
  readonly disabled: boolean;
}

interface Key {
  readonly id: string;
  readonly label: string;
  readonly role: Role;
  readonly practice: string | null;
  readonly scopes: readonly string[];
  readonly usedAt: string | null;
  readonly revokedAt: string | null;
}

export function usersCommand(): Command {
  const command = new Command('users').description('who may sign in');
  command
    .command('list')
    .description('everybody, with role and practice')
    .option('--json', 'print JSON')
    .action(async ({ json }: Options) => {
      const { rows } = await (await connect()).get<{ rows: User[] }>('/users');
      show(json, rows, () => table([['NAME', 'ROLE', 'PRACTICE', ''], ...rows.map(userLine)]));
    });
  bounded(command.command('add').description('let somebody in; prints a first password').argument('<name>'))
    .option('--json', 'print JSON')
    .action(async (name: string, options: Options & Bound) => {
      await firstPassword('/users', { name, ...boundOf(options) }, options.json);
    });
  bounded(command.command('role').description('give another role').argument('<name>'))
    .option('--json', 'print JSON')
    .action((name: string, options: Options & Bound) => changed(name, boundOf(options), options.json));
  for (const [verb, disabled] of [
    ['disable', true],
    ['enable', false],
  ] as const) {
    command
      .command(verb)
      .description(disabled ? 'nobody signs in as them; their sessions end at once' : 'let them in again')
      .argument('<name>')
      .option('--json', 'print JSON')
      .action((name: string, { json }: Options) => changed(name, { disabled }, json));
  }
  command
    .command('reset')
    .description('a new first password; their sessions end at once')
    .argument('<name>')
    .option('--json', 'print JSON')
    .action((name: string, { json }: Options) =>
      firstPassword(`/users/${encodeURIComponent(name)}/password`, {}, json),
    );
  command
    .command('forget-factors')
    .description('for somebody who lost all second factors and recovery codes; their sessions end at once')
    .argument('<name>')
    .option('--json', 'print JSON')
    .action(async (name: string, { json }: Options) => {
      const user = await (await connect()).remove<User>(`/users/${encodeURIComponent(name)}/factors`);
      show(json, user, () => `${user.name} signs in by the password alone, and sets up new factors`);
    });
  return command;
}

export function apiKeysCommand(): Command {
  const command = new Command('api-keys').description('keys with which programs come in');
  command
    .command('list')
    .description('all of them, with when each was last used')
    .option('--json', 'print JSON')
    .action(async ({ json }: Options) => {
      const { rows } = await (await connect()).get<{ rows: Key[] }>('/keys');
      show(json, rows, () => table([['ID', 'LABEL', 'ROLE', 'PRACTICE', 'LAST USED', ''], ...rows.map(keyLine)]));
    });
  bounded(command.command('add').description('make one; prints its secret').argument('<label>'))
    .option('--scopes <rights...>', 'less than its role may do')
    .option('--json', 'print JSON')
    .action(async (label: string, options: Options & Bound & { readonly scopes?: string[] }) => {
      const { scopes } = options;
      const body = { label, ...boundOf(options), ...(scopes ? { scopes } : {}) };
      const made = await (await connect()).post<{ key: Key; secret: string }>('/keys', body);
      show(options.json, made, () => `${made.key.id}\n${made.secret}\nshown once: keep it as you keep a password`);
    });
  command
    .command('revoke')
    .description('nobody comes in with it any more, from now on')
    .argument('<id>', 'as list shows it')
    .option('--json', 'print JSON')
    .action(async (id: string, { json }: Options) => {
      const gone = await (await connect()).remove<Key>(`/keys/${encodeURIComponent(id)}`);
      show(json, gone, () => `revoked ${gone.id} (${gone.label})`);
    });
  return command;
}

const bounded = (command: Command): Command =>
  command
    .requiredOption('--role <role>', roles.join(', '))
    .option('--practice <id>', 'whose')
    .option('--all-practices', 'of the whole gateway');

function boundOf({ role, practice, allPractices }: Bound): { role: Role; practice: string | null } {
  if ((practice === undefined) === (allPractices !== true))
    throw new Failure(2, 'say --practice <id> or --all-practices');
  return { role, practice: practice ?? null };
}

async function firstPassword(path: string, body: unknown, json: boolean | undefined): Promise<void> {
  const made = await (await connect()).post<{ user: User; password: string }>(path, body);
  show(json, made, () => `${made.user.name} signs in with ${made.password} (shown once)`);
}

async function changed(name: string, body: unknown, json: boolean | undefined): Promise<void> {
  const user = await (await connect()).post<User>(`/users/${encodeURIComponent(name)}`, body);
  show(json, user, () => userLine(user).join('  ').trimEnd());
}

const userLine = ({ name, role, practice, disabled }: User): string[] => [
  name,
  role,
  practice ?? 'all',
  disabled ? 'disabled' : '',
];

const keyLine = ({ id, label, role, practice, usedAt, revokedAt }: Key): string[] => [
  id,
  label,
  role,
  practice ?? 'all',
  usedAt ?? 'never',
  revokedAt === null ? '' : 'revoked',
];
