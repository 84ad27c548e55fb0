import type { Site } from './path-error.ts';

/**
 * Source text of one module of generated functions. Nothing of a schema gets into it but by `quoted` and by `constant`: names stand
 * between quotes, all else is handed in as a value.
 */
export class Code {
  readonly #runtime: Readonly<Record<string, unknown>>;
  readonly #constants = new Map<unknown, number>();
  readonly #functions: string[] = [];
  #names = 0;

  /** @param runtime what the functions may call, by name */
  constructor(runtime: Readonly<Record<string, unknown>>) {
    this.#runtime = runtime;
  }

  /** A name that no other thing has. */
  fresh(prefix: string): string {
    return `${prefix}${this.#names++}`;
  }

  /** The name by which functions see the value. */
  constant(value: unknown): string {
    const known = this.#constants.get(value);
    if (known === undefined) this.#constants.set(value, this.#constants.size);
    return `C${known ?? this.#constants.size - 1}`;
  }

  add(functionText: string): void {
    this.#functions.push(functionText);
  }

  /** Compiles all and gives what `result`, an expression, is. */
  compile<T>(result: string): T {
    const values = [...this.#constants.keys()];
    const constants = values.map((_, index) => `const C${index} = C[${index}];`).join('');
    const header = `'use strict';const {${Object.keys(this.#runtime).join(',')}} = R;${constants}`;
    const source = `${header}\n${this.#functions.join('\n')}\nreturn ${result};`;
    return new Function('R', 'C', source)(this.#runtime, values) as T;
  }
}

/** A text as JavaScript source: a literal that ends nowhere early. */
export function quoted(text: string): string {
  return JSON.stringify(text);
}

/** A member in an object literal; only a computed `__proto__` is a member like others. */
export function memberName(name: string): string {
  return name === '__proto__' ? `[${quoted(name)}]` : quoted(name);
}

/** The text of one function: its lines, and what it needs to tell the path of an error. */
export class FunctionCode {
  readonly lines: string[] = [];
  readonly code: Code;
  readonly #sites: Site[] = [[]];
  readonly #variables: string[] = [];
  /** The place that lines are written for now. */
  #site: Site = [];

  constructor(code: Code) {
    this.code = code;
  }

  line(text: string): void {
    this.lines.push(text);
  }

  /** A local variable. */
  local(prefix = 't'): string {
    return this.code.fresh(prefix);
  }

  /** A variable of a loop, an index or a member's name, that is part of paths. */
  variable(initial: string): { name: string; part: readonly [number] } {
    const name = this.code.fresh('v');
    this.#variables.push(`${name} = ${initial}`);
    return { name, part: [this.#variables.length - 1] };
  }

  /** Lines that `write` adds belong to a part of the present place. */
  inside(part: string | readonly [number], write: () => void): void {
    const outer = this.#site;
    this.#site = [...outer, part];
    this.#mark();
    write();
    this.#site = outer;
    this.#mark();
  }

  #mark(): void {
    const last = this.lines.at(-1);
    // A mark that nothing comes after is of no use.
    if (last !== undefined && /^s = \d+;$/.test(last)) this.lines.pop();
    this.#sites.push(this.#site);
    this.line(`s = ${this.#sites.length - 1};`);
  }

  /** The function as a whole. */
  text(name: string, parameters: string, before: string, after: string): string {
    const names = this.#variables.map((each) => each.split(' ')[0]);
    const declared = this.#variables.length === 0 ? '' : `let ${this.#variables.join(', ')};`;
    const sites = this.code.constant(this.#sites);
    return [
      `function ${name}(${parameters}) {let s = 0;${declared}${before}try {`,
      ...this.lines,
      `} catch (e) {throw within(e, ${sites}[s], [${names.join(', ')}]);}${after}}`,
    ].join('\n');
  }
}
