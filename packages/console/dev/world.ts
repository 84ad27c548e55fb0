import { pick, seededRandom } from './random.ts';

export interface FixtureRecord {
  partition: number;
  offset: number;
  timestamp: number;
  key: Buffer | null;
  value: Buffer | null;
  headers: { key: string; value: Buffer | null }[];
}

export interface FixtureTopic {
  name: string;
  partitions: FixtureRecord[][];
  configs: Record<string, string>;
  perSecond: number;
}

export interface FixtureGroup {
  groupId: string;
  state: string;
  members: { memberId: string; clientId: string; host: string }[];
  /** Records that it is behind, by topic. */
  lag: Map<string, number>;
}

export interface FixtureDocument {
  id: string;
  source: string;
}

const subjects = [
  'Kafka',
  'Java',
  'TypeScript',
  'Elasticsearch',
  'Node',
  'streams',
  'the broker',
  'a consumer',
  'this topic',
  'our gateway',
  'the log',
];
const verbs = [
  'reads',
  'writes',
  'ships',
  'replays',
  'indexes',
  'counts',
  'forwards',
  'batches',
  'compacts',
  'survives',
  'outruns',
];
const objects = [
  'every event',
  'the morning rush',
  'ten thousand records',
  'a torn segment',
  'one more rebalance',
  'the whole backlog',
  'a quiet Sunday',
  'the dashboard',
  'its own offsets',
  'a late record',
];
const endings = [
  'without a sweat',
  'again',
  'before lunch',
  'in one process',
  'and nobody noticed',
  'on a laptop',
  'twice as fast',
  'for once',
  '',
  '',
  'with ☕ in hand',
];

/** A made-up system: topics with records, groups that read them, an index, and a count of words. Deterministic but for time. */
export class World {
  readonly topics = new Map<string, FixtureTopic>();
  readonly groups = new Map<string, FixtureGroup>();
  readonly documents: FixtureDocument[] = [];
  readonly words = new Map<string, number>();
  /** More clients for the flow, besides those of the tweets example. */
  readonly extraClients: { clientId: string; topic: string; direction: 'produce' | 'fetch' }[] = [];
  readonly random: () => number;
  readonly startedAt: number;
  produced = 0;
  private readonly listeners = new Set<(topic: string, record: FixtureRecord) => void>();

  constructor({
    seed = 1,
    now = Date.now(),
    hasTweets = true,
  }: { seed?: number; now?: number; hasTweets?: boolean } = {}) {
    this.random = seededRandom(seed);
    this.startedAt = now;
    if (!hasTweets) return;
    this.createTopic('twitter-topic', 3);
    this.createTopic('twitter-analytics-topic', 3, { 'cleanup.policy': 'compact' });
    this.createTopic('events', 1);
    this.createTopic('orders', 6);
    this.createTopic('__consumer_offsets', 1, { 'cleanup.policy': 'compact' });
    this.addGroup('kafka-to-elastic', ['twitter-topic'], 1);
    this.addGroup('streams', ['twitter-topic'], 1);
    const perSecond = 12;
    for (let index = 600; index > 0; index -= 1) this.tweet(now - (index * 1000) / perSecond);
    this.produce(
      'events',
      '{"orderId":9007199254740993,"state":"paid","lines":[{"sku":"A-1","amount":2},{"sku":"B-7","amount":1}],"total":149.90,"vip":true,"note":null}',
      'order-17',
      now - 240_000,
      { 'content-type': 'application/json', 'trace-id': '4bf92f3577b34da6' },
    );
    this.produce('events', null, 'order-16', now - 180_000);
    this.produce('events', Buffer.from([0, 0, 0, 0, 7, 12, 255, 254, 72, 105]), 'avro-1', now - 120_000);
    this.produce('events', 'plain text, not JSON', null, now - 60_000);
    this.topics.get('twitter-topic')!.perSecond = perSecond;
    this.topics.get('twitter-analytics-topic')!.perSecond = perSecond * 7;
  }

  onRecord(listener: (topic: string, record: FixtureRecord) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }

  createTopic(name: string, partitions: number, configs: Record<string, string> = {}): FixtureTopic {
    const topic = { name, partitions: Array.from({ length: partitions }, () => []), configs, perSecond: 0 };
    this.topics.set(name, topic);
    return topic;
  }

  addGroup(groupId: string, topics: string[], members: number): FixtureGroup {
    const group: FixtureGroup = {
      groupId,
      state: members > 0 ? 'Stable' : 'Empty',
      members: Array.from({ length: members }, (_, index) => ({
        memberId: `${groupId}-${index + 1}-7f3a2b`,
        clientId: members === 1 ? groupId : `${groupId}-${index + 1}`,
        host: '/127.0.0.1',
      })),
      lag: new Map(topics.map((topic) => [topic, 0])),
    };
    this.groups.set(groupId, group);
    return group;
  }

  produce(
    topicName: string,
    value: string | Buffer | null,
    key: string | null = null,
    timestamp = Date.now(),
    headers: Record<string, string> = {},
  ): FixtureRecord {
    const topic = this.topics.get(topicName) ?? this.createTopic(topicName, 1);
    const partition = Math.floor(this.random() * topic.partitions.length);
    const log = topic.partitions[partition]!;
    const record: FixtureRecord = {
      partition,
      offset: log.length,
      timestamp: Math.round(timestamp),
      key: key === null ? null : Buffer.from(key),
      value: value === null ? null : Buffer.from(value as string),
      headers: Object.entries(headers).map(([name, text]) => ({ key: name, value: Buffer.from(text) })),
    };
    log.push(record);
    this.produced += 1;
    for (const listener of this.listeners) listener(topicName, record);
    return record;
  }

  /** One made-up tweet, and what the services make of it: a document and counts. */
  tweet(timestamp = Date.now(), text = this.sentence()): FixtureRecord {
    const id = 1_900_000_000_000_000_000n + BigInt(Math.round(timestamp)) * 1000n + BigInt(this.produced % 1000);
    const userId = 4_000_000_000n + BigInt(Math.floor(this.random() * 900_000_000));
    const source = `{"userId":${userId},"id":${id},"text":${JSON.stringify(text)},"createdAt":${Math.round(timestamp)}}`;
    const record = this.produce('twitter-topic', source, String(userId), timestamp);
    this.documents.push({ id: String(id), source });
    for (const word of wordsOf(text)) {
      const count = (this.words.get(word) ?? 0) + 1;
      this.words.set(word, count);
      this.produce(
        'twitter-analytics-topic',
        JSON.stringify({ word, wordCount: count, createdAt: Math.round(timestamp) }),
        word,
        timestamp,
      );
    }
    return record;
  }

  sentence(): string {
    const { random } = this;
    return [pick(random, subjects), pick(random, verbs), pick(random, objects), pick(random, endings)]
      .filter(Boolean)
      .join(' ');
  }

  /** Of topics without tweets the records are only counted, by their rate. */
  records(topic: FixtureTopic): number {
    const isTweets = topic.name.startsWith('twitter-');
    const counted = isTweets ? 0 : Math.floor((topic.perSecond * (Date.now() - this.startedAt)) / 1000);
    return counted + topic.partitions.reduce((sum, log) => sum + log.length, 0);
  }
}

export const wordsOf = (text: string): string[] => text.toLowerCase().match(/[\p{L}\p{N}]+/gu) ?? [];
