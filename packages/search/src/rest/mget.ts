import type { Store } from '../cluster/store.ts';
import { EsError, illegalArgument, parseException, parsingError, validationFailed } from '../errors.ts';
import { isJsonObject, type Json, type JsonObject, tokenNameOf } from '../json/json-value.ts';
import { Dsl, textOf } from '../query/dsl.ts';
import { parseSource, type SourceRequest } from '../search/search-request.ts';
import { assertRouting, documentAnswer, routingOf } from './documents.ts';
import type { RestRequest } from './rest-request.ts';
import type { RestAnswer, RestRoute } from './router.ts';
import { sourceOf, sourceParams } from './source-params.ts';

const params = ['preference', 'realtime', 'refresh', 'routing', 'stored_fields', ...sourceParams];

export function mgetRoutes(store: Store): RestRoute[] {
  const handler = (request: RestRequest): Promise<RestAnswer> => mget(store, request);
  return [
    { methods: ['GET', 'POST'], path: '/_mget', params, handler },
    { methods: ['GET', 'POST'], path: '/{index}/_mget', params, handler },
  ];
}

interface Wanted {
  index: string | null;
  id: string | null;
  routing: string | null;
  source: SourceRequest | null;
  storedFields: string[] | null;
}

async function mget(store: Store, request: RestRequest): Promise<RestAnswer> {
  const document = await request.requiredDocument('request body or source parameter is required');
  const dsl = new Dsl(document, new Map());
  const { root } = document;
  if (!isJsonObject(root))
    throw parsingError(`unexpected token [${tokenNameOf(root)}], expected [START_OBJECT]`, { line: 1, column: 1 });
  const defaults = {
    index: request.text('index'),
    routing: request.text('routing'),
    source: sourceOf(request),
    storedFields: request.list('stored_fields'),
  };
  const wanted: Wanted[] = [];
  for (const [key, value] of root) {
    if (key === 'docs' && Array.isArray(value)) for (const item of value) wanted.push(parseItem(item, defaults, dsl));
    else if (key === 'ids' && Array.isArray(value))
      for (const id of value) wanted.push({ ...defaults, id: textOf(id) });
    else if (Array.isArray(value)) {
      throw parsingError(`unknown key [${key}] for a START_ARRAY, expected [docs] or [ids]`, dsl.at(root, key));
    } else {
      throw parsingError(
        `unexpected token [${tokenNameOf(value)}], expected [FIELD_NAME] or [START_ARRAY]`,
        dsl.at(root, key),
      );
    }
  }
  if (wanted.length === 0) throw validationFailed('no documents to get');
  const mistakes = wanted.flatMap((item, i) => [
    ...(item.index === null ? [`index is missing for doc ${i}`] : []),
    ...(item.id === null ? [`id is missing for doc ${i}`] : []),
  ]);
  if (mistakes.length > 0) throw validationFailed(...mistakes);
  const isRealtime = request.boolean('realtime', true);
  const shouldRefresh = request.boolean('refresh', false);
  const docs = [];
  for (const item of wanted) docs.push(await getOne(store, item, isRealtime, shouldRefresh));
  return { status: 200, body: { docs } };
}

async function getOne(
  store: Store,
  item: Wanted,
  isRealtime: boolean,
  shouldRefresh: boolean,
): Promise<Record<string, unknown>> {
  try {
    const { index, alias } = await store.forRead(item.index!);
    const routing = routingOf(item.routing, alias);
    assertRouting(index, item.id!, routing);
    if (shouldRefresh) index.refresh();
    const document = index.get(item.id!, routing, isRealtime);
    return documentAnswer(index, item.id!, document, item.source, item.storedFields);
  } catch (error) {
    if (!(error instanceof EsError)) throw error;
    return { _index: item.index, _id: item.id, error: error.toErrorObject() };
  }
}

function parseItem(item: Json, defaults: Omit<Wanted, 'id'>, dsl: Dsl): Wanted {
  if (!isJsonObject(item)) throw illegalArgument('docs array element should include an object');
  const wanted: Wanted = { ...defaults, id: null };
  for (const [key, value] of item) {
    switch (key) {
      case '_index':
        wanted.index = textOf(value);
        break;
      case '_id':
        wanted.id = textOf(value);
        break;
      case 'routing':
        wanted.routing = textOf(value);
        break;
      case '_source':
        wanted.source = parseSource(value, item as JsonObject, dsl);
        break;
      case 'stored_fields':
        wanted.storedFields = Array.isArray(value) ? value.map(textOf) : [textOf(value)];
        break;
      case '_version':
      case 'version':
      case '_version_type':
      case 'version_type':
        break;
      default:
        throw parseException(`failed to parse multi get request. unknown field [${key}]`);
    }
  }
  return wanted;
}
