import { BoundedRegex, LinearRegex } from '@headwater/regex';
import { type IngestDocument, isSame, typeName, type Value } from '../ingest-document.ts';
import type { PipelineError } from '../pipeline-error.ts';
import { callMethod, methodNames } from './methods.ts';
import { conditionError, type Token, tokensOf } from './tokens.ts';

/** Whether a processor is to run for a document. Throws PipelineError when the expression does not fit the document. */
export type Condition = (document: IngestDocument) => boolean;

type Evaluate = (document: IngestDocument) => Value;

const depthMax = 100;
const instanceTypes = [
  'String',
  'def',
  'Object',
  'List',
  'ArrayList',
  'Collection',
  'Map',
  'HashMap',
  'Number',
  'Integer',
  'Long',
  'Double',
  'Float',
  'Boolean',
];

/**
 * Compiles the conditions that pipelines commonly have, a part of Painless that cannot loop or change anything:
 * `ctx.level == 'error' && ctx.tags?.contains('audit')`.
 *
 * Literals, `ctx` by dots, `?.` and brackets, `==` `!=` `===` `!==` `<` `<=` `>` `>=`, `&&` `||` `!`, `+ - * / %`, `? :` and `?:`, `instanceof`,
 * `=~` and `==~` with a regular expression (linear), lists, and the methods of `methods.ts`. Anything else is refused with its position.
 */
