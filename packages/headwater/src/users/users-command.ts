import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline/promises';
import { type Readable, Writable } from 'node:stream';
import { getCACertificates, setDefaultCACertificates } from 'node:tls';
import { loadConfiguration } from '../configuration.ts';
import { HeadwaterError } from '../headwater-error.ts';
import { RealmAdmin } from './realm-admin.ts';
import { parseUsersFlags, type UsersFlags } from './users-flags.ts';

export interface UsersContext {
  env: NodeJS.ProcessEnv;
  cwd: string;
  /** Where a password is read from: a line, or what a person types unseen. */
  input: Readable & { isTTY?: boolean };
  /** A line for the user. */
  say: (line: string) => void;
  signal: AbortSignal;
}

/** Runs `headwater users`, by the admin REST of the identity part or of a Keycloak. Resolves with the exit code. */
export async function usersCommand(args: readonly string[], context: UsersContext): Promise<number> {
  const flags = parseUsersFlags(args);
  const { env, say, signal } = context;
  const caFile = env['HEADWATER_CA_FILE'];
  if (caFile) setDefaultCACertificates([...getCACertificates('default'), readFileSync(caFile, 'utf8')]);
  const admin = new RealmAdmin(issuerOf(flags, context), env, signal);
  const { username, roles } = flags;
  switch (flags.action) {
    case 'list': {
      const users = await admin.users();
      const width = Math.max(0, ...users.map((user) => user.username.length));
      for (const user of users) {
        const names = (await admin.rolesOf(user.id)).join(', ') || 'no roles';
        say(`${user.username.padEnd(width)}  ${names}${user.enabled === false ? ' (switched off)' : ''}`);
      }
      return 0;
    }
    case 'add': {
      // First, so that nobody is there without the roles that were asked for.
      await admin.roles(roles);
      const id = await admin.add(username, await newPassword(context), flags.email);
      if (roles.length > 0) await admin.setRoles(id, roles);
      say(`${username} is there${roles.length > 0 ? `, with ${roles.join(', ')}` : ', without roles'}`);
      return 0;
    }
    case 'password':
      await admin.setPassword((await admin.user(username)).id, await newPassword(context));
      say(`${username} has a new password`);
      return 0;
    case 'roles': {
      const { id } = await admin.user(username);
      if (roles.length > 0) await admin.setRoles(id, roles);
      say(`${username}: ${(await admin.rolesOf(id)).join(', ') || 'no roles'}`);
      return 0;
    }
    case 'remove':
      await admin.remove((await admin.user(username)).id);
      say(`${username} is removed`);
      return 0;
  }
}

function issuerOf({ identity, config }: UsersFlags, { env, cwd }: UsersContext): string {
  if (identity !== undefined) return identity;
  const configuration = loadConfiguration(config === undefined ? {} : { config }, env, cwd);
  const { url, host, port } = configuration.parts.identity;
  const scheme = configuration.isSecure ? 'https' : 'http';
  return url ?? `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}/realms/headwater`;
}

/** Never an argument, which others on the machine can read. */
async function newPassword({ input, signal }: UsersContext): Promise<string> {
  if (input.isTTY) process.stderr.write('Password: ');
  const unseen = new Writable({ write: (_, __, done) => done() });
  const lines = createInterface({ input, output: unseen, terminal: input.isTTY === true, signal });
  try {
    for await (const line of lines) if (line !== '') return line;
  } finally {
    lines.close();
    if (input.isTTY) process.stderr.write('\n');
  }
  throw new HeadwaterError('HW_CLI_USAGE', 'no password: type it, or send it: headwater users add NAME < FILE');
}
