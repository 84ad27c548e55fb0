import type { GatewayState } from '../api/gateway.ts';
import type { CallFlow, DatabaseFlow, KafkaFlow, SearchFlow, TopicsLive } from '../api/types.ts';
import { CounterRate, SmoothedRate } from '../live/rate.ts';
import type { FlowGraph, ServiceFacts } from './graph.ts';
import { GraphBuilder } from './graph-builder.ts';
import { GroupNames } from './group-names.ts';
import { judgeGroup } from './health.ts';
import { isHiddenTopic } from './platform-topics.ts';

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
