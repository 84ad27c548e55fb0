import type { FixtureRecord, FixtureTopic, World } from './world.ts';
import { wordsOf } from './world.ts';

/** The JSON answers of the contract, made from the made-up world. */

function dataOf(bytes: Buffer | null) {
  if (bytes === null) return null;
  const text = bytes.toString('utf8');
  const isText = Buffer.from(text).equals(bytes) && !/[\0-\x08\x0e-\x1f]/.test(text);
  return isText
    ? { text, sizeBytes: bytes.length, truncated: false }
    : { base64: bytes.toString('base64'), sizeBytes: bytes.length, truncated: false };
}

export function recordOf(topic: string, record: FixtureRecord) {
  return {
    topic,
    partition: record.partition,
    offset: record.offset,
    timestamp: record.timestamp,
    timestampType: 'CreateTime',
    key: dataOf(record.key),
    value: dataOf(record.value),
    headers: record.headers.map(({ key, value }) => ({ key, value: dataOf(value) })),
  };
}

export function consumePage(topic: FixtureTopic, query: URLSearchParams) {
  const limit = Number(query.get('limit') ?? 100);
  const contains = query.get('contains') ?? '';
  const isDescending = query.get('order') === 'desc';
  const only = query.get('partition');
  const logs = topic.partitions.map((log, partition) => (only === null || Number(only) === partition ? log : []));
  const from = query.get('from') ?? 'earliest';
  const cursor = new Map(
    (query.get('cursor') ?? '')
      .split(',')
      .filter(Boolean)
      .map((part) => part.split(':').map(Number) as [number, number]),
  );
  let all = logs.flatMap((log, partition) => {
    const edge = cursor.get(partition);
    if (edge !== undefined) return isDescending ? log.slice(0, edge) : log.slice(edge);
    if (query.has('offset')) return log.slice(Number(query.get('offset')));
    if (/^-\d+$/.test(from)) return log.slice(Number(from));
    if (/^\d{4}-/.test(from)) return log.filter((record) => record.timestamp >= Date.parse(from));
    return log;
  });
  const scannedRecords = all.length;
  if (contains !== '') {
    const wanted = contains.toLowerCase();
    all = all.filter((record) =>
      [record.key, record.value].some((bytes) => bytes?.toString('utf8').toLowerCase().includes(wanted)),
    );
  }
  all.sort(
    (a, b) =>
      (isDescending ? b.timestamp - a.timestamp : a.timestamp - b.timestamp) ||
      (isDescending ? b.offset - a.offset : a.offset - b.offset),
  );
  const records = all.slice(0, limit);
  // The page lies between two places in each partition.
  const place = (log: FixtureRecord[], partition: number, isNewer: boolean): string => {
    const own = records.filter((record) => record.partition === partition).map((record) => record.offset);
    if (records.length === all.length && isNewer !== isDescending) return `${partition}:${isNewer ? log.length : 0}`;
    const start = cursor.get(partition) ?? (isDescending ? log.length : (all[0]?.offset ?? 0));
    if (own.length === 0) return `${partition}:${start}`;
    return `${partition}:${isNewer ? Math.max(...own) + 1 : Math.min(...own)}`;
  };
  return {
    topic: topic.name,
    records: records.map((record) => recordOf(topic.name, record)),
    cursor: logs.map((log, partition) => place(log, partition, true)).join(','),
    previousCursor: logs.map((log, partition) => place(log, partition, false)).join(','),
    scannedRecords,
    partitions: topic.partitions
      .map((log, partition) => ({ partition, earliest: 0, latest: log.length }))
      .filter(({ partition }) => only === null || Number(only) === partition),
  };
}

export function topicsLive(world: World) {
  return {
    at: Date.now(),
    topics: [...world.topics.values()].map((topic) => ({
      name: topic.name,
      partitions: topic.partitions.length,
      records: world.records(topic),
      recordsPerSecond: topic.perSecond,
    })),
    groups: [...world.groups.values()].map((group) => ({
      groupId: group.groupId,
      state: group.state,
      members: group.members.map((member) => member.clientId),
      topics: [...group.lag].map(([topic, lagRecords]) => ({
        topic,
        lagRecords,
        recordsPerSecond: group.members.length === 0 ? 0 : (world.topics.get(topic)?.perSecond ?? 0),
      })),
    })),
  };
}

