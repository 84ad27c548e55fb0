import type { AnalysisRegistry } from '../analysis/analysis-registry.ts';
import { type DateFormatter, dateFormatter } from '../dates/date-formatter.ts';
import { EsError, illegalArgument, mapperParsing } from '../errors.ts';
import { isJsonObject, type Json, JsonArray, JsonObject } from '../json/json-value.ts';
import { matchesWildcard } from '../json/wildcard.ts';
import { type DynamicTemplate, parseTemplates, renderTemplates } from './dynamic-templates.ts';
import { FieldMapper } from './field-mapper.ts';
import { paramConflicts, parseBoolean } from './field-params.ts';
import { javaText, parseDynamic, parseMapper, parseProperties } from './field-types.ts';
import { metaFields } from './meta-fields.ts';
import { FieldAlias, type Mapper, ObjectMapper } from './object-mapper.ts';

export interface MappingLimits {
  totalFields: number;
  depth: number;
  fieldNameLength: number;
}

const defaultDateFormats = ['strict_date_optional_time', 'yyyy/MM/dd HH:mm:ss||yyyy/MM/dd||epoch_millis'];

/** The mapping of an index: its fields, and how new ones are made. */
export class Mapping {
  readonly analysis: AnalysisRegistry;
  readonly root: ObjectMapper;
  dynamicTemplates: readonly DynamicTemplate[] = [];
  dateDetection = true;
  numericDetection = false;
  dynamicDateFormats: readonly string[] = defaultDateFormats;
  isSourceEnabled = true;
  sourceIncludes: readonly string[] = [];
  sourceExcludes: readonly string[] = [];
  isRoutingRequired = false;
  /** Parameters of the root that are only kept and shown (`_meta`). */
  readonly #extras: JsonObject;
  #fields: Map<string, FieldMapper> | null = null;
  readonly #meta: Map<string, FieldMapper>;
  /** Which of the root's parameters were set. */
  readonly #isSet: Set<string>;

  constructor(
    analysis: AnalysisRegistry,
    root = new ObjectMapper(''),
    extras = new JsonObject(),
    isSet = new Set<string>(),
  ) {
    this.analysis = analysis;
    this.root = root;
    this.#extras = extras;
    this.#isSet = isSet;
    this.#meta = metaFields(analysis);
  }

  /** Reads a mapping definition: what stands under `mappings`. */
  static parse(definition: JsonObject, analysis: AnalysisRegistry): Mapping {
    const mapping = new Mapping(analysis);
    const unknown: string[] = [];
    for (const [key, value] of definition) {
      mapping.#isSet.add(key);
      switch (key) {
        case 'properties':
          parseProperties(mapping.root, value, analysis);
          break;
        case 'dynamic':
          mapping.root.dynamic = parseDynamic(value);
          break;
        case 'enabled':
          mapping.root.isEnabled = parseBoolean(value, 'enabled');
          break;
        case 'dynamic_templates':
          mapping.dynamicTemplates = parseTemplates(value);
          break;
        case 'date_detection':
          mapping.dateDetection = parseBoolean(value, 'date_detection');
          break;
        case 'numeric_detection':
          mapping.numericDetection = parseBoolean(value, 'numeric_detection');
          break;
        case 'dynamic_date_formats':
        case 'date_formats':
          mapping.dynamicDateFormats = (Array.isArray(value) ? value : [value]).map(String);
          break;
        case '_source':
          mapping.#parseSource(value);
          break;
        case '_routing':
          if (isJsonObject(value)) mapping.isRoutingRequired = parseBoolean(value.get('required') ?? false, 'required');
          break;
        case '_meta':
          mapping.#extras.set(key, value);
          break;
        case 'type':
          if (value === 'object') break;
          unknown.push(`${key} : ${javaText(value)}`);
          break;
        default:
          unknown.push(`${key} : ${javaText(value)}`);
      }
    }
    if (unknown.length > 0) {
      throw mapperParsing(
        `Root mapping definition has unsupported parameters:  ${unknown.map((one) => `[${one}]`).join(' ')}`,
      );
    }
    for (const format of mapping.dynamicDateFormats) dateFormatter(format);
    return mapping;
  }

