import type { Argument } from '../functions/match-argument.ts';
import type { Expression } from '../syntax/ast/index.ts';
import { printExpression } from '../syntax/printer/print-expression.ts';
import type { SqlType } from '../types/sql-type.ts';
import { type ExpressionWriter, statement } from './expression-writer.ts';
import { inPlace } from './in-place.ts';
import { literalValue } from './list-item.ts';
import type { Written } from './written.ts';

type FunctionCall = Extract<Expression, { kind: 'call' }>;

/** What the registry of functions is told of arguments. */
export function argumentsOf(writer: ExpressionWriter, expressions: readonly Expression[]): Argument[] {
  return expressions.map((expression): Argument => {
    if (expression.kind === 'unit') return { kind: 'unit', literal: expression.unit };
    if (expression.kind === 'lambda') {
      return {
        kind: 'lambda',
        parametersCount: expression.parameters.length,
        returnType: (types) => writer.lambda(expression.parameters, types, expression.body).type,
      };
    }
    const literal = literalValue(expression);
    const type = writer.typeOf(expression);
    const text = printExpression(expression);
    return literal === undefined ? { kind: 'value', type, text } : { kind: 'value', type, literal, text };
  });
}

/** A call of a scalar function. Calls as arguments that fail are null; a null argument makes the result null unless the function takes it. */
export function writeCall(writer: ExpressionWriter, expression: FunctionCall): Written {
  return inPlace(expression.range, () => writtenCall(writer, expression));
}

function writtenCall(writer: ExpressionWriter, expression: FunctionCall): Written {
  const called = writer.functions.get(expression.name);
  if (called.kind !== 'scalar') {
    throw statement(
      called.kind === 'aggregate'
        ? `Can't find any functions with the name '${expression.name}': it is an aggregate function, and those stand in SELECT and HAVING of a query with GROUP BY`
        : `Can't find any functions with the name '${expression.name}': it is a table function, and those stand in SELECT only`,
    );
  }
  const call = writer.functions.scalar(called, argumentsOf(writer, expression.arguments), writer.properties);
  const codes: string[] = [];
  const nullChecks: string[] = [];
  for (const [at, argument] of expression.arguments.entries()) {
    const written = writtenArgument(writer, argument, call.argumentTypes[at] ?? null, call.lambdaTypes[at] ?? null);
    if (call.isNullTaken || !written.isNullable) {
      codes.push(written.code);
      continue;
    }
    // Each is evaluated once, and all of them, in their order.
    const [assigned, read] = writer.twice(written);
    nullChecks.push(`${assigned} === null`);
    codes.push(read);
  }
  const run = `${writer.module.constant(call.evaluate)}(${codes.join(', ')})`;
  const code = nullChecks.length === 0 ? run : `(${nullChecks.join(' || ')} ? null : ${run})`;
  return { type: call.returnType, code, isNullable: true, isThrowing: true };
}

function writtenArgument(
  writer: ExpressionWriter,
  argument: Expression,
  type: SqlType | null,
  lambdaTypes: readonly SqlType[] | null,
): Written {
  if (argument.kind === 'lambda') {
    return { ...writer.lambda(argument.parameters, lambdaTypes!, argument.body), isNullable: false };
  }
  const make = () => {
    const written = writer.write(argument);
    return type === null ? written : writer.converted(written, type);
  };
  return argument.kind === 'call' ? writer.orNull(make) : make();
}