export function kafkaFlow(world: World) {
  const at = Date.now();
  const count = (name: string): number => {
    const topic = world.topics.get(name);
    return topic ? world.records(topic) : 0;
  };
  const clients = [
    { clientId: 'twitter-to-kafka', topic: 'twitter-topic', direction: 'produce' },
    { clientId: 'kafka-to-elastic', topic: 'twitter-topic', direction: 'fetch' },
    { clientId: 'streams', topic: 'twitter-topic', direction: 'fetch' },
    { clientId: 'streams', topic: 'twitter-analytics-topic', direction: 'produce' },
    { clientId: 'headwater-rest', topic: 'twitter-topic', direction: 'fetch' },
    ...world.extraClients,
  ].filter(({ topic }) => world.topics.has(topic));
  return {
    at,
    clients: clients.map((client) => ({
      groupId: null,
      ...client,
      records: count(client.topic),
      bytes: count(client.topic) * 140,
      lastAt: at - 120,
    })),
    topics: [],
  };
}

export function searchFlow(world: World) {
  const at = Date.now();
  const documents = world.documents.length;
  const isThere = world.topics.has('twitter-topic');
  return {
    at,
    clients: isThere
      ? [
          {
            client: 'kafka-to-elastic',
            index: 'twitter-index',
            direction: 'index',
            documents,
            requests: Math.floor(documents / 20),
            lastAt: at - 300,
          },
          {
            client: 'query-service',
            index: 'twitter-index',
            direction: 'search',
            documents: 0,
            requests: Math.floor((at - world.startedAt) / 800),
            lastAt: at - 300,
          },
        ]
      : [],
    indices: isThere ? [{ index: 'twitter-index', documents, indexedTotal: documents, searchesTotal: 12 }] : [],
  };
}

export function topicList(world: World, query: URLSearchParams) {
  const search = (query.get('search') ?? '').toLowerCase();
  const pageSize = Number(query.get('pageSize') ?? 50);
  const page = Number(query.get('page') ?? 1);
  const sort = query.get('sort') ?? 'name';
  const withInternal = query.get('internal') === 'true';
  const found = [...world.topics.values()]
    .filter(({ name }) => query.get('platform') !== 'false' || !/^(?:_|headwater-)/.test(name))
    .filter((topic) => topic.name.toLowerCase().includes(search) && (withInternal || !topic.name.startsWith('__')))
    .map((topic) => ({
      name: topic.name,
      internal: topic.name.startsWith('__'),
      partitions: topic.partitions.length,
      replicationFactor: 1,
      records: world.records(topic),
      groups: groupsOf(world, topic.name).map((group) => ({
        groupId: group.groupId,
        lagRecords: group.lag.get(topic.name) ?? 0,
      })),
    }));
  const field = sort.replace(/^-/, '') as 'name' | 'partitions' | 'records';
  found.sort((a, b) => (field === 'name' ? (a.name < b.name ? -1 : 1) : a[field] - b[field]));
  if (sort.startsWith('-')) found.reverse();
  return { total: found.length, page, pageSize, topics: found.slice((page - 1) * pageSize, page * pageSize) };
}

const groupsOf = (world: World, topic: string) => [...world.groups.values()].filter((group) => group.lag.has(topic));

/** Lag spread over partitions: all of it in the first, as a stuck partition has it. */
function partitionsOf(world: World, topic: string, lagRecords: number) {
  return (world.topics.get(topic)?.partitions ?? []).map((log, partition) => {
    const lag = partition === 0 ? Math.min(lagRecords, log.length) : 0;
    return { partition, committed: log.length - lag, latest: log.length, lagRecords: lag };
  });
}

export function topicDetail(world: World, topic: FixtureTopic) {
  const defaults: Record<string, string> = {
    'cleanup.policy': 'delete',
    'compression.type': 'producer',
    'max.message.bytes': '1048588',
    'min.insync.replicas': '1',
    'retention.bytes': '-1',
    'retention.ms': '604800000',
    'segment.bytes': '1073741824',
  };
  return {
    name: topic.name,
    topicId: 'pX3rJk2sQ0mZ1yVb8tWfLg',
    internal: topic.name.startsWith('__'),
    partitions: topic.partitions.map((log, partition) => ({
      partition,
      leader: 1,
      earliest: 0,
      latest: log.length,
      records: log.length,
    })),
    configs: Object.entries({ ...defaults, ...topic.configs }).map(([name, value]) => ({
      name,
      value,
      isDefault: !(name in topic.configs),
    })),
    groups: groupsOf(world, topic.name).map((group) => ({
      groupId: group.groupId,
      state: group.state,
      lagRecords: group.lag.get(topic.name) ?? 0,
      partitions: partitionsOf(world, topic.name, group.lag.get(topic.name) ?? 0),
    })),
  };
}

