import { PipelineError } from '../pipeline-error.ts';
import { isNamed, isPlain, type MaskedToken, maskToken, wildcard } from './mask.ts';

export interface TemplateMinerOptions {
  /** Share of tokens that a line and a template must have in common. Default 0.5. */
  similarityMin?: number;
  /**
   * Different words that a place must have had before it counts as varying. Words that only a few values take (`started`, `stopped`) tell
   * different messages; names of users and hosts pass it soon. Numbers, addresses and ids vary from the first time. Default 5.
   */
  variantsMin?: number;
  /** Tokens at the start of a line that lead through the tree. Default 2. */
  leadingTokens?: number;
  /** Ways that a node of the tree has at most, before all others share one. Default 100. */
  childrenMax?: number;
  /** Templates held at most; the one that was used least recently goes. Default 10,000. */
  templatesMax?: number;
  /** Characters of a message that are looked at. Default 8,192. */
  lengthMax?: number;
  /** Tokens of a message that are looked at, the rest counts as one. Default 256. */
  tokensMax?: number;
}

export interface MinedLine {
  /** The line with `<*>` in the place of what varies. */
  template: string;
  /** The same as long as the template is held, also when it becomes more general; and after a restart from a kept state. */
  templateId: string;
  /** What stands where the template has `<*>`. */
  parameters: string[];
}

export interface TemplateSummary {
  template: string;
  templateId: string;
  /** Lines of this template since it is held. */
  count: number;
}

/** What `state()` gives: JSON. */
export interface TemplateMinerState {
  format: 1;
  /** Least recently used first. */
  templates: { id: string; tokens: string[]; path: string[]; count: number }[];
  /** Ids that mean another template now. */
  merged: [from: string, to: string][];
}

interface Cluster {
  id: string;
  tokens: string[];
  text: string;
  leaf: Leaf;
  path: string[];
  count: number;
  /** Neighbours by last use. */
  older: Cluster | null;
  newer: Cluster | null;
}

interface Node {
  children: Map<string, Node>;
  leaf: Leaf | null;
}

interface Leaf {
  clusters: Cluster[];
}

const knownLinesMax = 20_000;
const maskedTokensMax = 20_000;
const cachedTokenLengthMax = 64;
const noParameters: readonly string[] = [];

/**
 * Drain (He et al., "Drain: An Online Log Parsing Approach with Fixed Depth Tree", ICWS 2017): lines of the same number of tokens and the same
 * first tokens come to the same leaf, where the most similar template takes them.
 *
 * @example
 * const miner = new TemplateMiner();
 * miner.mine('Accepted 512 bytes from 10.0.0.1'); // { template: 'Accepted <*> bytes from <*>', parameters: ['512', '10.0.0.1'], templateId: … }
 */
export class TemplateMiner {
  readonly #similarityMin: number;
  readonly #variantsMin: number;
  readonly #leadingTokens: number;
  readonly #childrenMax: number;
  readonly #templatesMax: number;
  readonly #lengthMax: number;
  readonly #tokensMax: number;
  readonly #root: Node = { children: new Map(), leaf: null };
  readonly #clusters = new Map<string, Cluster>();
  /** Ids of templates that turned out to be another one's. */
  readonly #merged = new Map<string, string>();
  /** Masked lines whose cluster is known: most lines differ from an earlier one in masked places only. */
  #known = new Map<string, Cluster>();
  #masked = new Map<string, MaskedToken>();
  #oldest: Cluster | null = null;
  #newest: Cluster | null = null;
  #evictedCount = 0;

  constructor(options: TemplateMinerOptions = {}) {
    this.#similarityMin = options.similarityMin ?? 0.5;
    this.#variantsMin = options.variantsMin ?? 5;
    this.#leadingTokens = options.leadingTokens ?? 2;
    this.#childrenMax = options.childrenMax ?? 100;
    this.#templatesMax = options.templatesMax ?? 10_000;
    this.#lengthMax = options.lengthMax ?? 8_192;
    this.#tokensMax = options.tokensMax ?? 256;
  }

