import { recordOf } from './answers.ts';
import { tweetTraceId } from './trace-world.ts';
import type { World } from './world.ts';

/** `GET /api/correlate`: the same made-up way for whatever is asked, with a search that came to its bound. */
export function correlateAnswer(world: World, query: URLSearchParams) {
  const at = (topic: string, partition: number, offset: number, foundBy: string) => {
    const record = world.topics.get(topic)?.partitions[partition]?.[offset];
    return record ? [{ ...recordOf(topic, record), foundBy }] : [];
  };
  const [tweet] = at('twitter-topic', 1, 7, query.has('topic') ? 'place' : 'trace');
  const document = world.documents[0];
  const text = (value: string) => ({ text: value, sizeBytes: value.length, truncated: false });
  return {
    subject: { kind: 'record' },
    ids: { traceId: tweetTraceId, correlationId: '9e1b7a44', isSampled: true },
    record: tweet ?? null,
    trace: {
      id: tweetTraceId,
      exists: true,
      services: ['twitter-to-kafka', 'streams', 'analytics'],
      spans: 7,
      startMs: world.startedAt,
      durationMs: 37.8,
    },
    logs: {
      count: 12,
      index: 'headwater-logs',
      query: {},
      lines: [
        {
          timestamp: new Date(world.startedAt).toISOString(),
          service: 'twitter-to-kafka',
          level: 'INFO',
          message: 'a tweet was written',
          traceId: tweetTraceId,
          spanId: null,
        },
        {
          timestamp: new Date(world.startedAt + 30).toISOString(),
          service: 'analytics',
          level: 'ERROR',
          message: 'duplicate key \u001b[31mvalue',
          traceId: tweetTraceId,
          spanId: null,
        },
      ],
    },
    upstream: [],
    downstream: at('twitter-analytics-topic', 0, 12, 'headers'),
    documents: document ? [{ index: 'twitter-index', id: document.id, foundBy: 'trace', record: null }] : [],
    rows: [
      {
        table: 'WORD_COUNTS',
        database: null,
        topic: 'twitter-analytics-topic',
        partition: 0,
        offset: 12,
        key: text('kafka'),
        value: text('{"wordCount":17}'),
      },
      {
        table: 'analytics.twitter_analytics',
        database: 'analytics',
        topic: 'twitter-analytics-topic',
        partition: 0,
        offset: 12,
        key: text('8430c8c4-cf59-5197-a6bf-783668ada68a'),
        value: text('{"word": "kafka", "word_count": 17}'),
      },
    ],
    searched: [
      { what: 'trace', where: '/api/v2/trace', found: 7, isComplete: true, tookMs: 4 },
      {
        what: 'records',
        where: 'twitter-topic, orders',
        found: 1,
        isComplete: false,
        scannedRecords: 300_000,
        problem: 'the bound of 300,000 records was reached',
        tookMs: 900,
      },
    ],
    isComplete: false,
    tookMs: 1204,
  };
}