export function groupList(world: World) {
  return {
    groups: [...world.groups.values()].map((group) => ({
      groupId: group.groupId,
      state: group.state,
      protocolType: 'consumer',
      members: group.members.length,
      topics: [...group.lag.keys()],
      lagRecords: [...group.lag.values()].reduce((sum, lag) => sum + lag, 0),
    })),
  };
}

export function groupDetail(world: World, groupId: string) {
  const group = world.groups.get(groupId);
  if (!group) return null;
  const all = [...group.lag].flatMap(([topic, lag]) =>
    partitionsOf(world, topic, lag).map((partition) => ({ topic, ...partition })),
  );
  return {
    groupId,
    state: group.state,
    protocolType: 'consumer',
    protocol: 'range',
    coordinator: 1,
    lagRecords: [...group.lag.values()].reduce((sum, lag) => sum + lag, 0),
    members: group.members.map((member, index) => ({
      ...member,
      groupInstanceId: null,
      assignments: [...group.lag.keys()].map((topic) => ({
        topic,
        partitions: all
          .filter((partition) => partition.topic === topic && partition.partition % group.members.length === index)
          .map(({ partition }) => partition),
      })),
    })),
    offsets: all,
  };
}

export function search(world: World, body: string): { status: number; text: string } {
  const request = JSON.parse(body) as {
    size?: number;
    from?: number;
    query?: { query_string?: { query: string } };
    highlight?: { pre_tags: string[]; post_tags: string[] };
  };
  const query = request.query?.query_string?.query ?? '';
  if (/[([]$/.test(query.trim())) {
    const reason = `Failed to parse query [${query}]`;
    const error = {
      root_cause: [{ type: 'query_shard_exception', reason, index: 'twitter-index' }],
      type: 'search_phase_execution_exception',
      reason: 'all shards failed',
    };
    return { status: 400, text: JSON.stringify({ error, status: 400 }) };
  }
  const terms = wordsOf(query.replace(/[\w.]+:/g, ''));
  const found = world.documents
    .filter((document) => terms.every((term) => wordsOf(document.source).includes(term)))
    .reverse();
  const from = request.from ?? 0;
  const hits = found.slice(from, from + (request.size ?? 10)).map((document) => {
    const { text } = JSON.parse(document.source) as { text: string };
    const marked = text.replace(/[\p{L}\p{N}]+/gu, (word) =>
      terms.includes(word.toLowerCase())
        ? `${request.highlight?.pre_tags[0] ?? '<em>'}${word}${request.highlight?.post_tags[0] ?? '</em>'}`
        : word,
    );
    const highlight = terms.length === 0 ? '' : `,"highlight":{"text":[${JSON.stringify(marked)}]}`;
    return `{"_index":"twitter-index","_id":"${document.id}","_score":1.2345,"_source":${document.source}${highlight}}`;
  });
  return {
    status: 200,
    text: `{"took":2,"timed_out":false,"hits":{"total":{"value":${found.length},"relation":"eq"},"max_score":1.2345,"hits":[${hits.join(',')}]}}`,
  };
}

export function topWords(world: World, limit: number, minLength = 1) {
  const sorted = [...world.words].sort((a, b) => b[1] - a[1] || (a[0] < b[0] ? -1 : 1));
  return {
    words: sorted
      .filter(([word]) => word.length >= minLength)
      .slice(0, limit)
      .map(([word, count]) => ({ word, count })),
    totalWords: sorted.reduce((sum, [, count]) => sum + count, 0),
    distinctWords: sorted.length,
  };
}

export function documentEvent(source: string, query: string): string | null {
  const { text } = JSON.parse(source) as { text: string };
  const terms = wordsOf(query);
  if (!wordsOf(text).some((word) => terms.includes(word))) return null;
  const highlight = text.replace(/[\p{L}\p{N}]+/gu, (word) =>
    terms.includes(word.toLowerCase()) ? `<em>${word}</em>` : word,
  );
  const id = /"id":(\d+)/.exec(source)?.[1];
  const userId = /"userId":(\d+)/.exec(source)?.[1];
  const createdAt = new Date(Number(/"createdAt":(\d+)/.exec(source)?.[1])).toISOString();
  return `{"id":"${id}","userId":${userId},"text":${JSON.stringify(text)},"createdAt":"${createdAt}","highlight":${JSON.stringify(highlight)}}`;
}
