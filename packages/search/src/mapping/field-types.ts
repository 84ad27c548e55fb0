import type { AnalysisRegistry } from '../analysis/analysis-registry.ts';
import { illegalArgument, mapperParsing } from '../errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../json/json-value.ts';
import { BinaryField } from './binary-field.ts';
import { BooleanField } from './boolean-field.ts';
import { DateField } from './date-field.ts';
import type { FieldMapper, FieldMapperOptions } from './field-mapper.ts';
import { type ParamSpec, parseBoolean, parseParams } from './field-params.ts';
import { IpField } from './ip-field.ts';
import { KeywordField } from './keyword-field.ts';
import { NumberField, numberTypes } from './number-field.ts';
import { type Dynamic, FieldAlias, type Mapper, ObjectMapper } from './object-mapper.ts';
import { TextField } from './text-field.ts';

type Build = (options: FieldMapperOptions, analysis: AnalysisRegistry) => FieldMapper;

const builders = new Map<string, Build>([
  ['text', (options, analysis) => new TextField(options, analysis)],
  ['keyword', (options, analysis) => new KeywordField(options, analysis)],
  ...numberTypes.map((type): [string, Build] => [type, (options) => new NumberField(type, options)]),
  ['date', (options) => new DateField(false, options)],
  ['date_nanos', (options) => new DateField(true, options)],
  ['boolean', (options) => new BooleanField(options)],
  ['ip', (options) => new IpField(options)],
  ['binary', (options) => new BinaryField(options)],
]);

/** The parameters a type takes do not depend on the field: one of each type is made to ask it. */
const specsByType = new Map<string, readonly ParamSpec[]>();

function specsOf(type: string, analysis: AnalysisRegistry): readonly ParamSpec[] {
  let specs = specsByType.get(type);
  if (specs === undefined) {
    specs = builders.get(type)!({ path: '', params: new Map(), fields: [], copyTo: [] }, analysis).specs;
    specsByType.set(type, specs);
  }
  return specs;
}

/** Reads one entry of `properties`. */
export function parseMapper(path: string, definition: Json, analysis: AnalysisRegistry): Mapper {
  const name = path.slice(path.lastIndexOf('.') + 1);
  if (!isJsonObject(definition)) {
    throw mapperParsing(`Expected map for property [fields] on field [${name}] but got a ${javaClass(definition)}`);
  }
  const type = typeOf(name, definition);
  if (type === 'object' || type === 'nested') return parseObjectMapper(path, definition, type === 'nested', analysis);
  if (type === 'alias') {
    const target = definition.get('path');
    if (typeof target !== 'string') throw mapperParsing(`The [path] property must be specified for field [${name}].`);
    return new FieldAlias(path, target);
  }
  return parseField(path, type, definition, analysis);
}

function typeOf(name: string, definition: JsonObject): string {
  const type = definition.get('type');
  if (type === undefined) {
    if (definition.has('properties') || definition.has('dynamic') || definition.has('enabled')) return 'object';
    throw mapperParsing(`No type specified for field [${name}]`);
  }
  return String(type);
}

function parseField(path: string, type: string, definition: JsonObject, analysis: AnalysisRegistry): FieldMapper {
  const name = path.slice(path.lastIndexOf('.') + 1);
  const build = builders.get(type);
  if (build === undefined) throw mapperParsing(`No handler for type [${type}] declared on field [${name}]`);
  const params = parseParams(specsOf(type, analysis), definition, { field: name, type });
  const fields: FieldMapper[] = [];
  const multi = definition.get('fields');
  if (multi !== undefined) {
    if (!isJsonObject(multi)) throw mapperParsing(`expected map for property [fields] on field [${name}]`);
    for (const [subName, subDefinition] of multi) {
      if (!isJsonObject(subDefinition))
        throw mapperParsing(`illegal field [${subName}], only fields can be specified inside fields`);
      if (subName.includes('.'))
        throw mapperParsing(`Field name [${subName}] which is a multi field of [${name}] cannot contain '.'`);
      const subType = typeOf(subName, subDefinition);
      if (subType === 'object' || subType === 'nested')
        throw mapperParsing(`Type [${subType}] cannot be used in multi field`);
      if (subDefinition.has('copy_to'))
        throw mapperParsing(
          'copy_to in multi fields is not allowed. Found the copy_to in field [' +
            subName +
            '] which is within a multi field.',
        );
      fields.push(parseField(`${path}.${subName}`, subType, subDefinition, analysis));
    }
  }
  const copyTo = definition.get('copy_to');
  const targets = copyTo === undefined ? [] : Array.isArray(copyTo) ? copyTo.map(String) : [String(copyTo)];
  return build({ path, params, fields, copyTo: targets }, analysis);
}

export function parseObjectMapper(
  path: string,
  definition: JsonObject,
  isNested: boolean,
  analysis: AnalysisRegistry,
): ObjectMapper {
  const name = path.slice(path.lastIndexOf('.') + 1);
  const mapper = new ObjectMapper(path, { isNested });
  for (const [key, value] of definition) {
    switch (key) {
      case 'type':
        break;
      case 'dynamic':
        mapper.dynamic = parseDynamic(value);
        break;
      case 'enabled':
        mapper.isEnabled = parseBoolean(value, `${name}.enabled`);
        break;
      case 'properties':
        parseProperties(mapper, value, analysis);
        break;
      case 'include_in_parent':
      case 'include_in_root':
        if (!isNested) throw unsupported(name, key, value);
        if (key === 'include_in_parent') mapper.includeInParent = parseBoolean(value, key);
        else mapper.includeInRoot = parseBoolean(value, key);
        break;
      default:
        throw unsupported(name, key, value);
    }
  }
  return mapper;
}

function unsupported(name: string, key: string, value: Json): Error {
  return mapperParsing(`Mapping definition for [${name}] has unsupported parameters:  [${key} : ${javaText(value)}]`);
}

export function parseProperties(mapper: ObjectMapper, properties: Json, analysis: AnalysisRegistry): void {
  if (Array.isArray(properties) && properties.length === 0) return;
  if (!isJsonObject(properties))
    throw mapperParsing(`Expected map for property [properties] but got a ${javaClass(properties)}`);
  for (const [name, definition] of properties) {
    if (name.trim() === '') throw illegalArgument('field name cannot be an empty string');
    // `a.b` is `b` within the object `a`.
    const parts = name.split('.');
    let parent = mapper;
    for (const part of parts.slice(0, -1)) {
      let child = parent.children.get(part);
      if (!(child instanceof ObjectMapper)) {
        child = new ObjectMapper(parent.childPath(part));
        parent.children.set(part, child);
      }
      parent = child;
    }
    const last = parts.at(-1)!;
    parent.children.set(last, parseMapper(parent.childPath(last), definition, analysis));
  }
}

export function parseDynamic(value: Json): Dynamic {
  const text = String(value);
  if (text === 'strict' || text === 'strict_allow_templates') return text;
  return parseBoolean(value, 'dynamic.dynamic') ? 'true' : 'false';
}

/** A value as Java prints maps and lists: `{x=1}`. */
export function javaText(value: Json): string {
  if (Array.isArray(value)) return `[${value.map(javaText).join(', ')}]`;
  if (isJsonObject(value)) return `{${[...value].map(([key, item]) => `${key}=${javaText(item)}`).join(', ')}}`;
  return String(value);
}

function javaClass(value: Json): string {
  if (typeof value === 'string') return 'java.lang.String';
  if (Array.isArray(value)) return 'java.util.ArrayList';
  if (typeof value === 'boolean') return 'java.lang.Boolean';
  return value === null ? 'null' : 'java.lang.Integer';
}
