import type { GatewayState } from '../api/gateway.ts';
import { getJson } from '../api/http.ts';
import { type MonitoredService, monitoredServicesPath, monitorStreamPath } from '../api/monitor.ts';
import { queryPath, readVector, type VectorSample } from '../api/prometheus.ts';
import type { DatabaseFlow, KafkaFlow, SearchFlow, TopicsLive } from '../api/types.ts';
import type { FlowGraph, ServiceFacts } from '../flow/graph.ts';
import { runnerOf } from '../flow/group-names.ts';
import { FlowModel } from '../flow/model.ts';
import { FrameBatch } from '../live/frame-batch.ts';
import { SmoothedRate } from '../live/rate.ts';
import { live, paused, useLiveState } from './live.ts';
import { Store, useStore } from './store.ts';

const historySize = 60;

export interface TopicFacts {
  partitions: number;
  records: number;
  perSecond: number;
  /** Smoothed rates of the last minute, oldest first. */
  history: readonly number[];
}

export interface GroupFacts {
  state: string;
  /** Of the group that works for this one: its own mostly. */
  runnerState: string;
  members: readonly string[];
  topics: readonly { topic: string; lagRecords: number; recordsPerSecond: number }[];
  lagRecords: number;
  perSecond: number;
  lagHistory: readonly number[];
}

export interface Platform {
  /** The server's time of the newest snapshot; null until the first one came. */
  atMs: number | null;
  /** When it came, by this machine's clock: what "age" is counted from. */
  receivedAtMs: number;
  topics: ReadonlyMap<string, TopicFacts>;
  groups: ReadonlyMap<string, GroupFacts>;
  graph: FlowGraph;
  /** Why no newer figures come, in the words of the part that makes them; null while they come. */
  problem: string | null;
}

/**
 * What the whole console knows about the flow, kept while one goes from page to page, so that rates and sparklines do not
 * start anew with each page.
 */
const model = new FlowModel();
const groupRates = new Map<string, SmoothedRate>();
const empty: Platform = {
  atMs: null,
  receivedAtMs: 0,
  topics: new Map(),
  groups: new Map(),
  graph: model.graph(),
  problem: null,
};
export const platform = new Store<Platform>(empty);

let newest = empty;
let isPlatformShown = false;
const publish = new FrameBatch(() => {
  if (!paused.get()) platform.set(newest);
});
paused.subscribe(() => {
  if (!paused.get()) platform.set(newest);
});

function update(changes: Partial<Platform>): void {
  newest = { ...newest, ...changes, graph: model.graph(isPlatformShown) };
  publish.mark();
}

function addTopics(snapshot: TopicsLive): void {
  model.addTopics(snapshot);
  const topics = new Map<string, TopicFacts>();
  for (const { name, partitions, records } of snapshot.topics) {
    const perSecond = model.topicRate(name);
    const history = extend(newest.topics.get(name)?.history, perSecond);
    topics.set(name, { partitions, records, perSecond, history });
  }
  const groups = new Map<string, GroupFacts>();
  for (const group of snapshot.groups) {
    const { groupId, state, members, topics: reads } = group;
    const lagRecords = reads.reduce((sum, read) => sum + read.lagRecords, 0);
    const rate = groupRates.get(groupId) ?? new SmoothedRate();
    groupRates.set(groupId, rate);
    const consumed = reads.reduce((sum, read) => sum + read.recordsPerSecond, 0);
    const lagHistory = extend(newest.groups.get(groupId)?.lagHistory, lagRecords);
    groups.set(groupId, {
      state,
      runnerState: runnerOf(group, snapshot.groups).state,
      members,
      topics: reads,
      lagRecords,
      perSecond: rate.sample(consumed, snapshot.at),
      lagHistory,
    });
  }
  for (const groupId of groupRates.keys()) if (!groups.has(groupId)) groupRates.delete(groupId);
  update({ atMs: snapshot.at, receivedAtMs: Date.now(), topics, groups, problem: null });
}

function extend(history: readonly number[] | undefined, value: number): readonly number[] {
  return [...(history ?? []).slice(1 - historySize), value];
}

/** Whether the flow has topics of the platform itself, and who writes and reads them. */
export function setPlatformShown(isShown: boolean): void {
  if (isShown === isPlatformShown) return;
  isPlatformShown = isShown;
  update({});
}

/** Topics and groups are watched by every page: the rail, the palette and all tables live on them. */
export function watchTopics(): () => void {
  const subscription = live.subscribe('/api/topics/_live', {
    onEvent: (name, data) => {
      if (name === 'topics') addTopics(JSON.parse(data) as TopicsLive);
      else if (name === 'failure') update({ problem: (JSON.parse(data) as { message: string }).message });
    },
    onState: (state) => {
      if (state.kind === 'error') update({ problem: state.message });
    },
  });
  return () => subscription.close();
}

