import type { TransactionStatus } from '../protocol/backend-messages.ts';
import { type DatabaseCommand, quotedText } from './sql-text.ts';

/** What is not a database's own to do. They throw with `sqlState`. */
export interface DatabaseCommands {
  create(name: string): Promise<void>;
  drop(name: string, isForced: boolean): Promise<void>;
}

/**
 * CREATE and DROP DATABASE, which the store does and not PostgreSQL.
 *
 * @param current the database that it is said in
 * @returns what PostgreSQL runs in its place: nothing, or the error
 */
export async function runDatabaseCommand(
  commands: DatabaseCommands,
  current: string,
  status: TransactionStatus,
  { isForced, isIfExists, kind, name }: DatabaseCommand,
): Promise<string> {
  try {
    const statement = `${kind.toUpperCase()} DATABASE`;
    if (status !== 'I') throw stateError('25001', `${statement} cannot run inside a transaction block`);
    if (kind === 'create') await commands.create(name);
    else if (name === current) throw stateError('55006', 'cannot drop the currently open database');
    else await commands.drop(name, isForced);
  } catch (error) {
    const { message, sqlState = '58000' } = error as Error & { sqlState?: string };
    if (!(isIfExists && sqlState === '3D000')) {
      return `DO $do$ BEGIN RAISE EXCEPTION USING MESSAGE = ${quotedText(message)}, ERRCODE = ${quotedText(sqlState)}; END $do$`;
    }
  }
  return 'DO $do$ BEGIN END $do$';
}

function stateError(sqlState: string, message: string): Error {
  return Object.assign(new Error(message), { sqlState });
}
