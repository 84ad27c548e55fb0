import type { FunctionRegistry, Properties } from '../functions/function-registry.ts';
import { SqlError } from '../sql-error.ts';
import type { Expression } from '../syntax/ast/index.ts';
import { printExpression } from '../syntax/printer/print-expression.ts';
import { castFunction } from '../types/cast.ts';
import { typeOfDecimal } from '../types/common-type.ts';
import { isSameType, type SqlType, sqlTypes, typeText } from '../types/sql-type.ts';
import { CodeModule } from './code-module.ts';
import { writeArithmetic, writeUnary } from './write-arithmetic.ts';
import { writeCall } from './write-call.ts';
import { writeComparison, writeIn, writeLike } from './write-comparison.ts';
import { writeArray, writeMap, writeStruct, writeSubscript } from './write-structured.ts';
import { type ExpressionScope, Frame, throwNullOperand, type Written } from './written.ts';

/** Hears of an expression that failed at a row; the row goes on with null in its place. */
export type ErrorListener = (error: unknown) => void;

/**
 * Types expressions and writes them as JavaScript. Null follows ksqlDB: a comparison with null is false, other operators fail at it, and
 * what fails is null where the whole expression, an argument, a CAST or an element of a constructor stands.
 */
export class ExpressionWriter {
  readonly module: CodeModule;
  readonly functions: FunctionRegistry;
  readonly properties: Properties;
  /** What helper functions are given: the names that columns' code is made of. */
  readonly #row: string;
  readonly #onError: ErrorListener;
  readonly #scopes: ExpressionScope[];
  readonly #parameters: string[] = [];
  #parametersCount = 0;
  #tempsCount = 0;
  /** Types by scope: a call asks for those of its arguments before they are written. */
  readonly #types = new WeakMap<ExpressionScope, Map<Expression, SqlType | null>>();
  frame = new Frame();

  constructor(
    scope: ExpressionScope,
    options: {
      readonly functions: FunctionRegistry;
      readonly properties: Properties;
      readonly module?: CodeModule;
      /** Default `k, v, t, c`: key, value, timestamp, record. */
      readonly row?: string;
      readonly onError?: ErrorListener;
    },
  ) {
    this.module = options.module ?? new CodeModule();
    this.functions = options.functions;
    this.properties = options.properties;
    this.#row = options.row ?? 'k, v, t, c';
    this.#onError = options.onError ?? (() => {});
    this.#scopes = [scope];
  }

  /** @throws SqlError HW_SQL_STATEMENT where types do not fit */
  write(expression: Expression): Written {
    switch (expression.kind) {
      case 'null':
        return { type: null, code: 'null', isNullable: true, isThrowing: false };
      case 'boolean':
        return literal(sqlTypes.boolean, String(expression.value));
      case 'integer':
        return literal(sqlTypes.integer, numberCode(expression.value));
      case 'long':
        return literal(
          sqlTypes.bigint,
          typeof expression.value === 'bigint' ? `${expression.value}n` : numberCode(expression.value),
        );
      case 'double':
        return literal(sqlTypes.double, numberCode(expression.value));
      case 'decimal':
        return literal(typeOfDecimal(expression.value), this.module.constant(expression.value));
      case 'string':
        return literal(sqlTypes.string, JSON.stringify(expression.value));
      case 'unit':
        return { type: null, code: JSON.stringify(expression.unit), isNullable: false, isThrowing: false };
      case 'column':
        return this.#column(expression);
      case 'dereference':
        return this.#dereference(expression);
      case 'subscript':
        return writeSubscript(this, expression);
      case 'arithmetic':
        return writeArithmetic(this, expression);
      case 'unary':
        return writeUnary(this, expression);
      case 'not':
        return boolean(`!${this.boolean(expression.operand)}`);
      case 'logical': {
        const operator = expression.operator === 'AND' ? '&&' : '||';
        return boolean(`(${this.boolean(expression.left)} ${operator} ${this.boolean(expression.right)})`);
      }
      case 'comparison':
        return writeComparison(this, expression);
      case 'isNull': {
        const operand = this.write(expression.operand);
        const code = `(${operand.code} ${expression.isNegated ? '!==' : '==='} null)`;
        return { type: sqlTypes.boolean, code, isNullable: false, isThrowing: operand.isThrowing };
      }
      case 'between': {
        const { high, low, range, value } = expression;
        const least: Expression = { kind: 'comparison', range, operator: '>=', left: value, right: low };
        const most: Expression = { kind: 'comparison', range, operator: '<=', left: value, right: high };
        return this.write({ kind: 'logical', range, operator: 'AND', left: least, right: most });
      }
      case 'in':
        return writeIn(this, expression);
      case 'like':
        return writeLike(this, expression);
      case 'case':
        return this.#case(expression);
      case 'cast':
        return this.#cast(expression);
      case 'call':
        return writeCall(this, expression);
      case 'array':
        return writeArray(this, expression);
      case 'map':
        return writeMap(this, expression);
      case 'struct':
        return writeStruct(this, expression);
      case 'lambda':
        throw statement(`A lambda can only be an argument of a function: ${printExpression(expression)}`);
      case 'simpleCase':
        throw statement('CASE with an operand is not supported: write CASE WHEN operand = value THEN …');
      case 'atTimeZone':
        throw statement('AT TIME ZONE is not supported: use CONVERT_TZ');
    }
  }

