import { JsonNumber, type JsonObject, type JsonValue } from '../json/json-value.ts';
import { SchemaError } from '../schema-error.ts';
import type { Located, SchemaDocuments } from './documents.ts';
import type { JsonSchemaDraft } from './draft.ts';
import { below } from './keyword-values.ts';

/** Targets of references that one schema may have, counted once for each dynamic scope. */
const definitionsMax = 2_000;
const schemasMax = 5_000;

/** Keywords with a schema, with a list of schemas, and with schemas by name; of all drafts. */
const ofSchema = new Set(
  'additionalItems additionalProperties contains contentSchema else if items not propertyNames then unevaluatedItems unevaluatedProperties'.split(
    ' ',
  ),
);
const ofList = new Set('allOf anyOf items oneOf prefixItems'.split(' '));
const ofNames = new Set('dependencies dependentSchemas patternProperties properties'.split(' '));
const ofValues = new Set(
  (
    'const dependentRequired enum exclusiveMaximum exclusiveMinimum format maxContains maxItems maxLength maxProperties maximum ' +
    'minContains minItems minLength minProperties minimum multipleOf pattern required type uniqueItems'
  ).split(' '),
);

/** Keywords by the draft they came with, and by the last one that has them. */
const since: ReadonlyMap<string, JsonSchemaDraft> = new Map([
  ...keywords(6, 'const contains propertyNames'),
  ...keywords(7, 'if then else'),
  ...keywords(
    2019,
    'dependentRequired dependentSchemas maxContains minContains unevaluatedItems unevaluatedProperties',
  ),
  ...keywords(2020, 'prefixItems'),
]);
const until: ReadonlyMap<string, JsonSchemaDraft> = new Map([
  ...keywords(2019, 'additionalItems'),
  ...keywords(7, 'dependencies'),
]);

function keywords(draft: JsonSchemaDraft, names: string): [string, JsonSchemaDraft][] {
  return names.split(' ').map((name) => [name, draft]);
}

type Plain = null | boolean | number | string | Plain[] | { [name: string]: Plain };

/** Where dynamic references lead: the outermost schema of each name on the way here. */
type Scope = ReadonlyMap<string, Located>;

/**
 * The schema and all that it refers to as one document without ids and anchors: `#/$defs/N` for each target, one for each dynamic scope
 * that it is reached in. Only keywords that say something in the draft are in it; those of draft 4 are written as in draft 7.
 *
 * @throws SchemaError
 */
export function flattenSchema(documents: SchemaDocuments, draft: JsonSchemaDraft): { [name: string]: Plain } {
  return new Flattener(documents, draft).whole();
}

class Flattener {
  readonly #documents: SchemaDocuments;
  readonly #draft: JsonSchemaDraft;
  readonly #definitions: Record<string, Plain> = {};
  readonly #numbers = new Map<JsonObject, Map<string, number>>();
  readonly #scopeNumbers = new Map<JsonObject, number>();
  readonly #pending: { number: number; located: Located; scope: Scope }[] = [];
  #count = 0;
  #schemas = 0;

  constructor(documents: SchemaDocuments, draft: JsonSchemaDraft) {
    this.#documents = documents;
    this.#draft = draft;
  }

