import { PipelineError } from './pipeline-error.ts';

/** A field as JSON has it; whole numbers beyond 2^53 may be bigint. */
export type Value = unknown;
export type Source = Record<string, Value>;

/** `_index`, `_id`, `_routing`, `_version`, `_version_type` of a document on its way into a store. */
export type Metadata = Record<string, Value>;

export const metadataNames = [
  '_index',
  '_id',
  '_routing',
  '_version',
  '_version_type',
  '_if_seq_no',
  '_if_primary_term',
];

/** A field's path, compiled once: `a.b.0.c`, or with `_source.` or `_ingest.` before it. */
export interface FieldPath {
  readonly text: string;
  readonly root: 'source' | 'metadata' | 'ingest';
  readonly parts: readonly string[];
}

export function fieldPath(text: string): FieldPath {
  if (text === '') throw new PipelineError('HW_PIPELINE_FIELD', 'path cannot be null nor empty');
  const parts = text.split('.');
  if (parts.some((part) => part === ''))
    throw new PipelineError('HW_PIPELINE_FIELD', `path [${text}] is not valid`, { field: text });
  if (parts[0] === '_ingest' && parts.length > 1) return { text, root: 'ingest', parts: parts.slice(1) };
  if (parts[0] === '_source' && parts.length > 1) return { text, root: 'source', parts: parts.slice(1) };
  if (metadataNames.includes(parts[0]!)) return { text, root: 'metadata', parts };
  return { text, root: 'source', parts };
}

/** Java's name for a value's type, as messages of the real system have it. */
export function typeName(value: Value): string {
  if (value === null || value === undefined) return 'null';
  if (Array.isArray(value)) return 'java.util.ArrayList';
  switch (typeof value) {
    case 'string':
      return 'java.lang.String';
    case 'boolean':
      return 'java.lang.Boolean';
    case 'bigint':
      return 'java.lang.Long';
    case 'number':
      return !Number.isInteger(value)
        ? 'java.lang.Double'
        : Math.abs(value) < 2 ** 31
          ? 'java.lang.Integer'
          : 'java.lang.Long';
    default:
      return 'java.util.HashMap';
  }
}

export function isObject(value: Value): value is Source {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Sets a key that may be `__proto__`. */
export function setKey(target: Source, key: string, value: Value): void {
  if (key === '__proto__')
    Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });
  else target[key] = value;
}

export class IngestDocument {
  source: Source;
  metadata: Metadata;
  /** `timestamp`, and what processors say of their work (`on_failure_message`, `_value` in foreach). */
  ingest: Source;

  constructor(source: Source, metadata: Metadata, ingest: Source) {
    this.source = source;
    this.metadata = metadata;
    this.ingest = ingest;
  }

