import type { GatewayState } from '../api/gateway.ts';
import type { CallFlow, DatabaseFlow, KafkaFlow, SearchFlow, TopicsLive } from '../api/types.ts';
import { CounterRate, SmoothedRate } from '../live/rate.ts';
import { type Health, judgeGroup, worse } from './health.ts';
import { isHiddenTopic } from './platform-topics.ts';

export type NodeKind = 'source' | 'topic' | 'service' | 'reader' | 'index' | 'database';

export interface FlowNode {
  /** Stable and fit for a URL: `client:NAME`, `topic:NAME`, `index:NAME`, `database:NAME`. */
  id: string;
  kind: NodeKind;
  name: string;
  health: Health;
  note: string;
  /** Set when the service is a consumer group. */
  groupId: string | null;
  clientIds: string[];
  /** Records in the topic, documents in the index, connections to the database. */
  count: number | null;
  partitions: number | null;
  inPerSecond: number;
  outPerSecond: number;
  lastAtMs: number | null;
}

export interface FlowEdge {
  id: string;
  from: string;
  to: string;
  kind: 'produce' | 'consume' | 'index' | 'search' | 'query' | 'call';
  /** Records or documents a second; requests a second for `search`, statements for `query`, calls for `call`. */
  perSecond: number;
  /** Since the broker or the store started. */
  total: number;
  lagRecords: number | null;
  health: Health;
  lastAtMs: number | null;
}

export interface FlowGraph {
  atMs: number;
  nodes: FlowNode[];
  edges: FlowEdge[];
  /** Topics that nobody writes or reads: named on the topics page, not drawn. */
  quietTopics: string[];
  /** Headwater's own readers (this console's tails among them) that were left out. */
  ownClients: number;
}

/** As the monitor sees a service. */
export interface ServiceFacts {
  isDown: boolean;
  instances: number;
  instancesUp: number;
}

/** The gateway's node: it is the one caller that tells of its calls itself, each second. */
export const gatewayNode = 'client:gateway';

const quietAfterMs = 10_000;
const lagMemoryMs = 10_000;

/** Readers of the platform itself: this console's tails and searches would draw themselves otherwise. What is written over HTTP is drawn. */
const isOwnClient = (clientId: string): boolean => clientId === 'headwater' || clientId.startsWith('headwater-');

/**
 * The flow as a graph, out of what is measured: who produces and fetches (the broker), groups with their lag (the log over HTTP), who indexes
 * and searches (the search store), who asks which database (the analytics store), who calls which service (the callers' metrics, the gateway
 * itself). Nothing is declared by anybody: names that meet are one node.
 */
export class FlowModel {
  private kafka: KafkaFlow | null = null;
  private topics: TopicsLive | null = null;
  private search: SearchFlow | null = null;
  private databases: DatabaseFlow | null = null;
  private calls: CallFlow | null = null;
  private gateway: { atMs: number; totals: ReadonlyMap<string, number> } | null = null;
  private services: ReadonlyMap<string, ServiceFacts> = new Map();
  private counters = new Map<string, CounterRate>();
  private topicRates = new Map<string, SmoothedRate>();
  private lagHistory = new Map<string, { atMs: number; lagRecords: number }[]>();

  addKafka(snapshot: KafkaFlow): void {
    this.kafka = snapshot;
    for (const client of snapshot.clients) {
      this.counter(kafkaKey(client)).sample(client.records, snapshot.at);
    }
    this.forget(this.counters, 'kafka|', new Set(snapshot.clients.map(kafkaKey)));
  }

  addTopics(snapshot: TopicsLive): void {
    this.topics = snapshot;
    const names = new Set<string>();
    for (const topic of snapshot.topics) {
      names.add(topic.name);
      let rate = this.topicRates.get(topic.name);
      if (!rate) this.topicRates.set(topic.name, (rate = new SmoothedRate()));
      rate.sample(topic.recordsPerSecond, snapshot.at);
    }
    this.forget(this.topicRates, '', names);
    const groupTopics = new Set<string>();
    for (const group of snapshot.groups) {
      for (const { topic, lagRecords } of group.topics) {
        const key = `${group.groupId}|${topic}`;
        groupTopics.add(key);
        const history = this.lagHistory.get(key) ?? [];
        history.push({ atMs: snapshot.at, lagRecords });
        while (history.length > 1 && (history[1]?.atMs ?? 0) <= snapshot.at - lagMemoryMs) history.shift();
        this.lagHistory.set(key, history);
      }
    }
    this.forget(this.lagHistory, '', groupTopics);
  }

