import { parseArgs } from 'node:util';
import { HeadwaterError } from '../headwater-error.ts';

export const usersActions = ['list', 'add', 'password', 'roles', 'remove'] as const;
export type UsersAction = (typeof usersActions)[number];

/** What `headwater users` was asked for. */
export interface UsersFlags {
  action: UsersAction;
  /** Empty for `list`. */
  username: string;
  /** For `roles`: those that the user is to have; for `add`: of `--roles`. */
  roles: readonly string[];
  email?: string;
  identity?: string;
  config?: string;
}

/** @throws HeadwaterError HW_CLI_USAGE */
export function parseUsersFlags(args: readonly string[]): UsersFlags {
  const wrong = (message: string, cause?: unknown): HeadwaterError =>
    new HeadwaterError('HW_CLI_USAGE', `${message}: see headwater help`, cause);
  const text = { type: 'string' } as const;
  const options = { identity: text, config: text, roles: text, email: text };
  let parsed: { values: { [name in keyof typeof options]?: string }; positionals: string[] };
  try {
    parsed = parseArgs({ args: [...args], allowPositionals: true, options });
  } catch (cause) {
    throw wrong((cause as Error).message.split('. To')[0]!, cause);
  }
  const { roles, ...given } = parsed.values;
  const [word, username = '', ...rest] = parsed.positionals;
  const action = usersActions.find((name) => name === word);
  if (action === undefined) throw wrong(`headwater users ${usersActions.join('|')}, not "${word ?? ''}"`);
  if (action === 'list' && username !== '') throw wrong(`headwater users list takes no name, but "${username}"`);
  if (action !== 'list' && username === '') throw wrong(`which user? headwater users ${action} NAME`);
  if (rest.length > 0 && action !== 'roles') throw wrong(`"${rest[0]}" is one word too many`);
  const names = action === 'roles' ? rest : (roles?.split(',') ?? []);
  return { action, username, roles: names.map((name) => name.trim()).filter(Boolean), ...given };
}
