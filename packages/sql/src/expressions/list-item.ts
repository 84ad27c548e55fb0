import type { Expression } from '../syntax/ast/index.ts';
import { printExpression } from '../syntax/printer/print-expression.ts';
import type { ListItem } from '../types/common-type.ts';
import type { ExpressionWriter } from './expression-writer.ts';

/** The value of a literal, also with a sign before it; undefined for what is none. */
export function literalValue(expression: Expression): unknown {
  switch (expression.kind) {
    case 'null':
      return null;
    case 'boolean':
    case 'integer':
    case 'long':
    case 'double':
    case 'decimal':
    case 'string':
      return expression.value;
    default:
      return undefined;
  }
}

/** What the rules for lists know of an expression. */
export function listItem(writer: ExpressionWriter, expression: Expression): ListItem {
  const item = { type: writer.typeOf(expression), text: printExpression(expression) };
  const inner = (each: Expression) => listItem(writer, each);
  switch (expression.kind) {
    case 'array':
      return { ...item, elements: expression.elements.map(inner) };
    case 'map':
      return {
        ...item,
        entries: expression.entries.map(({ key, value }) => ({ key: inner(key), value: inner(value) })),
      };
    case 'struct':
      return { ...item, fields: expression.fields.map(({ name, value }) => ({ name, value: inner(value) })) };
    default: {
      const literal = literalValue(expression);
      return literal === undefined || literal === null ? item : { ...item, literal };
    }
  }
}
