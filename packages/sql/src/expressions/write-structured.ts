import type { Expression } from '../syntax/ast/index.ts';
import { printExpression } from '../syntax/printer/print-expression.ts';
import { coerceLiteral, commonType } from '../types/common-type.ts';
import { type SqlType, structType } from '../types/sql-type.ts';
import { type ExpressionWriter, shown, statement } from './expression-writer.ts';
import { listItem, literalValue } from './list-item.ts';
import type { Written } from './written.ts';

/** 1 is the first, -1 the last; null beyond the ends. */
function elementAt(list: readonly unknown[], index: number): unknown {
  const at = index < 0 ? list.length + index : index - 1;
  return at < 0 || at >= list.length ? null : list[at];
}

function valueAt(map: ReadonlyMap<unknown, unknown>, key: unknown): unknown {
  return map.get(key) ?? null;
}

export function writeSubscript(
  writer: ExpressionWriter,
  expression: Extract<Expression, { kind: 'subscript' }>,
): Written {
  const base = writer.write(expression.base);
  const index = writer.write(expression.index);
  const { type } = base;
  if (type?.kind !== 'ARRAY' && type?.kind !== 'MAP') {
    const hint = type?.kind === 'STRUCT' ? ' Use the dereference operator for STRUCTS: base->field' : '';
    throw statement(`Subscript expression (${printExpression(expression)}) do not apply to ${shown(type)}.${hint}`);
  }
  const isArray = type.kind === 'ARRAY';
  if (isArray && index.type !== null && index.type.kind !== 'INTEGER' && index.type.kind !== 'BIGINT') {
    throw statement(
      `Subscript expression (${printExpression(expression)}) do not apply to ${shown(type)}: elements of an ARRAY are known by an INTEGER, not by ${shown(index.type)}`,
    );
  }
  const [assigned, read] = writer.twice(base);
  const run = writer.module.constant(isArray ? elementAt : valueAt);
  const at = isArray ? writer.notNull(index) : index.code;
  return {
    type: isArray ? type.element : type.value,
    code: `(${assigned} === null ? null : ${run}(${read}, ${isArray && index.type?.kind === 'BIGINT' ? `Number(${at})` : at}))`,
    isNullable: true,
    isThrowing: base.isThrowing || index.isThrowing || (isArray && index.isNullable),
  };
}

const seeIssue = 'see https://github.com/confluentinc/ksql/issues/4239';

export function writeArray(writer: ExpressionWriter, { elements }: Extract<Expression, { kind: 'array' }>): Written {
  if (elements.length === 0) {
    throw statement(`Array constructor cannot be empty. Please supply at least one element (${seeIssue}).`);
  }
  const element = commonOf(writer, elements, 'Cannot construct an array with all NULL elements', 'NULL value');
  const codes = elements.map((each) => writtenAs(writer, each, element).code);
  return {
    type: { kind: 'ARRAY', element },
    code: `[${codes.join(', ')}]`,
    isNullable: false,
    isThrowing: false,
  };
}

export function writeMap(writer: ExpressionWriter, { entries }: Extract<Expression, { kind: 'map' }>): Written {
  if (entries.length === 0) {
    throw statement(`Map constructor cannot be empty. Please supply at least one key value pair (${seeIssue}).`);
  }
  const keys = entries.map(({ key }) => key);
  const values = entries.map(({ value }) => value);
  const key = commonOf(writer, keys, 'Cannot construct a map with all NULL keys', 'NULL key');
  const value = commonOf(writer, values, 'Cannot construct a map with all NULL values', 'NULL value');
  const codes = entries.map(
    (entry) => `[${writtenAs(writer, entry.key, key).code}, ${writtenAs(writer, entry.value, value).code}]`,
  );
  return {
    type: { kind: 'MAP', key, value },
    code: `new Map([${codes.join(', ')}])`,
    isNullable: false,
    isThrowing: false,
  };
}

export function writeStruct(writer: ExpressionWriter, { fields }: Extract<Expression, { kind: 'struct' }>): Written {
  if (new Set(fields.map(({ name }) => name)).size < fields.length) {
    throw statement(`Duplicate field names found in STRUCT: ${fields.map(({ name }) => name).join(', ')}`);
  }
  const written = fields.map(({ name, value }) => {
    const item = writer.orNull(() => writer.write(value));
    if (item.type === null) throw statement(`The field ${name} of the STRUCT is NULL: CAST it to a type`);
    return { name, type: item.type, code: item.code };
  });
  return {
    type: structType(written.map(({ name, type }) => ({ name, type }))),
    code: `[${written.map(({ code }) => code).join(', ')}]`,
    isNullable: false,
    isThrowing: false,
  };
}

function commonOf(
  writer: ExpressionWriter,
  expressions: readonly Expression[],
  problem: string,
  what: string,
): SqlType {
  const type = commonType(expressions.map((each) => listItem(writer, each)));
  if (type !== null) return type;
  throw statement(`${problem} (${seeIssue}). As a workaround, you may cast a ${what} to the desired type.`);
}

/** As an element of a type that all elements have in common; what fails is null. */
function writtenAs(writer: ExpressionWriter, expression: Expression, type: SqlType): Written {
  const literal = literalValue(expression);
  if (literal !== undefined && literal !== null) {
    const written = writer.write(expression);
    const value = coerceLiteral(literal, written.type!, type);
    if (value === literal) return written;
    return { type, code: writer.module.constant(value), isNullable: false, isThrowing: false };
  }
  return writer.orNull(() => writer.converted(writer.write(expression), type));
}
