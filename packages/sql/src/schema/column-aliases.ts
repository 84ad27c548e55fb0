import type { Expression } from '../syntax/ast/index.ts';

const generatedPrefix = 'KSQL_COL';

/** Counts up, past the numbers that are taken. */
class NumberedNames {
  readonly #prefix: string;
  readonly #taken: ReadonlySet<number>;
  #next = 0;

  constructor(prefix: string, taken: ReadonlySet<number>) {
    this.#prefix = prefix;
    this.#taken = taken;
  }

  next(): string {
    while (this.#taken.has(this.#next)) this.#next++;
    const number = this.#next++;
    return number === 0 && this.#prefix !== generatedPrefix ? this.#prefix : `${this.#prefix}_${number}`;
  }
}

/**
 * Names for what a statement does not name: `KSQL_COL_0`, `KSQL_COL_1`, … for expressions, the field's name for a struct's field, and the
 * next free `_n` where a column of the sources has the name already.
 */
export class ColumnAliases {
  readonly #names = new Map<string, NumberedNames>();
  readonly #taken = new Map<string, Set<number>>();

  constructor(columnNames: Iterable<string>) {
    for (const name of columnNames) {
      const { base, number } = splitName(name);
      const taken = this.#taken.get(base);
      if (taken === undefined) this.#taken.set(base, new Set([number]));
      else taken.add(number);
    }
  }

  aliasFor(expression: Expression): string {
    return this.#next(expression.kind === 'dereference' ? splitName(expression.field).base : generatedPrefix);
  }

  /** The key column of a join that none of the sources' columns is equal to. */
  syntheticJoinKey(): string {
    return this.#next('ROWKEY');
  }

  #next(base: string): string {
    let names = this.#names.get(base);
    if (names === undefined) {
      names = new NumberedNames(base, this.#taken.get(base) ?? new Set());
      this.#names.set(base, names);
    }
    return names.next();
  }
}

function splitName(name: string): { base: string; number: number } {
  const [, base, number] = /^(.*?)(?:_(\d+))?$/s.exec(name)!;
  return { base: base!, number: number === undefined ? 0 : Number(number) };
}
