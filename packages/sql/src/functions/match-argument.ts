import { isKindWidened } from '../types/implicit-cast.ts';
import { isSameType, type SqlType } from '../types/sql-type.ts';
import type { TypePattern } from './function.ts';
import type { Bindings } from './type-pattern.ts';

/**
 * An argument of a call as it is typed: a value (its type, null for the untyped NULL; the literal's value), a bare unit of time, or a
 * lambda, whose body can be typed only once its parameters are.
 */
export type Argument =
  | {
      readonly kind: 'value';
      readonly type: SqlType | null;
      readonly literal?: unknown;
      /** The expression, for messages. */
      readonly text?: string;
    }
  | { readonly kind: 'unit'; readonly literal: string }
  | {
      readonly kind: 'lambda';
      readonly parametersCount: number;
      returnType(parameterTypes: readonly SqlType[]): SqlType | null;
    };

/**
 * Whether an argument may stand where a pattern is, and what it binds the pattern's variables to. Variables are exact: the same one
 * cannot be INTEGER and BIGINT. Concrete numbers widen with `isCastAllowed`.
 */
export function isMatch(pattern: TypePattern, argument: Argument, bindings: Bindings, isCastAllowed: boolean): boolean {
  switch (argument.kind) {
    case 'unit':
      return pattern.kind === 'INTERVAL_UNIT';
    case 'lambda':
      return pattern.kind === 'LAMBDA' && pattern.parameters.length === argument.parametersCount;
    case 'value':
      if (pattern.kind === 'INTERVAL_UNIT' || pattern.kind === 'LAMBDA') return false;
      return argument.type === null || isTypeMatch(pattern, argument.type, bindings, isCastAllowed);
  }
}

export function isTypeMatch(pattern: TypePattern, type: SqlType, bindings: Bindings, isCastAllowed: boolean): boolean {
  switch (pattern.kind) {
    case 'ANY':
      return true;
    case 'VARIABLE': {
      const bound = bindings.get(pattern.name);
      if (bound !== undefined) return isSameType(bound, type);
      bindings.set(pattern.name, type);
      return true;
    }
    case 'ANY_DECIMAL':
      return type.kind === 'DECIMAL' || (isCastAllowed && isKindWidened(type.kind, 'DECIMAL'));
    case 'ARRAY_OF':
      return type.kind === 'ARRAY' && isTypeMatch(pattern.element, type.element, bindings, isCastAllowed);
    case 'MAP_OF':
      return (
        type.kind === 'MAP' &&
        isTypeMatch(pattern.key, type.key, bindings, isCastAllowed) &&
        isTypeMatch(pattern.value, type.value, bindings, isCastAllowed)
      );
    case 'STRUCT_OF':
      return (
        type.kind === 'STRUCT' &&
        type.fields.length === pattern.fields.length &&
        pattern.fields.every((field) => {
          const other = type.fields.find(({ name }) => name === field.name);
          return other !== undefined && isTypeMatch(field.type, other.type, bindings, false);
        })
      );
    case 'LAMBDA':
    case 'INTERVAL_UNIT':
      return false;
    case 'ARRAY':
      return type.kind === 'ARRAY' && isTypeMatch(pattern.element, type.element, bindings, isCastAllowed);
    case 'MAP':
      return (
        type.kind === 'MAP' &&
        isTypeMatch(pattern.key, type.key, bindings, isCastAllowed) &&
        isTypeMatch(pattern.value, type.value, bindings, isCastAllowed)
      );
    case 'STRUCT':
    case 'DECIMAL':
      return isSameType(pattern, type) || (isCastAllowed && isKindWidened(type.kind, pattern.kind));
    default:
      return type.kind === pattern.kind || (isCastAllowed && isConverted(type.kind, pattern.kind));
  }
}

/** Texts are read as times where a function wants these; numbers widen. */
function isConverted(from: SqlType['kind'], to: SqlType['kind']): boolean {
  if (from === 'STRING') return to === 'TIME' || to === 'DATE' || to === 'TIMESTAMP';
  return isKindWidened(from, to);
}
