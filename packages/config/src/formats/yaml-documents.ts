import {
  type Alias,
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  type Pair,
  parseAllDocuments,
  type Scalar,
  visit,
  type YAMLMap,
} from 'yaml';
import { ConfigError } from '../config-error.ts';
import type { ConfigValue, Property, PropertyDocument } from '../values.ts';
import { plainScalar } from './yaml-scalars.ts';

/** A file may say, with anchors and aliases, far more than it holds: this is the most keys that one gives. */
const maxKeys = 100_000;
const maxDepth = 500;

/**
 * The documents of a YAML file as flat properties with their origins. Empty documents do not count.
 *
 * Throws HW_CONFIG_SYNTAX with line and column, also for keys given twice, unknown tags, and aliases that recurse or multiply.
 */
export function parseYaml(text: string): PropertyDocument[] {
  const lines = new LineCounter();
  let documents: Document.Parsed[];
  try {
    documents = parseAllDocuments(text, {
      schema: 'failsafe',
      version: '1.1',
      lineCounter: lines,
      logLevel: 'silent',
      prettyErrors: false,
    }) as Document.Parsed[];
  } catch (error) {
    throw new ConfigError('HW_CONFIG_SYNTAX', `not readable as YAML: ${(error as Error).message}`, {}, error);
  }
  const result: PropertyDocument[] = [];
  for (const document of documents) {
    const error = document.errors[0];
    if (error !== undefined) {
      const { line, col } = lines.linePos(error.pos[0]);
      throw new ConfigError('HW_CONFIG_SYNTAX', error.message.split('\n')[0]!, { line, column: col });
    }
    const properties = new Flattener(document, text, lines).flatten();
    if (properties !== undefined) result.push(properties);
  }
  return result;
}

class Flattener {
  readonly #root: Node | null;
  readonly #text: string;
  readonly #lines: LineCounter;
  readonly #targets = new Map<Alias, Node>();
  readonly #open = new Set<Node>();
  readonly #properties = new Map<string, Property>();

  constructor(document: Document.Parsed, text: string, lines: LineCounter) {
    this.#root = document.contents;
    this.#text = text;
    this.#lines = lines;
    // An anchor may be given again: an alias means the last one before it.
    const anchors = new Map<string, Node>();
    visit(document, {
      Node: (_, node) => {
        if (isAlias(node)) {
          const target = anchors.get(node.source);
          if (target === undefined) throw this.#error(node, `the alias *${node.source} has no anchor before it`);
          this.#targets.set(node, target);
        } else if (node.anchor !== undefined) anchors.set(node.anchor, node);
      },
    });
  }

  flatten(): PropertyDocument | undefined {
    const root = this.#root;
    if (root === null) return undefined;
    if (isMap(root)) this.#map(root, '');
    else if (isScalar(root)) {
      const value = this.#scalar(root);
      if (value === null || value === '') return undefined;
      this.#put('document', value, root);
    } else this.#node(root, 'document');
    return this.#properties;
  }

