import type { JsonSchema, SchemaType } from './json-schema.ts';

/** Something that does not fit its schema. */
export interface Misfit {
  /** JSON Pointer (RFC 6901) into what was given: empty for the whole. */
  pointer: string;
  message: string;
}

/** Looks at a value; tells each misfit (at most `misfitsMax` are kept) and returns the value, with defaults filled in. */
export type Validator = (value: unknown, pointer: string, misfits: Misfit[]) => unknown;

export const misfitsMax = 50;

/** Turns a schema into a validator, once for many values. `isText`: values come as text (paths, queries) and are read as the schema's type. */
export function compileSchema(schema: JsonSchema, isText = false): Validator {
  const checks = keywordChecks(schema, isText);
  const types = schema.type === undefined ? undefined : [schema.type].flat();
  return (given, pointer, misfits) => {
    const value = isText ? fromText(given, types) : given;
    if (types !== undefined && !types.some((type) => isOfType(value, type))) {
      add(misfits, pointer, `must be ${types.map(named).join(' or ')}`);
      return value;
    }
    let result = value;
    for (const check of checks) result = check(result, pointer, misfits);
    return result;
  };
}

function keywordChecks(schema: JsonSchema, isText: boolean): Validator[] {
  const checks: Validator[] = [];
  const test = (isGood: (value: never) => boolean, kind: string, message: string): void => {
    checks.push((value, pointer, misfits) => {
      if (typeOf(value) === kind && !isGood(value as never)) add(misfits, pointer, message);
      return value;
    });
  };
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf, minLength, maxLength, pattern, format } =
    schema;
  if (schema.enum) {
    const { enum: values } = schema;
    const shown = values.map((value) => JSON.stringify(value)).join(', ');
    checks.push((value, pointer, misfits) => {
      if (!values.includes(value as never)) add(misfits, pointer, `must be one of ${shown}`);
      return value;
    });
  }
  if (schema.const !== undefined) {
    checks.push((value, pointer, misfits) => {
      if (value !== schema.const) add(misfits, pointer, `must be ${JSON.stringify(schema.const)}`);
      return value;
    });
  }
  if (minimum !== undefined) test((value: number) => value >= minimum, 'number', `must be ${minimum} or more`);
  if (maximum !== undefined) test((value: number) => value <= maximum, 'number', `must be ${maximum} or less`);
  if (exclusiveMinimum !== undefined)
    test((value: number) => value > exclusiveMinimum, 'number', `must be more than ${exclusiveMinimum}`);
  if (exclusiveMaximum !== undefined)
    test((value: number) => value < exclusiveMaximum, 'number', `must be less than ${exclusiveMaximum}`);
  if (multipleOf !== undefined)
    test(
      (value: number) => Math.abs(value / multipleOf - Math.round(value / multipleOf)) < 1e-9,
      'number',
      `must be a multiple of ${multipleOf}`,
    );
  if (minLength !== undefined)
    test(
      (value: string) => lengthOf(value) >= minLength,
      'string',
      minLength === 1 ? 'must not be empty' : `must have at least ${minLength} characters`,
    );
  if (maxLength !== undefined)
    test((value: string) => lengthOf(value) <= maxLength, 'string', `must have at most ${maxLength} characters`);
  if (pattern !== undefined) {
    const expression = new RegExp(pattern, 'u');
    test((value: string) => expression.test(value), 'string', `must match ${pattern}`);
  }
  const isFormat = format === undefined ? undefined : formats[format];
  if (isFormat) test(isFormat, 'string', `must be a ${format}`);
  if (schema.minItems !== undefined)
    test(
      (value: unknown[]) => value.length >= schema.minItems!,
      'array',
      `must have at least ${schema.minItems} items`,
    );
  if (schema.maxItems !== undefined)
    test((value: unknown[]) => value.length <= schema.maxItems!, 'array', `must have at most ${schema.maxItems} items`);
  if (schema.uniqueItems)
    test(
      (value: unknown[]) => new Set(value.map((item) => JSON.stringify(item))).size === value.length,
      'array',
      'must not have an item twice',
    );
  if (schema.items) checks.push(itemsCheck(schema.items, isText));
  if (schema.properties || schema.required || schema.additionalProperties !== undefined)
    checks.push(objectCheck(schema, isText));
  for (const part of schema.allOf ?? []) checks.push(compileSchema(part, isText));
  if (schema.anyOf)
    checks.push(alternatives(schema.anyOf, isText, (count) => count > 0, 'must fit one of the alternatives'));
  if (schema.oneOf)
    checks.push(alternatives(schema.oneOf, isText, (count) => count === 1, 'must fit exactly one of the alternatives'));
  return checks;
}

