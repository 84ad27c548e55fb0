import type { DataSource } from '../catalog/data-source.ts';
import { isPlainKsql } from '../dialect.ts';
import type { Properties } from '../functions/function-registry.ts';
import type { CreateAsSelect } from '../syntax/ast/index.ts';
import { printExpression } from '../syntax/printer/print-expression.ts';

/** What to say of a table whose rows become more and more: null where they do not, and in ksqlDB's dialect, which says nothing of it. */
export function unboundedState({ query }: CreateAsSelect, sink: DataSource, settings: Properties): string | null {
  if (query.groupBy === null || query.window !== null || sink.rowTtlMs !== null || isPlainKsql(settings)) return null;
  const groups = query.groupBy.map((each) => printExpression(each)).join(', ');
  if (groups === '') return null;
  return `${sink.name} keeps a row for each value of ${groups} for ever. Where old ones are not needed, let them go: WITH (ROW_TTL='7 DAYS'), or group by a WINDOW.`;
}
