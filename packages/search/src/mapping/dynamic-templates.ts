import { illegalArgument, mapperParsing } from '../errors.ts';
import { isJsonObject, type Json, JsonArray, JsonObject } from '../json/json-value.ts';
import { matchesWildcard } from '../json/wildcard.ts';

/** What a JSON value is before its field has a type. */
export type MatchType = 'string' | 'long' | 'double' | 'boolean' | 'date' | 'object' | 'binary';

const matchTypes: readonly string[] = ['object', 'string', 'long', 'double', 'boolean', 'date', 'binary'];

const defaultTypes: Record<MatchType, string> = {
  string: 'text',
  long: 'long',
  double: 'float',
  boolean: 'boolean',
  date: 'date',
  object: 'object',
  binary: 'binary',
};

/** A rule for fields that come without a mapping. */
export interface DynamicTemplate {
  readonly name: string;
  readonly definition: JsonObject;
}

export function parseTemplates(value: Json): DynamicTemplate[] {
  if (!Array.isArray(value))
    throw mapperParsing('Dynamic template syntax error. An array of named objects is expected.');
  return value.map((item) => {
    if (!isJsonObject(item) || item.size !== 1) throw mapperParsing('A dynamic template must be defined with a name');
    const [[name, definition]] = [...item] as [[string, Json]];
    if (!isJsonObject(definition)) throw mapperParsing(`Dynamic template [${name}] must be an object`);
    const known = ['match', 'path_match', 'unmatch', 'path_unmatch', 'match_mapping_type', 'match_pattern', 'mapping'];
    for (const [key, setting] of definition) {
      if (!known.includes(key)) throw illegalArgument(`Illegal dynamic template parameter: [${key}]`);
      if (key === 'match_mapping_type' && setting !== '*' && !matchTypes.includes(String(setting))) {
        throw illegalArgument(
          `No field type matched on [${String(setting)}], possible values are [${matchTypes.join(', ')}]`,
        );
      }
    }
    if (!isJsonObject(definition.get('mapping') ?? null)) throw mapperParsing('template must have mapping set');
    return { name, definition };
  });
}

export function renderTemplates(templates: readonly DynamicTemplate[]): Json {
  return JsonArray.from(templates, ({ name, definition }) => new JsonObject([[name, definition]])) as JsonArray;
}

/** The definition that the first fitting template gives to a new field. */
export function applyTemplates(
  templates: readonly DynamicTemplate[],
  path: string,
  name: string,
  type: MatchType,
): JsonObject | null {
  for (const { definition } of templates) {
    if (!fits(definition, path, name, type)) continue;
    const mapping = substitute(definition.get('mapping')!, name, defaultTypes[type]) as JsonObject;
    if (!mapping.has('type')) mapping.set('type', defaultTypes[type]);
    return mapping;
  }
  return null;
}

function fits(definition: JsonObject, path: string, name: string, type: MatchType): boolean {
  const wanted = definition.get('match_mapping_type');
  if (wanted !== undefined && wanted !== '*' && wanted !== type) return false;
  const isRegex = definition.get('match_pattern') === 'regex';
  const matches = (key: string, text: string): boolean | null => {
    const pattern = definition.get(key);
    if (pattern === undefined || pattern === null) return null;
    const patterns = Array.isArray(pattern) ? pattern.map(String) : [String(pattern)];
    return patterns.some((one) => (isRegex ? new RegExp(`^(?:${one})$`).test(text) : matchesWildcard(one, text)));
  };
  if (matches('match', name) === false || matches('path_match', path) === false) return false;
  if (matches('unmatch', name) === true || matches('path_unmatch', path) === true) return false;
  return wanted !== undefined || definition.has('match') || definition.has('path_match') || definition.has('unmatch');
}

function substitute(value: Json, name: string, type: string): Json {
  if (typeof value === 'string') {
    return value.replaceAll('{name}', name).replaceAll('{dynamic_type}', type).replaceAll('{dynamicType}', type);
  }
  if (Array.isArray(value)) return JsonArray.from(value, (item) => substitute(item, name, type)) as JsonArray;
  if (isJsonObject(value)) {
    return new JsonObject(
      [...value].map(([key, item]) => [substitute(key, name, type) as string, substitute(item, name, type)]),
    );
  }
  return value;
}
