import { isJsonObject, type Json, parseJson } from '../json/json-value.ts';
import { FieldMapper } from '../mapping/field-mapper.ts';
import type { Mapping } from '../mapping/mapping.ts';

/** The values of a document's fields as its source has them; parsed when first asked for. */
export class SourceValues {
  readonly #bytes: Buffer;
  #root: Json | undefined;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get root(): Json {
    this.#root ??= parseJson(this.#bytes, { exactNumbers: true });
    return this.#root;
  }

  /** The scalars at a field's path, through arrays and dotted keys; of a sub-field those of its field. */
  of(path: string, mapping: Mapping): Json[] {
    const found: Json[] = [];
    gather(this.root, sourcePath(path, mapping), found);
    return found;
  }
}

/** Sub-fields have no value of their own in the source. */
function sourcePath(path: string, mapping: Mapping): string {
  const dot = path.lastIndexOf('.');
  if (dot < 0) return path;
  return mapping.find(path.slice(0, dot)) instanceof FieldMapper ? path.slice(0, dot) : path;
}

function gather(value: Json, path: string, found: Json[]): void {
  if (Array.isArray(value)) {
    for (const item of value) gather(item, path, found);
    return;
  }
  if (path === '') {
    if (value !== null && !isJsonObject(value)) found.push(value);
    return;
  }
  if (!isJsonObject(value)) return;
  // `a.b` may be written as one key or as an object in an object.
  for (let end = path.indexOf('.'); ; end = path.indexOf('.', end + 1)) {
    const key = end < 0 ? path : path.slice(0, end);
    const inner = value.get(key);
    if (inner !== undefined) gather(inner, end < 0 ? '' : path.slice(end + 1), found);
    if (end < 0) return;
  }
}