  #parseSource(value: Json): void {
    if (!isJsonObject(value)) throw mapperParsing('Expected map for property [_source]');
    for (const [key, setting] of value) {
      if (key === 'enabled') this.isSourceEnabled = parseBoolean(setting, '_source.enabled');
      else if (key === 'includes') this.sourceIncludes = [setting].flat().map(String);
      else if (key === 'excludes') this.sourceExcludes = [setting].flat().map(String);
      else throw mapperParsing(`unknown parameter [${key}] on metadata field [_source]`);
    }
  }

  /** A copy to change: a change that fails leaves the original as it was. */
  clone(): Mapping {
    const copy = new Mapping(this.analysis, this.root.clone(), new JsonObject([...this.#extras]), new Set(this.#isSet));
    copy.dynamicTemplates = this.dynamicTemplates;
    copy.dateDetection = this.dateDetection;
    copy.numericDetection = this.numericDetection;
    copy.dynamicDateFormats = this.dynamicDateFormats;
    copy.isSourceEnabled = this.isSourceEnabled;
    copy.sourceIncludes = this.sourceIncludes;
    copy.sourceExcludes = this.sourceExcludes;
    copy.isRoutingRequired = this.isRoutingRequired;
    return copy;
  }

  /** This mapping with another one's fields and settings on top; throws where the two do not go together. */
  merge(other: Mapping, limits: MappingLimits): Mapping {
    const merged = this.clone();
    mergeObjects(merged.root, other.root, this.analysis);
    const wants = (key: string): boolean => other.#isSet.has(key);
    for (const key of other.#isSet) merged.#isSet.add(key);
    if (wants('dynamic_templates'))
      merged.dynamicTemplates = mergeTemplates(merged.dynamicTemplates, other.dynamicTemplates);
    if (wants('date_detection')) merged.dateDetection = other.dateDetection;
    if (wants('numeric_detection')) merged.numericDetection = other.numericDetection;
    if (wants('dynamic_date_formats')) merged.dynamicDateFormats = other.dynamicDateFormats;
    if (wants('_routing')) merged.isRoutingRequired = other.isRoutingRequired;
    if (wants('_source')) {
      if (other.isSourceEnabled !== merged.isSourceEnabled) {
        throw illegalArgument(
          `Mapper for [_source] conflicts with existing mapper:\n\tCannot update parameter [enabled] from [${merged.isSourceEnabled}] to [${other.isSourceEnabled}]`,
        );
      }
      merged.sourceIncludes = other.sourceIncludes;
      merged.sourceExcludes = other.sourceExcludes;
    }
    for (const [key, value] of other.#extras) merged.#extras.set(key, value);
    merged.check(limits);
    return merged;
  }

  /** Refuses aliases and copies that lead nowhere, and too many or too deep fields. */
  check(limits: MappingLimits): void {
    const walk = (mapper: ObjectMapper, depth: number): number => {
      if (depth > limits.depth) {
        throw illegalArgument(
          `Limit of mapping depth [${limits.depth}] has been exceeded due to object field [${mapper.path}]`,
        );
      }
      let count = 0;
      for (const [name, child] of mapper.children) {
        if (name.length > limits.fieldNameLength) {
          throw illegalArgument(
            `Field name [${name}] is longer than the limit of [${limits.fieldNameLength}] characters`,
          );
        }
        count += 1;
        if (child instanceof ObjectMapper) count += walk(child, depth + 1);
        else if (child instanceof FieldMapper) count += child.fields.length;
        else if (child instanceof FieldAlias) this.#checkAlias(child);
      }
      return count;
    };
    const total = walk(this.root, 1);
    if (total > limits.totalFields) {
      throw illegalArgument(`Limit of total fields [${limits.totalFields}] has been exceeded`);
    }
  }

  #checkAlias(alias: FieldAlias): void {
    if (alias.target === alias.path) {
      throw mapperParsing(
        `Invalid [path] value [${alias.target}] for field alias [${alias.path}]: an alias cannot refer to itself.`,
      );
    }
    const target = this.find(alias.target);
    if (target instanceof FieldMapper) return;
    const why =
      target instanceof FieldAlias
        ? 'an alias cannot refer to another alias.'
        : 'an alias must refer to an existing field in the mappings.';
    throw mapperParsing(`Invalid [path] value [${alias.target}] for field alias [${alias.path}]: ${why}`);
  }

  /** The mapper at a path, objects and aliases as they are. */
  find(path: string): Mapper | undefined {
    let at: Mapper | undefined = this.root;
    for (const part of path.split('.')) {
      if (at instanceof ObjectMapper) at = at.children.get(part);
      else if (at instanceof FieldMapper) at = at.fields.find((field) => field.name === part);
      else return undefined;
      if (at === undefined) return undefined;
    }
    return at;
  }

  /** The field that a query means by a name: aliases followed, metadata included. */
  field(path: string): FieldMapper | undefined {
    return this.#all().get(path) ?? this.#meta.get(path);
  }

  isObject(path: string): boolean {
    return this.find(path) instanceof ObjectMapper;
  }

  object(path: string): ObjectMapper | undefined {
    const found = this.find(path);
    return found instanceof ObjectMapper ? found : undefined;
  }

  /** Names of the fields that a pattern means, in order. */
  matchingFields(pattern: string): string[] {
    if (!pattern.includes('*')) return this.field(pattern) === undefined ? [] : [pattern];
    return [...this.#all().keys()].filter((path) => matchesWildcard(pattern, path)).sort();
  }

  get fieldNames(): string[] {
    return [...this.#all().keys()];
  }

  /** Call after a change of the tree. */
  touch(): void {
    this.#fields = null;
  }

  #all(): Map<string, FieldMapper> {
    if (this.#fields !== null) return this.#fields;
    const all = new Map<string, FieldMapper>();
    const aliases: FieldAlias[] = [];
    const walk = (mapper: ObjectMapper): void => {
      for (const child of mapper.children.values()) {
        if (child instanceof ObjectMapper) walk(child);
        else if (child instanceof FieldAlias) aliases.push(child);
        else {
          all.set(child.path, child);
          for (const field of child.fields) all.set(field.path, field);
        }
      }
    };
    walk(this.root);
    for (const alias of aliases) {
      const target = all.get(alias.target);
      if (target !== undefined) all.set(alias.path, target);
    }
    this.#fields = all;
    return all;
  }

  get dateFormatters(): DateFormatter[] {
    return this.dynamicDateFormats.map((format) => dateFormatter(format));
  }

  toJson(): JsonObject {
    const json = new JsonObject();
    if (this.#extras.has('_meta')) json.set('_meta', this.#extras.get('_meta')!);
    if (this.root.dynamic !== null) json.set('dynamic', this.root.dynamic);
    if (!this.root.isEnabled) json.set('enabled', false);
    if (this.#isSet.has('dynamic_date_formats')) {
      json.set('dynamic_date_formats', JsonArray.from(this.dynamicDateFormats) as JsonArray);
    }
    if (this.dynamicTemplates.length > 0) json.set('dynamic_templates', renderTemplates(this.dynamicTemplates));
    if (!this.dateDetection) json.set('date_detection', false);
    if (this.numericDetection) json.set('numeric_detection', true);
    if (this.isRoutingRequired) json.set('_routing', new JsonObject([['required', true]]));
    if (!this.isSourceEnabled || this.sourceIncludes.length > 0 || this.sourceExcludes.length > 0) {
      const source = new JsonObject();
      if (!this.isSourceEnabled) source.set('enabled', false);
      if (this.sourceIncludes.length > 0) source.set('includes', JsonArray.from(this.sourceIncludes) as JsonArray);
      if (this.sourceExcludes.length > 0) source.set('excludes', JsonArray.from(this.sourceExcludes) as JsonArray);
      json.set('_source', source);
    }
    if (this.root.children.size > 0) json.set('properties', this.root.propertiesJson());
    return json;
  }
}

function mergeTemplates(before: readonly DynamicTemplate[], after: readonly DynamicTemplate[]): DynamicTemplate[] {
  const merged = new Map(before.map((template) => [template.name, template]));
  for (const template of after) merged.set(template.name, template);
  return [...merged.values()];
}

function mergeObjects(into: ObjectMapper, from: ObjectMapper, analysis: AnalysisRegistry): void {
  if (from.dynamic !== null) into.dynamic = from.dynamic;
  if (!from.isEnabled) into.isEnabled = false;
  for (const [name, incoming] of from.children) {
    const existing = into.children.get(name);
    into.children.set(name, existing === undefined ? incoming : mergeMappers(existing, incoming, analysis));
  }
}

function mergeMappers(existing: Mapper, incoming: Mapper, analysis: AnalysisRegistry): Mapper {
  if (existing instanceof ObjectMapper && incoming instanceof ObjectMapper) {
    if (existing.isNested !== incoming.isNested) {
      const [from, to] = existing.isNested ? ['nested', 'non-nested'] : ['non-nested', 'nested'];
      throw new EsError(400, 'illegal_argument_exception', `cannot change object mapping from ${from} to ${to}`);
    }
    mergeObjects(existing, incoming, analysis);
    return existing;
  }
  if (existing instanceof ObjectMapper) {
    throw illegalArgument(`can't merge a non object mapping [${existing.path}] with an object mapping`);
  }
  if (incoming instanceof ObjectMapper) {
    throw illegalArgument(`can't merge a non object mapping [${existing.path}] with an object mapping`);
  }
  if (existing instanceof FieldAlias || incoming instanceof FieldAlias) {
    const typeName = (mapper: Mapper): string =>
      mapper instanceof FieldAlias ? 'alias' : (mapper as FieldMapper).type;
    if (typeName(existing) !== typeName(incoming)) {
      throw illegalArgument(
        `mapper [${existing.path}] cannot be changed from type [${typeName(existing)}] to [${typeName(incoming)}]`,
      );
    }
    return incoming;
  }
  return mergeFields(existing, incoming, analysis);
}

function mergeFields(existing: FieldMapper, incoming: FieldMapper, analysis: AnalysisRegistry): FieldMapper {
  if (existing.type !== incoming.type) {
    throw illegalArgument(
      `mapper [${existing.path}] cannot be changed from type [${existing.type}] to [${incoming.type}]`,
    );
  }
  const conflicts = paramConflicts(existing.specs, existing.params, incoming.params);
  if (conflicts.length > 0) {
    throw illegalArgument(`Mapper for [${existing.path}] conflicts with existing mapper:\n\t${conflicts.join('\n\t')}`);
  }
  if (existing.fields.length === 0) return incoming;
  // Sub-fields are only ever added.
  const fields = new Map(existing.fields.map((field) => [field.name, field]));
  for (const field of incoming.fields) {
    const before = fields.get(field.name);
    fields.set(field.name, before === undefined ? field : mergeFields(before, field, analysis));
  }
  const definition = incoming.toJson();
  definition.set('fields', new JsonObject([...fields].map(([name, field]) => [name, field.toJson()])));
  return parseMapper(existing.path, definition, analysis) as FieldMapper;
}