/** Who produces, fetches, indexes, searches, asks databases and is called by the gateway: only pages that draw the flow ask for it. */
export function watchFlow(): () => void {
  const kafka = live.subscribe('/api/kafka/flow', {
    onEvent: (_name, data) => {
      model.addKafka(JSON.parse(data) as KafkaFlow);
      update({});
    },
  });
  const search = live.subscribe('/api/search/_headwater/flow', {
    onEvent: (_name, data) => {
      model.addSearch(JSON.parse(data) as SearchFlow);
      update({});
    },
    onState: (state) => {
      if (state.kind !== 'error') return;
      model.dropSearch();
      update({});
    },
  });
  const databases = live.subscribe('/api/postgres/flow', {
    onEvent: (_name, data) => {
      model.addDatabases(JSON.parse(data) as DatabaseFlow);
      update({});
    },
    onState: (state) => {
      if (state.kind !== 'error') return;
      model.dropDatabases();
      update({});
    },
  });
  const gateway = live.subscribe('/api/gateway/events', {
    onEvent: (name, data) => {
      if (name !== 'state') return;
      model.addGateway(JSON.parse(data) as GatewayState);
      update({});
    },
  });
  return () => {
    kafka.close();
    search.close();
    databases.close();
    gateway.close();
  };
}

const callsEveryMs = 5000;
/** Calls by name: addresses elsewhere are no services of the map. Spring's services count theirs under the same names. */
const callsCounter = 'http_client_requests_seconds_count{service!="",client_name!~"|none|.*[/:].*"}';
const callsMax = 500;
const callsBy = (expression: string): string =>
  queryPath(`topk(${callsMax}, sum by (service, client_name) (${expression}))`);

/** Who calls whom, from the callers' metrics; nothing where the part prometheus is not served. */
export function watchCalls(): () => void {
  const closing = new AbortController();
  const { signal } = closing;
  let timer: ReturnType<typeof setTimeout> | undefined;
  const take = async (): Promise<void> => {
    const [totals, rates] = await Promise.all(
      [callsCounter, `rate(${callsCounter}[1m])`].map((expression) => readVector(callsBy(expression), signal)),
    );
    const key = ({ metric }: VectorSample): string => `${metric['service']} ${metric['client_name']}`;
    const perSecond = new Map(rates!.map((sample) => [key(sample), Number(sample.value[1])]));
    const calls = totals!.map((sample) => ({
      from: sample.metric['service'] ?? '',
      to: sample.metric['client_name'] ?? '',
      total: Number(sample.value[1]),
      perSecond: perSecond.get(key(sample)) ?? 0,
    }));
    model.addCalls({ at: newest.atMs ?? 0, calls });
    update({});
  };
  const ask = async (): Promise<void> => {
    // What is not answered is asked again: the map says elsewhere that the platform does not answer.
    if (!document.hidden && !paused.get()) await take().catch(() => {});
    if (!signal.aborted) timer = setTimeout(() => void ask(), callsEveryMs);
  };
  getJson<{ parts: { key: string }[] }>('/api', signal).then(
    ({ parts }) => parts.some(({ key }) => key === 'prometheus') && void ask(),
    () => {},
  );
  return () => {
    closing.abort();
    clearTimeout(timer);
  };
}

/** Changes of many services at once are one question. */
const ringMs = 200;

/** What the monitor says of services: one that is down is so on the map as well, before its group is given up. */
export function watchServices(): () => void {
  const closing = new AbortController();
  let timer: ReturnType<typeof setTimeout> | undefined;
  const take = (services: readonly MonitoredService[]): void => {
    model.setServices(new Map(services.map((service) => [service.service, factsOf(service)])));
    update({});
  };
  const ask = (): void => {
    timer ??= setTimeout(() => {
      timer = undefined;
      getJson<{ services: MonitoredService[] }>(monitoredServicesPath, closing.signal).then(
        ({ services }) => take(services),
        // Asked again with the next event, or when the stream comes back.
        () => {},
      );
    }, ringMs);
  };
  const subscription = live.subscribe(monitorStreamPath, {
    onEvent: ask,
    onState: ({ kind }) => {
      if (kind === 'open') ask();
      else if (kind === 'error') take([]);
    },
  });
  return () => {
    clearTimeout(timer);
    closing.abort();
    subscription.close();
  };
}

const factsOf = ({ instances, status }: MonitoredService): ServiceFacts => ({
  isDown: status === 'DOWN',
  instances: instances.length,
  instancesUp: instances.filter((instance) => instance.status === 'UP').length,
});

export function usePlatform(): Platform {
  return useStore(platform);
}

/** One failed attempt is not worth a word: connections come back at once mostly. */
export const toleratedAttempts = 1;

/** What is shown is old, and nobody knows how things are: nothing may look well then. */
export function useIsStale(): boolean {
  const state = useLiveState();
  const { problem } = usePlatform();
  return problem !== null || (state.kind === 'waiting' && state.attempt > toleratedAttempts);
}
