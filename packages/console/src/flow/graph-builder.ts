import {
  type FlowEdge,
  type FlowGraph,
  type FlowNode,
  gatewayNode,
  type NodeKind,
  type ServiceFacts,
} from './graph.ts';
import { type Health, worse } from './health.ts';

const quietAfterMs = 10_000;

/** Puts nodes and edges together as they are named, and judges them at the end. */
export class GraphBuilder {
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
