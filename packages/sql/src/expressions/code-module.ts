/**
 * JavaScript that is put together and then made runnable once. Nothing of a statement's text gets into it but by `constant`, or as a
 * number or string by JSON.stringify.
 */
export class CodeModule {
  readonly #constants: unknown[] = [];
  readonly #names = new Map<unknown, string>();
  readonly #helpers: string[] = [];

  /** The name by which the code reads a value. */
  constant(value: unknown): string {
    const known = this.#names.get(value);
    if (known !== undefined) return known;
    const name = `c${this.#constants.length}`;
    this.#constants.push(value);
    this.#names.set(value, name);
    return name;
  }

  /** A function beside the main one, so that nothing is allocated when it is called; its name. */
  helper(parameters: string, body: string): string {
    const name = `h${this.#helpers.length}`;
    this.#helpers.push(`function ${name}(${parameters}) {${body}}`);
    return name;
  }

  /** The value of an expression, nearly always a function. */
  link<T>(code: string): T {
    const names = this.#constants.map((_, at) => `c${at}`);
    const body = `'use strict';\nconst [${names.join(', ')}] = constants;\n${this.#helpers.join('\n')}\nreturn ${code};`;
    return new Function('constants', body)(this.#constants) as T;
  }
}