  #root(path: FieldPath): Source {
    return path.root === 'source' ? this.source : path.root === 'metadata' ? this.metadata : this.ingest;
  }

  /** Undefined when there is no such field. */
  get(path: FieldPath): Value {
    let value: Value = this.#root(path);
    for (const part of path.parts) {
      value = child(value, part);
      if (value === undefined) return undefined;
    }
    return value;
  }

  has(path: FieldPath): boolean {
    return this.get(path) !== undefined;
  }

  /** Throws when the field is absent. */
  require(path: FieldPath): Value {
    const value = this.get(path);
    if (value !== undefined) return value;
    throw this.#missing(path);
  }

  #missing(path: FieldPath): PipelineError {
    let value: Value = this.#root(path);
    for (const part of path.parts) {
      const next = child(value, part);
      if (next === undefined) {
        if (Array.isArray(value)) {
          const reason = /^\d+$/.test(part)
            ? `[${part}] is out of bounds for array with length [${value.length}] as part of path [${path.text}]`
            : `[${part}] is not an integer, cannot be used as an index as part of path [${path.text}]`;
          return new PipelineError('HW_PIPELINE_FIELD', reason, { field: path.text });
        }
        if (!isObject(value)) {
          const reason =
            value === null
              ? `cannot resolve [${part}] from null as part of path [${path.text}]`
              : `cannot resolve [${part}] from object of type [${typeName(value)}] as part of path [${path.text}]`;
          return new PipelineError('HW_PIPELINE_FIELD', reason, { field: path.text });
        }
        return new PipelineError('HW_PIPELINE_FIELD', `field [${part}] not present as part of path [${path.text}]`, {
          field: path.text,
        });
      }
      value = next;
    }
    return new PipelineError('HW_PIPELINE_FIELD', `field [${path.text}] not present`, { field: path.text });
  }

  /** Makes the objects on the way. */
  set(path: FieldPath, value: Value): void {
    let target: Value = this.#root(path);
    const last = path.parts.length - 1;
    for (let i = 0; i < last; i++) {
      const part = path.parts[i]!;
      let next = child(target, part);
      if (next === undefined || next === null) {
        if (Array.isArray(target)) throw this.#missing(path);
        if (next === null) throw this.#cannotSet(path, path.parts[i + 1]!, null);
        next = {};
        setKey(target as Source, part, next);
      } else if (typeof next !== 'object') throw this.#cannotSet(path, path.parts[i + 1]!, next);
      target = next;
    }
    const part = path.parts[last]!;
    if (Array.isArray(target)) {
      const index = Number(part);
      if (!Number.isInteger(index) || index < 0 || index >= target.length) throw this.#missing(path);
      target[index] = value;
    } else setKey(target as Source, part, value);
  }

  #cannotSet(path: FieldPath, part: string, parent: Value): PipelineError {
    const reason =
      parent === null
        ? `cannot set [${part}] with null parent as part of path [${path.text}]`
        : `cannot set [${part}] with parent object of type [${typeName(parent)}] as part of path [${path.text}]`;
    return new PipelineError('HW_PIPELINE_FIELD', reason, { field: path.text });
  }

  /** Throws when the field is absent. */
  remove(path: FieldPath): void {
    this.require(path);
    let target: Value = this.#root(path);
    for (let i = 0; i < path.parts.length - 1; i++) target = child(target, path.parts[i]!);
    const part = path.parts.at(-1)!;
    if (Array.isArray(target)) target.splice(Number(part), 1);
    else delete (target as Source)[part];
  }

  /** Adds to a list, making one of what is there. */
  append(path: FieldPath, values: readonly Value[], allowsDuplicates: boolean): void {
    const before = this.get(path);
    const list: Value[] = before === undefined ? [] : Array.isArray(before) ? before : [before];
    for (const value of values) {
      if (!allowsDuplicates && list.some((one) => isSame(one, value))) continue;
      list.push(value);
    }
    this.set(path, list);
  }
}

function child(parent: Value, part: string): Value {
  if (Array.isArray(parent)) return /^\d{1,9}$/.test(part) ? parent[Number(part)] : undefined;
  if (typeof parent !== 'object' || parent === null || !Object.hasOwn(parent, part)) return undefined;
  return (parent as Source)[part];
}

/** Equality of JSON values, numbers by value. */
export function isSame(a: Value, b: Value): boolean {
  if (a === b) return true;
  if (typeof a === 'bigint' || typeof b === 'bigint') {
    if (typeof a === 'number' || typeof b === 'number') return isNumber(a) && isNumber(b) && Number(a) === Number(b);
    return false;
  }
  if (Array.isArray(a) && Array.isArray(b)) return a.length === b.length && a.every((one, i) => isSame(one, b[i]));
  if (isObject(a) && isObject(b)) {
    const keys = Object.keys(a);
    return (
      keys.length === Object.keys(b).length && keys.every((key) => Object.hasOwn(b, key) && isSame(a[key], b[key]))
    );
  }
  return false;
}

function isNumber(value: Value): boolean {
  return typeof value === 'number' || typeof value === 'bigint';
}

export function copyValue(value: Value): Value {
  if (Array.isArray(value)) return value.map(copyValue);
  if (!isObject(value)) return value;
  const copy: Source = {};
  for (const key of Object.keys(value)) setKey(copy, key, copyValue(value[key]));
  return copy;
}
