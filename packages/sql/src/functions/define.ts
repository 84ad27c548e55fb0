import type {
  CallSite,
  Evaluate,
  Parameter,
  ReturnType,
  ScalarFunction,
  ScalarVariant,
  TypePattern,
} from './function.ts';

export function parameter(name: string, type: TypePattern, description: string): Parameter {
  return { name, type, description };
}

/** A parameter that takes any number of values, none too. */
export function variadic(name: string, type: TypePattern, description: string): Parameter {
  return { name, type, description, isVariadic: true };
}

export interface VariantOptions {
  readonly isNullTaken?: boolean;
  readonly description?: string;
}

/** A variant that does the same at every place. */
export function variant(
  parameters: readonly Parameter[],
  returns: ReturnType,
  evaluate: Evaluate,
  options: VariantOptions = {},
): ScalarVariant {
  return { parameters, returns, create: () => evaluate, ...options };
}

/** A variant that is made for its place: by its types, its literals. */
export function variantAt(
  parameters: readonly Parameter[],
  returns: ReturnType,
  create: (site: CallSite) => Evaluate,
  options: VariantOptions = {},
): ScalarVariant {
  return { parameters, returns, create, ...options };
}

export interface Description {
  readonly category: string;
  readonly description: string;
  readonly example: string;
}

export function scalar(name: string, about: Description, ...variants: readonly ScalarVariant[]): ScalarFunction {
  return { kind: 'scalar', name, ...about, variants };
}