  #node(node: Node | null, path: string, after?: Node): void {
    if (node === null) this.#put(path, '', after);
    else if (isAlias(node)) this.#node(this.#target(node), path);
    else if (isScalar(node)) this.#put(path, this.#scalar(node) ?? '', node);
    else this.#collection(node, path);
  }

  #collection(node: Node, path: string): void {
    if (this.#open.has(node)) throw this.#error(node, 'an alias leads back to what it is in');
    if (this.#open.size > maxDepth) throw this.#error(node, `nested more than ${maxDepth} deep`);
    this.#open.add(node);
    if (isMap(node)) this.#map(node, path);
    else if (isSeq(node)) {
      this.#checkTag(node, 'seq');
      if (node.items.length === 0) this.#put(path, '', node);
      for (let i = 0; i < node.items.length; i++) this.#node(node.items[i] as Node | null, `${path}[${i}]`, node);
    }
    this.#open.delete(node);
  }

  #map(map: YAMLMap, path: string): void {
    for (const [key, { value, keyNode }] of this.#entries(map, new Set())) {
      const at = path === '' ? key : key.startsWith('[') ? path + key : `${path}.${key}`;
      this.#node(value, at, keyNode);
    }
  }

  /** The entries of a map with what it merges (`<<`): its own keys win, then what is merged first. */
  #entries(map: YAMLMap, merging: Set<Node>): Map<string, { value: Node | null; keyNode: Node }> {
    this.#checkTag(map, 'map');
    if (merging.has(map)) throw this.#error(map, 'a merge (<<) leads back to what it is in');
    merging.add(map);
    const entries = new Map<string, { value: Node | null; keyNode: Node }>();
    const merged = new Set<string>();
    for (const pair of map.items as Pair<Node, Node | null>[]) {
      if (isScalar(pair.key) && pair.key.type === 'PLAIN' && pair.key.value === '<<') {
        for (const source of this.#mergeSources(pair.value)) {
          for (const [key, entry] of this.#entries(source, merging)) {
            if (entries.has(key)) continue;
            entries.set(key, entry);
            merged.add(key);
          }
        }
        continue;
      }
      const key = this.#key(pair.key);
      if (entries.has(key) && !merged.has(key)) throw this.#error(pair.key, `the key "${key}" is given twice`);
      entries.set(key, { value: pair.value, keyNode: pair.key });
      merged.delete(key);
    }
    merging.delete(map);
    return entries;
  }

  #mergeSources(value: Node | null): YAMLMap[] {
    const node = value !== null && isAlias(value) ? this.#target(value) : value;
    if (isMap(node)) return [node];
    if (isSeq(node)) return node.items.flatMap((item) => this.#mergeSources(item as Node | null));
    throw this.#error(node, 'a merge (<<) takes a map or a list of maps');
  }

  #key(node: Node): string {
    const target = isAlias(node) ? this.#target(node) : node;
    if (!isScalar(target)) throw this.#error(target, 'a key must be a text, number or boolean');
    const value = this.#scalar(target);
    return typeof value === 'string' ? value : `[${String(value)}]`;
  }

  #scalar(node: Scalar): ConfigValue | null {
    const text = node.value === null ? '' : String(node.value);
    if (node.tag !== undefined && node.tag !== 'tag:yaml.org,2002:str') {
      const name = node.tag.replace('tag:yaml.org,2002:', '');
      if (name === '!') return text;
      if (!/^(?:int|float|bool|null)$/.test(name)) throw this.#error(node, `the tag ${node.tag} is not served`);
      return plainScalar(text);
    }
    if (node.tag !== undefined && node.source !== undefined && node.type === 'PLAIN') {
      // The library gives failsafe's own tag to plain scalars as well: only a written one makes them text.
      if (this.#props(node).includes('!')) return text;
    }
    return node.type === 'PLAIN' || node.type === undefined ? plainScalar(text) : text;
  }

  #target(alias: Alias): Node {
    return this.#targets.get(alias)!;
  }

  #put(path: string, value: ConfigValue, node: Node | undefined): void {
    if (this.#properties.size >= maxKeys) throw this.#error(node, `the file gives more than ${maxKeys} keys`);
    const { line, col } = this.#lines.linePos(this.#start(node));
    this.#properties.set(path, { value, line: Math.max(1, line), column: Math.max(1, col) });
  }

  #start(node: Node | null | undefined): number {
    const start = node?.range?.[0] ?? 0;
    return start - this.#props(node).length;
  }

  /** What is written before a node: `&anchor !tag `. */
  #props(node: Node | null | undefined): string {
    const start = node?.range?.[0] ?? 0;
    if (node === null || node === undefined || (node.tag === undefined && !('anchor' in node && node.anchor)))
      return '';
    const before = this.#text.slice(Math.max(0, start - 300), start);
    return /(?:[&!][^\s,[\]{}]*[ \t]+)+$/.exec(before)?.[0] ?? '';
  }

  #checkTag(node: Node, kind: 'map' | 'seq'): void {
    if (node.tag !== undefined && node.tag !== `tag:yaml.org,2002:${kind}`) {
      throw this.#error(node, `the tag ${node.tag} is not served`);
    }
  }

  #error(node: Node | null | undefined, message: string): ConfigError {
    const { line, col } = this.#lines.linePos(node?.range?.[0] ?? 0);
    return new ConfigError('HW_CONFIG_SYNTAX', message, { line: Math.max(1, line), column: Math.max(1, col) });
  }
}
