import { typeText } from '../../types/sql-type.ts';
import type { Expression, WhenClause } from '../ast/index.ts';
import { type NameText, quotedWhereNeeded, stringText } from './print-name.ts';

/**
 * An expression as ksqlDB shows it: brackets around every operator, keywords in upper case. It is read again as the same tree.
 *
 * @param nameText how names are shown. Default: quoted where needed
 * @example
 * printExpression(parseExpression('a+1 > b and c like `d`')); // '(((A + 1) > B) AND (C LIKE `d`))'
 */
export function printExpression(node: Expression, nameText: NameText = quotedWhereNeeded): string {
  const print = (inner: Expression) => printExpression(inner, nameText);
  const printAll = (inner: readonly Expression[]) => inner.map(print).join(', ');
  switch (node.kind) {
    case 'null':
      return 'null';
    case 'boolean':
    case 'integer':
    case 'long':
    case 'decimal':
      return String(node.value);
    case 'double':
      return scientificText(node.value);
    case 'string':
      return stringText(node.value);
    case 'column':
      return node.source === null ? nameText(node.name) : `${nameText(node.source)}.${nameText(node.name)}`;
    case 'dereference':
      return `${postfixBase(node.base, print)}->${nameText(node.field)}`;
    case 'subscript':
      return `${postfixBase(node.base, print)}[${print(node.index)}]`;
    case 'arithmetic':
    case 'logical':
    case 'comparison':
      return `(${print(node.left)} ${node.operator} ${print(node.right)})`;
    case 'unary':
      return unaryText(node.operator, node.operand, print);
    case 'not':
      return `(NOT ${print(node.operand)})`;
    case 'isNull':
      return `(${print(node.operand)} IS ${node.isNegated ? 'NOT ' : ''}NULL)`;
    case 'between':
      return `(${print(node.value)} BETWEEN ${print(node.low)} AND ${print(node.high)})`;
    case 'in':
      return `(${print(node.value)} IN (${printAll(node.list)}))`;
    case 'like': {
      const end = node.escape === null ? '' : ` ESCAPE ${stringText(node.escape)}`;
      return `(${print(node.value)} LIKE ${print(node.pattern)}${end})`;
    }
    case 'case':
      return `(CASE ${whensText(node.whens, node.otherwise, print)} END)`;
    case 'simpleCase':
      return `(CASE ${print(node.operand)} ${whensText(node.whens, node.otherwise, print)} END)`;
    case 'cast':
      return `CAST(${print(node.operand)} AS ${typeText(node.type, nameText)})`;
    case 'call':
      return `${nameText(node.name)}(${node.isStar ? '*' : printAll(node.arguments)})`;
    case 'lambda':
      return `(${node.parameters.map(nameText).join(', ')}) => ${print(node.body)}`;
    case 'array':
      return `ARRAY[${printAll(node.elements)}]`;
    case 'map':
      return `MAP(${node.entries.map(({ key, value }) => `${print(key)}:=${print(value)}`).join(', ')})`;
    case 'struct':
      return `STRUCT(${node.fields.map(({ name, value }) => `${nameText(name)}:=${print(value)}`).join(', ')})`;
    case 'unit':
      return node.unit;
    case 'atTimeZone':
      return `(${postfixBase(node.value, print)} AT TIME ZONE ${print(node.zone)})`;
  }
}

type Print = (node: Expression) => string;

function whensText(whens: readonly WhenClause[], otherwise: Expression | null, print: Print): string {
  const parts = whens.map(({ condition, result }) => `WHEN ${print(condition)} THEN ${print(result)}`);
  if (otherwise !== null) parts.push(`ELSE ${print(otherwise)}`);
  return parts.join(' ');
}

/** A sign binds less than what follows it, so it needs brackets there. */
function postfixBase(base: Expression, print: Print): string {
  return base.kind === 'unary' ? `(${print(base)})` : print(base);
}

function unaryText(operator: '+' | '-', operand: Expression, print: Print): string {
  const text = print(operand);
  // Two minuses would begin a comment, and a minus before a number would become the number's own.
  if (operator === '-' && /^[\d.]/.test(text)) return `-(${text})`;
  return `${operator}${operator === '-' && text.startsWith('-') ? ' ' : ''}${text}`;
}

/** Always with an exponent, so that it is read as DOUBLE: `1.5E3`, `1E0`. */
export function scientificText(value: number): string {
  return value.toExponential().replace('e+', 'E').replace('e', 'E');
}