  /** The type alone; null for NULL. */
  typeOf(expression: Expression): SqlType | null {
    const scope = this.#scopes.at(-1)!;
    let types = this.#types.get(scope);
    if (types === undefined) {
      types = new Map();
      this.#types.set(scope, types);
    }
    const known = types.get(expression);
    if (known !== undefined) return known;
    const { type } = this.write(expression);
    types.set(expression, type);
    return type;
  }

  /** Code that is true or false, and throws for null. */
  boolean(expression: Expression): string {
    const written = this.write(expression);
    if (written.type !== null && written.type.kind !== 'BOOLEAN') {
      throw statement(`Expected a BOOLEAN, got ${typeText(written.type)}: ${printExpression(expression)}`);
    }
    return this.notNull(written);
  }

  /** Code that throws for null. */
  notNull({ code, isNullable }: Written): string {
    if (!isNullable) return code;
    const temp = this.#temp();
    return `((${temp} = ${code}) === null ? ${this.module.constant(throwNullOperand)}() : ${temp})`;
  }

  /** Reads the value into a name, so that it can stand twice: `[code that assigns, code that reads]`. */
  twice({ code }: Written): readonly [string, string] {
    if (/^[\w.[\]]+$/.test(code)) return [code, code];
    const temp = this.#temp();
    return [`(${temp} = ${code})`, temp];
  }

  /** The value, or null where it fails. Made only where it may. */
  orNull(make: () => Written): Written {
    const outer = this.frame;
    this.frame = new Frame();
    const written = make();
    const inner = this.frame;
    this.frame = outer;
    if (!written.isThrowing) {
      outer.temps.push(...inner.temps);
      return written;
    }
    const onError = this.module.constant(this.#onError);
    const parameters = [this.#row, ...this.#parameters].join(', ');
    const name = this.module.helper(
      parameters,
      `${inner.declaration} try { return ${written.code}; } catch (e) { ${onError}(e); return null; }`,
    );
    return { type: written.type, code: `${name}(${parameters})`, isNullable: true, isThrowing: false };
  }

  /** The body of a lambda, as a JavaScript function. */
  lambda(names: readonly string[], types: readonly SqlType[], body: Expression): Written {
    const known = new Map(
      names.map((name, at) => {
        const code = `p${this.#parametersCount++}`;
        this.#parameters.push(code);
        return [name, { type: types[at]!, code, isNullable: true, isThrowing: false } satisfies Written];
      }),
    );
    const outer = this.frame;
    this.frame = new Frame();
    this.#scopes.push({ column: (name) => known.get(name) });
    try {
      const written = this.write(body);
      const parameters = [...known.values()].map(({ code }) => code).join(', ');
      return { ...written, code: `((${parameters}) => { ${this.frame.declaration} return ${written.code}; })` };
    } finally {
      this.frame = outer;
      this.#scopes.pop();
      this.#parameters.length -= names.length;
    }
  }

  #temp(): string {
    const name = `t${this.#tempsCount++}`;
    this.frame.temps.push(name);
    return name;
  }

  #column(expression: Extract<Expression, { kind: 'column' }>): Written {
    const { name, source } = expression;
    if (source === null) {
      for (let at = this.#scopes.length - 1; at >= 0; at--) {
        const found = this.#scopes[at]!.column(name);
        if (found !== undefined) return found;
      }
    }
    throw statement(`Unknown column ${printExpression(expression)}.`);
  }

