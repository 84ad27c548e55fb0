import { SqlError } from '../sql-error.ts';
import { asDecimalType } from '../types/implicit-cast.ts';
import { decimalType, type SqlType, typeText } from '../types/sql-type.ts';
import type { Parameter, ReturnType, TypePattern } from './function.ts';
import { type Argument, isMatch, isTypeMatch } from './match-argument.ts';
import { type Bindings, boundType, isGeneric, signatureText } from './type-pattern.ts';

interface Variant {
  readonly parameters: readonly Parameter[];
  readonly returns: ReturnType;
}

/** The variant that a call means, and the types in it. */
export interface Resolution<V extends Variant> {
  readonly variant: V;
  /**
   * What each argument has to be when the function is called: where it differs from the argument's own type, `castFunction` converts.
   * Null for the untyped NULL, units and lambdas.
   */
  readonly argumentTypes: readonly (SqlType | null)[];
  /** The types of the lambdas' parameters; null for other arguments. */
  readonly lambdaTypes: readonly (readonly SqlType[] | null)[];
  readonly returnType: SqlType;
  /** Where an array was given for all of the variadic parameter's values: its position; else -1. */
  readonly spreadAt: number;
}

interface Candidate<V extends Variant> {
  readonly variant: V;
  /** The pattern of each argument. */
  readonly patterns: readonly TypePattern[];
  readonly spreadAt: number;
}

/**
 * Finds the variant of a function that a call means, by ksqlDB's rules: without conversions first, then with widened numbers; among
 * several the one without variadic parameter, then with more parameters, then with fewer type variables, then without a parameter for
 * anything, then with the variadic parameter further back. NULL fits everything.
 *
 * @throws SqlError HW_SQL_STATEMENT where none fits, or more than one; it lists the variants
 */
export function resolveVariant<V extends Variant>(
  name: string,
  variants: readonly V[],
  argumentsGiven: readonly Argument[],
): Resolution<V> {
  const candidate = best(name, variants, argumentsGiven, false) ?? best(name, variants, argumentsGiven, true);
  if (candidate === undefined) throw noMatch(name, variants, argumentsGiven);
  return typed(name, candidate, argumentsGiven, variants);
}

function best<V extends Variant>(
  name: string,
  variants: readonly V[],
  given: readonly Argument[],
  isCastAllowed: boolean,
): Candidate<V> | undefined {
  let winner: Candidate<V> | undefined;
  let isTied = false;
  for (const variant of variants) {
    const candidate = shapes(variant, given.length).find((shape) => fits(shape, given, isCastAllowed));
    if (candidate === undefined) continue;
    const order = winner === undefined ? 1 : compareVariants(candidate.variant, winner.variant);
    if (order > 0) {
      winner = candidate;
      isTied = false;
    } else if (order === 0) isTied = true;
  }
  if (isTied) throw ambiguous(name, variants, given);
  return winner;
}

/** The ways in which a variant can take so many arguments. */
function shapes<V extends Variant>(variant: V, count: number): Candidate<V>[] {
  const { parameters } = variant;
  const patterns = parameters.map(({ type }) => type);
  const at = parameters.findIndex(({ isVariadic }) => isVariadic);
  if (at === -1) return count === parameters.length ? [{ variant, patterns, spreadAt: -1 }] : [];
  const repeats = count - parameters.length + 1;
  if (repeats < 0) return [];
  const repeated = new Array<TypePattern>(repeats).fill(patterns[at]!);
  const plain = { variant, patterns: [...patterns.slice(0, at), ...repeated, ...patterns.slice(at + 1)], spreadAt: -1 };
  if (repeats !== 1) return [plain];
  const spread = patterns.with(at, { kind: 'ARRAY_OF', element: patterns[at]! });
  return [plain, { variant, patterns: spread, spreadAt: at }];
}

function fits(candidate: Candidate<Variant>, given: readonly Argument[], isCastAllowed: boolean): boolean {
  const bindings: Bindings = new Map();
  return given.every((argument, at) => isMatch(candidate.patterns[at]!, argument, bindings, isCastAllowed));
}

function compareVariants(one: Variant, other: Variant): number {
  const [a, b] = [rank(one), rank(other)];
  for (const [at, value] of a.entries()) if (value !== b[at]) return value - b[at]!;
  return 0;
}