  addSearch(snapshot: SearchFlow): void {
    this.search = snapshot;
    for (const client of snapshot.clients) {
      const count = client.direction === 'index' ? client.documents : client.requests;
      this.counter(searchKey(client)).sample(count, snapshot.at);
    }
    this.forget(this.counters, 'search|', new Set(snapshot.clients.map(searchKey)));
  }

  /** The search part went away: its nodes must not look alive. */
  dropSearch(): void {
    this.search = null;
  }

  addDatabases(snapshot: DatabaseFlow): void {
    this.databases = snapshot;
    for (const client of snapshot.clients) this.counter(databaseKey(client)).sample(client.statements, snapshot.at);
    this.forget(this.counters, 'database|', new Set(snapshot.clients.map(databaseKey)));
  }

  /** What the monitor says of services, by name; what is not known to it is judged by its flow alone. */
  setServices(services: ReadonlyMap<string, ServiceFacts>): void {
    this.services = services;
  }

  /** There is no analytics store, or it went away. */
  dropDatabases(): void {
    this.databases = null;
  }

  addCalls(snapshot: CallFlow): void {
    this.calls = snapshot;
  }

  /** Whom the gateway has called: all instances of a service are one. */
  addGateway({ instances, timestampMs }: Pick<GatewayState, 'instances' | 'timestampMs'>): void {
    const totals = new Map<string, number>();
    for (const { requests, service } of instances) totals.set(service, (totals.get(service) ?? 0) + requests);
    this.gateway = { atMs: timestampMs, totals };
    for (const [service, total] of totals) this.counter(gatewayKey(service)).sample(total, timestampMs);
    this.forget(this.counters, 'gateway|', new Set([...totals.keys()].map(gatewayKey)));
  }

  get hasData(): boolean {
    return this.kafka !== null || this.topics !== null;
  }

  topicRate(topic: string): number {
    return this.topicRates.get(topic)?.value ?? 0;
  }

  /** @param isPlatformShown whether topics and indices of the platform itself are drawn too */
  graph(isPlatformShown = false): FlowGraph {
    const isLeftOut = (name: string): boolean => !isPlatformShown && isHiddenTopic(name);
    const builder = new GraphBuilder(
      Math.max(
        this.kafka?.at ?? 0,
        this.topics?.at ?? 0,
        this.search?.at ?? 0,
        this.databases?.at ?? 0,
        this.calls?.at ?? 0,
        this.gateway?.atMs ?? 0,
      ),
    );
    const groups = new GroupNames(this.topics?.groups ?? []);
    let ownClients = 0;

    for (const topic of this.topics?.topics ?? []) {
      if (!isLeftOut(topic.name)) builder.topic(topic.name, topic.partitions, topic.records);
    }
    for (const group of this.topics?.groups ?? []) {
      for (const { topic, lagRecords, recordsPerSecond } of group.topics) {
        if (isLeftOut(topic)) continue;
        const runner = groups.runnerOf(group);
        const service = builder.service(groups.serviceOf(runner.groupId), runner.groupId);
        service.clientIds.push(...runner.members.filter((id) => !service.clientIds.includes(id)));
        const judgement = judgeGroup({
          state: runner.state,
          members: runner.members.length,
          lagRecords,
          earlierLagRecords: this.earlierLag(`${group.groupId}|${topic}`),
          inputPerSecond: this.topicRate(topic),
          consumedPerSecond: recordsPerSecond,
        });
        builder.consume(topic, service, lagRecords, judgement);
      }
    }
    for (const client of this.kafka?.clients ?? []) {
      if (isLeftOut(client.topic)) continue;
      const groupId = client.groupId ?? groups.of(client.clientId, client.direction === 'fetch' ? client.topic : null);
      if (groupId === null && client.direction === 'fetch' && isOwnClient(client.clientId)) {
        ownClients += 1;
        continue;
      }
      const service = builder.service(groups.serviceOf(groupId) ?? client.clientId, groupId, client.clientId);
      const direction = client.direction === 'produce' ? 'produce' : 'consume';
      builder.flow(
        direction,
        service,
        `topic:${client.topic}`,
        this.rateOf(kafkaKey(client)),
        client.records,
        client.lastAt,
      );
    }
    for (const { documents, index } of this.search?.indices ?? [])
      if (!isLeftOut(index)) builder.index(index, documents);
    for (const client of this.search?.clients ?? []) {
      if (isLeftOut(client.index)) continue;
      const groupId = groups.of(client.client, null);
      if (groupId === null && isOwnClient(client.client)) {
        ownClients += 1;
        continue;
      }
      const service = builder.service(groups.serviceOf(groupId) ?? client.client, groupId, client.client);
      const total = client.direction === 'index' ? client.documents : client.requests;
      builder.index(client.index, null);
      builder.flow(
        client.direction,
        service,
        `index:${client.index}`,
        this.rateOf(searchKey(client)),
        total,
        client.lastAt,
      );
    }
    for (const { database, isRunning, sessions } of this.databases?.databases ?? []) {
      builder.database(database, isRunning ? sessions : 0);
    }
    for (const client of this.databases?.clients ?? []) {
      const groupId = groups.of(client.client, null);
      if (groupId === null && isOwnClient(client.client)) {
        ownClients += 1;
        continue;
      }
      const service = builder.service(groups.serviceOf(groupId) ?? client.client, groupId, client.client);
      const other = builder.database(client.database, null).id;
      builder.flow('query', service, other, this.rateOf(databaseKey(client)), client.statements, client.lastAt);
    }
    for (const { from, to, total, perSecond } of this.calls?.calls ?? []) {
      const [caller, called] = [from, to].map((name) => {
        const groupId = groups.of(name, null);
        return builder.service(groups.serviceOf(groupId) ?? name, groupId);
      });
      // Counters are scraped now and then: that there is a rate is all that is known of when.
      builder.flow('call', caller!, called!.id, perSecond, total, perSecond > 0 ? this.calls!.at : null);
    }
    for (const [service, total] of this.gateway?.totals ?? []) {
      if (total === 0) continue;
      const groupId = groups.of(service, null);
      const called = builder.service(groups.serviceOf(groupId) ?? service, groupId);
      const perSecond = this.rateOf(gatewayKey(service));
      builder.flow('call', builder.gateway(), called.id, perSecond, total, perSecond > 0 ? this.gateway!.atMs : null);
    }
    return builder.build(ownClients, this.services);
  }

