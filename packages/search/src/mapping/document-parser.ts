import type { WriteBuffer } from '../engine/write-buffer.ts';
import { EsError, fromJsonError, illegalArgument, mapperParsing } from '../errors.ts';
import { JsonError } from '../json/json-error.ts';
import {
  JsonScanner,
  tokenArrayEnd,
  tokenArrayStart,
  tokenDecimal,
  tokenEnd,
  tokenFalse,
  tokenInteger,
  tokenKey,
  tokenNames,
  tokenNull,
  tokenObjectEnd,
  tokenObjectStart,
  tokenString,
  tokenTrue,
} from '../json/json-scanner.ts';
import { JsonObject, readValue } from '../json/json-value.ts';
import { DocumentContext } from './document-context.ts';
import { applyTemplates, type MatchType } from './dynamic-templates.ts';
import { FieldMapper } from './field-mapper.ts';
import { javaText, parseMapper } from './field-types.ts';
import type { Mapping, MappingLimits } from './mapping.ts';
import { metadataNames } from './meta-fields.ts';
import { type Dynamic, FieldAlias, type Mapper, ObjectMapper } from './object-mapper.ts';
import { scalarText } from './text-field.ts';

/** Which part of a document a pass looks at: nested objects become documents of their own, before their parent. */
type Pass = 'all' | 'nested' | 'own';

interface Added {
  parent: ObjectMapper;
  name: string;
}

let objectCount = 0;

/**
 * Reads a document's bytes once and hands each value to its field; fields that are new are added to the mapping as its
 * dynamic rules say. A document that fails leaves the mapping as it was (and the caller cuts the buffer back).
 */
export class DocumentParser {
  readonly #mapping: Mapping;
  readonly #limits: MappingLimits;
  readonly #added: Added[] = [];
  #context!: DocumentContext;
  #buffer!: WriteBuffer;
  #freeDoc = -1;
  #source!: Buffer;

  constructor(mapping: Mapping, limits: MappingLimits) {
    this.#mapping = mapping;
    this.#limits = limits;
  }