export function compileCondition(source: string): Condition {
  const tokens = tokensOf(source);
  let at = 0;
  let depth = 0;

  const peek = (): Token => tokens[at]!;
  const fail = (message: string, position = peek().position): PipelineError =>
    conditionError(message, source, position);
  const eat = (text: string): boolean => {
    if (peek().text !== text || (peek().kind !== 'sign' && peek().kind !== 'name')) return false;
    at++;
    return true;
  };
  const expect = (text: string): void => {
    if (!eat(text)) throw fail(`"${text}" is expected`);
  };

  function expression(): Evaluate {
    if (++depth > depthMax) throw fail(`the condition is nested deeper than ${depthMax}`);
    const test = or();
    let out = test;
    if (eat('?:')) {
      const other = expression();
      out = (document) => test(document) ?? other(document);
    } else if (peek().text === '?' && peek().kind === 'sign') {
      const { position } = peek();
      at++;
      const yes = expression();
      expect(':');
      const no = expression();
      out = (document) => (truth(test(document), position) ? yes(document) : no(document));
    }
    depth--;
    return out;
  }

  function truth(value: Value, position: number): boolean {
    if (typeof value !== 'boolean') throw fail(`a boolean is expected, not [${typeName(value)}]`, position);
    return value;
  }

  function or(): Evaluate {
    let left = and();
    for (; peek().text === '||' && peek().kind === 'sign'; ) {
      const { position } = tokens[at++]!;
      const [a, b] = [left, and()];
      left = (document) => truth(a(document), position) || truth(b(document), position);
    }
    return left;
  }

  function and(): Evaluate {
    let left = equality();
    for (; peek().text === '&&' && peek().kind === 'sign'; ) {
      const { position } = tokens[at++]!;
      const [a, b] = [left, equality()];
      left = (document) => truth(a(document), position) && truth(b(document), position);
    }
    return left;
  }

  function equality(): Evaluate {
    let left = comparison();
    while (peek().kind === 'sign' && ['==', '!=', '===', '!==', '=~', '==~'].includes(peek().text)) {
      const { text, position } = tokens[at++]!;
      const a = left;
      if (text === '=~' || text === '==~') {
        const token = tokens[at++]!;
        if (token.kind !== 'regex') throw fail('a regular expression is expected', token.position);
        const matches = compileMatch(token, text === '==~');
        left = (document) => {
          const value = a(document);
          if (typeof value !== 'string') throw fail(`a text is expected, not [${typeName(value)}]`, position);
          return matches(value);
        };
        continue;
      }
      const b = comparison();
      const isEqual = !text.startsWith('!');
      left = (document) => isSame(a(document) ?? null, b(document) ?? null) === isEqual;
    }
    return left;
  }

  function compileMatch(token: Token, isWhole: boolean): (text: string) => boolean {
    try {
      if (isWhole) {
        const regex = new LinearRegex(token.text);
        return (text) => regex.test(text);
      }
      const regex = new BoundedRegex(token.text);
      return (text) => regex.search(text);
    } catch (error) {
      throw fail((error as Error).message, token.position);
    }
  }

  function comparison(): Evaluate {
    let left = sum();
    for (;;) {
      const { text, kind, position } = peek();
      if (kind === 'name' && text === 'instanceof') {
        at++;
        const type = tokens[at++]!;
        if (!instanceTypes.includes(type.text)) throw fail(`the type "${type.text}" is not served`, type.position);
        const a = left;
        left = (document) => isInstance(a(document), type.text);
      } else if (kind === 'sign' && ['<', '<=', '>', '>='].includes(text)) {
        at++;
        const [a, b] = [left, sum()];
        left = (document) => {
          const [x, y] = [number(a(document), position), number(b(document), position)];
          return text === '<' ? x < y : text === '<=' ? x <= y : text === '>' ? x > y : x >= y;
        };
      } else return left;
    }
  }

  function number(value: Value, position: number): number | bigint {
    if (typeof value !== 'number' && typeof value !== 'bigint')
      throw fail(`a number is expected, not [${typeName(value)}]`, position);
    return value;
  }

  function sum(): Evaluate {
    let left = product();
    while (peek().kind === 'sign' && (peek().text === '+' || peek().text === '-')) {
      const { text, position } = tokens[at++]!;
      const [a, b] = [left, product()];
      left = (document) => {
        const [x, y] = [a(document), b(document)];
        if (text === '+' && (typeof x === 'string' || typeof y === 'string')) return `${String(x)}${String(y)}`;
        const [m, n] = [Number(number(x, position)), Number(number(y, position))];
        return text === '+' ? m + n : m - n;
      };
    }
    return left;
  }

  function product(): Evaluate {
    let left = unary();
    while (peek().kind === 'sign' && ['*', '/', '%'].includes(peek().text)) {
      const { text, position } = tokens[at++]!;
      const [a, b] = [left, unary()];
      left = (document) => {
        const [x, y] = [Number(number(a(document), position)), Number(number(b(document), position))];
        if (text === '*') return x * y;
        const isWhole = Number.isInteger(x) && Number.isInteger(y);
        if (isWhole && y === 0) throw fail('/ by zero', position);
        return text === '%' ? x % y : isWhole ? Math.trunc(x / y) : x / y;
      };
    }
    return left;
  }

  function unary(): Evaluate {
    const { position } = peek();
    if (++depth > depthMax) throw fail(`the condition is nested deeper than ${depthMax}`);
    let out: Evaluate;
    if (eat('!')) {
      const inner = unary();
      out = (document) => !truth(inner(document), position);
    } else if (eat('-')) {
      const inner = unary();
      out = (document) => -number(inner(document), position);
    } else out = postfix();
    depth--;
    return out;
  }

  function postfix(): Evaluate {
    let value = primary();
    for (;;) {
      const { position, text } = peek();
      if (eat('[')) {
        const key = expression();
        expect(']');
        const inner = value;
        value = (document) => member(inner(document), key(document), false, position);
      } else if (eat('.') || eat('?.')) {
        const isSafe = text === '?.';
        const name = tokens[at++]!;
        if (name.kind !== 'name' && name.kind !== 'number') throw fail('a name is expected', name.position);
        const inner = value;
        if (eat('(')) {
          if (!methodNames.includes(name.text))
            throw fail(`the method "${name.text}" is not served (${methodNames.join(', ')} are)`, name.position);
          const args: Evaluate[] = [];
          while (!eat(')')) {
            if (args.length > 0) expect(',');
            args.push(expression());
          }
          value = (document) => {
            const target = inner(document);
            if (target === undefined || target === null) {
              if (isSafe) return null;
              throw fail(`cannot call "${name.text}" on null`, name.position);
            }
            const out = callMethod(
              target,
              name.text,
              args.map((arg) => arg(document)),
            );
            if (out === undefined)
              throw fail(`[${typeName(target)}] has no method "${name.text}" with these arguments`, name.position);
            return out;
          };
        } else value = (document) => member(inner(document), name.text, isSafe, name.position);
      } else return value;
    }
  }

  function member(target: Value, key: Value, isSafe: boolean, position: number): Value {
    if (target === undefined || target === null) {
      if (isSafe) return null;
      throw fail(`cannot read "${String(key)}" of null`, position);
    }
    if (Array.isArray(target)) {
      if (key === 'length') return target.length;
      const index = typeof key === 'number' && key < 0 ? target.length + key : Number(key);
      if (!Number.isInteger(index) || index < 0 || index >= target.length)
        throw fail(`there is no element "${String(key)}"`, position);
      return target[index];
    }
    if (typeof target !== 'object') throw fail(`[${typeName(target)}] has no "${String(key)}"`, position);
    return Object.hasOwn(target, String(key)) ? (target as Record<string, Value>)[String(key)] : null;
  }

  function primary(): Evaluate {
    const token = tokens[at++]!;
    if (token.kind === 'text') return () => token.text;
    if (token.kind === 'number') return () => Number(token.text);
    if (token.kind === 'name') {
      if (token.text === 'ctx') return contextMember;
      if (token.text === 'true' || token.text === 'false') return () => token.text === 'true';
      if (token.text === 'null') return () => null;
      throw fail(`"${token.text}" is not served in a condition`, token.position);
    }
    if (token.text === '(') {
      const inner = expression();
      expect(')');
      return inner;
    }
    if (token.text === '[') {
      const parts: Evaluate[] = [];
      while (!eat(']')) {
        if (parts.length > 0) expect(',');
        parts.push(expression());
      }
      return (document) => parts.map((part) => part(document));
    }
    throw fail(
      token.kind === 'end' ? 'the condition ends too soon' : `"${token.text}" is not expected`,
      token.position,
    );
  }

  eat('return');
  const { position } = peek();
  const evaluate = expression();
  eat(';');
  if (peek().kind !== 'end') throw fail(`"${peek().text}" is not expected`);
  return (document) => truth(evaluate(document), position);
}

