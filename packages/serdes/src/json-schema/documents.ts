import type { JsonObject, JsonValue } from '../json/json-value.ts';
import { SchemaError } from '../schema-error.ts';
import type { JsonSchemaDraft } from './draft.ts';
import { metaSchema } from './meta-schemas.ts';

/** Where a schema without an `$id` is. */
const baseOfAll = 'mem://input/';

export interface Located {
  value: JsonValue;
  /** What relative references in it start from. */
  base: string;
}

/** The schema and all that it may refer to: documents, schemas with an `$id`, anchors. */
export class SchemaDocuments {
  readonly root: Located;
  readonly #draft: JsonSchemaDraft;
  readonly #byUri = new Map<string, Located>();
  readonly #bases = new Map<JsonObject, string>();
  readonly #dynamic = new Map<string, Map<string, Located>>();

  /** `references`: texts understood, by the name that the schema calls them by. */
  constructor(root: JsonValue, references: ReadonlyMap<string, JsonValue>, draft: JsonSchemaDraft) {
    this.#draft = draft;
    this.root = this.#add(root, baseOfAll);
    for (const [name, value] of references) {
      const located = this.#add(value, resolveUri(name, baseOfAll));
      for (const uri of [name, resolveUri(name, this.root.base), resolveUri(name, baseOfAll)]) {
        this.#byUri.set(withoutHash(uri), located);
      }
    }
  }

  baseOf(schema: JsonObject, inherited: string): string {
    return this.#bases.get(schema) ?? inherited;
  }

  /** What a document offers to dynamic references, by anchor; '' for `$recursiveAnchor`. */
  dynamicAnchors(base: string): ReadonlyMap<string, Located> {
    return this.#dynamic.get(splitHash(base)[0]) ?? noAnchors;
  }

  /** @throws SchemaError when nothing is there */
  find(ref: string, base: string, where: string): Located {
    const [name, fragment] = splitHash(ref);
    const registered = name === '' ? undefined : this.#byUri.get(name);
    const uri = registered === undefined ? resolveUri(ref, base) : ref;
    const exact = this.#byUri.get(withoutHash(uri));
    if (exact !== undefined) return exact;
    const document = registered ?? this.#byUri.get(splitHash(uri)[0]) ?? this.#addMeta(splitHash(uri)[0]);
    if (document === undefined) throw new SchemaError(`"${ref}" is not among the references of the schema`, where);
    if (fragment === '') return document;
    if (!fragment.startsWith('/')) throw new SchemaError(`No schema has the anchor "${ref}"`, where);
    return this.#follow(document, fragment, ref, where);
  }

  #addMeta(uri: string): Located | undefined {
    const value = metaSchema(uri);
    return value === undefined ? undefined : this.#add(value, uri);
  }

  #follow(from: Located, pointer: string, ref: string, where: string): Located {
    let { value, base } = from;
    const steps = pointer.split('/').slice(1);
    for (const [index, step] of steps.entries()) {
      const name = decodeStep(step);
      let next = value instanceof Map ? value.get(name) : Array.isArray(value) ? value[Number(name)] : undefined;
      if (index === 0 && name === '$defs' && value instanceof Map) next = definitionsOf(value);
      if (next === undefined) throw new SchemaError(`"${ref}" leads to nothing: there is no "${name}"`, where);
      value = next;
      if (value instanceof Map) base = this.baseOf(value, base);
    }
    return { value, base };
  }

  #add(value: JsonValue, uri: string): Located {
    this.#byUri.set(withoutHash(uri), { value, base: uri });
    const base = this.#register(value, uri);
    return { value, base };
  }

  #addDynamic(base: string, name: string, value: JsonObject): void {
    const document = splitHash(base)[0];
    let anchors = this.#dynamic.get(document);
    if (anchors === undefined) this.#dynamic.set(document, (anchors = new Map()));
    if (!anchors.has(name)) anchors.set(name, { value, base });
  }

  /** Ids and anchors of the value and all below; returns the base of the value itself. */
  #register(value: JsonValue, inherited: string): string {
    if (Array.isArray(value)) for (const each of value) this.#register(each, inherited);
    if (!(value instanceof Map)) return inherited;
    let base = inherited;
    const id = value.get(this.#draft === 4 ? 'id' : '$id');
    const hidesSiblings = this.#draft < 2019 && value.has('$ref');
    if (typeof id === 'string' && !hidesSiblings) {
      const uri = resolveUri(id, inherited);
      if (!id.startsWith('#')) base = splitHash(uri)[0];
      if (!this.#byUri.has(withoutHash(uri))) this.#byUri.set(withoutHash(uri), { value, base });
    }
    this.#bases.set(value, base);
    for (const keyword of ['$anchor', '$dynamicAnchor']) {
      const anchor = value.get(keyword);
      if (typeof anchor === 'string' && this.#draft >= 2019) {
        const uri = `${splitHash(base)[0]}#${anchor}`;
        if (!this.#byUri.has(uri)) this.#byUri.set(uri, { value, base });
      }
    }
    const dynamic = this.#draft === 2020 ? value.get('$dynamicAnchor') : undefined;
    const isRecursive = this.#draft === 2019 && value.get('$recursiveAnchor') === true;
    if (typeof dynamic === 'string' || isRecursive)
      this.#addDynamic(base, isRecursive ? '' : (dynamic as string), value);
    for (const [name, member] of value) if (name !== 'enum' && name !== 'const') this.#register(member, base);
    return base;
  }
}

/** Definitions can be called by either of their names, whichever the schema has them under. */
export function definitionsOf(document: JsonObject): JsonValue | undefined {
  const [old, now] = [document.get('definitions'), document.get('$defs')];
  if (!(old instanceof Map) || old.size === 0) return now;
  if (now === undefined) return old;
  return now instanceof Map ? new Map([...old, ...now]) : now;
}

const noAnchors: ReadonlyMap<string, Located> = new Map();

function splitHash(uri: string): [string, string] {
  const at = uri.indexOf('#');
  return at === -1 ? [uri, ''] : [uri.slice(0, at), uri.slice(at + 1)];
}

function withoutHash(uri: string): string {
  return uri.endsWith('#') ? uri.slice(0, -1) : uri;
}

function resolveUri(ref: string, base: string): string {
  return URL.parse(ref, base)?.href ?? ref;
}

function decodeStep(step: string): string {
  let text = step;
  try {
    text = decodeURIComponent(step);
  } catch {
    // A stray % is itself.
  }
  return text.replaceAll('~1', '/').replaceAll('~0', '~');
}