  /** Indexes a document from number `doc` on; returns the number of its root and whether the mapping grew. */
  parse(
    buffer: WriteBuffer,
    doc: number,
    op: { id: string; routing: string | null; source: Buffer },
  ): { root: number; isMappingChanged: boolean } {
    this.#buffer = buffer;
    this.#freeDoc = doc;
    this.#source = op.source;
    this.#added.length = 0;
    const context = new DocumentContext(buffer, doc, op.id, op.routing);
    this.#context = context;
    try {
      if (op.source.length === 0) throw mapperParsing('failed to parse, document is empty');
      const { root } = this.#mapping;
      const hasNested = root.hasNested;
      if (hasNested) this.#walkRoot('nested');
      context.doc = this.#takeDoc();
      context.resetPositions();
      this.#walkRoot(hasNested ? 'own' : 'all');
      for (const path of context.ignored) context.keyword('_ignored', path);
      if (op.routing !== null) context.keyword('_routing', op.routing);
      if (this.#added.length > 0) this.#mapping.check(this.#limits);
      return { root: context.doc, isMappingChanged: this.#added.length > 0 };
    } catch (error) {
      for (const { parent, name } of this.#added.reverse()) parent.children.delete(name);
      if (this.#added.length > 0) this.#mapping.touch();
      throw wrap(error);
    }
  }

  #takeDoc(): number {
    if (this.#freeDoc < 0) return this.#buffer.begin();
    const doc = this.#freeDoc;
    this.#freeDoc = -1;
    return doc;
  }

  #walkRoot(pass: Pass): void {
    const scanner = new JsonScanner(this.#source);
    if (scanner.next() !== tokenObjectStart) {
      if (scanner.token === tokenEnd) throw mapperParsing('failed to parse, document is empty');
      throw new EsError(
        400,
        'not_x_content_exception',
        'Compressor detection can only be called on some xcontent bytes or compressed xcontent bytes',
      );
    }
    const { root } = this.#mapping;
    if (root.isEnabled) this.#object(scanner, root, root.dynamic ?? 'true', pass);
    else scanner.skipValue();
    if (scanner.next() !== tokenEnd) {
      throw illegalArgument(`Malformed content, found extra data after parsing: ${tokenNames[scanner.token]}`);
    }
  }

  /** Reads an object whose opening brace is the current token, to its closing one. */
  #object(scanner: JsonScanner, mapper: ObjectMapper, dynamic: Dynamic, pass: Pass): void {
    const stamp = ++objectCount;
    while (scanner.next() === tokenKey) {
      const key = scanner.text();
      const keyStart = scanner.tokenStart;
      let parent = mapper;
      let parentDynamic = dynamic;
      let name = key;
      if (key.includes('.') || key.trim() === '') {
        const parts = splitKey(key);
        name = parts.at(-1)!;
        for (const part of parts.slice(0, -1)) {
          const next = this.#descend(parent, part, parentDynamic);
          if (next === null) {
            name = '';
            break;
          }
          parent = next;
          parentDynamic = parent.dynamic ?? parentDynamic;
        }
        if (name === '') {
          scanner.next();
          scanner.skipValue();
          continue;
        }
      }
      const child = parent.children.get(name);
      scanner.next();
      if (child === undefined) {
        if (mapper.path === '' && metadataNames.has(key)) throw this.#metadataError(scanner, key);
        this.#unknown(scanner, parent, name, parentDynamic, pass);
        continue;
      }
      if (parent === mapper && child.seenIn === stamp) {
        throw new JsonError(`Duplicate Object property "${key}"`, keyStart, scanner.bytes);
      }
      child.seenIn = stamp;
      this.#value(scanner, child, parentDynamic, pass);
    }
  }

  /** The object `part` within `parent`, made when it may be. */
  #descend(parent: ObjectMapper, part: string, dynamic: Dynamic): ObjectMapper | null {
    const child = parent.children.get(part);
    if (child instanceof ObjectMapper) {
      if (child.isNested) {
        throw mapperParsing(
          `Cannot add a value for field [${part}] since one of the intermediate objects is mapped as a nested object: [${child.path}]`,
        );
      }
      return child;
    }
    if (child !== undefined) {
      throw mapperParsing(
        `Could not dynamically add mapping for field [${part}]. Existing mapping for [${parent.childPath(part)}] must be of type object but found [${typeName(child)}].`,
      );
    }
    if (dynamic === 'strict' || dynamic === 'strict_allow_templates') throw strictError(dynamic, part, parent);
    if (dynamic === 'false') return null;
    const made = this.#newObject(parent, part);
    return made instanceof ObjectMapper ? made : null;
  }

  #value(scanner: JsonScanner, mapper: Mapper, dynamic: Dynamic, pass: Pass): void {
    if (mapper instanceof ObjectMapper) this.#objectValue(scanner, mapper, mapper.dynamic ?? dynamic, pass);
    else if (mapper instanceof FieldAlias) {
      throw mapperParsing(`Cannot write to a field alias [${mapper.path}].`);
    } else if (pass === 'nested') scanner.skipValue();
    else this.#fieldValue(scanner, mapper);
  }

  #objectValue(scanner: JsonScanner, mapper: ObjectMapper, dynamic: Dynamic, pass: Pass): void {
    const { token } = scanner;
    if (!mapper.isEnabled || token === tokenNull) {
      scanner.skipValue();
      return;
    }
    if (token === tokenArrayStart) {
      while (scanner.next() !== tokenArrayEnd) this.#objectValue(scanner, mapper, dynamic, pass);
      return;
    }
    if (token !== tokenObjectStart) {
      const what = token === tokenObjectEnd ? 'END_OBJECT' : 'a concrete value';
      throw mapperParsing(
        `object mapping for [${mapper.path}] tried to parse field [${nameOf(mapper.path)}] as object, but found ${what}`,
      );
    }
    if (!mapper.isNested) {
      this.#object(scanner, mapper, dynamic, pass);
      return;
    }
    if (pass === 'own') {
      const start = scanner.tokenStart;
      scanner.skipValue();
      if (mapper.includeInParent || mapper.includeInRoot) {
        this.#object(this.#rescan(start, scanner.tokenStop), mapper, dynamic, 'own');
      }
      return;
    }
    const start = scanner.tokenStart;
    scanner.skipValue();
    this.#nestedDocument(start, scanner.tokenStop, mapper, dynamic);
  }