  private earlierLag(key: string): number | null {
    const history = this.lagHistory.get(key) ?? [];
    const first = history[0];
    const last = history.at(-1);
    return first && last && last.atMs - first.atMs >= lagMemoryMs / 2 ? first.lagRecords : null;
  }

  private counter(key: string): CounterRate {
    let counter = this.counters.get(key);
    if (!counter) this.counters.set(key, (counter = new CounterRate()));
    return counter;
  }

  private rateOf(key: string): number {
    return this.counters.get(key)?.value ?? 0;
  }

  private forget(map: Map<string, unknown>, prefix: string, keep: Set<string>): void {
    for (const key of map.keys()) if (key.startsWith(prefix) && !keep.has(key)) map.delete(key);
  }
}

const kafkaKey = (client: KafkaFlow['clients'][number]): string =>
  `kafka|${client.clientId}|${client.groupId ?? ''}|${client.topic}|${client.direction}`;
const databaseKey = (client: DatabaseFlow['clients'][number]): string => `database|${client.client}|${client.database}`;
const gatewayKey = (service: string): string => `gateway|${service}`;
const searchKey = (client: SearchFlow['clients'][number]): string =>
  `search|${client.client}|${client.index}|${client.direction}`;

/**
 * Who works for a group: one without members whose name goes on from that of a group with some is run by that one, as the queries of streaming SQL
 * are, which keep their offsets under names of their own.
 */
export function runnerOf<G extends { groupId: string; members: readonly string[] }>(group: G, groups: readonly G[]): G {
  if (group.members.length > 0) return group;
  return (
    groups
      .filter(({ groupId, members }) => members.length > 0 && group.groupId.startsWith(`${groupId}-`))
      .sort((a, b) => b.groupId.length - a.groupId.length)[0] ?? group
  );
}

/** Which group a client id belongs to: a member of it, its namesake, or a part of it (`GROUP-…`, as Kafka Streams names them). */
class GroupNames {
  private readonly groups: TopicsLive['groups'];

  constructor(groups: TopicsLive['groups']) {
    this.groups = groups;
  }

  runnerOf(group: TopicsLive['groups'][number]): TopicsLive['groups'][number] {
    return runnerOf(group, this.groups);
  }

