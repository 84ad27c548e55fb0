import { nameLabel } from '../labels/label-set.ts';
import { type Matcher, type MatchOperator, matcher } from '../labels/matcher.ts';
import { MetricsError } from '../metrics-error.ts';
import { type Aggregate, type Binary, comparisons, type Expression, setOperators, type VectorMatching } from './ast.ts';
import { checkTypes } from './check-types.ts';
import { durationMs } from './duration.ts';
import { signatures } from './signatures.ts';
import { parseError, type Token, tokenize } from './tokens.ts';

export const aggregators: ReadonlySet<string> = new Set([
  'sum',
  'avg',
  'count',
  'min',
  'max',
  'group',
  'stddev',
  'stdvar',
  'topk',
  'bottomk',
  'count_values',
  'quantile',
]);
export const parameterAggregators: ReadonlySet<string> = new Set(['topk', 'bottomk', 'count_values', 'quantile']);

const binaryPower: Readonly<Record<string, number>> = {
  or: 1,
  and: 2,
  unless: 2,
  '==': 3,
  '!=': 3,
  '<=': 3,
  '<': 3,
  '>=': 3,
  '>': 3,
  '+': 4,
  '-': 4,
  '*': 5,
  '/': 5,
  '%': 5,
  atan2: 5,
  '^': 6,
};
/** `-a^b` is `-(a^b)`, `-a*b` is `(-a)*b`. */
const unaryPower = 5;
/** Names that mean something else where a metric's could stand. */
const noMetric: ReadonlySet<string> = new Set([
  'bool',
  'on',
  'ignoring',
  'group_left',
  'group_right',
  'atan2',
  'inf',
  'nan',
]);
const depthMax = 200;
const queryLengthMax = 100_000;

/**
 * Reads a query and checks its types. @throws HW_METRICS_PARSE in Prometheus' words
 *
 * By hand: the grammar that Prometheus publishes for editors ties `offset`, `@` and ranges to the whole operation on their left.
 */
export function parsePromql(query: string): Expression {
  if (query.length > queryLengthMax)
    throw new MetricsError('HW_METRICS_PARSE', `a query may have ${queryLengthMax} characters`);
  const parser = new Parser(query);
  const expression = parser.whole();
  checkTypes(query, expression);
  return expression;
}

/** The matchers of a selector alone, as `match[]` has them. */
export function parseSelector(query: string): readonly Matcher[] {
  const expression = parsePromql(query);
  if (expression.kind !== 'selector') throw parseError(query, 0, 'expected a series selector');
  return expression.matchers;
}

class Parser {
  readonly #query: string;
  readonly #tokens: Token[];
  #at = 0;
  #depth = 0;

  constructor(query: string) {
    this.#query = query;
    this.#tokens = tokenize(query);
  }

  whole(): Expression {
    if (this.#peek().type === 'end') throw parseError(this.#query, 0, 'no expression found in input');
    const expression = this.#expression(0);
    if (this.#peek().type !== 'end') throw this.#unexpected();
    return expression;
  }

  #peek(ahead = 0): Token {
    return this.#tokens[Math.min(this.#at + ahead, this.#tokens.length - 1)]!;
  }

  #next(): Token {
    const token = this.#peek();
    this.#at += 1;
    return token;
  }