  /** A nested object as a document of its own, those within it first. */
  #nestedDocument(start: number, end: number, mapper: ObjectMapper, dynamic: Dynamic): void {
    const context = this.#context;
    if (mapper.hasNested) this.#object(this.#rescan(start, end), mapper, dynamic, 'nested');
    context.doc = this.#takeDoc();
    context.resetPositions();
    context.keyword('_nested_path', mapper.path);
    this.#object(this.#rescan(start, end), mapper, dynamic, 'own');
  }

  #rescan(start: number, end: number): JsonScanner {
    const scanner = new JsonScanner(this.#source, start, end);
    scanner.next();
    return scanner;
  }

  #fieldValue(scanner: JsonScanner, mapper: FieldMapper): void {
    if (scanner.token === tokenArrayStart) {
      while (scanner.next() !== tokenArrayEnd) this.#fieldValue(scanner, mapper);
      return;
    }
    this.#indexInto(scanner, mapper);
    for (const target of mapper.copyTo) this.#copy(scanner, target);
    if (scanner.token === tokenObjectStart) scanner.skipValue();
  }

  #indexInto(scanner: JsonScanner, mapper: FieldMapper): void {
    if (scanner.token === tokenNull) mapper.indexNull(this.#context);
    else this.#indexOne(scanner, mapper);
    for (const field of mapper.fields) {
      if (scanner.token === tokenNull) field.indexNull(this.#context);
      else this.#indexOne(scanner, field);
    }
  }

  #indexOne(scanner: JsonScanner, mapper: FieldMapper): void {
    try {
      mapper.index(scanner, this.#context);
    } catch (error) {
      if (!(error instanceof EsError)) throw error;
      if (mapper.param<boolean>('ignore_malformed') && scanner.token !== tokenObjectStart) {
        this.#context.ignored.add(mapper.path);
        return;
      }
      throw mapperParsing(
        `failed to parse field [${mapper.path}] of type [${mapper.type}] in document with id '${this.#context.id}'. Preview of field's value: '${preview(scanner)}'`,
        new EsError(400, error.type, error.reason, error.details, error.cause as EsError | undefined),
      );
    }
  }

  #copy(scanner: JsonScanner, target: string): void {
    if (scanner.token === tokenNull) return;
    const found = this.#mapping.find(target);
    if (found instanceof FieldMapper) {
      this.#indexInto(scanner, found);
      return;
    }
    const parts = target.split('.');
    let parent = this.#mapping.root;
    let dynamic = parent.dynamic ?? 'true';
    for (const part of parts.slice(0, -1)) {
      const next = this.#descend(parent, part, dynamic);
      if (next === null) return;
      parent = next;
      dynamic = parent.dynamic ?? dynamic;
    }
    const name = parts.at(-1)!;
    if (dynamic === 'strict' || dynamic === 'strict_allow_templates') throw strictError(dynamic, name, parent);
    if (dynamic === 'false') return;
    const mapper = this.#newField(scanner, parent, name, dynamic);
    if (mapper instanceof FieldMapper) this.#indexInto(scanner, mapper);
  }

  /** A key that the mapping does not have. */
  #unknown(scanner: JsonScanner, parent: ObjectMapper, name: string, dynamic: Dynamic, pass: Pass): void {
    const { token } = scanner;
    if (dynamic === 'strict') throw strictError(dynamic, name, parent);
    if (dynamic === 'false' || token === tokenNull) {
      scanner.skipValue();
      return;
    }
    if (token === tokenArrayStart) {
      while (scanner.next() !== tokenArrayEnd) {
        const child = parent.children.get(name);
        if (child === undefined) this.#unknown(scanner, parent, name, dynamic, pass);
        else this.#value(scanner, child, dynamic, pass);
      }
      return;
    }
    const mapper =
      token === tokenObjectStart
        ? this.#newObject(parent, name, dynamic)
        : this.#newField(scanner, parent, name, dynamic);
    this.#value(scanner, mapper, dynamic, pass);
  }

  #newObject(parent: ObjectMapper, name: string, dynamic: Dynamic = 'true'): Mapper {
    const path = parent.childPath(name);
    const template = applyTemplates(this.#mapping.dynamicTemplates, path, name, 'object');
    if (template === null && dynamic === 'strict_allow_templates') throw strictError(dynamic, name, parent);
    const mapper = template === null ? new ObjectMapper(path) : parseMapper(path, template, this.#mapping.analysis);
    return this.#add(parent, name, mapper);
  }

  #newField(scanner: JsonScanner, parent: ObjectMapper, name: string, dynamic: Dynamic): Mapper {
    const path = parent.childPath(name);
    const { type, definition } = this.#guess(scanner);
    const template = applyTemplates(this.#mapping.dynamicTemplates, path, name, type);
    if (template === null && dynamic === 'strict_allow_templates') throw strictError(dynamic, name, parent);
    return this.#add(parent, name, parseMapper(path, template ?? definition, this.#mapping.analysis));
  }

  #add(parent: ObjectMapper, name: string, mapper: Mapper): Mapper {
    parent.children.set(name, mapper);
    this.#added.push({ parent, name });
    this.#mapping.touch();
    return mapper;
  }

  /** The type of a new field by its first value. */
  #guess(scanner: JsonScanner): { type: MatchType; definition: JsonObject } {
    switch (scanner.token) {
      case tokenInteger:
        return { type: 'long', definition: typed('long') };
      case tokenDecimal:
        return { type: 'double', definition: typed('float') };
      case tokenTrue:
      case tokenFalse:
        return { type: 'boolean', definition: typed('boolean') };
      case tokenString:
        return this.#guessText(scanner.text());
      default:
        throw new Error(`no field begins with token ${tokenNames[scanner.token]}`);
    }
  }

  #guessText(text: string): { type: MatchType; definition: JsonObject } {
    const mapping = this.#mapping;
    const isNumber = text !== '' && /^[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?$/.test(text);
    if (isNumber && mapping.numericDetection) {
      const isLong = /^[+-]?\d+$/.test(text);
      return isLong ? { type: 'long', definition: typed('long') } : { type: 'double', definition: typed('float') };
    }
    // Plain numbers are too likely to be something else than a date.
    if (!isNumber && mapping.dateDetection && /^\s*[+-]?\d/.test(text)) {
      for (const formatter of mapping.dateFormatters) {
        try {
          formatter.parse(text);
        } catch (error) {
          if (error instanceof EsError) continue;
          throw error;
        }
        const definition = typed('date');
        if (formatter.pattern !== 'strict_date_optional_time') definition.set('format', formatter.pattern);
        return { type: 'date', definition };
      }
    }
    const keyword = new JsonObject([
      ['type', 'keyword'],
      ['ignore_above', 256],
    ]);
    return {
      type: 'string',
      definition: new JsonObject([
        ['type', 'text'],
        ['fields', new JsonObject([['keyword', keyword]])],
      ]),
    };
  }

  #metadataError(scanner: JsonScanner, key: string): EsError {
    const cause = mapperParsing(
      `Field [${key}] is a metadata field and cannot be added inside a document. Use the index API request parameters.`,
    );
    return mapperParsing(
      `failed to parse field [${key}] of type [${key}] in document with id '${this.#context.id}'. Preview of field's value: '${preview(scanner)}'`,
      cause,
    );
  }
}

