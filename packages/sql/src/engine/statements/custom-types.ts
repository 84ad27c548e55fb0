import { statementError } from '../../analyzer/statement-error.ts';
import type { CreateType, DropType } from '../../syntax/ast/index.ts';
import { typeText } from '../../types/sql-type.ts';
import { done, type SqlEngine, type StatementResult } from '../sql-engine.ts';

/** CREATE TYPE: a name for a type, in the statements that follow. */
export function createType({ catalog }: SqlEngine, { isIfNotExists, name, type }: CreateType): StatementResult {
  const known = catalog.type(name);
  if (known !== undefined && isIfNotExists) return done(`${name} is already registered with type ${typeText(known)}`);
  catalog.registerType(name, type);
  return done(`Registered custom type with name '${name}' and SQL type ${typeText(type)}`);
}

/** DROP TYPE. What was made with it stays as it is. */
export function dropType({ catalog }: SqlEngine, { isIfExists, name }: DropType): StatementResult {
  if (catalog.dropType(name)) return done(`Dropped type '${name}'`);
  if (isIfExists) return done(`Type '${name}' does not exist`);
  throw statementError(`Type ${name} does not exist.`);
}
