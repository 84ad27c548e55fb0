import type { AnalysisRegistry } from '../analysis/analysis-registry.ts';
import type { Analyzer } from '../analysis/analyzer.ts';
import { illegalArgument, mapperParsing } from '../errors.ts';
import type { JsonScanner } from '../json/json-scanner.ts';
import type { Json } from '../json/json-value.ts';
import { constantScore, type Query } from '../search/query.ts';
import type { DocumentContext } from './document-context.ts';
import {
  FieldMapper,
  type FieldMapperOptions,
  type FuzzyOptions,
  type QueryContext,
  queryText,
  type RangeBounds,
  type ValueKind,
} from './field-mapper.ts';
import { anyParam, booleanParam, choiceParam, integerParam, type ParamSpec, textParam } from './field-params.ts';
import { prefixTerms, regexpTerms, wildcardTerms } from './term-patterns.ts';
import { fuzzy, scalarText } from './text-field.ts';

const ignoreAboveDefault = 0x7fffffff;
/** Longer terms are refused: no index could hold them. */
const termBytesMax = 32_766;

const specs: readonly ParamSpec[] = [
  booleanParam('index', true),
  booleanParam('doc_values', true),
  booleanParam('store', false),
  integerParam('ignore_above', ignoreAboveDefault, true),
  textParam('null_value', null),
  textParam('normalizer', null),
  booleanParam('norms', false, true),
  choiceParam('index_options', ['docs', 'freqs'], 'docs'),
  textParam('similarity', null),
  booleanParam('use_similarity', false, true),
  booleanParam('eager_global_ordinals', false, true),
  booleanParam('split_queries_on_whitespace', false, true),
  anyParam('boost', 1),
  anyParam('meta'),
];

/** Text that is one value: matched, sorted and counted as it is. */
export class KeywordField extends FieldMapper {
  readonly normalizer: Analyzer | null;
  readonly ignoreAbove: number;

  constructor(options: FieldMapperOptions, analysis: AnalysisRegistry) {
    super(options);
    const name = this.param<string | null>('normalizer') ?? null;
    this.normalizer = name === null ? null : (analysis.normalizer(name) ?? null);
    if (name !== null && this.normalizer === null) {
      throw mapperParsing(`normalizer [${name}] not found for field [${this.name}]`);
    }
    this.ignoreAbove = this.param<number>('ignore_above')!;
  }

  get type(): string {
    return 'keyword';
  }

  get specs(): readonly ParamSpec[] {
    return specs;
  }

  get valueKind(): ValueKind {
    return 'ordinals';
  }

  index(scanner: JsonScanner, context: DocumentContext): void {
    this.#add(scalarText(scanner), context);
  }

  override indexNull(context: DocumentContext): void {
    const value = this.param<string | null>('null_value');
    if (value !== null && value !== undefined) this.#add(value, context);
  }

  #add(text: string, context: DocumentContext): void {
    if (text.length > this.ignoreAbove || (!this.isIndexed && !this.hasDocValues)) return;
    const term = this.normalize(text);
    if (term.length * 3 > termBytesMax && Buffer.byteLength(term) > termBytesMax) {
      throw illegalArgument(
        `Document contains at least one immense term in field="${this.path}" (whose UTF8 encoding is longer than the max length ${termBytesMax}), all of which were skipped. Please correct the analyzer to not produce such terms.`,
      );
    }
    context.keyword(this.path, term);
  }

  normalize(text: string): string {
    return this.normalizer === null ? text : (this.normalizer.analyze(text).terms[0] ?? '');
  }

  #assertSearchable(): void {
    if (this.isIndexed || this.hasDocValues) return;
    throw illegalArgument(
      `Cannot search on field [${this.path}] since it is both not indexed, and does not have doc_values enabled.`,
    );
  }

  #term(value: Json): Buffer {
    return Buffer.from(this.normalize(queryText(value)));
  }

  termQuery(value: Json): Query {
    this.#assertSearchable();
    const term: Query = { kind: 'term', field: this.path, term: this.#term(value) };
    return this.param<boolean>('use_similarity') ? term : constantScore(term);
  }

  override termsQuery(values: readonly Json[]): Query {
    this.#assertSearchable();
    return { kind: 'terms', field: this.path, terms: values.map((value) => this.#term(value)) };
  }

  rangeQuery(bounds: RangeBounds): Query {
    this.#assertSearchable();
    return {
      kind: 'termRange',
      field: this.path,
      lower: bounds.lower == null ? null : this.#term(bounds.lower),
      upper: bounds.upper == null ? null : this.#term(bounds.upper),
      includeLower: bounds.includeLower,
      includeUpper: bounds.includeUpper,
    };
  }

  override prefixQuery(text: string, isCaseIgnored: boolean): Query {
    this.#assertSearchable();
    return constantScore(prefixTerms(this.path, this.normalize(text), isCaseIgnored));
  }

  override wildcardQuery(pattern: string, isCaseIgnored: boolean): Query {
    this.#assertSearchable();
    return constantScore(wildcardTerms(this.path, this.normalize(pattern), isCaseIgnored));
  }

  override regexpQuery(pattern: string, isCaseIgnored: boolean, _context: QueryContext): Query {
    this.#assertSearchable();
    return constantScore(regexpTerms(this.path, this.normalize(pattern), isCaseIgnored));
  }

  override fuzzyQuery(text: string, options: FuzzyOptions): Query {
    this.#assertSearchable();
    return fuzzy(this.path, this.normalize(text), options);
  }

  formatValue(value: number | bigint | Buffer): unknown {
    return Buffer.isBuffer(value) ? value.toString('utf8', 0, value.length) : String(value);
  }

  override fetchValue(value: Json): unknown {
    const text = queryText(value);
    return text.length > this.ignoreAbove ? undefined : this.normalize(text);
  }
}
