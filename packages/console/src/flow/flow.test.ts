import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { GatewayInstance } from '../api/gateway.ts';
import type { KafkaFlow, SearchFlow, TopicsLive } from '../api/types.ts';
import { drawPicture } from '../pages/map/picture.ts';
import { neighbourhood } from './graph.ts';
import { judgeGroup } from './health.ts';
import { type LayoutEdge, type LayoutNode, layoutGraph } from './layout.ts';
import { FlowModel } from './model.ts';
import { edgePath, pointAt } from './path.ts';
import { summarize } from './summary.ts';

const client = (
  clientId: string,
  topic: string,
  direction: 'produce' | 'fetch',
  records: number,
  lastAt: number,
): KafkaFlow['clients'][number] => ({
  clientId,
  groupId: null,
  topic,
  direction,
  records,
  bytes: records * 100,
  lastAt,
});

function tweets(at: number, records: number, lag = 0) {
  const kafka: KafkaFlow = {
    at,
    topics: [],
    clients: [
      client('twitter-to-kafka', 'twitter-topic', 'produce', records, at),
      client('kafka-to-elastic', 'twitter-topic', 'fetch', records, at),
      client('streams', 'twitter-topic', 'fetch', records, at),
      client('streams', 'twitter-analytics-topic', 'produce', records * 8, at),
      client('kafka-to-elastic', '__consumer_offsets', 'produce', 3, at),
      client('streams', 'kafka-streams-application-word-count-store-changelog', 'produce', records * 8, at),
      client('streams', 'kafka-streams-application-word-count-store-repartition', 'fetch', records * 8, at),
      client('headwater-rest', 'twitter-topic', 'fetch', records, at),
    ],
  };
  const topics: TopicsLive = {
    at,
    topics: [
      { name: 'twitter-topic', partitions: 3, records, recordsPerSecond: 20 },
      { name: 'twitter-analytics-topic', partitions: 3, records: records * 8, recordsPerSecond: 160 },
      { name: 'events', partitions: 1, records: 0, recordsPerSecond: 0 },
      { name: 'kafka-streams-application-word-count-store-changelog', partitions: 3, records: 9, recordsPerSecond: 9 },
    ],
    groups: [
      {
        groupId: 'kafka-to-elastic',
        state: 'Stable',
        members: ['kafka-to-elastic'],
        topics: [{ topic: 'twitter-topic', lagRecords: lag, recordsPerSecond: 20 }],
      },
      {
        groupId: 'streams',
        state: 'Stable',
        members: ['streams'],
        topics: [{ topic: 'twitter-topic', lagRecords: 0, recordsPerSecond: 20 }],
      },
    ],
  };
  const search: SearchFlow = {
    at,
    clients: [
      {
        client: 'kafka-to-elastic',
        index: 'twitter-index',
        direction: 'index',
        documents: records,
        requests: 10,
        lastAt: at,
      },
      {
        client: 'query-service',
        index: 'twitter-index',
        direction: 'search',
        documents: 0,
        requests: records / 10,
        lastAt: at,
      },
    ],
    indices: [{ index: 'twitter-index', documents: records, indexedTotal: records, searchesTotal: 2 }],
  };
  return { kafka, topics, search };
}

function modelAfter(seconds: number, lagAt: (second: number) => number = () => 0): FlowModel {
  const model = new FlowModel();
  for (let second = 0; second <= seconds; second += 1) {
    const { kafka, topics, search } = tweets(1_000_000 + second * 1000, 1000 + second * 20, lagAt(second));
    model.addKafka(kafka);
    model.addTopics(topics);
    model.addSearch(search);
  }
  return model;
}

test('the tweets example becomes source → topic → services → store → query service', () => {
  const graph = modelAfter(2).graph();
  assert.deepEqual(
    graph.nodes.map((node) => `${node.kind} ${node.name}`),
    [
      'service kafka-to-elastic',
      'service query-service',
      'service streams',
      'source twitter-to-kafka',
      'index twitter-index',
      'topic twitter-analytics-topic',
      'topic twitter-topic',
    ],
  );
  assert.deepEqual(
    graph.edges
      .map((edge) => `${edge.kind} ${edge.from} → ${edge.to} ${edge.perSecond}/s lag ${edge.lagRecords}`)
      .sort(),
    [
      'consume topic:twitter-topic → client:kafka-to-elastic 20/s lag 0',
      'consume topic:twitter-topic → client:streams 20/s lag 0',
      'index client:kafka-to-elastic → index:twitter-index 20/s lag null',
      'produce client:streams → topic:twitter-analytics-topic 160/s lag null',
      'produce client:twitter-to-kafka → topic:twitter-topic 20/s lag null',
      'search index:twitter-index → client:query-service 2/s lag null',
    ],
  );
  assert.deepEqual(graph.quietTopics, ['events']);
  assert.equal(graph.ownClients, 1);
  assert.equal(summarize(graph).sentence, 'Flowing, 180 records a second');
});

