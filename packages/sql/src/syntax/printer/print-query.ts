import type { OrderItem, Query, Relation, SelectItem, TimeSpan, WindowClause, WithinClause } from '../ast/index.ts';
import { printExpression } from './print-expression.ts';
import { quotedWhereNeeded as nameText } from './print-name.ts';

const joinWords = { INNER: 'INNER', LEFT: 'LEFT OUTER', RIGHT: 'RIGHT OUTER', FULL: 'FULL OUTER' } as const;

/**
 * A query as ksqlDB shows it: a clause a line, select items indented where there are several.
 *
 * @param isPersistent below CREATE AS and INSERT INTO, where EMIT CHANGES is meant when nothing is said
 */
export function printQuery(query: Query, isPersistent = false): string {
  const lines = [selectText(query.select), `FROM ${relationText(query.from)}`];
  if (query.window !== null) lines.push(`WINDOW ${windowText(query.window)} `);
  if (query.where !== null) lines.push(`WHERE ${printExpression(query.where)}`);
  if (query.groupBy !== null) lines.push(`GROUP BY ${byText(query.groupBy)}`);
  if (query.partitionBy !== null) lines.push(`PARTITION BY ${byText(query.partitionBy)}`);
  if (query.having !== null) lines.push(`HAVING ${printExpression(query.having)}`);
  if (query.orderBy !== null) lines.push(`ORDER BY ${query.orderBy.map(orderText).join(', ')}`);
  const emit = query.emit ?? (isPersistent ? 'CHANGES' : null);
  if (emit !== null) lines.push(`EMIT ${emit}`);
  if (query.limit !== null) lines.push(`LIMIT ${query.limit}`);
  return lines.join('\n');
}

function selectText(items: readonly SelectItem[]): string {
  if (items.length === 1) return `SELECT ${itemText(items[0]!)}`;
  return `SELECT${items.map((item) => `\n  ${itemText(item)}`).join(',')}`;
}

function itemText(item: SelectItem): string {
  switch (item.kind) {
    case 'all':
      return item.source === null ? '*' : `${nameText(item.source)}.*`;
    case 'allFields':
      return `${printExpression(item.struct)}->*`;
    case 'column': {
      const text = printExpression(item.expression);
      const named = item.alias === null ? text : `${text} ${nameText(item.alias)}`;
      return item.headerKey === null ? named : `${named} HEADER('${item.headerKey.replaceAll("'", "''")}')`;
    }
  }
}

function relationText(relation: Relation): string {
  if (relation.kind === 'source') return `${nameText(relation.name)} ${nameText(relation.alias)}`;
  const { isGlobal, type, left, right, within, on } = relation;
  const window = within === null ? '' : ` ${withinText(within)}`;
  return `${relationText(left)}\n${joinWords[type]}${isGlobal ? ' GLOBAL' : ''} JOIN ${relationText(right)}${window} ON (${printExpression(on)})`;
}

function withinText({ before, after, grace }: WithinClause): string {
  const isOne = before.durationMs === after.durationMs;
  const size = isOne ? spanText(before) : `(${spanText(before)}, ${spanText(after)})`;
  return `WITHIN ${size}${grace === null ? '' : ` GRACE PERIOD ${spanText(grace)}`}`;
}

/** `TUMBLING ( SIZE 1 DAYS )`. */
export function windowText(window: WindowClause): string {
  const parts =
    window.kind === 'SESSION'
      ? [spanText(window.gap)]
      : window.kind === 'TUMBLING'
        ? [`SIZE ${spanText(window.size)}`]
        : [`SIZE ${spanText(window.size)}`, `ADVANCE BY ${spanText(window.advance)}`];
  if (window.retention !== null) parts.push(`RETENTION ${spanText(window.retention)}`);
  if (window.grace !== null) parts.push(`GRACE PERIOD ${spanText(window.grace)}`);
  return `${window.kind} ( ${parts.join(' , ')} )`;
}

export function spanText({ amount, unit }: TimeSpan): string {
  return `${amount} ${unit}`;
}

function byText(items: NonNullable<Query['groupBy']>): string {
  return items.length === 0 ? '()' : items.map((item) => printExpression(item)).join(', ');
}

function orderText({ expression, isDescending, nulls }: OrderItem): string {
  return `${printExpression(expression)}${isDescending ? ' DESC' : ''}${nulls === null ? '' : ` NULLS ${nulls}`}`;
}
