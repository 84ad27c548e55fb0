import { ConfigError } from '../config-error.ts';
import type { Environment } from '../resolve/environment.ts';
import type { ConfigValue } from '../values.ts';

export type Nested = ConfigValue | null | NestedMap | NestedList;
export type NestedMap = Map<string, Nested>;
export type NestedList = Nested[];

/** One flat map of an environment: the first source wins, lists as a whole (all keys that begin alike before `[`). */
export function mergedProperties(environment: Environment): Map<string, ConfigValue> {
  const merged = new Map<string, ConfigValue>();
  const lists = new Map<string, Map<string, ConfigValue>>();
  for (const { source } of [...environment.propertySources].reverse()) {
    const ownLists = new Map<string, Map<string, ConfigValue>>();
    for (const [key, { value }] of source) {
      const bracket = key.indexOf('[');
      if (bracket === -1) {
        merged.set(key, value);
        continue;
      }
      const prefix = key.slice(0, bracket);
      let list = ownLists.get(prefix);
      if (list === undefined) ownLists.set(prefix, (list = new Map()));
      list.set(key, value);
    }
    for (const [prefix, list] of ownLists) lists.set(prefix, list);
  }
  for (const list of lists.values()) for (const [key, value] of list) merged.set(key, value);
  merged.delete('spring.profiles');
  return merged;
}

/** The largest index of a list that is filled up with nulls. */
const maxIndex = 10_000;

/**
 * Flat properties as a tree: `a.b[0].c`. Throws HW_CONFIG_BAD_REQUEST, as the real server refuses these forms, for keys that name no
 * place in a tree (`a..b`, `[x]`, `a[0]x`).
 */
export function nestedProperties(properties: ReadonlyMap<string, ConfigValue>): NestedMap {
  const root: NestedMap = new Map();
  for (const [key, value] of properties) new Navigator(key).setInMap(root, value);
  return root;
}

type NodeType = 'leaf' | 'map' | 'list';

class Navigator {
  readonly #key: string;
  #at = -1;
  #type: NodeType = 'map';
  /** A value stands where a map is wanted (`a` and `a.b`): the rest of the key stays in one piece beside it. */
  #prefix = '';

  constructor(key: string) {
    this.#key = key;
  }

  setInMap(map: NestedMap, value: ConfigValue): void {
    const name = this.#nextName();
    if (this.#type === 'leaf') {
      map.set(this.#prefix + name, value);
      return;
    }
    const there = map.get(name);
    if (this.#type === 'map') {
      if (there instanceof Map) this.setInMap(there, value);
      else if (there !== undefined && there !== null) {
        this.#prefix = `${name}.`;
        this.setInMap(map, value);
      } else {
        const next: NestedMap = new Map();
        map.set(name, next);
        this.setInMap(next, value);
      }
      return;
    }
    if (there !== undefined && there !== null && !Array.isArray(there)) throw this.#clash();
    const list: NestedList = Array.isArray(there) ? there : [];
    map.set(name, list);
    this.#setInList(list, value);
  }

  #setInList(list: NestedList, value: ConfigValue): void {
    const index = this.#nextIndex();
    while (list.length <= index) list.push(null);
    const there = list[index];
    if (this.#type === 'leaf') {
      list[index] = value;
    } else if (this.#type === 'map') {
      if (there !== null && !(there instanceof Map)) throw this.#clash();
      const map: NestedMap = there instanceof Map ? there : new Map();
      list[index] = map;
      this.setInMap(map, value);
    } else {
      if (there !== null && !Array.isArray(there)) throw this.#clash();
      const inner: NestedList = Array.isArray(there) ? there : [];
      list[index] = inner;
      this.#setInList(inner, value);
    }
  }

  #nextName(): string {
    const start = this.#at + 1;
    let opened = -1;
    for (let i = start; i < this.#key.length; i++) {
      const char = this.#key[i];
      if (char === '.') {
        this.#type = 'map';
        this.#at = i;
        break;
      }
      if (char === '[') opened = i;
      else if (char === ']' && /^[-+]?\d+$/.test(this.#key.slice(opened + 1, i))) {
        this.#type = 'list';
        this.#at = opened;
        break;
      }
    }
    if (this.#at < start) {
      this.#at = this.#key.length;
      this.#type = 'leaf';
    } else if (this.#at === start) throw this.#invalid();
    return this.#key.slice(start, this.#at);
  }

  #nextIndex(): number {
    const start = this.#at + 1;
    const end = this.#key.indexOf(']', start);
    const digits = this.#key.slice(start, end);
    if (end <= start || !/^\d+$/.test(digits)) throw this.#invalid();
    const index = Number(digits);
    if (index > maxIndex) throw this.#invalid();
    this.#at = end + 1;
    const next = this.#key[this.#at];
    if (next === undefined) this.#type = 'leaf';
    else if (next === '.') this.#type = 'map';
    else if (next === '[') this.#type = 'list';
    else throw this.#invalid();
    return index;
  }

  #invalid(): ConfigError {
    return new ConfigError(
      'HW_CONFIG_BAD_REQUEST',
      `the key "${this.#key}" has no place in a tree: ask for .properties, or the JSON of the environment`,
    );
  }

  #clash(): ConfigError {
    return new ConfigError('HW_CONFIG_SYNTAX', `the key "${this.#key}" is a list in one file and a value in another`);
  }
}
