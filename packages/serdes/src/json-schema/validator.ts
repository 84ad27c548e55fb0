import { createRequire } from 'node:module';
import type { Ajv, ErrorObject, Options, ValidateFunction } from 'ajv';
import { SchemaError } from '../schema-error.ts';
import type { JsonSchemaDraft } from './draft.ts';
import { formatsOf } from './formats.ts';
import { isMultipleOf, isUnique } from './keyword-checks.ts';
import { patternTest } from './pattern-engine.ts';
import { WorkBudget } from './work-budget.ts';

export interface Validator {
  /** What is wrong, the first that was found; undefined when nothing is. @throws WorkBudgetError */
  validate(value: unknown, textLength: number): readonly ErrorObject[] | undefined;
}

type AjvClass = new (options: Options) => Ajv;

/** Entering a definition costs about as much as this many steps, and the mistakes that it may collect. */
const stepsPerEntry = 40;
/** In each definition: counts how often one is entered. */
const stepKeyword = 'x-headwater-step';

/** Compiles a schema of `flattenSchema`. @throws SchemaError */
export function compileValidator(
  schema: Record<string, unknown>,
  draft: JsonSchemaDraft,
  canBacktrack: boolean,
): Validator {
  const budget = new WorkBudget();
  const regExp = Object.assign((pattern: string) => patternTest(pattern, budget, canBacktrack), { code: 'pattern' });
  const ajv = new (ajvClass(draft))({
    meta: false,
    validateSchema: false,
    strict: false,
    logger: false,
    // A schema that is referred to a thousand times is one function, not a thousand copies.
    inlineRefs: false,
    ownProperties: true,
    validateFormats: draft <= 7,
    formats: formatsOf(draft),
    // Its optimizer takes time quadratic in the number of properties.
    code: { regExp, optimize: false },
  });
  ajv.removeKeyword('uniqueItems');
  ajv.addKeyword({
    keyword: 'uniqueItems',
    type: 'array',
    schemaType: 'boolean',
    error: { message: 'must not have the same item twice' },
    validate: (isAsked: boolean, items: unknown[]) => !isAsked || isUnique(items, budget),
  });
  ajv.removeKeyword('multipleOf');
  ajv.addKeyword({
    keyword: 'multipleOf',
    type: 'number',
    schemaType: 'number',
    error: { message: 'must be a multiple of what multipleOf says' },
    validate: (divisor: number, value: number) => isMultipleOf(value, divisor),
  });
  ajv.addKeyword({
    keyword: stepKeyword,
    validate: () => {
      budget.spend(stepsPerEntry);
      return true;
    },
  });
  const definitions = Object.values(schema['$defs'] as Record<string, unknown>);
  for (const each of definitions) {
    if (typeof each === 'object') (each as Record<string, unknown>)[stepKeyword] = true;
  }
  const validate = compiled(ajv, schema);
  return {
    validate(value, textLength) {
      budget.reset(textLength);
      return validate(value) ? undefined : (validate.errors ?? []);
    },
  };
}

function compiled(ajv: Ajv, schema: Record<string, unknown>): ValidateFunction {
  try {
    return ajv.compile(schema);
  } catch (error) {
    if (error instanceof SchemaError) throw error;
    throw new SchemaError(`It cannot be compiled: ${(error as Error).message}`, '', { cause: error });
  }
}

/** Loaded when the first codec is asked for: it takes longer than the rest of the package. */
function ajvClass(draft: JsonSchemaDraft): AjvClass {
  const require = createRequire(import.meta.url);
  const name = draft === 2020 ? 'ajv/dist/2020.js' : draft === 2019 ? 'ajv/dist/2019.js' : 'ajv';
  return (require(name) as { default: AjvClass }).default;
}