  #dereference({ base, field }: Extract<Expression, { kind: 'dereference' }>): Written {
    const struct = this.write(base);
    if (struct.type?.kind !== 'STRUCT') {
      throw statement(`Expected STRUCT type, got: ${struct.type === null ? 'null' : typeText(struct.type)}`);
    }
    const at = struct.type.fields.findIndex(({ name }) => name === field);
    if (at === -1) throw statement(`Could not find field '${field}' in '${printExpression(base)}'.`);
    const [assigned, read] = this.twice(struct);
    return {
      type: struct.type.fields[at]!.type,
      code: `(${assigned} === null ? null : ${read}[${at}])`,
      isNullable: true,
      isThrowing: struct.isThrowing,
    };
  }

  #case({ otherwise, whens }: Extract<Expression, { kind: 'case' }>): Written {
    let type: SqlType | null = null;
    let code = '';
    for (const { condition, result } of whens) {
      const when = this.write(condition);
      if (when.type?.kind !== 'BOOLEAN') {
        throw statement(
          `WHEN operand type should be boolean.\nType for '${printExpression(condition)}' is ${shown(when.type)}`,
        );
      }
      const then = this.write(result);
      if (then.type !== null) {
        if (type !== null && !isSameType(type, then.type)) {
          throw statement(
            `Invalid Case expression. Type for all 'THEN' clauses should be the same.\nTHEN expression 'WHEN ${printExpression(condition)} THEN ${printExpression(result)}' has type: ${shown(then.type)}.\nPrevious THEN expression(s) type: ${shown(type)}.`,
          );
        }
        type = then.type;
      }
      code += `${this.notNull(when)} ? ${then.code} : `;
    }
    const last = otherwise === null ? null : this.write(otherwise);
    if (last !== null && last.type !== null && type !== null && !isSameType(type, last.type)) {
      throw statement(
        `Invalid Case expression. Type for the default clause should be the same as for 'THEN' clauses.\nTHEN type: ${shown(type)}.\nDEFAULT type: ${shown(last.type)}.`,
      );
    }
    type ??= last?.type ?? null;
    if (type === null) throw statement('Invalid Case expression. All case branches have NULL type');
    return { type, code: `(${code}${last === null ? 'null' : last.code})`, isNullable: true, isThrowing: true };
  }

  #cast({ operand, type }: Extract<Expression, { kind: 'cast' }>): Written {
    return this.orNull(() => {
      const from = this.write(operand);
      return { ...this.converted(from, type), isThrowing: true };
    });
  }

  /** A value as one of another type. @throws SqlError where there is no CAST for it */
  converted(from: Written, to: SqlType): Written {
    if (from.type === null || isSameType(from.type, to)) return { ...from, type: to };
    const conversion = castFunction(from.type, to);
    if (conversion === keepsValue) return { ...from, type: to };
    const run = this.module.constant(conversion);
    if (!from.isNullable) return { type: to, code: `${run}(${from.code})`, isNullable: false, isThrowing: true };
    const [assigned, read] = this.twice(from);
    return { type: to, code: `(${assigned} === null ? null : ${run}(${read}))`, isNullable: true, isThrowing: true };
  }
}

/** What `castFunction` gives where values of both types have one form. */
const keepsValue = castFunction(null, sqlTypes.integer);

function literal(type: SqlType, code: string): Written {
  return { type, code, isNullable: false, isThrowing: false };
}

export function boolean(code: string, isThrowing = true): Written {
  return { type: sqlTypes.boolean, code, isNullable: false, isThrowing };
}

function numberCode(value: number): string {
  return value < 0 || Object.is(value, -0) ? `(${Object.is(value, -0) ? '-0' : value})` : String(value);
}

export function shown(type: SqlType | null): string {
  return type === null ? 'NULL' : typeText(type);
}

export function statement(message: string): SqlError {
  return new SqlError('HW_SQL_STATEMENT', message);
}