function itemsCheck(schema: JsonSchema, isText: boolean): Validator {
  const item = compileSchema(schema, isText);
  return (value, pointer, misfits) => {
    if (!Array.isArray(value)) return value;
    return value.map((entry, index) => item(entry, `${pointer}/${index}`, misfits));
  };
}

function objectCheck(schema: JsonSchema, isText: boolean): Validator {
  const properties = Object.entries(schema.properties ?? {}).map(
    ([name, property]) => [name, compileSchema(property, isText), property.default] as const,
  );
  const known = new Set(properties.map(([name]) => name));
  const required = schema.required ?? [];
  const { additionalProperties } = schema;
  const additional = typeof additionalProperties === 'object' ? compileSchema(additionalProperties, isText) : undefined;
  return (value, pointer, misfits) => {
    if (typeOf(value) !== 'object') return value;
    const given = value as Record<string, unknown>;
    const result: Record<string, unknown> = { ...given };
    for (const name of required) {
      if (!Object.hasOwn(given, name)) add(misfits, `${pointer}/${pointerPart(name)}`, 'must be given');
    }
    for (const [name, validate, fallback] of properties) {
      if (Object.hasOwn(given, name)) result[name] = validate(given[name], `${pointer}/${pointerPart(name)}`, misfits);
      else if (fallback !== undefined) result[name] = fallback;
    }
    if (additionalProperties === false || additional) {
      for (const name of Object.keys(given)) {
        if (known.has(name)) continue;
        if (additional) result[name] = additional(given[name], `${pointer}/${pointerPart(name)}`, misfits);
        else add(misfits, `${pointer}/${pointerPart(name)}`, 'is not known here');
      }
    }
    return result;
  };
}

function alternatives(
  schemas: readonly JsonSchema[],
  isText: boolean,
  isGood: (count: number) => boolean,
  message: string,
): Validator {
  const validators = schemas.map((schema) => compileSchema(schema, isText));
  return (value, pointer, misfits) => {
    let count = 0;
    let result = value;
    for (const validate of validators) {
      const own: Misfit[] = [];
      const made = validate(value, pointer, own);
      if (own.length > 0) continue;
      if (count === 0) result = made;
      count += 1;
    }
    if (!isGood(count)) add(misfits, pointer, message);
    return result;
  };
}

function fromText(given: unknown, types: readonly SchemaType[] | undefined): unknown {
  if (types?.includes('array')) return given === undefined || Array.isArray(given) ? given : [given];
  const text = Array.isArray(given) ? given.at(-1) : given;
  if (typeof text !== 'string' || types === undefined || types.includes('string')) return text;
  if (types.includes('boolean') && /^(true|false)$/.test(text)) return text === 'true';
  const isNumeric = types.includes('number') || types.includes('integer');
  return isNumeric && /^-?\d+(\.\d+)?(e[+-]?\d+)?$/i.test(text) ? Number(text) : text;
}

function add(misfits: Misfit[], pointer: string, message: string): void {
  if (misfits.length < misfitsMax) misfits.push({ pointer, message });
}

function typeOf(value: unknown): string {
  if (value === null) return 'null';
  return Array.isArray(value) ? 'array' : typeof value;
}

function isOfType(value: unknown, type: SchemaType): boolean {
  if (type === 'integer') return typeof value === 'number' && Number.isInteger(value);
  return typeOf(value) === type;
}

function named(type: SchemaType): string {
  if (type === 'null') return 'null';
  return /^[aio]/.test(type) ? `an ${type}` : `a ${type}`;
}

/** In characters as people count them, not UTF-16 units. */
function lengthOf(text: string): number {
  let length = text.length;
  for (let at = 0; at < text.length; at += 1) {
    const unit = text.charCodeAt(at);
    if (unit >= 0xd800 && unit < 0xdc00) length -= 1;
  }
  return length;
}

function pointerPart(name: string): string {
  return name.replaceAll('~', '~0').replaceAll('/', '~1');
}

const formats: Readonly<Record<string, (value: string) => boolean>> = {
  date: (value) => /^\d{4}-\d{2}-\d{2}$/.test(value) && !Number.isNaN(Date.parse(value)),
  'date-time': (value) =>
    /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}(\.\d+)?(Z|[+-]\d{2}:\d{2})$/i.test(value) && !Number.isNaN(Date.parse(value)),
  uuid: (value) => /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(value),
  email: (value) => value.length <= 254 && /^[^\s@]+@[^\s@]+$/.test(value),
  uri: (value) => /^[a-z][a-z0-9+.-]*:/i.test(value) && URL.canParse(value),
  ipv4: (value) => /^(\d{1,3}\.){3}\d{1,3}$/.test(value) && value.split('.').every((part) => Number(part) < 256),
};
