import type { Expression } from '../syntax/ast/index.ts';

/** The expressions directly below one, in the order of the text. */
export function childrenOf(expression: Expression): readonly Expression[] {
  switch (expression.kind) {
    case 'dereference':
      return [expression.base];
    case 'subscript':
      return [expression.base, expression.index];
    case 'arithmetic':
    case 'logical':
    case 'comparison':
      return [expression.left, expression.right];
    case 'unary':
    case 'not':
    case 'isNull':
    case 'cast':
      return [expression.operand];
    case 'between':
      return [expression.value, expression.low, expression.high];
    case 'in':
      return [expression.value, ...expression.list];
    case 'like':
      return [expression.value, expression.pattern];
    case 'case':
      return [
        ...expression.whens.flatMap(({ condition, result }) => [condition, result]),
        ...optional(expression.otherwise),
      ];
    case 'simpleCase':
      return [
        expression.operand,
        ...expression.whens.flatMap(({ condition, result }) => [condition, result]),
        ...optional(expression.otherwise),
      ];
    case 'call':
      return expression.arguments;
    case 'lambda':
      return [expression.body];
    case 'array':
      return expression.elements;
    case 'map':
      return expression.entries.flatMap(({ key, value }) => [key, value]);
    case 'struct':
      return expression.fields.map(({ value }) => value);
    case 'atTimeZone':
      return [expression.value, expression.zone];
    default:
      return [];
  }
}

function optional(expression: Expression | null): readonly Expression[] {
  return expression === null ? [] : [expression];
}

/** Each column reference that is not a parameter of a lambda around it. */
export function eachColumn(
  expression: Expression,
  visit: (column: Extract<Expression, { kind: 'column' }>) => void,
  parameters: ReadonlySet<string> = new Set(),
): void {
  if (expression.kind === 'column') {
    if (expression.source !== null || !parameters.has(expression.name)) visit(expression);
    return;
  }
  const inner = expression.kind === 'lambda' ? new Set([...parameters, ...expression.parameters]) : parameters;
  for (const child of childrenOf(expression)) eachColumn(child, visit, inner);
}

/**
 * The expression with parts replaced: `replace` is asked from the outside in; what it gives for a part stands for the whole part. Parameters
 * of lambdas are never asked about.
 */
export function rewrite(
  expression: Expression,
  replace: (part: Expression) => Expression | undefined,
  parameters: ReadonlySet<string> = new Set(),
): Expression {
  if (expression.kind === 'column' && expression.source === null && parameters.has(expression.name)) return expression;
  const replaced = replace(expression);
  if (replaced !== undefined) return replaced;
  const again = (part: Expression) => rewrite(part, replace, parameters);
  switch (expression.kind) {
    case 'dereference':
      return { ...expression, base: again(expression.base) };
    case 'subscript':
      return { ...expression, base: again(expression.base), index: again(expression.index) };
    case 'arithmetic':
    case 'logical':
    case 'comparison':
      return { ...expression, left: again(expression.left), right: again(expression.right) };
    case 'unary':
    case 'not':
    case 'isNull':
    case 'cast':
      return { ...expression, operand: again(expression.operand) };
    case 'between':
      return {
        ...expression,
        value: again(expression.value),
        low: again(expression.low),
        high: again(expression.high),
      };
    case 'in':
      return { ...expression, value: again(expression.value), list: expression.list.map(again) };
    case 'like':
      return { ...expression, value: again(expression.value), pattern: again(expression.pattern) };
    case 'case':
      return {
        ...expression,
        whens: expression.whens.map(({ condition, result }) => ({
          condition: again(condition),
          result: again(result),
        })),
        otherwise: expression.otherwise === null ? null : again(expression.otherwise),
      };
    case 'call':
      return { ...expression, arguments: expression.arguments.map(again) };
    case 'lambda': {
      const inner = new Set([...parameters, ...expression.parameters]);
      return { ...expression, body: rewrite(expression.body, replace, inner) };
    }
    case 'array':
      return { ...expression, elements: expression.elements.map(again) };
    case 'map':
      return {
        ...expression,
        entries: expression.entries.map(({ key, value }) => ({ key: again(key), value: again(value) })),
      };
    case 'struct':
      return { ...expression, fields: expression.fields.map(({ name, value }) => ({ name, value: again(value) })) };
    case 'atTimeZone':
      return { ...expression, value: again(expression.value), zone: again(expression.zone) };
    default:
      return expression;
  }
}

/** A text that two expressions share exactly when they are written alike, wherever they stand. */
export function expressionKey(expression: Expression): string {
  return JSON.stringify(expression, (key, value) => {
    if (key === 'range') return undefined;
    return typeof value === 'bigint' ? `${value}n` : value;
  });
}

export function columnReference(name: string): Expression {
  return { kind: 'column', range: null, source: null, name };
}