function rank({ parameters }: Variant): number[] {
  const variadicAt = parameters.findIndex(({ isVariadic }) => isVariadic);
  const isAnyVariadic = variadicAt !== -1 && parameters[variadicAt]!.type.kind === 'ANY';
  const generics = parameters.filter(({ type, isVariadic }) => isGeneric(type) || (isVariadic && type.kind === 'ANY'));
  return [variadicAt === -1 ? 1 : 0, parameters.length, -generics.length, isAnyVariadic ? 0 : 1, variadicAt];
}

function typed<V extends Variant>(
  name: string,
  { variant, patterns, spreadAt }: Candidate<V>,
  given: readonly Argument[],
  variants: readonly V[],
): Resolution<V> {
  const bindings: Bindings = new Map();
  for (const [at, argument] of given.entries()) {
    if (argument.kind === 'value') isMatch(patterns[at]!, argument, bindings, true);
  }
  const lambdaTypes = given.map((argument, at) =>
    argument.kind === 'lambda'
      ? bindLambda(name, argument, patterns[at] as TypePattern & { kind: 'LAMBDA' }, bindings, given, variants)
      : null,
  );
  const argumentTypes = given.map((argument, at) =>
    argument.kind === 'value' && argument.type !== null ? parameterType(patterns[at]!, argument.type, bindings) : null,
  );
  const literals = given.map((argument) => (argument.kind === 'lambda' ? undefined : argument.literal));
  const { returns } = variant;
  const returnType = typeof returns === 'function' ? returns(argumentTypes, literals) : boundType(returns, bindings);
  if (returnType === undefined) throw noMatch(name, variants, given);
  return { variant, argumentTypes, lambdaTypes, returnType, spreadAt };
}

function bindLambda(
  name: string,
  lambda: Argument & { kind: 'lambda' },
  pattern: TypePattern & { kind: 'LAMBDA' },
  bindings: Bindings,
  given: readonly Argument[],
  variants: readonly Variant[],
): readonly SqlType[] {
  const types = pattern.parameters.map((parameter) => boundType(parameter, bindings));
  if (types.some((type) => type === undefined)) throw noMatch(name, variants, given);
  const parameterTypes = types as SqlType[];
  const result = lambda.returnType(parameterTypes);
  if (result !== null && !isTypeMatch(pattern.returns, result, bindings, false)) throw noMatch(name, variants, given);
  return parameterTypes;
}

/** What the argument becomes: its own type where the pattern takes that, the pattern's where numbers widen. */
function parameterType(pattern: TypePattern, type: SqlType, bindings: Bindings): SqlType {
  if (isTypeMatch(pattern, type, new Map(bindings), false)) return type;
  if (pattern.kind === 'ANY_DECIMAL') {
    const decimal = asDecimalType(type);
    return decimal === undefined ? type : decimalType(decimal.precision, decimal.scale);
  }
  if (pattern.kind === 'ARRAY_OF' && type.kind === 'ARRAY') {
    return { kind: 'ARRAY', element: parameterType(pattern.element, type.element, bindings) };
  }
  if (pattern.kind === 'MAP_OF' && type.kind === 'MAP') {
    const key = parameterType(pattern.key, type.key, bindings);
    return { kind: 'MAP', key, value: parameterType(pattern.value, type.value, bindings) };
  }
  return boundType(pattern, bindings) ?? type;
}

const plainName = (name: string): string => name;

function givenText(given: readonly Argument[]): string {
  const texts = given.map((argument) => {
    if (argument.kind === 'unit') return 'INTERVALUNIT';
    if (argument.kind === 'lambda') return 'LAMBDA';
    return argument.type === null ? 'null' : typeText(argument.type, plainName);
  });
  return `(${texts.join(', ')})`;
}

function variantTexts(name: string, variants: readonly Variant[]): string {
  return variants.map(({ parameters }) => signatureText(name, parameters)).join('\n');
}

const advice = 'For detailed information on a function run: DESCRIBE FUNCTION <Function-Name>;';

function noMatch(name: string, variants: readonly Variant[], given: readonly Argument[]): SqlError {
  return new SqlError(
    'HW_SQL_STATEMENT',
    `Function '${name}' does not accept parameters ${givenText(given)}.\nValid alternatives are:\n${variantTexts(name, variants)}\n${advice}`,
  );
}

function ambiguous(name: string, variants: readonly Variant[], given: readonly Argument[]): SqlError {
  return new SqlError(
    'HW_SQL_STATEMENT',
    `Function '${name}' cannot be resolved due to ambiguous method parameters ${givenText(given)}.\n` +
      'Use CAST() to explicitly cast your parameters to one of the supported function calls.\n' +
      `Valid function calls are:\n${variantTexts(name, variants)}\n${advice}`,
  );
}
