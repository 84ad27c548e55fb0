import type { AnalysisRegistry } from '../analysis/analysis-registry.ts';
import type { Analyzer } from '../analysis/analyzer.ts';
import { illegalArgument, illegalState } from '../errors.ts';
import { locate } from '../json/json-error.ts';
import {
  type JsonScanner,
  tokenDecimal,
  tokenFalse,
  tokenInteger,
  tokenNames,
  tokenString,
  tokenTrue,
} from '../json/json-scanner.ts';
import type { Json } from '../json/json-value.ts';
import { constantScore, type Query } from '../search/query.ts';
import type { DocumentContext } from './document-context.ts';
import {
  FieldMapper,
  type FieldMapperOptions,
  type FuzzyOptions,
  queryText,
  type RangeBounds,
  type ValueKind,
} from './field-mapper.ts';
import { anyParam, booleanParam, choiceParam, integerParam, type ParamSpec, textParam } from './field-params.ts';
import { editsOf, prefixTerms, regexpTerms, wildcardTerms } from './term-patterns.ts';

const specs: readonly ParamSpec[] = [
  textParam('analyzer', 'default'),
  textParam('search_analyzer', null, true),
  textParam('search_quote_analyzer', null, true),
  booleanParam('index', true),
  booleanParam('store', false),
  booleanParam('norms', true, true),
  choiceParam('index_options', ['docs', 'freqs', 'positions', 'offsets'], 'positions'),
  choiceParam(
    'term_vector',
    [
      'no',
      'yes',
      'with_offsets',
      'with_positions',
      'with_positions_offsets',
      'with_positions_payloads',
      'with_positions_offsets_payloads',
    ],
    'no',
  ),
  integerParam('position_increment_gap', -1),
  booleanParam('fielddata', false, true),
  anyParam('fielddata_frequency_filter'),
  booleanParam('eager_global_ordinals', false, true),
  booleanParam('index_phrases', false),
  anyParam('index_prefixes', null, false),
  textParam('similarity', null),
  anyParam('boost', 1),
  anyParam('meta'),
];

/** Text that is analyzed: found by its words, ranked by how well they fit. */
export class TextField extends FieldMapper {
  readonly indexAnalyzer: Analyzer;
  readonly #searchAnalyzer: Analyzer;
  readonly searchQuoteAnalyzer: Analyzer;
  readonly #gap: number;

  constructor(options: FieldMapperOptions, analysis: AnalysisRegistry) {
    super(options);
    const named = (param: string, fallback: Analyzer): Analyzer => {
      const name = this.param<string | null>(param);
      if (name === null || name === undefined || name === 'default') return fallback;
      const found = analysis.find(name);
      if (found === undefined) throw illegalArgument(`analyzer [${name}] has not been configured in mappings`);
      return found;
    };
    this.indexAnalyzer = named('analyzer', analysis.default);
    this.#searchAnalyzer = named('search_analyzer', this.indexAnalyzer);
    this.searchQuoteAnalyzer = named('search_quote_analyzer', this.#searchAnalyzer);
    const gap = this.param<number>('position_increment_gap')!;
    this.#gap = gap >= 0 ? gap : this.indexAnalyzer.positionIncrementGap;
  }

  get type(): string {
    return 'text';
  }

  get specs(): readonly ParamSpec[] {
    return specs;
  }

  get valueKind(): ValueKind {
    return null;
  }

  override get searchAnalyzer(): Analyzer {
    return this.#searchAnalyzer;
  }

  override get isText(): boolean {
    return true;
  }

  get hasPositions(): boolean {
    const options = this.param<string>('index_options');
    return options === 'positions' || options === 'offsets';
  }

  index(scanner: JsonScanner, context: DocumentContext): void {
    this.indexText(scalarText(scanner), context);
  }

  indexText(text: string, context: DocumentContext): void {
    if (!this.isIndexed) return;
    const tokens = this.indexAnalyzer.analyze(text);
    const column = context.textColumn(this.path);
    const { doc } = context;
    const next = context.nextPosition(this.path);
    const base = next === 0 ? 0 : next + this.#gap;
    let overlaps = 0;
    let before = -1;
    for (let i = 0; i < tokens.count; i++) {
      const position = tokens.positions[i]!;
      if (position === before) overlaps++;
      before = position;
      column.add(doc, tokens.terms[i]!, base + position);
    }
    column.addLength(doc, tokens.count - overlaps);
    context.setNextPosition(this.path, base + tokens.positionCount);
  }

  #assertIndexed(): void {
    if (!this.isIndexed) throw illegalArgument(`Cannot search on field [${this.path}] since it is not indexed.`);
  }

  termQuery(value: Json): Query {
    this.#assertIndexed();
    return { kind: 'term', field: this.path, term: Buffer.from(queryText(value)) };
  }

  override termsQuery(values: readonly Json[]): Query {
    this.#assertIndexed();
    return { kind: 'terms', field: this.path, terms: values.map((value) => Buffer.from(queryText(value))) };
  }

  rangeQuery(bounds: RangeBounds): Query {
    this.#assertIndexed();
    return {
      kind: 'termRange',
      field: this.path,
      lower: bounds.lower == null ? null : Buffer.from(queryText(bounds.lower)),
      upper: bounds.upper == null ? null : Buffer.from(queryText(bounds.upper)),
      includeLower: bounds.includeLower,
      includeUpper: bounds.includeUpper,
    };
  }

  override prefixQuery(text: string, isCaseIgnored: boolean): Query {
    this.#assertIndexed();
    return constantScore(prefixTerms(this.path, text, isCaseIgnored));
  }

  override wildcardQuery(pattern: string, isCaseIgnored: boolean): Query {
    this.#assertIndexed();
    return constantScore(wildcardTerms(this.path, pattern, isCaseIgnored));
  }

  override regexpQuery(pattern: string, isCaseIgnored: boolean): Query {
    this.#assertIndexed();
    return constantScore(regexpTerms(this.path, pattern, isCaseIgnored));
  }

  override fuzzyQuery(text: string, options: FuzzyOptions): Query {
    this.#assertIndexed();
    return fuzzy(this.path, text, options);
  }

  formatValue(value: number | bigint | Buffer): unknown {
    return String(value);
  }

  override fetchValue(value: Json): unknown {
    return queryText(value);
  }
}

export function fuzzy(field: string, text: string, options: FuzzyOptions): Query {
  const { prefixLength, maxExpansions, transpositions } = options;
  const maxEdits = editsOf(options.fuzziness, text);
  return { kind: 'fuzzy', field, term: text, maxEdits, prefixLength, maxExpansions, transpositions };
}

/** The current scalar token as text: numbers and booleans as they were written. */
export function scalarText(scanner: JsonScanner): string {
  const { token } = scanner;
  if (token === tokenString) return scanner.text();
  if (token === tokenInteger || token === tokenDecimal || token === tokenTrue || token === tokenFalse)
    return scanner.raw();
  const { line, column } = locate(scanner.bytes, scanner.tokenStart);
  throw illegalState(`Can't get text on a ${tokenNames[token]} at ${line}:${column}`);
}
