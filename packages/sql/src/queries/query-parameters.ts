import type { DataSource } from '../catalog/data-source.ts';
import type { CodeModule } from '../expressions/code-module.ts';
import { rewrite } from '../expressions/walk.ts';
import type { Written } from '../expressions/written.ts';
import type { Expression } from '../syntax/ast/index.ts';
import { type SqlType, sqlTypes } from '../types/sql-type.ts';
import type { StatementTemplate, TemplateLiteral } from './statement-template.ts';

/** A literal whose value compiled code reads anew each time. */
interface Parameter {
  /** Among the template's literals. */
  readonly literal: number;
  readonly type: SqlType;
}

/**
 * The literals of a query's conditions that columns of their own type are compared with. They stand in the conditions as columns of names that
 * no other column can have, so that what was compiled once is run with other values.
 */
export class QueryParameters {
  /** What compiled code reads; to be set before it runs. */
  readonly values: unknown[] = [];
  readonly #found: Parameter[] = [];

  /** By place among the template's literals: whether compiled code is the same for all its values. */
  isParameter(literal: number): boolean {
    return this.#found.some((each) => each.literal === literal);
  }

  get count(): number {
    return this.#found.length;
  }

  /** The values of another statement of the same template. */
  valuesOf({ literals }: StatementTemplate): unknown[] {
    return this.#found.map(({ literal }) => literals[literal]!.value);
  }

  columns(module: CodeModule): [string, Written][] {
    const values = module.constant(this.values);
    return this.#found.map(({ type }, at) => [
      nameOf(at),
      { type, code: `${values}[${at}]`, isNullable: false, isThrowing: false },
    ]);
  }

  /** The conditions with parameters in place of literals. */
  extract(
    filters: readonly Expression[],
    { keyFormat, schema }: DataSource,
    template: StatementTemplate,
    statementStartIndex: number,
  ): Expression[] {
    const types = new Map([...schema.key, ...schema.value].map(({ name, type }) => [name, type]));
    types.set('ROWTIME', sqlTypes.bigint);
    if (keyFormat.window !== null) for (const name of ['WINDOWSTART', 'WINDOWEND']) types.set(name, sqlTypes.bigint);
    const places = new Map(template.literals.map((literal, at) => [literal.startIndex, { literal, at }]));
    const typeOf = (part: Expression) =>
      part.kind === 'column' && part.source === null ? types.get(part.name) : undefined;
    const parameter = (part: Expression, column: SqlType | undefined): Expression => {
      if (column === undefined || part.range === null) return part;
      const place = places.get(part.range.start.index - statementStartIndex);
      const type = place === undefined ? null : typeOfLiteral(part, place.literal, column);
      if (place === undefined || type === null) return part;
      const name = nameOf(this.#found.length);
      this.#found.push({ literal: place.at, type });
      this.values.push(place.literal.value);
      return { kind: 'column', range: part.range, source: null, name };
    };
    const replaced = (condition: Expression): Expression =>
      rewrite(condition, (part) => {
        switch (part.kind) {
          case 'comparison':
            return {
              ...part,
              left: parameter(part.left, typeOf(part.right)),
              right: parameter(part.right, typeOf(part.left)),
            };
          case 'in':
            return { ...part, list: part.list.map((each) => parameter(each, typeOf(part.value))) };
          case 'between':
            return {
              ...part,
              low: parameter(part.low, typeOf(part.value)),
              high: parameter(part.high, typeOf(part.value)),
            };
          case 'logical':
          case 'not':
            return undefined;
          default:
            return part;
        }
      });
    return filters.map(replaced);
  }

  /** Conditions with the values themselves, for who looks at what they say. */
  bound(filters: readonly Expression[], values: readonly unknown[]): Expression[] {
    if (this.#found.length === 0) return [...filters];
    return filters.map((filter) =>
      rewrite(filter, (part) => {
        if (part.kind !== 'column' || part.name.charCodeAt(0) !== 0) return undefined;
        const at = Number(part.name.slice(1));
        return literalOf(values[at] as string | number | bigint, this.#found[at]!.type);
      }),
    );
  }
}

function nameOf(at: number): string {
  return `\u0000${at}`;
}

function typeOfLiteral(part: Expression, { kind, value }: TemplateLiteral, column: SqlType): SqlType | null {
  if (part.kind !== kind || !('value' in part) || part.value !== value) return null;
  if (kind === 'string') return column.kind === 'STRING' ? sqlTypes.string : null;
  if (kind === 'integer') return column.kind === 'INTEGER' || column.kind === 'BIGINT' ? sqlTypes.integer : null;
  return column.kind === 'BIGINT' ? sqlTypes.bigint : null;
}

function literalOf(value: string | number | bigint, type: SqlType): Expression {
  if (typeof value === 'string') return { kind: 'string', range: null, value };
  if (type.kind === 'INTEGER') return { kind: 'integer', range: null, value: value as number };
  return { kind: 'long', range: null, value };
}