  #is(text: string, ahead = 0): boolean {
    const token = this.#peek(ahead);
    return token.type === 'operator' && token.text === text;
  }

  #isWord(...words: string[]): boolean {
    const token = this.#peek();
    return token.type === 'name' && words.includes(token.text.toLowerCase());
  }

  #take(text: string, where: string): Token {
    if (!this.#is(text)) throw this.#unexpected(where, `"${text}"`);
    return this.#next();
  }

  #unexpected(where?: string, expected?: string): MetricsError {
    const token = this.#peek();
    const what =
      token.type === 'end'
        ? 'end of input'
        : token.type === 'name'
          ? `identifier ${JSON.stringify(token.text)}`
          : token.type === 'text'
            ? `string ${JSON.stringify(token.text)}`
            : token.type === 'operator'
              ? JSON.stringify(token.text)
              : `${token.type} ${JSON.stringify(token.text)}`;
    const tail = `${where === undefined ? '' : ` in ${where}`}${expected === undefined ? '' : `, expected ${expected}`}`;
    return parseError(this.#query, token.from, `unexpected ${what}${tail}`);
  }

  #operator(): string | undefined {
    const { text, type } = this.#peek();
    const word = type === 'name' ? text.toLowerCase() : type === 'operator' ? text : '';
    return Object.hasOwn(binaryPower, word) ? word : undefined;
  }

  #expression(powerMin: number): Expression {
    if (++this.#depth > depthMax)
      throw parseError(this.#query, this.#peek().from, `the query is nested deeper than ${depthMax}`);
    let left = this.#unary();
    for (;;) {
      const operator = this.#operator();
      if (operator === undefined || binaryPower[operator]! < powerMin) break;
      const power = binaryPower[operator]!;
      this.#next();
      const { isBool, matching } = this.#modifiers(operator);
      const right = this.#expression(operator === '^' ? power : power + 1);
      left = {
        kind: 'binary',
        operator,
        left,
        right,
        isBool,
        matching,
        from: left.from,
        to: right.to,
      } satisfies Binary;
    }
    this.#depth -= 1;
    return left;
  }

  #modifiers(operator: string): { isBool: boolean; matching: VectorMatching } {
    let isBool = false;
    if (this.#isWord('bool')) {
      const { from } = this.#next();
      if (!comparisons.has(operator))
        throw parseError(this.#query, from, 'bool modifier can only be used on comparison operators');
      isBool = true;
    }
    const matching: VectorMatching = { isOn: false, labels: [], group: null, include: [] };
    if (!this.#isWord('on', 'ignoring')) return { isBool, matching };
    matching.isOn = this.#next().text.toLowerCase() === 'on';
    matching.labels = this.#labelNames();
    if (!this.#isWord('group_left', 'group_right')) return { isBool, matching };
    const { from, text } = this.#next();
    if (setOperators.has(operator))
      throw parseError(this.#query, from, `no grouping allowed for "${operator}" operation`);
    matching.group = text.toLowerCase() === 'group_left' ? 'left' : 'right';
    if (this.#is('(')) matching.include = this.#labelNames();
    const both = matching.isOn ? matching.include.find((name) => matching.labels.includes(name)) : undefined;
    if (both !== undefined)
      throw parseError(this.#query, from, `label "${both}" must not occur in ON and GROUP clause at once`);
    return { isBool, matching };
  }

  #labelNames(): string[] {
    this.#take('(', 'grouping opts');
    const names: string[] = [];
    while (!this.#is(')')) {
      const token = this.#next();
      if (token.type !== 'name' || token.text.includes(':')) {
        this.#at -= 1;
        throw this.#unexpected('grouping opts', 'label');
      }
      names.push(token.text);
      if (!this.#is(')')) this.#take(',', 'grouping opts');
    }
    this.#next();
    return names;
  }

  #unary(): Expression {
    if (!this.#is('-') && !this.#is('+')) return this.#postfix(this.#primary());
    const { from, text } = this.#next();
    const expression = this.#expression(unaryPower + 1);
    if (expression.kind === 'number')
      return { ...expression, value: text === '-' ? -expression.value : expression.value, from };
    return { kind: 'unary', operator: text as '+' | '-', expression, from, to: expression.to };
  }

  #postfix(start: Expression): Expression {
    let expression = start;
    for (;;) {
      if (this.#is('[')) expression = this.#range(expression);
      else if (this.#isWord('offset')) {
        const { from } = this.#next();
        const sign = this.#is('-') ? -1 : 1;
        if (this.#is('-') || this.#is('+')) this.#next();
        expression = this.#shifted(expression, from, { offsetMs: sign * this.#duration('offset') });
      } else if (this.#is('@')) {
        const { from } = this.#next();
        expression = this.#shifted(expression, from, { at: this.#instant() });
      } else return expression;
    }
  }

  #instant(): number | 'start' | 'end' {
    if (this.#isWord('start', 'end')) {
      const word = this.#next().text.toLowerCase() as 'start' | 'end';
      this.#take('(', '@');
      this.#take(')', '@');
      return word;
    }
    const sign = this.#is('-') ? -1 : 1;
    if (this.#is('-') || this.#is('+')) this.#next();
    const token = this.#next();
    if (token.type !== 'number') {
      this.#at -= 1;
      throw this.#unexpected('@', 'timestamp');
    }
    return Math.round(sign * Number(token.text) * 1_000);
  }

  #range(expression: Expression): Expression {
    const { from } = this.#next();
    const rangeMs = this.#duration('range');
    if (rangeMs <= 0) throw parseError(this.#query, from + 1, 'duration must be greater than 0');
    if (this.#is(':')) {
      this.#next();
      const stepMs = this.#is(']') ? 0 : this.#duration('subquery');
      const { to } = this.#take(']', 'subquery selector');
      return { kind: 'subquery', expression, rangeMs, stepMs, offsetMs: 0, at: null, from: expression.from, to };
    }
    const { to } = this.#take(']', 'matrix selector');
    if (expression.kind !== 'selector')
      throw parseError(this.#query, expression.from, 'ranges only allowed for vector selectors');
    if (expression.offsetMs !== 0)
      throw parseError(this.#query, expression.from, 'no offset modifiers allowed before range');
    if (expression.at !== null) throw parseError(this.#query, expression.from, 'no @ modifiers allowed before range');
    return { kind: 'matrix', selector: expression, rangeMs, from: expression.from, to };
  }

  #duration(where: string): number {
    const token = this.#next();
    const ms =
      token.type === 'duration'
        ? durationMs(token.text)
        : token.type === 'number'
          ? Number(token.text) * 1_000
          : undefined;
    if (ms === undefined) {
      this.#at -= 1;
      throw this.#unexpected(where, 'duration');
    }
    return Math.round(ms);
  }

  #shifted(
    expression: Expression,
    from: number,
    shift: { offsetMs?: number; at?: number | 'start' | 'end' },
  ): Expression {
    const target = expression.kind === 'matrix' ? expression.selector : expression;
    const what = shift.offsetMs === undefined ? '@' : 'offset';
    if (target.kind !== 'selector' && target.kind !== 'subquery')
      throw parseError(
        this.#query,
        from,
        `${what} modifier must be preceded by an instant vector selector or range vector selector or a subquery`,
      );
    if (shift.offsetMs === undefined ? target.at !== null : target.offsetMs !== 0)
      throw parseError(this.#query, from, `${what === '@' ? '@ <timestamp>' : what} may not be set multiple times`);
    const shifted = { ...target, ...shift };
    return expression.kind === 'matrix' ? { ...expression, selector: shifted as never } : shifted;
  }

  #primary(): Expression {
    const token = this.#peek();
    const { from, text, to, type } = token;
    if (type === 'number') {
      this.#next();
      return { kind: 'number', value: Number(text), from, to };
    }
    if (type === 'text') {
      this.#next();
      return { kind: 'string', value: text, from, to };
    }
    if (this.#is('(')) {
      this.#next();
      const expression = this.#expression(0);
      const end = this.#take(')', 'parenthesized expression');
      return { kind: 'paren', expression, from, to: end.to };
    }
    if (this.#is('{')) return this.#selector(null);
    if (type !== 'name') throw this.#unexpected();
    const word = text.toLowerCase();
    if (word === 'inf' || word === 'nan') {
      this.#next();
      return { kind: 'number', value: word === 'inf' ? Number.POSITIVE_INFINITY : Number.NaN, from, to };
    }
    if (aggregators.has(word) && (this.#is('(', 1) || ['by', 'without'].includes(this.#peek(1).text.toLowerCase())))
      return this.#aggregate(word);
    if (this.#is('(', 1)) return this.#call();
    if (noMetric.has(word)) throw this.#unexpected();
    this.#next();
    return this.#selector(token);
  }

  #aggregate(operator: string): Aggregate {
    const { from } = this.#next();
    let grouping = this.#grouping();
    const args = this.#arguments('aggregation');
    grouping ??= this.#grouping();
    const to = this.#peek(-1).to;
    const wanted = parameterAggregators.has(operator) ? 2 : 1;
    if (args.length !== wanted)
      throw parseError(
        this.#query,
        from,
        args.length === 0
          ? 'no arguments for aggregate expression provided'
          : `wrong number of arguments for aggregate expression provided, expected ${wanted}, got ${args.length}`,
      );
    const parameter = wanted === 2 ? args[0]! : null;
    return {
      kind: 'aggregate',
      operator,
      expression: args.at(-1)!,
      parameter,
      ...(grouping ?? { isWithout: false, labels: [] }),
      from,
      to,
    };
  }

  #grouping(): { isWithout: boolean; labels: string[] } | undefined {
    if (!this.#isWord('by', 'without')) return undefined;
    const isWithout = this.#next().text.toLowerCase() === 'without';
    return { isWithout, labels: this.#labelNames() };
  }

  #arguments(where: string): Expression[] {
    this.#take('(', where);
    const args: Expression[] = [];
    while (!this.#is(')')) {
      args.push(this.#expression(0));
      if (this.#is(')')) break;
      this.#take(',', where);
      if (this.#is(')'))
        throw parseError(this.#query, this.#peek().from, 'trailing commas not allowed in function call args');
    }
    this.#next();
    return args;
  }

  #call(): Expression {
    const { from, text: name } = this.#next();
    if (!signatures.has(name)) throw parseError(this.#query, from, `unknown function with name "${name}"`);
    const args = this.#arguments('function call');
    return { kind: 'call', name, args, from, to: this.#peek(-1).to };
  }

  #selector(name: Token | null): Expression {
    const from = name?.from ?? this.#peek().from;
    const matchers: Matcher[] = [];
    let to = name?.to ?? from;
    if (this.#is('{')) {
      this.#next();
      while (!this.#is('}')) {
        matchers.push(this.#matcher());
        if (!this.#is('}')) this.#take(',', 'label matching');
      }
      to = this.#next().to;
    }
    if (name !== null) {
      const second = matchers.find((each) => each.name === nameLabel);
      if (second !== undefined)
        throw parseError(this.#query, from, `metric name must not be set twice: "${name.text}" or "${second.value}"`);
      matchers.push(matcher(nameLabel, '=', name.text));
    }
    if (matchers.every((each) => each.matches('')))
      throw parseError(this.#query, from, 'vector selector must contain at least one non-empty matcher');
    return { kind: 'selector', matchers, offsetMs: 0, at: null, from, to };
  }

  #matcher(): Matcher {
    const label = this.#next();
    if (label.type !== 'name' && label.type !== 'text') {
      this.#at -= 1;
      throw this.#unexpected('label matching', 'identifier or "}"');
    }
    // `{"name"}`: the metric's name in quotes, as Prometheus 3 has it.
    if (label.type === 'text' && (this.#is(',') || this.#is('}'))) return matcher(nameLabel, '=', label.text);
    const operator = this.#next();
    if (operator.type !== 'operator' || !['=', '!=', '=~', '!~'].includes(operator.text)) {
      this.#at -= 1;
      throw this.#unexpected('label matching', 'label matching operator');
    }
    const value = this.#next();
    if (value.type !== 'text') {
      this.#at -= 1;
      throw this.#unexpected('label matching', 'string');
    }
    try {
      return matcher(label.text, operator.text as MatchOperator, value.text);
    } catch (error) {
      throw parseError(this.#query, value.from, (error as Error).message);
    }
  }
}
