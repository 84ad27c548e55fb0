import { askJson } from './ask-json.ts';
import type { CorrelatedDocument, CorrelatedLogs, Ids } from './correlation.ts';
import type { Place } from './find-records.ts';

interface Asking {
  readonly url: string;
  readonly signal: AbortSignal;
  readonly timeoutMs: number;
}

interface Hit {
  _index?: string;
  _id?: string;
  _source?: Record<string, unknown>;
}

export const logsIndex = 'headwater-logs';
const linesMax = 20;
const documentsMax = 20;

/** Log lines with one of the ids, and those that name the record's place (one that cannot be read is told so). Undefined: there is no index of logs. */
export async function logsOf(
  { url, ...options }: Asking,
  ids: Ids,
  place: Place | null,
): Promise<CorrelatedLogs | undefined> {
  const should = [
    ...(ids.traceId === null ? [] : [{ term: { traceId: ids.traceId } }]),
    ...(ids.correlationId === null ? [] : [{ term: { correlationId: ids.correlationId } }]),
    ...(place === null ? [] : [{ bool: { filter: labelsOfPlace(place) } }]),
  ];
  const query = { bool: { should, minimum_should_match: 1 } };
  const answer = await askJson(url, `/${logsIndex}*/_search`, {
    ...options,
    body: {
      size: linesMax,
      track_total_hits: 10_000,
      query,
      sort: [{ '@timestamp': { order: 'asc', unmapped_type: 'date' } }],
    },
  });
  if (answer === undefined) return undefined;
  const { hits, total } = hitsOf(answer);
  return {
    count: total,
    index: `${logsIndex}*`,
    query,
    lines: hits.map(({ _source: line = {} }) => ({
      timestamp: line['@timestamp'] ?? line['timestampMs'] ?? null,
      service: line['service'] ?? null,
      level: line['level'] ?? null,
      message: line['message'] ?? null,
      traceId: line['traceId'] ?? null,
      spanId: line['spanId'] ?? null,
    })),
  };
}

function labelsOfPlace({ offset, partition, topic }: Place) {
  return [`topic=${topic}`, `partition=${partition}`, `offset=${offset}`].map((label) => ({ term: { labels: label } }));
}

/** Documents that say by their field `record` that they came in one of these. */
export async function documentsOf(
  { url, ...options }: Asking,
  places: readonly Place[],
): Promise<{ documents: CorrelatedDocument[]; isComplete: boolean }> {
  const should = places.map(({ offset, partition, topic }) => ({
    bool: {
      filter: [
        { term: { 'record.topic': topic } },
        { term: { 'record.partition': partition } },
        { term: { 'record.offset': offset } },
      ],
    },
  }));
  const answer = await askJson(url, '/_search', {
    ...options,
    body: { size: documentsMax, _source: ['record'], query: { bool: { should, minimum_should_match: 1 } } },
  });
  const { hits, total } = hitsOf(answer ?? {});
  const documents = hits.flatMap(({ _id, _index, _source }): CorrelatedDocument[] =>
    _id === undefined || _index === undefined
      ? []
      : [{ index: _index, id: _id, foundBy: 'record', record: recordIn(_source) }],
  );
  return { documents, isComplete: total <= documentsMax };
}

/** One document by its id; undefined when there is none. */
export async function documentById(
  { url, ...options }: Asking,
  index: string,
  id: string,
): Promise<{ document: CorrelatedDocument; source: Record<string, unknown> } | undefined> {
  const path = `/${encodeURIComponent(index)}/_doc/${encodeURIComponent(id)}`;
  const answer = (await askJson(url, path, options)) as (Hit & { found?: boolean }) | undefined;
  if (answer?._source === undefined) return undefined;
  const document: CorrelatedDocument = {
    index: answer._index ?? index,
    id,
    foundBy: 'place',
    record: recordIn(answer._source),
  };
  return { document, source: answer._source };
}

function recordIn(source: Record<string, unknown> | undefined): Place | null {
  const { offset, partition, topic } = (source?.['record'] ?? {}) as Record<string, unknown>;
  if (typeof topic !== 'string' || typeof partition !== 'number' || typeof offset !== 'number') return null;
  return { topic, partition, offset };
}

function hitsOf(answer: unknown): { hits: Hit[]; total: number } {
  const { hits } = answer as { hits?: { hits?: Hit[]; total?: number | { value?: number } } };
  const total = typeof hits?.total === 'number' ? hits.total : (hits?.total?.value ?? 0);
  return { hits: hits?.hits ?? [], total };
}