  whole(): { [name: string]: Plain } {
    const root = this.#referTo(this.#documents.root, new Map());
    // Definitions are put here one after the other: a chain of references takes no stack.
    for (let next = this.#pending.pop(); next !== undefined; next = this.#pending.pop()) {
      const { value, base } = next.located;
      this.#definitions[next.number] = this.#schema(value, base, next.scope, '#');
    }
    return { ...(typeof root === 'object' ? (root as object) : { allOf: [root] }), $defs: this.#definitions };
  }

  #schema(value: JsonValue, inherited: string, outer: Scope, where: string): Plain {
    if (typeof value === 'boolean') return value;
    if (!(value instanceof Map)) throw new SchemaError('A schema is an object, true or false', where);
    if (++this.#schemas > schemasMax) {
      throw new SchemaError(`The schema has more than ${schemasMax} parts, counted once for each way to them`);
    }
    const base = this.#documents.baseOf(value, inherited);
    const scope = this.#entered(outer, base);
    const flat: { [name: string]: Plain } = {};
    const refs = this.#references(value, base, scope, where);
    // Until draft 7 a reference stands alone, whatever is written beside it.
    if (this.#draft >= 2019 || refs.length === 0) {
      for (const [keyword, content] of value) {
        if (!this.#isServed(keyword)) continue;
        const part = this.#keyword(keyword, content, base, scope, below(where, keyword));
        if (part !== undefined) setMember(flat, keyword, part);
      }
      if (this.#draft === 4) replaceExclusiveLimits(flat);
      if (Array.isArray(flat['enum']) && flat['enum'].length === 0) {
        delete flat['enum'];
        refs.push(false);
      }
      // What a condition has looked at is evaluated, also where nothing follows from it.
      if (this.#draft >= 2019 && flat['if'] !== undefined && flat['then'] === undefined)
        setMember(flat, 'then', { allOf: [true] });
    }
    if (refs.length === 1 && flat['$ref'] === undefined && typeof refs[0] === 'object') Object.assign(flat, refs[0]);
    else if (refs.length > 0) flat['allOf'] = [...((flat['allOf'] as Plain[] | undefined) ?? []), ...refs];
    return flat;
  }

  #isServed(keyword: string): boolean {
    return this.#draft >= (since.get(keyword) ?? 4) && this.#draft <= (until.get(keyword) ?? 2020);
  }

  #keyword(keyword: string, content: JsonValue, base: string, scope: Scope, where: string): Plain | undefined {
    const load = (each: JsonValue, name: string | number) => this.#schema(each, base, scope, below(where, name));
    if (Array.isArray(content) && ofList.has(keyword)) return content.map(load);
    if (ofNames.has(keyword) && content instanceof Map) {
      const flat: { [name: string]: Plain } = {};
      for (const [name, each] of content) {
        setMember(flat, name, Array.isArray(each) ? plainJson(each) : load(each, name));
      }
      return flat;
    }
    if (ofSchema.has(keyword)) return this.#schema(content, base, scope, where);
    if (keyword === 'uniqueItems' && content === false) return undefined;
    return ofValues.has(keyword) ? plainJson(content) : undefined;
  }

  #references(value: JsonObject, base: string, scope: Scope, where: string): Plain[] {
    const refs: Plain[] = [];
    const ref = value.get('$ref');
    if (typeof ref === 'string') refs.push(this.#referTo(this.#documents.find(ref, base, where), scope));
    const recursive = value.get('$recursiveRef');
    if (typeof recursive === 'string' && this.#draft === 2019) {
      const first = this.#documents.find(recursive, base, where);
      const isDynamic = first.value instanceof Map && first.value.get('$recursiveAnchor') === true;
      refs.push(this.#referTo(isDynamic ? (scope.get('') ?? first) : first, scope));
    }
    const dynamic = value.get('$dynamicRef');
    if (typeof dynamic === 'string' && this.#draft === 2020) {
      const first = this.#documents.find(dynamic, base, where);
      const name = dynamic.slice(dynamic.indexOf('#') + 1);
      const isDynamic = first.value instanceof Map && first.value.get('$dynamicAnchor') === name;
      refs.push(this.#referTo(isDynamic ? (scope.get(name) ?? first) : first, scope));
    }
    return refs;
  }

  #referTo(target: Located, outer: Scope): Plain {
    if (!(target.value instanceof Map)) return target.value as Plain;
    const scope = this.#entered(outer, target.base);
    const key = Array.from(scope, ([name, { value }]) => `${name} ${this.#scopeNumber(value as JsonObject)}`).join(
      '\n',
    );
    let numbers = this.#numbers.get(target.value);
    if (numbers === undefined) this.#numbers.set(target.value, (numbers = new Map()));
    let number = numbers.get(key);
    if (number === undefined) {
      number = this.#count++;
      if (number >= definitionsMax) throw new SchemaError(`The schema refers to more than ${definitionsMax} others`);
      numbers.set(key, number);
      this.#pending.push({ number, located: target, scope });
    }
    return { $ref: `#/$defs/${number}` };
  }

  /** The scope inside of a document: what was there before stays. */
  #entered(scope: Scope, base: string): Scope {
    const anchors = this.#documents.dynamicAnchors(base);
    const missing = Array.from(anchors).filter(([name]) => !scope.has(name));
    return missing.length === 0 ? scope : new Map([...scope, ...missing].sort(([a], [b]) => (a < b ? -1 : 1)));
  }

  #scopeNumber(value: JsonObject): number {
    const known = this.#scopeNumbers.get(value) ?? this.#scopeNumbers.size;
    this.#scopeNumbers.set(value, known);
    return known;
  }
}

function replaceExclusiveLimits(flat: { [name: string]: Plain }): void {
  for (const [exclusive, limit] of [
    ['exclusiveMaximum', 'maximum'],
    ['exclusiveMinimum', 'minimum'],
  ] as const) {
    const isExclusive = flat[exclusive] === true;
    delete flat[exclusive];
    if (!isExclusive || flat[limit] === undefined) continue;
    flat[exclusive] = flat[limit];
    delete flat[limit];
  }
}

function plainJson(value: JsonValue): Plain {
  if (value instanceof JsonNumber) return Number(value.text);
  if (Array.isArray(value)) return value.map(plainJson);
  if (!(value instanceof Map)) return value;
  const plain: { [name: string]: Plain } = {};
  for (const [name, member] of value) setMember(plain, name, plainJson(member));
  return plain;
}

function setMember(object: { [name: string]: Plain }, name: string, value: Plain): void {
  if (name !== '__proto__') object[name] = value;
  else Object.defineProperty(object, name, { value, writable: true, enumerable: true, configurable: true });
}
