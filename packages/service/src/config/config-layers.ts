import { canonicalKey, splitKey } from './config-key.ts';

export type ConfigValue = string | number | boolean | null;

/** A property as one source has it. */
export interface ConfigEntry {
  /** As it is written there. */
  readonly key: string;
  readonly value: ConfigValue;
  /** Where it stands: file, line and column, or the name of an environment variable. */
  readonly origin: string;
}

/** One source of properties. */
export interface ConfigLayer {
  readonly name: string;
  /** By canonical key. */
  get(canonical: string): ConfigEntry | undefined;
  /** Every entry, where the source can tell (an environment is asked, not listed). */
  entries(): Iterable<ConfigEntry>;
}

export class MapLayer implements ConfigLayer {
  readonly name: string;
  readonly #entries = new Map<string, ConfigEntry>();

  constructor(name: string, entries: Iterable<ConfigEntry>) {
    this.name = name;
    for (const entry of entries) this.#entries.set(canonicalKey(entry.key), entry);
  }

  get(canonical: string): ConfigEntry | undefined {
    return this.#entries.get(canonical);
  }

  entries(): Iterable<ConfigEntry> {
    return this.#entries.values();
  }
}

/** Why a value could not be had; `key`, `origin` and the value itself are for the message. */
export class PlaceholderError extends Error {}

const placeholderDepthMax = 20;

/** Sources by precedence: the first that has a key wins. Immutable: a change makes another one. */
export class ConfigLayers {
  readonly layers: readonly ConfigLayer[];

  constructor(layers: readonly ConfigLayer[]) {
    this.layers = layers;
  }

  /** The winning entry, with its placeholders as they are written. */
  entry(key: string): ConfigEntry | undefined {
    return this.#entry(canonicalKey(key));
  }

  /**
   * The value with `${key}` and `${key:default}` filled in; undefined when no source has the key.
   * @throws PlaceholderError when a placeholder names a key that nobody has, or itself
   */
  value(key: string): ConfigValue | undefined {
    const entry = this.entry(key);
    return entry === undefined ? undefined : this.resolve(entry.value);
  }

  /** Fills in the placeholders of a value. */
  resolve(value: ConfigValue): ConfigValue {
    return typeof value === 'string' && value.includes('${') ? this.#fill(value, []) : value;
  }

  /** How many elements a list has, in the source that wins it whole; undefined when it is no list of `key[0]`, `key[1]`. */
  listLength(key: string): number | undefined {
    const prefix = canonicalKey(key);
    for (const layer of this.layers) {
      if (layer.get(prefix) !== undefined) return undefined;
      let length = 0;
      while (hasBelow(layer, `${prefix}[${length}]`)) length += 1;
      if (length > 0) return length;
    }
    return undefined;
  }

  /** The source that has this list, so that no element comes from another. */
  ofList(key: string): ConfigLayers {
    const prefix = canonicalKey(key);
    const owner = this.layers.find((layer) => hasBelow(layer, `${prefix}[0]`));
    return owner === undefined ? this : new ListView(owner, this);
  }

  /** Every key that a source lists, with the entry that wins. */
  effective(): Map<string, ConfigEntry> {
    const result = new Map<string, ConfigEntry>();
    for (const layer of this.layers) {
      for (const entry of layer.entries()) {
        const canonical = canonicalKey(entry.key);
        if (!result.has(canonical)) result.set(canonical, this.#entry(canonical) ?? entry);
      }
    }
    return result;
  }

  /**
   * What stands below a prefix as objects and lists, names as they are written, placeholders filled in; undefined when there is nothing.
   * A list is taken whole from the first source that has it. A placeholder that nobody can fill stays as it is.
   */
  tree(prefix: string): unknown {
    const start = canonicalKey(prefix);
    const owners = new Map<string, ConfigLayer>();
    const root: Record<string, unknown> = {};
    let isFound = false;
    for (const layer of this.layers) {
      for (const entry of layer.entries()) {
        const canonical = canonicalKey(entry.key);
        if (start !== '' && !isBelow(canonical, start)) continue;
        if (!ownsLists(canonical, layer, owners)) continue;
        const elements = splitKey(entry.key).slice(splitKey(prefix).length);
        if (elements.length === 0) continue;
        isFound = true;
        const winner = this.#entry(canonical) ?? entry;
        put(root, elements, () => this.#lenient(winner.value));
      }
    }
    return isFound ? listed(root) : undefined;
  }

  #lenient(value: ConfigValue): ConfigValue {
    try {
      return this.resolve(value);
    } catch {
      return value;
    }
  }

  #entry(canonical: string): ConfigEntry | undefined {
    for (const layer of this.layers) {
      const entry = layer.get(canonical);
      if (entry !== undefined) return entry;
    }
    return undefined;
  }

