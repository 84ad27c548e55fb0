import type { ZipkinSpan } from '../src/trace/span.ts';
import { pick, seededRandom } from './random.ts';

/** Ids that tests open. */
export const tweetTraceId = '7c0e2a51d84f4b0d9a3f6e1c5b2d8f70';
export const wideTraceId = 'b1d5000000000000000000000000b1d5';
export const wideTraceSpans = 5000;

/** Made-up traces, the same for the same seed: calls through the gateway, a tweet on its way through two topics, failures, one of 5,000 spans. */
export class TraceWorld {
  readonly traces: ZipkinSpan[][] = [];
  private readonly random: () => number;

  constructor({ seed, now, isEmpty }: { seed: number; now: number; isEmpty: boolean }) {
    this.random = seededRandom(seed + 1000);
    if (isEmpty) return;
    for (let index = 0; index < 80; index += 1) this.search((now - index * 41_000 - 7000) * 1000, index % 9 === 4);
    this.tweet((now - 90_000) * 1000);
    this.wide((now - 1_500_000) * 1000);
  }

  /** A search through the gateway, which asks the word count too; the newest in the list. */
  search(startUs: number, isFailed = false): ZipkinSpan[] {
    const traceId = this.id(32);
    const wordUs = Math.round(1500 * 4 ** (this.random() * 3.4));
    const storeUs = Math.round(900 * 3 ** (this.random() * 3));
    const serviceUs = storeUs + wordUs + 1400;
    const [root, call, server, store, words, wordServer] = Array.from({ length: 6 }, () => this.id(16)) as [
      string,
      string,
      string,
      string,
      string,
      string,
    ];
    const status = isFailed ? '500' : '200';
    const failure: Record<string, string> = isFailed ? { error: 'streams did not answer within 2 s' } : {};
    const spans: ZipkinSpan[] = [
      span(traceId, root, null, 'SERVER', 'post query-service', 'gateway', startUs, serviceUs + 2100, {
        'http.method': 'POST',
        'http.path': '/query/documents/get-document-by-text',
        'http.status_code': status,
        'correlation.id': this.id(12),
        ...failure,
      }),
      span(traceId, call, root, 'CLIENT', 'post query-service', 'gateway', startUs + 500, serviceUs + 1100, {
        'http.method': 'POST',
        'http.status_code': status,
        ...failure,
      }),
      span(
        traceId,
        server,
        call,
        'SERVER',
        'post /documents/get-document-by-text',
        'query-service',
        startUs + 900,
        serviceUs,
        {
          'http.route': '/documents/get-document-by-text',
          'http.response.status_code': status,
          'service.instance.id': 'query-service',
          'service.version': '0.1.0',
          ...failure,
        },
      ),
      span(
        traceId,
        store,
        server,
        'CLIENT',
        'search twitter-index',
        'query-service',
        startUs + 1300,
        storeUs,
        {
          'db.system.name': 'elasticsearch',
          'db.collection.name': 'twitter-index',
          'db.query.text': '{"query":{"match":{"text":"kafka"}}}',
        },
        'twitter-index',
      ),
      span(traceId, words, server, 'CLIENT', 'get streams', 'query-service', startUs + 1600 + storeUs, wordUs, {
        'http.request.method': 'GET',
        'server.address': 'streams',
        ...failure,
      }),
    ];
    if (!isFailed) {
      const answered = span(
        traceId,
        wordServer,
        words,
        'SERVER',
        'get /get-word-count-by-word/:word',
        'streams',
        startUs + 1900 + storeUs,
        Math.round(wordUs * 0.7),
        {
          'http.route': '/get-word-count-by-word/:word',
          'http.response.status_code': '200',
          'url.path': '/get-word-count-by-word/kafka',
        },
      );
      answered.annotations = [{ timestamp: startUs + 2000 + storeUs, value: 'state store opened' }];
      spans.push(answered);
    }
    this.traces.push(spans);
    return spans;
  }

