import { authenticationOk, backendKeyData, parameterStatus } from '../protocol/backend-messages.ts';
import type { BackendSession } from './backend-session.ts';
import type { ClientSession } from './client-session.ts';
import { quotedName, quotedText } from './sql-text.ts';

/**
 * PostgreSQL's session becomes that of a client: its user, who is made when there is none, and its settings.
 *
 * @param roles users that are known to be there; gets the client's
 * @throws Error with `sqlState`, such as for a setting that there is not
 */
export async function enterSession(backend: BackendSession, session: ClientSession, roles: Set<string>): Promise<void> {
  const { user } = session.settings;
  if (!roles.has(user)) {
    const create = `DO $do$ BEGIN IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = ${quotedText(user)}) THEN CREATE ROLE ${quotedName(user)} SUPERUSER LOGIN; END IF; END $do$`;
    await backend.internal(`RESET SESSION AUTHORIZATION; ${create}`);
    roles.add(user);
  }
  const { error } = await backend.internal(session.settings.enterSql());
  if (error === null) return;
  roles.delete(user);
  throw Object.assign(new Error(error['M']), { sqlState: error['C'] });
}

/** The client is let in, and told the parameters. */
export function welcome(backend: BackendSession, session: ClientSession): void {
  session.client.write(authenticationOk);
  tellParameters(backend, session);
  session.client.write(backendKeyData(session.id, session.secret));
}

/** Tells the client those parameters that are not what it was told last. */
export function tellParameters(backend: BackendSession, session: ClientSession): void {
  for (const [name, value] of backend.parameters) {
    if (session.told.get(name) === value) continue;
    session.told.set(name, value);
    session.client.write(parameterStatus(name, value));
  }
}