test('a group whose clients have other names is one node', () => {
  const model = new FlowModel();
  model.addTopics({
    at: 1000,
    topics: [],
    groups: [
      {
        groupId: 'app',
        state: 'Stable',
        members: ['worker-1', 'worker-2'],
        topics: [{ topic: 'in', lagRecords: 0, recordsPerSecond: 0 }],
      },
    ],
  });
  model.addKafka({
    at: 1000,
    topics: [],
    clients: [
      client('worker-1', 'in', 'fetch', 1, 1000),
      client('worker-2', 'in', 'fetch', 1, 1000),
      client('app-StreamThread-1-producer', 'out', 'produce', 1, 1000),
      client('kcat', 'out', 'fetch', 1, 1000),
    ],
  });
  const graph = model.graph();
  assert.deepEqual(
    graph.nodes.map((node) => `${node.kind} ${node.name}`),
    ['service app', 'reader kcat', 'topic in', 'topic out'],
  );
  assert.deepEqual(graph.nodes[0]?.clientIds, ['worker-1', 'worker-2', 'app-StreamThread-1-producer']);
});

test('lag that grows is a warning, and the summary names the service', () => {
  const graph = modelAfter(20, (second) => second * 100).graph();
  const edge = graph.edges.find((other) => other.to === 'client:kafka-to-elastic');
  assert.equal(edge?.health, 'warning');
  const summary = summarize(graph);
  assert.equal(summary.sentence, 'kafka-to-elastic: falling behind, 2,000 records to go');
  assert.equal(summary.aboutId, 'client:kafka-to-elastic');
});

test('a source that fell silent is quiet, not broken', () => {
  const model = modelAfter(2);
  const { topics } = tweets(1_060_000, 1040);
  model.addTopics(topics);
  assert.equal(model.graph().nodes.find((node) => node.kind === 'source')?.health, 'unknown');
});

test('health of a group', () => {
  const facts = {
    state: 'Stable',
    members: 2,
    lagRecords: 0,
    earlierLagRecords: 0,
    inputPerSecond: 10,
    consumedPerSecond: 10,
  };
  assert.deepEqual(judgeGroup(facts), { health: 'good', note: '2 members' });
  assert.equal(judgeGroup({ ...facts, members: 0, state: 'Empty' }).health, 'unknown');
  assert.equal(judgeGroup({ ...facts, members: 0, state: 'Empty', lagRecords: 5 }).health, 'bad');
  assert.equal(judgeGroup({ ...facts, state: 'PreparingRebalance' }).note, 'rebalancing');
  assert.equal(judgeGroup({ ...facts, lagRecords: 90 }).health, 'good', 'a batch in flight is no lag');
  assert.equal(judgeGroup({ ...facts, lagRecords: 500, earlierLagRecords: 400 }).note, 'falling behind');
  assert.equal(judgeGroup({ ...facts, lagRecords: 500, earlierLagRecords: 900 }).note, 'catching up');
  assert.equal(judgeGroup({ ...facts, lagRecords: 500, earlierLagRecords: 400, consumedPerSecond: 0 }).note, 'stuck');
});

test('focus keeps what flows in and out, and not its siblings', () => {
  const edges = modelAfter(1).graph().edges;
  assert.deepEqual([...neighbourhood(edges, 'client:streams')].sort(), [
    'client:streams',
    'client:twitter-to-kafka',
    'topic:twitter-analytics-topic',
    'topic:twitter-topic',
  ]);
});

const box = (id: string): LayoutNode => ({ id, width: 100, height: 40 });
const arrow = (from: string, to: string): LayoutEdge => ({ id: `${from}>${to}`, from, to });
const options = { direction: 'right', layerGap: 60, nodeGap: 20 } as const;

