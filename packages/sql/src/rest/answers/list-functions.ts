import type { SqlFunction, TypePattern } from '../../functions/function.ts';
import type { FunctionRegistry } from '../../functions/function-registry.ts';
import { patternText } from '../../functions/type-pattern.ts';
import type { FunctionDescription, FunctionList } from '../entities/index.ts';
import { answerHead } from './answer-head.ts';

const kinds = { scalar: 'SCALAR', aggregate: 'AGGREGATE', table: 'TABLE' } as const;

/** SHOW FUNCTIONS. */
export function listFunctions(registry: FunctionRegistry, text: string): FunctionList {
  const functions = registry
    .all()
    .map(({ name, kind, category }) => ({ name, type: kinds[kind], category: category.toUpperCase() }));
  return { '@type': 'function_names', ...answerHead(text), functions };
}

/** DESCRIBE FUNCTION. @throws SqlError where there is none of the name */
export function describeFunction(registry: FunctionRegistry, name: string, text: string): FunctionDescription {
  const described: SqlFunction = registry.get(name);
  return {
    '@type': 'describe_function',
    ...answerHead(text),
    name: described.name,
    description: described.description,
    author: '',
    version: '',
    path: described.path ?? 'internal',
    type: kinds[described.kind],
    functions: described.variants.map(({ parameters, returns, description }) => ({
      arguments: parameters.map((each) => ({
        name: each.name,
        type: patternText(each.type),
        description: each.description ?? '',
        isVariadic: each.isVariadic ?? false,
      })),
      returnType: typeof returns === 'function' ? ruleText(parameters) : patternText(returns),
      description: description ?? described.description,
    })),
  };
}

/** Of results whose type a rule says: most are of their arguments' type. */
function ruleText(parameters: readonly { readonly type: TypePattern }[]): string {
  return parameters.some(({ type }) => type.kind === 'ANY_DECIMAL') ? 'DECIMAL' : 'ANY';
}