function typed(type: string): JsonObject {
  return new JsonObject([['type', type]]);
}

function nameOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1);
}

function typeName(mapper: Mapper): string {
  if (mapper instanceof ObjectMapper) return 'object';
  return mapper instanceof FieldAlias ? 'alias' : mapper.type;
}

function splitKey(key: string): string[] {
  if (key === '') throw illegalArgument('field name cannot be an empty string');
  const parts = key.split('.');
  while (parts.length > 1 && parts.at(-1) === '') parts.pop();
  for (const part of parts) {
    if (part === '') {
      throw illegalArgument(`object field starting or ending with a [.] makes object resolution ambiguous: [${key}]`);
    }
  }
  return parts;
}

function strictError(dynamic: Dynamic, name: string, parent: ObjectMapper): EsError {
  const within = parent.path === '' ? '_doc' : parent.path;
  return new EsError(
    400,
    'strict_dynamic_mapping_exception',
    `mapping set to ${dynamic}, dynamic introduction of [${name}] within [${within}] is not allowed`,
  );
}

/** The current value for an error message. */
function preview(scanner: JsonScanner): string {
  if (scanner.token === tokenObjectStart) {
    const copy = new JsonScanner(scanner.bytes, scanner.tokenStart, scanner.end);
    copy.next();
    return javaText(readValue(copy, { exactNumbers: true }));
  }
  return scalarText(scanner);
}

/** What was thrown, as the error of the whole document. */
function wrap(error: unknown): unknown {
  if (error instanceof JsonError) return mapperParsing('failed to parse', fromJsonError(error));
  if (!(error instanceof EsError)) return error;
  if (error.type === 'mapper_parsing_exception' || error.type === 'strict_dynamic_mapping_exception') return error;
  if (error.reason.startsWith('Limit of ')) return error;
  return mapperParsing('failed to parse', error);
}
