import { JsonObject } from '../json/json-value.ts';
import type { FieldMapper } from './field-mapper.ts';

export type Dynamic = 'true' | 'false' | 'strict' | 'strict_allow_templates';

/** Another name for a field. */
export class FieldAlias {
  readonly path: string;
  readonly target: string;
  seenIn = 0;

  constructor(path: string, target: string) {
    this.path = path;
    this.target = target;
  }

  toJson(): JsonObject {
    return new JsonObject([
      ['type', 'alias'],
      ['path', this.target],
    ]);
  }
}

export type Mapper = FieldMapper | ObjectMapper | FieldAlias;

/** An object of a mapping: the root has the empty path. */
export class ObjectMapper {
  readonly path: string;
  /** Null: as the object around it. */
  dynamic: Dynamic | null;
  isEnabled: boolean;
  isNested: boolean;
  includeInParent: boolean;
  includeInRoot: boolean;
  readonly children: Map<string, Mapper>;
  seenIn = 0;

  constructor(
    path: string,
    options: {
      dynamic?: Dynamic | null;
      isEnabled?: boolean;
      isNested?: boolean;
      includeInParent?: boolean;
      includeInRoot?: boolean;
      children?: Map<string, Mapper>;
    } = {},
  ) {
    this.path = path;
    this.dynamic = options.dynamic ?? null;
    this.isEnabled = options.isEnabled ?? true;
    this.isNested = options.isNested ?? false;
    this.includeInParent = options.includeInParent ?? false;
    this.includeInRoot = options.includeInRoot ?? false;
    this.children = options.children ?? new Map();
  }

  childPath(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }

  /** A copy of the objects; fields are immutable and shared. */
  clone(): ObjectMapper {
    const children = new Map<string, Mapper>();
    for (const [name, child] of this.children)
      children.set(name, child instanceof ObjectMapper ? child.clone() : child);
    return new ObjectMapper(this.path, { ...this, children });
  }

  get hasNested(): boolean {
    for (const child of this.children.values()) {
      if (child instanceof ObjectMapper && (child.isNested || child.hasNested)) return true;
    }
    return false;
  }

  toJson(): JsonObject {
    const json = new JsonObject();
    if (this.isNested) {
      json.set('type', 'nested');
      if (this.includeInParent) json.set('include_in_parent', true);
      if (this.includeInRoot) json.set('include_in_root', true);
    }
    if (this.dynamic !== null) json.set('dynamic', this.dynamic);
    if (!this.isEnabled) json.set('enabled', false);
    if (this.children.size > 0) json.set('properties', this.propertiesJson());
    else if (!this.isNested && this.path !== '') json.set('type', 'object');
    return json;
  }

  propertiesJson(): JsonObject {
    const names = [...this.children.keys()].sort();
    return new JsonObject(names.map((name) => [name, this.children.get(name)!.toJson()]));
  }
}