test('layout: layers follow the flow, and a source stands next to what it feeds', () => {
  const nodes = ['a', 'b', 'c', 'd', 'late'].map(box);
  const layout = layoutGraph(nodes, [arrow('a', 'b'), arrow('b', 'c'), arrow('c', 'd'), arrow('late', 'd')], options);
  assert.deepEqual(
    nodes.map((node) => layout.nodes.get(node.id)?.layer),
    [0, 1, 2, 3, 2],
  );
  assert.equal(layout.width, 4 * 100 + 3 * 60);
});

test('layout: a chain is a straight line, a fork is symmetric', () => {
  const layout = layoutGraph(
    ['a', 'b', 'c', 'd'].map(box),
    [arrow('a', 'b'), arrow('b', 'c'), arrow('b', 'd')],
    options,
  );
  const centre = (id: string): number => (layout.nodes.get(id)?.y ?? 0) + 20;
  assert.equal(centre('a'), centre('b'));
  assert.ok(Math.abs((centre('c') + centre('d')) / 2 - centre('b')) < 0.5);
  assert.equal(Math.abs(centre('c') - centre('d')), 60);
});

test('layout: what only the last one writes and reads stands before it', () => {
  const nodes = ['source', 'topic', 'service', 'own'].map(box);
  const edges = [arrow('source', 'topic'), arrow('topic', 'service'), arrow('service', 'own'), arrow('own', 'service')];
  const layersOf = (more: LayoutEdge[] = [], others: string[] = []): (number | undefined)[] => {
    const layout = layoutGraph([...nodes, ...others.map(box)], [...edges, ...more], options);
    return nodes.map(({ id }) => layout.nodes.get(id)?.layer);
  };
  assert.deepEqual(layersOf(), [0, 1, 2, 1]);
  assert.deepEqual(
    layersOf([arrow('service', 'result')], ['result']),
    [0, 1, 2, 3],
    'as a step of a flow that goes on',
  );
});

test('layout: a cycle ends, and its edges keep their direction', () => {
  const layout = layoutGraph(['a', 'b'].map(box), [arrow('a', 'b'), arrow('b', 'a'), arrow('a', 'a')], options);
  const back = layout.edges.get('b>a') ?? [];
  assert.ok((back[0]?.x ?? 0) > (back.at(-1)?.x ?? 0));
  assert.equal(layout.edges.has('a>a'), false);
});

test('layout: downwards for narrow screens', () => {
  const layout = layoutGraph(['a', 'b'].map(box), [arrow('a', 'b')], { ...options, direction: 'down' });
  assert.deepEqual([layout.width, layout.height], [100, 140]);
});

test('layout: 300 nodes do not overlap, are the same every time, and take little time', () => {
  let seed = 42;
  const random = (): number => {
    seed = (seed * 1664525 + 1013904223) % 4294967296;
    return seed / 4294967296;
  };
  const nodes = Array.from({ length: 300 }, (_, index) => box(`n${index}`));
  const edges: LayoutEdge[] = [];
  for (let index = 1; index < 300; index += 1) {
    edges.push(arrow(`n${Math.floor(random() * index)}`, `n${index}`));
    if (random() < 0.3) edges.push(arrow(`n${index}`, `n${Math.floor(random() * 300)}`));
  }
  const started = performance.now();
  const layout = layoutGraph(nodes, edges, options);
  const elapsedMs = performance.now() - started;
  assert.ok(elapsedMs < 2000, `${elapsedMs} ms`);
  const places = [...layout.nodes.values()];
  for (const [index, a] of places.entries()) {
    for (const b of places.slice(index + 1)) {
      assert.ok(Math.abs(a.x - b.x) >= 100 || Math.abs(a.y - b.y) >= 40, 'overlap');
    }
  }
  assert.deepEqual([...layoutGraph(nodes, edges, options).nodes], [...layout.nodes]);
});

test('paths are sampled at equal steps', () => {
  const path = edgePath(
    [
      { x: 0, y: 0 },
      { x: 100, y: 60 },
      { x: 200, y: 60 },
    ],
    'right',
  );
  assert.match(path.d, /^M0 0C50 0 50 60 100 60L200 60$/);
  for (let index = 2; index < path.samples.length; index += 2) {
    const step = Math.hypot(
      (path.samples[index] ?? 0) - (path.samples[index - 2] ?? 0),
      (path.samples[index + 1] ?? 0) - (path.samples[index - 1] ?? 0),
    );
    assert.ok(Math.abs(step - 4) < 0.2, `${step}`);
  }
  assert.ok(Math.abs(pointAt(path, 0.5).x - 92) < 6);
});

