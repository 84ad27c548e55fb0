import { illegalArgument } from '../errors.ts';
import { Analyzer } from './analyzer.ts';
import { standardTokenizer } from './standard-tokenizer.ts';
import type { TokenFilter, Tokenizer } from './token-buffer.ts';
import {
  englishPossessiveFilter,
  englishStopWords,
  lowercaseFilter,
  porterStemFilter,
  stopFilter,
  trimFilter,
  uppercaseFilter,
} from './token-filters.ts';
import { keywordTokenizer, letterTokenizer, lowercaseTokenizer, whitespaceTokenizer } from './tokenizers.ts';

type Definition = Readonly<Record<string, unknown>>;

const tokenizers: Record<string, (definition: Definition) => Tokenizer> = {
  standard: (definition) => standardTokenizer(integer(definition['max_token_length'], 255)),
  keyword: () => keywordTokenizer,
  whitespace: () => whitespaceTokenizer,
  letter: () => letterTokenizer,
  lowercase: () => lowercaseTokenizer,
};

const filters: Record<string, (definition: Definition) => TokenFilter> = {
  lowercase: () => lowercaseFilter,
  uppercase: () => uppercaseFilter,
  trim: () => trimFilter,
  stop: (definition) => stopFilter(stopWords(definition['stopwords']), String(definition['ignore_case']) === 'true'),
  porter_stem: () => porterStemFilter,
  stemmer: (definition) => {
    const language = String(definition['language'] ?? definition['name'] ?? 'english');
    if (language === 'possessive_english') return englishPossessiveFilter;
    if (language === 'porter' || language === 'english') return porterStemFilter;
    throw illegalArgument(`Invalid stemmer class specified: ${language}`);
  },
};

const analyzers: Record<string, (name: string, definition: Definition) => Analyzer> = {
  standard: (name, definition) => {
    const words = stopWords(definition['stopwords'] ?? '_none_');
    const tail = words.length === 0 ? [] : [stopFilter(words)];
    const tokenizer = standardTokenizer(integer(definition['max_token_length'], 255));
    return normalizing(new Analyzer(name, tokenizer, [lowercaseFilter, ...tail]));
  },
  simple: (name) => normalizing(new Analyzer(name, letterTokenizer, [lowercaseFilter])),
  whitespace: (name) => new Analyzer(name, whitespaceTokenizer),
  keyword: (name) => new Analyzer(name, keywordTokenizer),
  stop: (name, definition) =>
    normalizing(new Analyzer(name, letterTokenizer, [lowercaseFilter, stopFilter(stopWords(definition['stopwords']))])),
  english: (name, definition) =>
    normalizing(
      new Analyzer(name, standardTokenizer(), [
        englishPossessiveFilter,
        lowercaseFilter,
        stopFilter(stopWords(definition['stopwords'])),
        porterStemFilter,
      ]),
    ),
};

function normalizing(analyzer: Analyzer): Analyzer {
  analyzer.normalizers = new Set([lowercaseFilter, uppercaseFilter, trimFilter]);
  return analyzer;
}

/** What an index can analyze with: the built-in analyzers, and those that its settings define under `analysis`. */
export class AnalysisRegistry {
  readonly #analysis: Definition;
  readonly #built = new Map<string, Analyzer>();
  readonly #scope: string;

  constructor(analysis: Definition = {}, scope = 'global') {
    this.#analysis = analysis;
    this.#scope = scope;
    for (const name of Object.keys(section(analysis, 'analyzer'))) this.analyzer(name);
    for (const name of Object.keys(section(analysis, 'normalizer'))) this.normalizer(name);
  }

  get default(): Analyzer {
    return this.find('default') ?? this.analyzer('standard');
  }