  /** One tweet: written, waiting in its topic, indexed and counted, and the count waiting in the next topic. */
  private tweet(startUs: number): void {
    const traceId = tweetTraceId;
    const [made, sent, indexed, document, counted, countSent, stored] = [
      '0000000000000a01',
      '0000000000000a02',
      '0000000000000a03',
      '0000000000000a04',
      '0000000000000a05',
      '0000000000000a06',
      '0000000000000a07',
    ] as const;
    const place = (topic: string, partition: number, offset: number) => ({
      'messaging.system': 'kafka',
      'messaging.destination.name': topic,
      'messaging.destination.partition.id': String(partition),
      'messaging.kafka.offset': String(offset),
    });
    this.traces.push([
      span(traceId, made, null, undefined, 'make a tweet', 'twitter-to-kafka', startUs, 3200, {
        'headwater.correlation_id': '9e1b7a44',
      }),
      span(
        traceId,
        sent,
        made,
        'PRODUCER',
        'twitter-topic publish',
        'twitter-to-kafka',
        startUs + 900,
        2100,
        place('twitter-topic', 1, 7),
      ),
      span(
        traceId,
        indexed,
        sent,
        'CONSUMER',
        'twitter-topic process',
        'kafka-to-elastic',
        startUs + 21_000,
        9800,
        place('twitter-topic', 1, 7),
      ),
      span(
        traceId,
        document,
        indexed,
        'CLIENT',
        'index twitter-index',
        'kafka-to-elastic',
        startUs + 23_000,
        6900,
        {
          'db.system.name': 'elasticsearch',
          'db.collection.name': 'twitter-index',
          'db.document.id': '1900000000000000000',
        },
        'twitter-index',
      ),
      span(
        traceId,
        counted,
        sent,
        'CONSUMER',
        'twitter-topic process',
        'streams',
        startUs + 12_400,
        4100,
        place('twitter-topic', 1, 7),
      ),
      span(
        traceId,
        countSent,
        counted,
        'PRODUCER',
        'twitter-analytics-topic publish',
        'streams',
        startUs + 14_300,
        1700,
        place('twitter-analytics-topic', 0, 12),
      ),
      span(
        traceId,
        stored,
        countSent,
        'CONSUMER',
        'twitter-analytics-topic process',
        'analytics',
        startUs + 29_500,
        8300,
        {
          ...place('twitter-analytics-topic', 0, 12),
          error: 'duplicate key value violates unique constraint "twitter_analytics_pkey"',
        },
      ),
    ]);
  }

  private wide(startUs: number): void {
    const spans: ZipkinSpan[] = [
      span(wideTraceId, id16(1), null, 'SERVER', 'post /import', 'importer', startUs, 4_900_000, {}),
    ];
    for (let index = 2; index <= wideTraceSpans; index += 1) {
      const parent = spans[Math.max(0, Math.floor((index - 2) / 4))]!;
      const began = parent.timestamp! + Math.round((parent.duration ?? 1) * this.random() * 0.7);
      const rest = parent.timestamp! + parent.duration! - began;
      spans.push(
        span(
          wideTraceId,
          id16(index),
          parent.id,
          index % 2 ? 'SERVER' : 'CLIENT',
          pick(this.random, ['parse line', 'look up user', 'store row', 'check price']),
          pick(this.random, ['importer', 'users', 'prices', 'ledger', 'audit']),
          began,
          Math.max(1, Math.round(rest * (0.3 + 0.6 * this.random()))),
          index % 611 === 0 ? { error: 'row refused' } : {},
        ),
      );
    }
    this.traces.push(spans);
  }

  private id(digits: number): string {
    let text = '';
    while (text.length < digits) text += Math.floor(this.random() * 16).toString(16);
    return text;
  }
}

const id16 = (number: number): string => number.toString(16).padStart(16, '0');

function span(
  traceId: string,
  id: string,
  parentId: string | null,
  kind: ZipkinSpan['kind'],
  name: string,
  serviceName: string,
  timestamp: number,
  duration: number,
  tags: Record<string, string>,
  remote?: string,
): ZipkinSpan {
  return {
    traceId,
    id,
    ...(parentId !== null && { parentId }),
    ...(kind && { kind }),
    name,
    timestamp: Math.round(timestamp),
    duration,
    localEndpoint: { serviceName, ipv4: '127.0.0.1' },
    ...(remote !== undefined && { remoteEndpoint: { serviceName: remote, port: 9200 } }),
    tags,
  };
}
