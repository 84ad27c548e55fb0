import type { Analyzer } from '../../analysis/analyzer.ts';
import { Analyzer as KeywordAnalyzer } from '../../analysis/analyzer.ts';
import { keywordTokenizer } from '../../analysis/tokenizers.ts';
import { illegalArgument } from '../../errors.ts';
import { KeywordField } from '../../mapping/keyword-field.ts';
import { TextField } from '../../mapping/text-field.ts';
import { type BuildContext, buildQuery } from '../../query/dsl.ts';
import type { Query } from '../query.ts';
import type { SourceValues } from '../source-values.ts';
import type { HighlightOptions, HighlightRequest } from './highlight-request.ts';
import { bestFragments, plainFragments } from './plain.ts';
import { QueryTerms } from './query-terms.ts';
import { type Match, unifiedSnippets, valueSeparator } from './unified.ts';

interface FieldPlan {
  name: string;
  field: TextField | KeywordField;
  options: Required<Omit<HighlightOptions, 'query'>>;
  terms: QueryTerms;
}

const defaults: Required<Omit<HighlightOptions, 'query'>> = {
  type: 'unified',
  preTags: ['<em>'],
  postTags: ['</em>'],
  fragmentSize: 100,
  numberOfFragments: 5,
  noMatchSize: 0,
  order: 'none',
  requireFieldMatch: true,
  boundaryScanner: 'sentence',
  fragmenter: 'span',
};

const types = ['unified', 'plain', 'fvh'];

/** Highlights the hits of one search on one index. */
export class Highlighter {
  readonly #plans: FieldPlan[] = [];
  readonly #isHtml: boolean;
  readonly #context: BuildContext;
  readonly #offsetMax: number;

  constructor(request: HighlightRequest, query: Query, context: BuildContext, offsetMax: number) {
    this.#isHtml = request.isHtml;
    this.#context = context;
    this.#offsetMax = offsetMax;
    for (const { pattern, options: own } of request.fields) {
      const options = { ...defaults, ...request.options, ...own };
      if (!types.includes(options.type)) {
        throw illegalArgument(`unknown highlighter type [${options.type}] for the field [${pattern}]`);
      }
      const custom = own.query ?? request.options.query;
      const source = custom === undefined ? query : buildQuery(custom, context);
      for (const name of context.mapping.matchingFields(pattern)) {
        const field = context.mapping.field(name);
        if (!(field instanceof TextField) && !(field instanceof KeywordField)) continue;
        const terms = new QueryTerms();
        terms.add(source, options.requireFieldMatch ? field.path : null);
        this.#plans.push({ name, field, options, terms });
      }
    }
  }

  /** The highlights of a hit by field; null when there are none. */
  highlight(id: string, values: SourceValues): Record<string, string[]> | null {
    let result: Record<string, string[]> | null = null;
    for (const plan of this.#plans) {
      if (plan.terms.isEmpty && plan.options.noMatchSize === 0) continue;
      const texts = this.#texts(plan, values);
      if (texts.length === 0) continue;
      const snippets = plan.options.type === 'plain' ? this.#plain(plan, texts, id) : this.#unified(plan, texts, id);
      if (snippets.length > 0) {
        result ??= {};
        result[plan.name] = snippets;
      }
    }
    return result;
  }

  #texts({ field }: FieldPlan, values: SourceValues): string[] {
    const texts = values.of(field.path, this.#context.mapping).map(String);
    return field instanceof KeywordField ? texts.filter((text) => text.length <= field.ignoreAbove) : texts;
  }

  #analyzer({ field }: FieldPlan): Analyzer {
    if (field instanceof TextField) return field.indexAnalyzer;
    return field.normalizer ?? keywordAnalyzer;
  }

  #checkLength(plan: FieldPlan, length: number, id: string): void {
    if (length <= this.#offsetMax) return;
    throw illegalArgument(
      `The length of [${plan.name}] field of [${id}] doc of [${this.#context.index.name}] index has exceeded [${this.#offsetMax}] - maximum allowed to be analyzed for highlighting. This maximum can be set by changing the [index.highlight.max_analyzed_offset] index level setting. For large texts, indexing with offsets or term vectors is recommended!`,
    );
  }

  #unified(plan: FieldPlan, texts: readonly string[], id: string): string[] {
    const content = texts.join(valueSeparator);
    const hasOffsets =
      plan.field.param<string>('index_options') === 'offsets' ||
      plan.field.param<string>('term_vector')?.includes('offsets');
    if (!hasOffsets) this.#checkLength(plan, content.length, id);
    const analyzer = this.#analyzer(plan);
    const matches: Match[] = [];
    let base = 0;
    for (const text of texts) {
      const tokens = analyzer.analyze(text);
      const marked = plan.terms.match(tokens);
      for (let i = 0; i < tokens.count; i++) {
        if (marked[i])
          matches.push({ start: base + tokens.starts[i]!, end: base + tokens.ends[i]!, term: tokens.terms[i]! });
      }
      base += text.length + 1;
    }
    const { options } = plan;
    return unifiedSnippets(
      content,
      matches,
      {
        numberOfFragments: plan.field instanceof KeywordField ? 0 : options.numberOfFragments,
        fragmentSize: options.fragmentSize,
        isScoreOrdered: options.order === 'score',
        isByWords: options.boundaryScanner === 'word',
        noMatchSize: options.noMatchSize,
      },
      (start, end, found) => this.#format(content, start, end, found, options),
    );
  }

  #format(
    content: string,
    start: number,
    end: number,
    matches: readonly Match[],
    options: FieldPlan['options'],
  ): string {
    let text = '';
    let at = start;
    for (const match of matches) {
      if (match.start > at) text += this.#encode(content.slice(at, match.start));
      if (match.end > at) {
        text +=
          options.preTags[0]! +
          this.#encode(content.slice(Math.max(at, match.start), match.end)) +
          options.postTags[0]!;
        at = match.end;
      }
    }
    text += this.#encode(content.slice(at, Math.max(at, end)));
    if (text.endsWith(valueSeparator)) text = text.slice(0, -1);
    return text.trim();
  }

  #plain(plan: FieldPlan, texts: readonly string[], id: string): string[] {
    const { options } = plan;
    const analyzer = this.#analyzer(plan);
    const plainOptions = {
      numberOfFragments: options.numberOfFragments,
      fragmentSize: options.fragmentSize,
      isScoreOrdered: options.order === 'score',
      isSimple: options.fragmenter === 'simple',
    };
    const fragments = texts.map((text) => {
      this.#checkLength(plan, text.length, id);
      const tokens = analyzer.analyze(text);
      const marked = plan.terms.match(tokens);
      const mark = (word: string): string => options.preTags[0]! + word + options.postTags[0]!;
      return plainFragments(text, tokens, marked, plainOptions, mark, (part) => this.#encode(part));
    });
    const best = bestFragments(fragments, plainOptions);
    if (best.length > 0 || options.noMatchSize <= 0) return best;
    return [this.#encode(texts[0]!.slice(0, options.noMatchSize))];
  }

  #encode(text: string): string {
    if (!this.#isHtml) return text;
    return text.replace(/[&<>"'/]/g, (character) => htmlEntities[character]!);
  }
}

const keywordAnalyzer = new KeywordAnalyzer('keyword', keywordTokenizer);

const htmlEntities: Record<string, string> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#x27;',
  '/': '&#x2F;',
};
