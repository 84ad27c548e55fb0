import { SqlError } from '../../sql-error.ts';
import type { Statement } from '../../syntax/ast/index.ts';

/** What to do instead of statements that no server does, or that this place does not. */
export function notHere(statement: Statement): SqlError {
  switch (statement.kind) {
    case 'alterSystem':
      return new SqlError(
        'HW_SQL_UNSUPPORTED',
        'Cannot alter system configs when KSQL_SHARED_RUNTIME_ENABLED is turned off.',
        {
          hint: `Start the server with this setting, or give it to a query: SET '${statement.name}'='${statement.value}';`,
        },
      );
    case 'query':
    case 'printTopic':
      return new SqlError('HW_SQL_UNSUPPORTED', 'SELECT and PRINT give rows', {
        hint: 'Send them to /query-stream or /query',
      });
    default:
      return new SqlError('HW_SQL_UNSUPPORTED', `Statements of this kind (${statement.kind}) are not served`);
  }
}
