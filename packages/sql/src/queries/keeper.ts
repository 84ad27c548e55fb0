import { statementError } from '../analyzer/statement-error.ts';
import type { DataSource } from '../catalog/data-source.ts';
import type { PersistentQuery } from '../engine/engine-services.ts';
import type { SqlEngine } from '../engine/sql-engine.ts';

/** The query that keeps a table's rows. @throws SqlError where there is none */
export function keeperOf({ queries }: SqlEngine, { name }: DataSource): PersistentQuery {
  for (const query of queries.values()) {
    if (query.kind !== 'INSERT' && query.sinkName === name && query.view !== null) return query;
  }
  throw statementError(
    `The \`${name}\` table isn't queryable. To derive a queryable table, you can do 'CREATE TABLE QUERYABLE_${name} AS SELECT * FROM ${name}'. See https://cnfl.io/queries for more info.\nAdd EMIT CHANGES if you intended to issue a push query.`,
  );
}