  /** What stands for a group in the picture: several that have the same one member are one service. */
  serviceOf(groupId: string): string;
  serviceOf(groupId: string | null): string | null;
  serviceOf(groupId: string | null): string | null {
    const members = new Set(this.groups.find((group) => group.groupId === groupId)?.members);
    const [only] = members;
    if (only === undefined || members.size > 1) return groupId;
    const isShared = this.groups.filter((group) => group.members.includes(only)).length > 1;
    return isShared ? only : groupId;
  }

  of(clientId: string, topic: string | null): string | null {
    const asMember = this.groups.filter((group) => group.members.includes(clientId));
    const readsTopic = asMember.find((group) => group.topics.some((read) => read.topic === topic));
    const found =
      readsTopic ??
      asMember[0] ??
      this.groups.find((group) => group.groupId === clientId) ??
      this.groups.find((group) => clientId.startsWith(`${group.groupId}-`));
    return found?.groupId ?? null;
  }
}

class GraphBuilder {
  private readonly atMs: number;
  private readonly nodes = new Map<string, FlowNode>();
  private readonly edges = new Map<string, FlowEdge>();

  constructor(atMs: number) {
    this.atMs = atMs;
  }

  topic(name: string, partitions: number | null, count: number | null): FlowNode {
    const node = this.node(`topic:${name}`, 'topic', name);
    if (partitions !== null) node.partitions = partitions;
    if (count !== null) node.count = count;
    return node;
  }

  index(name: string, count: number | null): FlowNode {
    const node = this.node(`index:${name}`, 'index', name);
    if (count !== null) node.count = count;
    return node;
  }

  database(name: string, sessions: number | null): FlowNode {
    const node = this.node(`database:${name}`, 'database', `PostgreSQL ${name}`);
    if (sessions !== null) node.count = sessions;
    return node;
  }

  service(name: string, groupId: string | null, clientId?: string): FlowNode {
    const node = this.node(`client:${name}`, 'source', name);
    node.groupId = groupId ?? node.groupId;
    if (clientId !== undefined && !node.clientIds.includes(clientId)) node.clientIds.push(clientId);
    return node;
  }

  gateway(): FlowNode {
    return this.node(gatewayNode, 'source', 'gateway');
  }

  consume(topic: string, service: FlowNode, lagRecords: number, judgement: { health: Health; note: string }): void {
    const edge = this.edge('consume', this.topic(topic, null, null).id, service.id);
    edge.lagRecords = Math.max(edge.lagRecords ?? 0, lagRecords);
    edge.health = worse(edge.health, judgement.health);
    service.kind = 'service';
    const rank: Record<Health, number> = { unknown: 0, good: 1, warning: 2, bad: 3 };
    if (service.note === '' || rank[judgement.health] > rank[service.health]) {
      service.health = judgement.health;
      service.note = judgement.note;
    }
  }

  flow(
    kind: FlowEdge['kind'],
    service: FlowNode,
    other: string,
    perSecond: number,
    total: number,
    lastAtMs: number | null,
  ): void {
    if (kind === 'produce' || kind === 'consume') this.topic(other.slice('topic:'.length), null, null);
    const isOut = kind !== 'consume' && kind !== 'search';
    const edge = isOut ? this.edge(kind, service.id, other) : this.edge(kind, other, service.id);
    edge.perSecond += perSecond;
    edge.total += total;
    if (lastAtMs !== null) edge.lastAtMs = Math.max(edge.lastAtMs ?? 0, lastAtMs);
  }

  /** A group whose members all say one name is the service of that name: `streams` rather than `kafka-streams-application`. */
  private nameServices(): void {
    const names = new Set([...this.nodes.values()].map(({ name }) => name));
    for (const node of this.nodes.values()) {
      if (node.name.startsWith('headwater-sql-')) node.name = 'Streaming SQL';
      const [only, ...others] = node.clientIds;
      if (node.groupId === null || only === undefined || others.length > 0 || names.has(only)) continue;
      names.add(only);
      node.name = only;
    }
  }

