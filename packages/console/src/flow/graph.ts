import type { Health } from './health.ts';

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
