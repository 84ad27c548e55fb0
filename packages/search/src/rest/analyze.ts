import { AnalysisRegistry } from '../analysis/analysis-registry.ts';
import type { Analyzer } from '../analysis/analyzer.ts';
import { resolveOne } from '../cluster/index-names.ts';
import type { Store } from '../cluster/store.ts';
import { EsError, illegalArgument, indexNotFound, validationFailed } from '../errors.ts';
import { isJsonObject, type Json, RawNumber } from '../json/json-value.ts';
import { KeywordField } from '../mapping/keyword-field.ts';
import { TextField } from '../mapping/text-field.ts';
import { Dsl, textOf } from '../query/dsl.ts';
import type { RestRequest } from './rest-request.ts';
import type { RestAnswer, RestRoute } from './router.ts';

const params = ['index', 'prefer_local'];

export function analyzeRoutes(store: Store): RestRoute[] {
  const handler = (request: RestRequest): Promise<RestAnswer> => analyze(store, request);
  return [
    { methods: ['GET', 'POST'], path: '/_analyze', params, handler },
    { methods: ['GET', 'POST'], path: '/{index}/_analyze', params, handler },
  ];
}

const global = new AnalysisRegistry();

async function analyze(store: Store, request: RestRequest): Promise<RestAnswer> {
  const document = await request.requiredDocument('request body or source parameter is required');
  const { root } = document;
  if (!isJsonObject(root)) throw illegalArgument('Malformed content, must start with an object');
  const dsl = new Dsl(document, new Map());
  let texts: string[] | null = null;
  const settings = new Map<string, unknown>();
  for (const [key, value] of root) {
    switch (key) {
      case 'text':
        if (typeof value !== 'string' && !Array.isArray(value)) throw dsl.wrongType('analyze_request', root, key);
        texts = Array.isArray(value) ? value.map(textOf) : [value];
        break;
      case 'analyzer':
      case 'tokenizer':
      case 'filter':
      case 'char_filter':
      case 'normalizer':
      case 'field':
      case 'explain':
      case 'attributes':
        settings.set(key, plain(value));
        break;
      default:
        throw dsl.unknownField('analyze_request', root, key);
    }
  }
  if (texts === null || texts.length === 0) throw validationFailed('text is missing');
  if (settings.get('explain') === true)
    throw illegalArgument('[explain] of an analysis is not supported by this store');
  if (settings.has('char_filter') && [settings.get('char_filter')].flat().length > 0) {
    throw illegalArgument(
      `failed to find global char_filter under [${String([settings.get('char_filter')].flat()[0])}]`,
    );
  }
  const name = request.text('index');
  const found = name === null ? null : resolveOne(name, store, false);
  if (name !== null && found === null) throw indexNotFound(name, 'index_expression');
  const analyzer = chooseAnalyzer(settings, found?.index ?? null);
  const tokenMax = found?.index.settings.integer('index.analyze.max_token_count') ?? 10_000;
  return { status: 200, body: { tokens: run(analyzer, texts, tokenMax) } };
}

function chooseAnalyzer(
  settings: ReadonlyMap<string, unknown>,
  index: { analysis: AnalysisRegistry; mapping: { field(path: string): unknown } } | null,
): Analyzer {
  const registry = index?.analysis ?? global;
  const analyzer = settings.get('analyzer');
  if (analyzer !== undefined) {
    const named = registry.find(String(analyzer));
    if (named !== undefined) return named;
    throw illegalArgument(`failed to find ${index === null ? 'global ' : ''}analyzer [${String(analyzer)}]`);
  }
  const normalizer = settings.get('normalizer');
  if (normalizer !== undefined) {
    const named = registry.normalizer(String(normalizer));
    if (named !== undefined) return named;
    throw illegalArgument(`failed to find normalizer under [${String(normalizer)}]`);
  }
  if (settings.has('tokenizer')) return registry.assemble(settings.get('tokenizer'), settings.get('filter'));
  if (settings.has('filter')) return registry.assemble('keyword', settings.get('filter'));
  const field = settings.get('field');
  if (field !== undefined) {
    if (index === null)
      throw illegalArgument(
        'No index provided, and trying to analyzer based on a specific field which requires the index parameter',
      );
    const mapper = index.mapping.field(String(field));
    if (mapper instanceof TextField) return mapper.indexAnalyzer;
    if (mapper instanceof KeywordField) return mapper.normalizer ?? registry.analyzer('keyword');
    if (mapper !== undefined) {
      throw illegalArgument(
        `Can't process field [${String(field)}], Analysis requests are only supported on tokenized fields`,
      );
    }
  }
  return index === null ? registry.analyzer('standard') : registry.default;
}

function run(analyzer: Analyzer, texts: readonly string[], tokenMax: number): Record<string, unknown>[] {
  const result: Record<string, unknown>[] = [];
  let positionBase = 0;
  let offsetBase = 0;
  texts.forEach((text, i) => {
    const tokens = analyzer.analyze(text);
    for (let at = 0; at < tokens.count; at++) {
      if (result.length >= tokenMax) {
        throw new EsError(
          500,
          'illegal_state_exception',
          `The number of tokens produced by calling _analyze has exceeded the allowed maximum of [${tokenMax}]. This limit can be set by changing the [index.analyze.max_token_count] index level setting.`,
        );
      }
      result.push({
        token: tokens.terms[at],
        start_offset: offsetBase + tokens.starts[at]!,
        end_offset: offsetBase + tokens.ends[at]!,
        type: tokens.types[at],
        position: positionBase + tokens.positions[at]!,
      });
    }
    positionBase += tokens.positionCount + (i < texts.length - 1 ? 0 : 0);
    offsetBase += text.length + 1;
  });
  return result;
}

/** JSON values as the plain JavaScript that analysis settings are made of. */
function plain(value: Json): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (isJsonObject(value)) return Object.fromEntries([...value].map(([key, item]) => [key, plain(item)]));
  return value instanceof RawNumber ? Number(value.text) : value;
}
