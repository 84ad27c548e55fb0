import { BoundedRegex, RegexBudgetError } from '@headwater/regex';
import { PipelineError } from '../pipeline-error.ts';
import { grokPatterns } from './grok-patterns.ts';

export type GrokType = 'string' | 'int' | 'long' | 'float' | 'double' | 'boolean';

/** A field that an expression fills, and the groups that may give it: the first that took part does. */
interface GrokField {
  name: string;
  type: GrokType;
  groups: number[];
}

export interface GrokOptions {
  /** Patterns by name, before those of the library. */
  patternDefinitions?: Readonly<Record<string, string>>;
}

const expandedLengthMax = 200_000;
const nestingMax = 50;
const types: Readonly<Record<string, GrokType>> = {
  string: 'string',
  int: 'int',
  integer: 'int',
  long: 'long',
  float: 'float',
  double: 'double',
  boolean: 'boolean',
};

/**
 * One grok expression: `%{IP:client} %{WORD:method} %{NUMBER:bytes:int}`.
 *
 * @example
 * new Grok('%{IP:client} %{NUMBER:bytes:int}').match('10.0.0.1 512'); // { client: '10.0.0.1', bytes: 512 }
 */
export class Grok {
  readonly expression: string;
  readonly #regex: BoundedRegex;
  readonly #fields: GrokField[] = [];
  #groupCount = 0;

  /** Throws PipelineError `HW_PIPELINE_PATTERN`. */
  constructor(expression: string, options: GrokOptions = {}) {
    this.expression = expression;
    const source = this.#expand(expression, options.patternDefinitions ?? {}, []);
    try {
      this.#regex = new BoundedRegex(source, { dialect: 'oniguruma', isNamedOnly: true });
    } catch (error) {
      throw new PipelineError(
        'HW_PIPELINE_PATTERN',
        `the grok expression "${expression}" is not served: ${brief(error)}`,
        { cause: error },
      );
    }
  }

  get fieldNames(): string[] {
    return this.#fields.map((field) => field.name);
  }

  /** The fields, by name, or null. Throws `HW_PIPELINE_TOO_COSTLY` for a line that would take too long, `HW_PIPELINE_VALUE` for a bad number. */
  match(text: string): Record<string, unknown> | null {
    let isFound: boolean;
    try {
      isFound = this.#regex.search(text);
    } catch (error) {
      if (!(error instanceof RegexBudgetError)) throw error;
      throw new PipelineError(
        'HW_PIPELINE_TOO_COSTLY',
        `grok pattern matching was interrupted: the expression "${brief(this.expression)}" takes too many steps on a text of ${text.length} characters`,
      );
    }
    if (!isFound) return null;
    const { slots } = this.#regex;
    const out: Record<string, unknown> = {};
    for (const field of this.#fields) {
      for (const group of field.groups) {
        const end = slots[group * 2 + 1]!;
        if (end === -1) continue;
        const value = text.slice(slots[group * 2]!, end);
        out[field.name] = field.type === 'string' ? value : convert(value, field);
        break;
      }
    }
    return out;
  }

  #group(name: string, type: GrokType): string {
    const group = ++this.#groupCount;
    const known = this.#fields.find((field) => field.name === name);
    if (known === undefined) this.#fields.push({ name, type, groups: [group] });
    else known.groups.push(group);
    return `(?<g${group}>`;
  }

  /** Writes out `%{…}` and gives groups with any name a plain one. */
  #expand(expression: string, definitions: Readonly<Record<string, string>>, inside: readonly string[]): string {
    const fail = (message: string, position: number): never => {
      throw new PipelineError('HW_PIPELINE_PATTERN', `${message} in the grok expression "${expression}"`, { position });
    };
    let out = '';
    for (let at = 0; at < expression.length; at++) {
      const char = expression[at]!;
      if (char === '\\') {
        out += expression.slice(at, at + 2);
        at++;
      } else if (char === '%' && expression[at + 1] === '{') {
        const close = expression.indexOf('}', at);
        if (close === -1) fail('"}" is missing', at);
        const reference = /^(\w+)(?::([\w.@[\]-]+)(?::(\w+))?)?$/.exec(expression.slice(at + 2, close));
        if (reference === null) fail(`"${expression.slice(at, close + 1)}" is not understood`, at);
        const [, name, field, typeText] = reference!;
        const pattern = Object.hasOwn(definitions, name!)
          ? definitions[name!]!
          : Object.hasOwn(grokPatterns, name!)
            ? grokPatterns[name!]!
            : fail(`there is no pattern [${name}]`, at);
        if (inside.includes(name!))
          fail(`the pattern [${name}] refers to itself (${[...inside, name].join(' > ')})`, at);
        if (inside.length >= nestingMax) fail(`patterns are nested deeper than ${nestingMax}`, at);
        const type = typeText === undefined ? 'string' : types[typeText];
        if (type === undefined) fail(`there is no type "${typeText}"`, at);
        const open = field === undefined ? '(?:' : this.#group(field, type!);
        out += `${open}${this.#expand(pattern, definitions, [...inside, name!])})`;
        at = close;
      } else if (char === '(' && expression.startsWith('(?<', at) && !/[=!]/.test(expression[at + 3] ?? '')) {
        const close = expression.indexOf('>', at);
        const name = /^([\w.@[\]-]+)(?::(\w+))?$/.exec(expression.slice(at + 3, close === -1 ? at + 3 : close));
        const type = name === null ? undefined : types[name[2] ?? 'string'];
        if (name === null || type === undefined) return fail('the name of a group is not understood', at);
        out += this.#group(name[1]!, type);
        at = close;
      } else out += char;
      if (out.length > expandedLengthMax) fail(`more than ${expandedLengthMax} characters are written out`, at);
    }
    return out;
  }
}

function brief(what: unknown): string {
  const text = what instanceof Error ? what.message : String(what);
  return text.length > 300 ? `${text.slice(0, 300)}…` : text;
}

function convert(value: string, field: GrokField): unknown {
  switch (field.type) {
    case 'int':
    case 'long': {
      const limit = field.type === 'int' ? 31n : 63n;
      if (/^[+-]?\d{1,19}$/.test(value)) {
        const number = BigInt(value.replace('+', ''));
        if (number >= -(1n << limit) && number < 1n << limit)
          return Number.isSafeInteger(Number(number)) ? Number(number) : number;
      }
      break;
    }
    case 'boolean':
      return value.toLowerCase() === 'true';
    default: {
      const number = Number(value);
      if (value.trim() !== '' && Number.isFinite(number)) return number;
    }
  }
  throw new PipelineError('HW_PIPELINE_VALUE', `For input string: "${brief(value)}"`, { field: field.name });
}
