import { statementError } from '../../analyzer/statement-error.ts';
import { withFieldNames } from '../../formats/json/json-style.ts';
import { isSystemColumn } from '../../schema/system-columns.ts';
import type { AlterSource } from '../../syntax/ast/index.ts';
import { spellingsOf } from '../../syntax/spellings.ts';
import { done, type SqlEngine, type StatementResult } from '../sql-engine.ts';

/** ALTER STREAM|TABLE … ADD COLUMN: columns at the end of the value. */
export function alterSource(engine: SqlEngine, statement: AlterSource, text: string): StatementResult {
  const { columns, name, sourceKind } = statement;
  const source = engine.catalog.source(name);
  if (source === undefined) throw statementError(`Source ${name} does not exist.`);
  if (source.kind !== sourceKind) {
    throw statementError(`Incompatible data source type is ${source.kind}, but statement was ALTER ${sourceKind}`);
  }
  const kind = sourceKind.toLowerCase();
  if (source.isReadOnly) {
    throw statementError(`Cannot alter ${kind} '${name}': ALTER operations are not supported on source ${kind}s.`);
  }
  if (source.isDerived) {
    throw statementError(
      'ALTER command is not supported for CREATE ... AS statements. Replace the query: CREATE OR REPLACE … AS SELECT …',
    );
  }
  const { headers, key, value } = source.schema;
  for (const [at, { name: column }] of columns.entries()) {
    if (isSystemColumn(column)) {
      throw statementError(`'${column}' is a reserved column name. You cannot use it as a name for a column.`);
    }
    if ([...key, ...value, ...headers, ...columns.slice(0, at)].some((each) => each.name === column)) {
      throw statementError(`Cannot add column \`${column}\` to schema. A column with the same name already exists.`);
    }
  }
  const schema = { key, value: [...value, ...columns], headers };
  const spellings = new Map([...spellingsOf(text), ...source.spellings]);
  const format = withFieldNames(source.valueFormat.format, schema.value, spellings);
  const valueFormat = { ...source.valueFormat, format };
  engine.catalog.put({ ...source, schema, spellings, valueFormat, statement: text });
  return done(`${sourceKind === 'STREAM' ? 'Stream' : 'Table'} ${name} altered.`);
}