test('a group whose members have one name is the service of that name, unless another has it', () => {
  const { kafka, topics } = tweets(1000, 100);
  const model = new FlowModel();
  model.addKafka(kafka);
  const groups = topics.groups.map((group) => ({ ...group, groupId: `${group.groupId}-application` }));
  model.addTopics({ ...topics, groups });
  const names = (): string[] =>
    model.graph().nodes.flatMap(({ groupId, name }) => (groupId === null ? [] : [`${groupId}: ${name}`]));
  assert.deepEqual(names(), ['kafka-to-elastic-application: kafka-to-elastic', 'streams-application: streams']);
  model.addTopics({ ...topics, groups: groups.map((group) => ({ ...group, members: ['app-1', 'app-2'] })) });
  assert.deepEqual(names(), [
    'kafka-to-elastic-application: kafka-to-elastic-application',
    'streams-application: streams-application',
  ]);
});

test('queries of streaming SQL, which keep offsets under names of their own, are its work and not groups that stopped', () => {
  const { topics } = tweets(1000, 100);
  const read = { topic: 'twitter-topic', lagRecords: 8, recordsPerSecond: 20 };
  const group = (groupId: string, members: string[], reads = [read]) => ({
    ...{ groupId, members, topics: reads },
    state: members.length > 0 ? 'Stable' : 'Empty',
  });
  const model = new FlowModel();
  model.addTopics({
    ...topics,
    groups: [
      group('sql_query', ['headwater-sql-default_'], []),
      group('sql_query_eos', ['headwater-sql-default_'], []),
      group('sql_query_eos-CTAS_WORDS_1', []),
      group('sql_query_eos-CTAS_USERS_2', [], [{ ...read, lagRecords: 3 }]),
      group('left-alone', []),
    ],
  });
  const graph = model.graph();
  assert.deepEqual(
    graph.nodes.filter(({ kind }) => kind === 'service').map(({ health, name, note }) => [name, health, note]),
    [
      ['Streaming SQL', 'good', '1 member'],
      ['left-alone', 'bad', 'stopped'],
    ],
  );
  assert.equal(graph.edges.find(({ to }) => to === 'client:headwater-sql-default_')?.lagRecords, 8);
});

test('who asks a database flows into it; what only looks is left out', () => {
  const model = new FlowModel();
  const { kafka, topics, search } = tweets(10_000, 100);
  model.addKafka(kafka);
  model.addTopics(topics);
  model.addSearch(search);
  for (const at of [10_000, 11_000]) {
    model.addDatabases({
      at,
      clients: [
        { client: 'kafka-to-elastic', database: 'analytics', statements: at / 100, lastAt: at },
        { client: 'headwater-correlate', database: 'analytics', statements: 7, lastAt: at },
      ],
      databases: [
        { database: 'analytics', isRunning: true, sessions: 3 },
        { database: 'idle', isRunning: false, sessions: 0 },
      ],
    });
  }
  const graph = model.graph();
  const edge = graph.edges.find(({ kind }) => kind === 'query')!;
  assert.deepEqual([edge.from, edge.to, edge.total], ['client:kafka-to-elastic', 'database:analytics', 110]);
  assert.ok(edge.perSecond > 0);
  const node = graph.nodes.find(({ id }) => id === 'database:analytics')!;
  assert.deepEqual([node.kind, node.name, node.count], ['database', 'PostgreSQL analytics', 3]);
  assert.ok(!graph.nodes.some(({ id }) => id === 'database:idle' || id === 'client:headwater-correlate'));
  model.dropDatabases();
  assert.ok(!model.graph().nodes.some(({ kind }) => kind === 'database'));
});