  build(ownClients: number, services: ReadonlyMap<string, ServiceFacts>): FlowGraph {
    for (const edge of this.edges.values()) this.addUp(edge);
    for (const node of this.nodes.values()) this.finish(node);
    this.nameServices();
    for (const node of this.nodes.values()) {
      const facts = node.id.startsWith('client:') ? services.get(node.name) : undefined;
      if (facts) this.watched(node, facts);
    }
    const used = new Set([...this.edges.values()].flatMap((edge) => [edge.from, edge.to]));
    const all = [...this.nodes.values()];
    const isDrawn = (node: FlowNode): boolean => used.has(node.id);
    return {
      atMs: this.atMs,
      nodes: all.filter(isDrawn).sort((a, b) => (a.id < b.id ? -1 : 1)),
      edges: [...this.edges.values()].sort((a, b) => (a.id < b.id ? -1 : 1)),
      quietTopics: all.filter((node) => node.kind === 'topic' && !isDrawn(node)).map((node) => node.name),
      ownClients,
    };
  }

  private addUp(edge: FlowEdge): void {
    const from = this.nodes.get(edge.from);
    const to = this.nodes.get(edge.to);
    if (!from || !to) return;
    from.outPerSecond += edge.perSecond;
    to.inPerSecond += edge.perSecond;
    for (const node of [from, to]) {
      if (edge.lastAtMs !== null) node.lastAtMs = Math.max(node.lastAtMs ?? 0, edge.lastAtMs);
    }
    if (from.kind === 'topic' && to.kind === 'source') to.kind = to.groupId === null ? 'reader' : 'service';
    if (from.kind === 'index' && to.kind === 'source') to.kind = 'service';
    if (edge.kind === 'call') {
      for (const node of [from, to]) if (node.kind === 'source' || node.kind === 'reader') node.kind = 'service';
    }
    if (edge.kind !== 'consume') edge.health = this.isQuiet(edge.lastAtMs) ? 'unknown' : 'good';
  }

  /** Whatever is no consumer group is judged by its activity alone. */
  private finish(node: FlowNode): void {
    if (node.kind === 'reader' && node.outPerSecond > 0) node.kind = 'service';
    if (node.note !== '') return;
    node.health = this.isQuiet(node.lastAtMs) ? 'unknown' : 'good';
  }

  private watched(node: FlowNode, { instances, instancesUp, isDown }: ServiceFacts): void {
    if (isDown) {
      node.health = 'bad';
      node.note = 'down';
      return;
    }
    if (instancesUp < instances) node.health = worse(node.health, 'warning');
    else if (node.health === 'unknown') node.health = 'good';
    if (node.groupId === null && instances > 1) node.note = `${instancesUp} of ${instances} instances`;
  }

  private isQuiet(lastAtMs: number | null): boolean {
    return lastAtMs === null || this.atMs - lastAtMs > quietAfterMs;
  }

  private node(id: string, kind: NodeKind, name: string): FlowNode {
    let node = this.nodes.get(id);
    if (!node) {
      node = {
        id,
        kind,
        name,
        health: 'unknown',
        note: '',
        groupId: null,
        clientIds: [],
        count: null,
        partitions: null,
        inPerSecond: 0,
        outPerSecond: 0,
        lastAtMs: null,
      };
      this.nodes.set(id, node);
    }
    return node;
  }

  private edge(kind: FlowEdge['kind'], from: string, to: string): FlowEdge {
    const id = `${kind}|${from}|${to}`;
    let edge = this.edges.get(id);
    if (!edge) {
      edge = { id, from, to, kind, perSecond: 0, total: 0, lagRecords: null, health: 'unknown', lastAtMs: null };
      this.edges.set(id, edge);
    }
    return edge;
  }
}

/** Which way an edge carries what is known: the answer of a call goes back to the caller. */
export function flowOf({ from, kind, to }: Pick<FlowEdge, 'from' | 'kind' | 'to'>): { from: string; to: string } {
  return kind === 'call' ? { from: to, to: from } : { from, to };
}

/** The node and all that flows into it or out of it, however far: what "focus" keeps. */
export function neighbourhood(graphEdges: Pick<FlowEdge, 'from' | 'kind' | 'to'>[], id: string): Set<string> {
  const edges = graphEdges.map(flowOf);
  const found = new Set([id]);
  const walk = (start: string, next: (edge: Pick<FlowEdge, 'from' | 'to'>, at: string) => string | null): void => {
    const queue = [start];
    const seen = new Set(queue);
    for (let at = queue.pop(); at !== undefined; at = queue.pop()) {
      for (const edge of edges) {
        const other = next(edge, at);
        if (other === null || seen.has(other)) continue;
        seen.add(other);
        found.add(other);
        queue.push(other);
      }
    }
  };
  walk(id, (edge, at) => (edge.to === at ? edge.from : null));
  walk(id, (edge, at) => (edge.from === at ? edge.to : null));
  return found;
}
