import { ExpressionWriter } from '../expressions/expression-writer.ts';
import { inPlace } from '../expressions/in-place.ts';
import { argumentsOf } from '../expressions/write-call.ts';
import type { SqlFunction } from '../functions/function.ts';
import type { AggregateCall, FunctionRegistry, Properties, TableCall } from '../functions/function-registry.ts';
import { columnOf, type StepSchema } from '../plan/steps/step.ts';
import { SqlError } from '../sql-error.ts';
import type { Expression } from '../syntax/ast/index.ts';
import type { SqlType } from '../types/sql-type.ts';

/** Types of expressions over the columns of a step. */
export class Typing {
  readonly functions: FunctionRegistry;
  readonly properties: Properties;

  constructor(functions: FunctionRegistry, properties: Properties) {
    this.functions = functions;
    this.properties = properties;
  }

  writerFor(schema: StepSchema): ExpressionWriter {
    const column = (name: string) => {
      const found = columnOf(schema, name);
      return found && { type: found.type, code: 'v', isNullable: true, isThrowing: false };
    };
    return new ExpressionWriter({ column }, { functions: this.functions, properties: this.properties });
  }

  /** Null for NULL. @throws SqlError where types do not fit */
  typeOf(expression: Expression, schema: StepSchema): SqlType | null {
    return this.writerFor(schema).typeOf(expression);
  }

  /** Of a row of a table function. */
  tableCallType(call: Extract<Expression, { kind: 'call' }>, schema: StepSchema): SqlType {
    return this.tableCall(call, schema).returnType;
  }

  /** The function that is called. @throws SqlError where there is none */
  find(call: Extract<Expression, { kind: 'call' }>): SqlFunction {
    return inPlace(call.range, () => this.functions.get(call.name));
  }

  tableCall(call: Extract<Expression, { kind: 'call' }>, schema: StepSchema): TableCall {
    return inPlace(call.range, () => {
      const called = this.functions.get(call.name);
      if (called.kind !== 'table') throw new SqlError('HW_SQL_STATEMENT', `${call.name} is no table function`);
      return this.functions.table(called, argumentsOf(this.writerFor(schema), call.arguments), this.properties);
    });
  }

  aggregateCall(call: Extract<Expression, { kind: 'call' }>, schema: StepSchema): AggregateCall {
    return inPlace(call.range, () => {
      const called = this.functions.get(call.name);
      if (called.kind !== 'aggregate') throw new SqlError('HW_SQL_STATEMENT', `${call.name} is no aggregate function`);
      return this.functions.aggregate(called, argumentsOf(this.writerFor(schema), call.arguments), this.properties);
    });
  }
}