  find(name: string): Analyzer | undefined {
    const known = this.#built.get(name);
    if (known !== undefined) return known;
    const definition = definitionOf(this.#analysis, 'analyzer', name);
    let analyzer: Analyzer | undefined;
    if (definition !== undefined) analyzer = this.#custom(name, definition);
    else if (Object.hasOwn(analyzers, name)) analyzer = analyzers[name]!(name, {});
    if (analyzer !== undefined) this.#built.set(name, analyzer);
    return analyzer;
  }

  analyzer(name: string): Analyzer {
    const found = this.find(name);
    if (found === undefined) throw illegalArgument(`failed to find ${this.#scope} analyzer [${name}]`);
    return found;
  }

  normalizer(name: string): Analyzer | undefined {
    const key = `normalizer:${name}`;
    const known = this.#built.get(key);
    if (known !== undefined) return known;
    const definition = definitionOf(this.#analysis, 'normalizer', name);
    if (definition === undefined && name !== 'lowercase') return undefined;
    const chain = definition === undefined ? [lowercaseFilter] : this.#filters(definition['filter']);
    const analyzer = new Analyzer(name, keywordTokenizer, chain);
    this.#built.set(key, analyzer);
    return analyzer;
  }

  /** The parts of an `_analyze` request that names no analyzer. */
  assemble(tokenizer: unknown, filter: unknown): Analyzer {
    return new Analyzer('custom', this.#tokenizer(tokenizer), this.#filters(filter));
  }

  #custom(name: string, definition: Definition): Analyzer {
    const type = String(definition['type'] ?? 'custom');
    if (type !== 'custom') {
      const make = Object.hasOwn(analyzers, type) ? analyzers[type] : undefined;
      if (make === undefined) throw illegalArgument(`Unknown analyzer type [${type}] for [${name}]`);
      return make(name, definition);
    }
    if (definition['char_filter'] !== undefined && listOf(definition['char_filter']).length > 0) {
      const wanted = String(listOf(definition['char_filter'])[0]);
      throw illegalArgument(`Custom Analyzer [${name}] failed to find char_filter under name [${wanted}]`);
    }
    if (definition['tokenizer'] === undefined) {
      throw illegalArgument(`Custom Analyzer [${name}] must be configured with a tokenizer`);
    }
    const gap = integer(definition['position_increment_gap'], 100);
    const chain = this.#filters(definition['filter']);
    return normalizing(new Analyzer(name, this.#tokenizer(definition['tokenizer']), chain, gap));
  }

  #tokenizer(wanted: unknown): Tokenizer {
    if (isDefinition(wanted)) return build(tokenizers, String(wanted['type']), wanted, 'tokenizer', this.#scope);
    const name = String(wanted ?? 'standard');
    const definition = definitionOf(this.#analysis, 'tokenizer', name);
    if (definition !== undefined)
      return build(tokenizers, String(definition['type']), definition, 'tokenizer', this.#scope);
    return build(tokenizers, name, {}, 'tokenizer', this.#scope);
  }

  #filters(wanted: unknown): TokenFilter[] {
    return listOf(wanted).map((item) => {
      if (isDefinition(item)) return build(filters, String(item['type']), item, 'filter', this.#scope);
      const definition = definitionOf(this.#analysis, 'filter', String(item));
      if (definition !== undefined)
        return build(filters, String(definition['type']), definition, 'filter', this.#scope);
      return build(filters, String(item), {}, 'filter', this.#scope);
    });
  }
}

function build<T>(
  makers: Record<string, (definition: Definition) => T>,
  type: string,
  definition: Definition,
  kind: string,
  scope: string,
): T {
  if (!Object.hasOwn(makers, type)) throw illegalArgument(`failed to find ${scope} ${kind} under [${type}]`);
  return makers[type]!(definition);
}

function section(analysis: Definition, name: string): Record<string, unknown> {
  const found = analysis[name];
  return isDefinition(found) ? (found as Record<string, unknown>) : {};
}

function definitionOf(analysis: Definition, kind: string, name: string): Definition | undefined {
  const all = section(analysis, kind);
  return Object.hasOwn(all, name) ? (all[name] as Definition) : undefined;
}

function isDefinition(value: unknown): value is Definition {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function listOf(value: unknown): unknown[] {
  if (value === undefined || value === null) return [];
  if (Array.isArray(value)) return value;
  return typeof value === 'string' ? value.split(',').map((part) => part.trim()) : [value];
}

function stopWords(value: unknown): string[] {
  if (value === undefined || value === '_english_') return [...englishStopWords];
  if (value === '_none_') return [];
  const words = listOf(value).map(String);
  return words.flatMap((word) => (word === '_english_' ? englishStopWords : [word]));
}

function integer(value: unknown, fallback: number): number {
  const parsed = Number(value ?? fallback);
  return Number.isInteger(parsed) ? parsed : fallback;
}