  /** Templates held. */
  get templateCount(): number {
    return this.#clusters.size;
  }

  /** Templates that had to make room since the start. */
  get evictedCount(): number {
    return this.#evictedCount;
  }

  mine(message: string): MinedLine {
    const raw = this.#split(message);
    const masked: MaskedToken[] = new Array(raw.length);
    let line = '';
    for (let i = 0; i < raw.length; i++) {
      const one = isNamed(raw, i) ? { text: wildcard, parameters: [raw[i]!] } : this.#mask(raw[i]!);
      masked[i] = one;
      line += i === 0 ? one.text : ` ${one.text}`;
    }
    let cluster = this.#known.get(line);
    if (cluster === undefined || !this.#clusters.has(cluster.id)) {
      cluster = this.#find(masked, raw);
      if (this.#known.size >= knownLinesMax) this.#known = new Map();
      this.#known.set(line, cluster);
    }
    cluster.count++;
    this.#use(cluster);
    return { template: cluster.text, templateId: cluster.id, parameters: parametersOf(cluster.tokens, masked, raw) };
  }

  /** What an id that `mine` gave means now: templates become more general, and two can turn out to be one. Undefined when it is held no longer. */
  current(templateId: string): TemplateSummary | undefined {
    const cluster = this.#clusters.get(this.#merged.get(templateId) ?? templateId);
    return cluster === undefined ? undefined : { template: cluster.text, templateId: cluster.id, count: cluster.count };
  }

  /** The templates, most lines first. */
  templates(): TemplateSummary[] {
    return [...this.#clusters.values()]
      .map(({ text, id, count }) => ({ template: text, templateId: id, count }))
      .sort((a, b) => b.count - a.count);
  }

  /** Everything that a miner needs to go on, as JSON. */
  state(): TemplateMinerState {
    const templates: TemplateMinerState['templates'] = [];
    for (let one = this.#oldest; one !== null; one = one.newer)
      templates.push({ id: one.id, tokens: [...one.tokens], path: [...one.path], count: one.count });
    return { format: 1, templates, merged: [...this.#merged] };
  }

  /** A miner that goes on from a kept state. Throws PipelineError `HW_PIPELINE_DEFINITION` when it is none. */
  static from(state: unknown, options: TemplateMinerOptions = {}): TemplateMiner {
    const miner = new TemplateMiner(options);
    const { format, templates, merged } = (state ?? {}) as Partial<TemplateMinerState>;
    if (format !== 1 || !Array.isArray(templates) || !Array.isArray(merged))
      throw new PipelineError(
        'HW_PIPELINE_DEFINITION',
        'this is not the state of a template miner of format 1: start with an empty one',
      );
    for (const one of templates) {
      if (typeof one.id !== 'string' || !isTexts(one.tokens) || !isTexts(one.path) || !Number.isSafeInteger(one.count))
        throw new PipelineError(
          'HW_PIPELINE_DEFINITION',
          'the state of the template miner is damaged: start with an empty one',
        );
      miner.#add(one.id, [...one.tokens], miner.#leafAt(one.path), [...one.path]).count = one.count;
    }
    for (const pair of merged) if (isTexts(pair)) miner.#merged.set(pair[0]!, pair[1]!);
    return miner;
  }

  #split(message: string): string[] {
    const text = message.length > this.#lengthMax ? message.slice(0, this.#lengthMax) : message;
    const out: string[] = [];
    let start = -1;
    for (let i = 0; i < text.length; i++) {
      const code = text.charCodeAt(i);
      if (code === 32 || (code >= 9 && code <= 13)) {
        if (start !== -1) {
          out.push(text.slice(start, i));
          if (out.length >= this.#tokensMax) {
            out.push(text.slice(i).trim());
            return out;
          }
          start = -1;
        }
      } else if (start === -1) start = i;
    }
    if (start !== -1) out.push(text.slice(start));
    return out;
  }

  #mask(token: string): MaskedToken {
    // A look at its characters costs less than looking it up.
    if (isPlain(token)) return { text: token, parameters: noParameters };
    const known = this.#masked.get(token);
    if (known !== undefined) return known;
    const masked = maskToken(token);
    if (token.length <= cachedTokenLengthMax) {
      if (this.#masked.size >= maskedTokensMax) this.#masked = new Map();
      this.#masked.set(token, masked);
    }
    return masked;
  }

  #find(masked: readonly MaskedToken[], raw: readonly string[]): Cluster {
    const path = this.#pathOf(masked, raw);
    const leaf = this.#leafAt(path);
    let best: Cluster | null = null;
    let bestShare = -1;
    for (const cluster of leaf.clusters) {
      const share = shareOf(cluster.tokens, masked);
      // Of two that are as similar the one with fewer wildcards tells more.
      if (share > bestShare || (share === bestShare && wildcardsOf(cluster.tokens) < wildcardsOf(best!.tokens))) {
        best = cluster;
        bestShare = share;
      }
    }
    if (best === null || bestShare < this.#similarityMin) return this.#addLine(masked, leaf, path);
    const places = differences(best.tokens, masked);
    if (places.length === 0) return best;
    if (!places.every((at) => isWord(best.tokens[at]!) && isWord(masked[at]!.text))) {
      this.#generalise(best, places);
      return best;
    }
    // Words alone differ: it is the same message only when others have had yet other words there.
    const siblings = leaf.clusters.filter((one) => differences(one.tokens, masked).every((at) => places.includes(at)));
    if (siblings.length + 1 < this.#variantsMin) return this.#addLine(masked, leaf, path);
    const survivor = siblings[0]!;
    this.#generalise(survivor, places);
    for (const one of siblings.slice(1)) this.#merge(one, survivor);
    return survivor;
  }

  #addLine(masked: readonly MaskedToken[], leaf: Leaf, path: string[]): Cluster {
    const tokens = masked.map((one) => one.text);
    return this.#add(this.#newId(tokens), tokens, leaf, path);
  }

  #generalise(cluster: Cluster, places: readonly number[]): void {
    for (const at of places) cluster.tokens[at] = wildcard;
    cluster.text = cluster.tokens.join(' ');
  }

  /** One template turns out to be another one's: its id goes on to mean that one. */
  #merge(cluster: Cluster, survivor: Cluster): void {
    survivor.count += cluster.count;
    this.#remove(cluster);
    for (const [id, into] of this.#merged) if (into === cluster.id) this.#merged.set(id, survivor.id);
    this.#merged.set(cluster.id, survivor.id);
    if (this.#merged.size > this.#templatesMax) this.#merged.delete(this.#merged.keys().next().value!);
  }

  /** Number of tokens, then the first ones; those that vary share one way. */
  #pathOf(masked: readonly MaskedToken[], raw: readonly string[]): string[] {
    const path = [String(masked.length)];
    for (let i = 0; i < this.#leadingTokens && i < masked.length; i++) {
      path.push(/\d/.test(raw[i]!) || masked[i]!.parameters.length > 0 ? wildcard : masked[i]!.text);
    }
    return path;
  }

  /** The leaf at a path, made when it is not there; a full node sends what is new to its shared way (and says so in the path). */
  #leafAt(path: string[]): Leaf {
    let node = this.#root;
    for (let i = 0; i < path.length; i++) {
      let child = node.children.get(path[i]!);
      if (child === undefined) {
        if (i > 0 && node.children.size >= this.#childrenMax) {
          path[i] = wildcard;
          child = node.children.get(wildcard);
        }
        if (child === undefined) {
          child = { children: new Map(), leaf: null };
          node.children.set(path[i]!, child);
        }
      }
      node = child;
    }
    node.leaf ??= { clusters: [] };
    return node.leaf;
  }

  #add(id: string, tokens: string[], leaf: Leaf, path: string[]): Cluster {
    while (this.#clusters.size >= this.#templatesMax && this.#oldest !== null) {
      this.#remove(this.#oldest);
      this.#evictedCount++;
    }
    const cluster: Cluster = { id, tokens, text: tokens.join(' '), leaf, path, count: 0, older: null, newer: null };
    this.#clusters.set(id, cluster);
    leaf.clusters.push(cluster);
    this.#use(cluster);
    return cluster;
  }

  #remove(cluster: Cluster): void {
    this.#clusters.delete(cluster.id);
    this.#unlink(cluster);
    cluster.leaf.clusters.splice(cluster.leaf.clusters.indexOf(cluster), 1);
    // Branches without templates go too.
    const nodes: Node[] = [this.#root];
    for (const key of cluster.path) {
      const child = nodes.at(-1)!.children.get(key);
      if (child === undefined) return;
      nodes.push(child);
    }
    for (let i = nodes.length - 1; i > 0; i--) {
      const node = nodes[i]!;
      if (node.children.size > 0 || (node.leaf?.clusters.length ?? 0) > 0) return;
      nodes[i - 1]!.children.delete(cluster.path[i - 1]!);
    }
  }

  #use(cluster: Cluster): void {
    if (this.#newest === cluster) return;
    this.#unlink(cluster);
    cluster.older = this.#newest;
    if (this.#newest !== null) this.#newest.newer = cluster;
    this.#newest = cluster;
    this.#oldest ??= cluster;
  }

  #unlink(cluster: Cluster): void {
    if (cluster.older !== null) cluster.older.newer = cluster.newer;
    if (cluster.newer !== null) cluster.newer.older = cluster.older;
    if (this.#oldest === cluster) this.#oldest = cluster.newer;
    if (this.#newest === cluster) this.#newest = cluster.older;
    cluster.older = null;
    cluster.newer = null;
  }

  /** From the template as it is first seen, so that miners which see the same first lines give the same ids. */
  #newId(tokens: readonly string[]): string {
    const text = tokens.join(' ');
    for (let salt = 0; ; salt++) {
      let high = 0x811c9dc5 ^ salt;
      let low = 0x01000193 + salt;
      for (let i = 0; i < text.length; i++) {
        const code = text.charCodeAt(i);
        high = Math.imul(high ^ code, 0x01000193);
        low = Math.imul(low ^ code, 0x85ebca6b) ^ (low >>> 15);
      }
      const id = (high >>> 0).toString(16).padStart(8, '0') + (low >>> 16).toString(16).padStart(4, '0');
      if (!this.#clusters.has(id) && !this.#merged.has(id)) return id;
    }
  }
}

function parametersOf(tokens: readonly string[], masked: readonly MaskedToken[], raw: readonly string[]): string[] {
  const out: string[] = [];
  for (let i = 0; i < tokens.length; i++) {
    if (tokens[i] === masked[i]!.text) for (const parameter of masked[i]!.parameters) out.push(parameter);
    else out.push(raw[i]!);
  }
  return out;
}

/** Letters to tell a message by: a token of masks and signs alone says nothing. */
const saying = /[\p{L}]/u;

/** Share of the tokens that say something which are the same; places that are known to vary count neither way. */
function shareOf(tokens: readonly string[], masked: readonly MaskedToken[]): number {
  let same = 0;
  let counted = 0;
  for (let i = 0; i < masked.length; i++) {
    const token = tokens[i]!;
    const { text } = masked[i]!;
    if (token === wildcard) continue;
    if (token === text) {
      if (!saying.test(token)) continue;
      same++;
    }
    counted++;
  }
  return counted === 0 ? 1 : same / counted;
}

function differences(tokens: readonly string[], masked: readonly MaskedToken[]): number[] {
  const out: number[] = [];
  for (let i = 0; i < masked.length; i++) if (tokens[i] !== masked[i]!.text && tokens[i] !== wildcard) out.push(i);
  return out;
}

function wildcardsOf(tokens: readonly string[]): number {
  let count = 0;
  for (const token of tokens) if (token === wildcard) count++;
  return count;
}

/** Whether letters are left when the masks are taken away. */
function isWord(token: string): boolean {
  return saying.test(token);
}

function isTexts(value: unknown): value is string[] {
  return Array.isArray(value) && value.every((one) => typeof one === 'string');
}