/** `ctx` itself: the fields, with the metadata among them. */
function contextMember(document: IngestDocument): Value {
  return new Proxy(document.source, {
    getOwnPropertyDescriptor: (source, key) => Object.getOwnPropertyDescriptor(source, key) ?? own(document, key),
    get: (source, key) => (Object.hasOwn(source, key) ? source[key as string] : own(document, key)?.value),
  });
}

function own(document: IngestDocument, key: string | symbol): PropertyDescriptor | undefined {
  if (key === '_ingest') return { value: document.ingest, configurable: true };
  if (typeof key !== 'string' || document.metadata[key] === undefined) return undefined;
  return { value: document.metadata[key], configurable: true };
}

function isInstance(value: Value, type: string): boolean {
  if (value === null || value === undefined) return false;
  switch (type) {
    case 'def':
    case 'Object':
      return true;
    case 'String':
      return typeof value === 'string';
    case 'Boolean':
      return typeof value === 'boolean';
    case 'Number':
      return typeof value === 'number' || typeof value === 'bigint';
    case 'Integer':
    case 'Long':
    case 'Double':
      return typeName(value) === `java.lang.${type}`;
    case 'Float':
      return false;
    case 'Map':
    case 'HashMap':
      return typeof value === 'object' && !Array.isArray(value);
    default:
      return Array.isArray(value);
  }
}