  #fill(text: string, within: readonly string[]): string {
    let result = '';
    let at = 0;
    for (;;) {
      const start = text.indexOf('${', at);
      if (start === -1) return result + text.slice(at);
      const end = closingBrace(text, start + 2);
      if (end === -1) return result + text.slice(at);
      result += text.slice(at, start) + this.#placeholder(text.slice(start + 2, end), within);
      at = end + 1;
    }
  }

  #placeholder(inner: string, within: readonly string[]): string {
    const [name, fallback] = splitDefault(inner);
    const key = this.#fill(name, within).trim();
    if (within.includes(key) || within.length > placeholderDepthMax) {
      throw new PlaceholderError(`\${${[...within, key].join('} → ${')}} refers to itself`);
    }
    const value = this.#entry(canonicalKey(key))?.value;
    if (value !== undefined && value !== null) return this.#fill(String(value), [...within, key]);
    if (fallback !== undefined) return this.#fill(fallback, within);
    throw new PlaceholderError(`the placeholder \${${key}} has no value: set ${key}, or write \${${key}:default}`);
  }
}

/** Elements of a list come from its owner; what their placeholders name from anywhere. */
class ListView extends ConfigLayers {
  readonly #all: ConfigLayers;

  constructor(owner: ConfigLayer, all: ConfigLayers) {
    super([owner]);
    this.#all = all;
  }

  override resolve(value: ConfigValue): ConfigValue {
    return this.#all.resolve(value);
  }
}

function hasBelow(layer: ConfigLayer, prefix: string): boolean {
  if (layer.get(prefix) !== undefined) return true;
  for (const { key } of layer.entries()) if (isBelow(canonicalKey(key), prefix)) return true;
  return false;
}

function isBelow(canonical: string, prefix: string): boolean {
  if (!canonical.startsWith(prefix)) return false;
  const next = canonical[prefix.length];
  return next === undefined || next === '.' || next === '[';
}

/** True when the layer is the first that has each list that the key is an element of. */
function ownsLists(canonical: string, layer: ConfigLayer, owners: Map<string, ConfigLayer>): boolean {
  for (let at = canonical.indexOf('['); at !== -1; at = canonical.indexOf('[', at + 1)) {
    const list = canonical.slice(0, at);
    const owner = owners.get(list);
    if (owner === undefined) owners.set(list, layer);
    else if (owner !== layer) return false;
  }
  return true;
}

function put(root: Record<string, unknown>, elements: readonly string[], value: () => unknown): void {
  let at = root;
  for (const [index, element] of elements.entries()) {
    const name = element.startsWith('[') ? element.slice(1, -1) : element;
    if (index === elements.length - 1) {
      if (!Object.hasOwn(at, name)) define(at, name, value());
      return;
    }
    const next = Object.hasOwn(at, name) ? at[name] : undefined;
    if (typeof next === 'object' && next !== null) at = next as Record<string, unknown>;
    else if (next !== undefined) return;
    else {
      const made: Record<string, unknown> = {};
      define(at, name, made);
      at = made;
    }
  }
}

/** Keys come from outside: `__proto__` is a name like any other. */
function define(object: Record<string, unknown>, name: string, value: unknown): void {
  Object.defineProperty(object, name, { value, enumerable: true, configurable: true, writable: true });
}

/** Objects whose names are 0, 1, 2 … become lists. */
function listed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const names = Object.keys(value);
  const isList = names.length > 0 && names.every((name, index) => name === String(index));
  if (isList) return Object.values(value).map(listed);
  const result: Record<string, unknown> = {};
  for (const name of names) define(result, name, listed((value as Record<string, unknown>)[name]));
  return result;
}

function closingBrace(text: string, from: number): number {
  let depth = 1;
  for (let at = from; at < text.length; at += 1) {
    if (text.startsWith('${', at)) depth += 1;
    else if (text[at] === '}' && --depth === 0) return at;
  }
  return -1;
}

/** `key:default`; a colon within a nested placeholder is not the one. */
function splitDefault(inner: string): [string, string | undefined] {
  let depth = 0;
  for (let at = 0; at < inner.length; at += 1) {
    if (inner.startsWith('${', at)) depth += 1;
    else if (inner[at] === '}') depth -= 1;
    else if (inner[at] === ':' && depth === 0) return [inner.slice(0, at), inner.slice(at + 1)];
  }
  return [inner, undefined];
}
