import { comparisons, type Expression, setOperators, type ValueType } from './ast.ts';
import { type Signature, signatures } from './signatures.ts';
import { parseError } from './tokens.ts';

const typeNames: Readonly<Record<ValueType, string>> = {
  scalar: 'scalar',
  vector: 'instant vector',
  matrix: 'range vector',
  string: 'string',
};

/** What an expression is. */
export function typeOf(expression: Expression): ValueType {
  switch (expression.kind) {
    case 'number':
      return 'scalar';
    case 'string':
      return 'string';
    case 'selector':
    case 'aggregate':
      return 'vector';
    case 'matrix':
    case 'subquery':
      return 'matrix';
    case 'call':
      return signatures.get(expression.name)!.returns;
    case 'binary':
      return typeOf(expression.left) === 'scalar' && typeOf(expression.right) === 'scalar' ? 'scalar' : 'vector';
    default:
      return typeOf(expression.expression);
  }
}

/** @throws HW_METRICS_PARSE for what cannot be evaluated, in Prometheus' words */
export function checkTypes(query: string, expression: Expression): void {
  const expect = (child: Expression, wanted: ValueType, where: string): void => {
    const found = typeOf(child);
    if (found !== wanted)
      throw parseError(query, child.from, `expected type ${typeNames[wanted]} in ${where}, got ${typeNames[found]}`);
  };
  switch (expression.kind) {
    case 'aggregate': {
      const { operator, parameter } = expression;
      checkTypes(query, expression.expression);
      expect(expression.expression, 'vector', 'aggregation expression');
      if (parameter === null) return;
      checkTypes(query, parameter);
      expect(parameter, operator === 'count_values' ? 'string' : 'scalar', 'aggregation parameter');
      return;
    }
    case 'binary':
      checkBinary(query, expression);
      return;
    case 'call': {
      const { args, from, name } = expression;
      const signature = signatures.get(name)!;
      checkCount(query, from, name, signature, args.length);
      for (const [i, arg] of args.entries()) {
        checkTypes(query, arg);
        expect(arg, signature.args[Math.min(i, signature.args.length - 1)]!, `call to function "${name}"`);
      }
      return;
    }
    case 'unary': {
      checkTypes(query, expression.expression);
      const type = typeOf(expression.expression);
      if (type !== 'scalar' && type !== 'vector')
        throw parseError(
          query,
          expression.from,
          `unary expression only allowed on expressions of type scalar or instant vector, got "${typeNames[type]}"`,
        );
      return;
    }
    case 'subquery': {
      checkTypes(query, expression.expression);
      const type = typeOf(expression.expression);
      if (type !== 'vector')
        throw parseError(query, expression.from, `subquery is only allowed on instant vector, got ${type} instead`);
      return;
    }
    case 'paren':
      checkTypes(query, expression.expression);
  }
}

function checkBinary(query: string, expression: Extract<Expression, { kind: 'binary' }>): void {
  const { isBool, left, matching, operator, right } = expression;
  checkTypes(query, left);
  checkTypes(query, right);
  const [a, b] = [typeOf(left), typeOf(right)];
  for (const [type, child] of [
    [a, left],
    [b, right],
  ] as const)
    if (type !== 'scalar' && type !== 'vector')
      throw parseError(query, child.from, 'binary expression must contain only scalar and instant vector types');
  const isScalar = a === 'scalar' && b === 'scalar';
  if (comparisons.has(operator) && !isBool && isScalar)
    throw parseError(query, expression.from, 'comparisons between scalars must use BOOL modifier');
  if (setOperators.has(operator) && (a === 'scalar' || b === 'scalar'))
    throw parseError(query, expression.from, `set operator "${operator}" not allowed in binary scalar expression`);
  if ((a !== 'vector' || b !== 'vector') && matching.labels.length > 0)
    throw parseError(query, expression.from, 'vector matching only allowed between instant vectors');
}

function checkCount(query: string, from: number, name: string, { args, optional }: Signature, count: number): void {
  const fail = (how: string, wanted: number): never => {
    throw parseError(query, from, `expected ${how}${wanted} argument(s) in call to "${name}", got ${count}`);
  };
  if (optional === 0 && count !== args.length) fail('', args.length);
  const least = args.length - Math.abs(optional);
  if (count < least) fail('at least ', least);
  if (optional > 0 && count > args.length) fail('at most ', args.length);
}