test('who calls a service by name is drawn as calling it, and stands behind it, where its answer goes', () => {
  const model = new FlowModel();
  const { kafka, topics, search } = tweets(10_000, 100);
  model.addKafka(kafka);
  model.addTopics({ ...topics, groups: topics.groups.map((group) => ({ ...group, groupId: `${group.groupId}-app` })) });
  model.addSearch(search);
  model.addCalls({
    at: 10_000,
    calls: [
      { from: 'query-service', to: 'streams', total: 7, perSecond: 0.5 },
      { from: 'shop', to: 'prices', total: 3, perSecond: 0 },
    ],
  });
  const graph = model.graph();
  const nameOf = (id: string): string => graph.nodes.find((node) => node.id === id)!.name;
  const calls = graph.edges.filter(({ kind }) => kind === 'call');
  assert.deepEqual(
    calls.map(({ from, health, perSecond, to, total }) => [nameOf(from), nameOf(to), total, perSecond, health]),
    [
      ['query-service', 'streams', 7, 0.5, 'good'],
      ['shop', 'prices', 3, 0, 'unknown'],
    ],
  );
  assert.deepEqual(
    ['shop', 'prices', 'streams'].map((name) => graph.nodes.find((node) => node.name === name)?.kind),
    ['service', 'service', 'service'],
  );
  const streams = calls[0]!.to;
  assert.ok(neighbourhood(graph.edges, streams).has('client:query-service'));
  assert.ok(!neighbourhood(graph.edges, 'index:twitter-index').has(streams), 'an index is not read by who is called');
  const { nodes, paths } = drawPicture(graph, 1200, 400);
  const [caller, called] = [nodes.get('client:query-service')!, nodes.get(streams)!];
  assert.ok(called.layer < caller.layer);
  const { samples } = paths.get(calls[0]!.id)!;
  assert.ok(samples[0]! > samples.at(-2)!, 'the arrow points to who is called');
});

test('the gateway is drawn as calling the services that it has called, with the rate of all their instances', () => {
  const model = new FlowModel();
  model.addTopics(tweets(10_000, 100).topics);
  const tell = (timestampMs: number, ...requests: number[]): void =>
    model.addGateway({
      timestampMs,
      instances: [...requests.map((each, i) => instance('query-service', i, each)), instance('analytics', 0, 0)],
    });
  tell(10_000, 10, 20);
  tell(11_000, 12, 22);
  const graph = model.graph();
  const [call, ...others] = graph.edges.filter(({ from }) => from === 'client:gateway');
  assert.deepEqual([call?.kind, call?.to, call?.total, call?.health], ['call', 'client:query-service', 34, 'good']);
  assert.equal(call!.perSecond, 4);
  assert.deepEqual(others, [], 'it has not called analytics yet');
  assert.equal(graph.nodes.find(({ id }) => id === 'client:gateway')?.kind, 'service');
  // An instance that is gone takes its count along.
  tell(12_000, 13);
  const after = model.graph().edges.find(({ from }) => from === 'client:gateway')!;
  assert.deepEqual([after.total, after.perSecond], [13, 4]);
});

function instance(service: string, at: number, requests: number): GatewayInstance {
  const calm = { inFlight: 0, isEjected: false, ejectedUntilMs: null, ejections: 0, reason: null };
  return {
    ...calm,
    service,
    id: `${service}-${at}`,
    url: `http://127.0.0.1:${9000 + at}`,
    source: 'discovery',
    zone: null,
    weight: 1,
    requests,
    successRate: null,
    lastFailure: null,
  };
}

test('indices of the platform are drawn with its topics only', () => {
  const model = new FlowModel();
  const { search } = tweets(10_000, 100);
  const [written] = search.clients;
  model.addSearch({ ...search, clients: [...search.clients, { ...written!, index: 'headwater-offsets' }] });
  const hasOffsets = (isShown: boolean): boolean =>
    model.graph(isShown).nodes.some(({ id }) => id === 'index:headwater-offsets');
  assert.deepEqual([hasOffsets(false), hasOffsets(true)], [false, true]);
});

test('what the monitor says of a service is seen on its node', () => {
  const model = new FlowModel();
  const { kafka, topics, search } = tweets(10_000, 100);
  model.addKafka(kafka);
  model.addTopics(topics);
  model.addSearch(search);
  const nodeOf = (name: string): { health: string; note: string } => {
    const { health, note } = model.graph().nodes.find((node) => node.name === name)!;
    return { health, note };
  };
  model.setServices(
    new Map([
      ['query-service', { isDown: false, instances: 2, instancesUp: 1 }],
      ['streams', { isDown: true, instances: 1, instancesUp: 0 }],
    ]),
  );
  assert.deepEqual(nodeOf('query-service'), { health: 'warning', note: '1 of 2 instances' });
  assert.deepEqual(nodeOf('streams'), { health: 'bad', note: 'down' });
  assert.deepEqual(nodeOf('kafka-to-elastic'), { health: 'good', note: '1 member' });
});
