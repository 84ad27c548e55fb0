import { errorOf, linksOf, serviceOf, topicOf, type ZipkinSpan } from './span.ts';

export interface TraceNode {
  /** Fit for a URL, one of a trace: the span's id, with `s` behind it for the server's half of a shared one. */
  key: string;
  span: ZipkinSpan;
  parent: TraceNode | null;
  children: TraceNode[];
  depth: number;
  /** Microseconds after the trace's start. */
  startUs: number;
  endUs: number;
  /** The latest end below it, its own included. */
  lastEndUs: number;
  /** Spans below it. */
  descendants: number;
  errorsBelow: number;
  /** It names a parent that is not in the trace. */
  isOrphan: boolean;
  /** How long its message lay in the topic before this consumer had it. */
  wait: Wait | null;
}

export interface Wait {
  producer: TraceNode;
  consumer: TraceNode;
  topic: string | null;
  startUs: number;
  endUs: number;
}

export interface Trace {
  traceId: string;
  /** Roots in order of time: mostly one; more when spans are missing. */
  roots: TraceNode[];
  /** All, parents before children, as the waterfall shows them. */
  nodes: TraceNode[];
  byKey: ReadonlyMap<string, TraceNode>;
  /** Microseconds since 1970. */
  startUs: number;
  durationUs: number;
  services: { name: string; spans: number }[];
  errors: number;
  waits: Wait[];
}

/** The spans of one trace as a tree. Made without recursion: traces may be thousands of spans deep. */
export function readTrace(spans: readonly ZipkinSpan[]): Trace {
  const { nodes: all, holders } = nodesOf(spans);
  const startUs = Math.min(...all.map(({ span }) => span.timestamp ?? Number.POSITIVE_INFINITY).concat(Infinity));
  const origin = Number.isFinite(startUs) ? startUs : 0;
  for (const node of all) {
    if (node.span.timestamp === undefined) continue;
    node.startUs = node.span.timestamp - origin;
    node.endUs = node.startUs + (node.span.duration ?? 0);
  }
  const roots = linkParents(all, holders);
  const nodes = inOrder(roots);
  // A span without a time of its own stands where its parent does.
  for (const node of nodes) {
    if (node.span.timestamp === undefined && node.parent) node.startUs = node.endUs = node.parent.startUs;
  }
  addUp(nodes);
  const waits = findWaits(nodes, holders);
  return {
    traceId: spans[0]?.traceId ?? '',
    roots,
    nodes,
    byKey: new Map(nodes.map((node) => [node.key, node])),
    startUs: origin,
    durationUs: nodes.reduce((most, node) => Math.max(most, node.endUs), 0),
    services: servicesOf(nodes),
    errors: nodes.filter(({ span }) => errorOf(span) !== null).length,
    waits,
  };
}

/** Under each id the nodes that have it: one, or the two sides of a shared span. */
type Holders = Map<string, TraceNode[]>;

function nodesOf(spans: readonly ZipkinSpan[]): { nodes: TraceNode[]; holders: Holders } {
  const holders: Holders = new Map();
  const nodes = spans.map((span): TraceNode => {
    const same = holders.get(span.id) ?? [];
    const key =
      same.length === 0 ? span.id : `${span.id}${span.shared ? 's' : ''}${same.length > 1 ? same.length : ''}`;
    const node: TraceNode = {
      key: same.some((other) => other.key === key) ? `${span.id}.${same.length}` : key,
      span,
      parent: null,
      children: [],
      depth: 0,
      startUs: 0,
      endUs: 0,
      lastEndUs: 0,
      descendants: 0,
      errorsBelow: 0,
      isOrphan: false,
      wait: null,
    };
    holders.set(span.id, [...same, node]);
    return node;
  });
  return { nodes, holders };
}

function linkParents(all: readonly TraceNode[], holders: Holders): TraceNode[] {
  const roots: TraceNode[] = [];
  for (const node of all) {
    const parent = parentOf(node, holders);
    if (parent && !isAbove(node, parent)) {
      node.parent = parent;
      parent.children.push(node);
    } else {
      node.isOrphan = node.span.parentId !== undefined;
      roots.push(node);
    }
  }
  const byStart = (a: TraceNode, b: TraceNode): number => a.startUs - b.startUs || (a.key < b.key ? -1 : 1);
  for (const node of all) node.children.sort(byStart);
  return roots.sort(byStart);
}

function parentOf(node: TraceNode, holders: Holders): TraceNode | undefined {
  const { id, parentId, shared } = node.span;
  // The server's half of a shared span hangs below the client's.
  const half = shared ? (holders.get(id) ?? []).find((other) => other !== node && !other.span.shared) : undefined;
  if (half) return half;
  const above = parentId === undefined ? [] : (holders.get(parentId) ?? []);
  return above.find((other) => other.span.shared && serviceOf(other.span) === serviceOf(node.span)) ?? above[0];
}

/** Whether `node` is `other` or above it: ids that go round in a circle make no tree. */
function isAbove(node: TraceNode, other: TraceNode): boolean {
  for (let at: TraceNode | null = other; at; at = at.parent) if (at === node) return true;
  return false;
}

function inOrder(roots: readonly TraceNode[]): TraceNode[] {
  const nodes: TraceNode[] = [];
  const stack = [...roots].reverse();
  for (let node = stack.pop(); node; node = stack.pop()) {
    node.depth = node.parent ? node.parent.depth + 1 : 0;
    nodes.push(node);
    for (let index = node.children.length - 1; index >= 0; index -= 1) stack.push(node.children[index]!);
  }
  return nodes;
}

function addUp(nodes: readonly TraceNode[]): void {
  for (const node of nodes) node.lastEndUs = node.endUs;
  for (let index = nodes.length - 1; index >= 0; index -= 1) {
    const node = nodes[index]!;
    const { parent } = node;
    if (!parent) continue;
    parent.descendants += node.descendants + 1;
    parent.errorsBelow += node.errorsBelow + (errorOf(node.span) === null ? 0 : 1);
    parent.lastEndUs = Math.max(parent.lastEndUs, node.lastEndUs);
  }
}

/** A consumer under its producer, or one that names it by a link: between the two the message lay in its topic. */
function findWaits(nodes: readonly TraceNode[], holders: Holders): Wait[] {
  const waits: Wait[] = [];
  for (const node of nodes) {
    if (node.span.kind !== 'CONSUMER') continue;
    const linked = linksOf(node.span).flatMap(({ spanId }) => holders.get(spanId) ?? []);
    const own = topicOf(node.span);
    // Who takes a message may write the next one without a span for that: what it took came from another topic.
    const isSender = ({ span }: TraceNode): boolean =>
      span.kind === 'PRODUCER' || (span.kind === 'CONSUMER' && own !== null && topicOf(span) !== own);
    const producer = [...(node.parent ? [node.parent] : []), ...linked].find(isSender);
    if (!producer || producer.endUs >= node.startUs) continue;
    const topic = own ?? topicOf(producer.span);
    node.wait = { producer, consumer: node, topic, startUs: producer.endUs, endUs: node.startUs };
    waits.push(node.wait);
  }
  return waits;
}

function servicesOf(nodes: readonly TraceNode[]): { name: string; spans: number }[] {
  const counts = new Map<string, number>();
  for (const { span } of nodes) counts.set(serviceOf(span), (counts.get(serviceOf(span)) ?? 0) + 1);
  return [...counts].map(([name, spans]) => ({ name, spans }));
}

/** What a list says of a trace. */
export function rootOf(trace: Trace): TraceNode | null {
  return trace.roots[0] ?? null;
}

/** Whether the trace has a call or a message from one service to the other: what an edge of the service map counts. */
export function hasEdge(trace: Trace, from: string, to: string): boolean {
  return trace.nodes.some(({ span, parent }) => {
    const local = serviceOf(span);
    const remote = span.remoteEndpoint?.serviceName;
    if (local === to && (remote === from || (parent && serviceOf(parent.span) === from))) return true;
    return local === from && remote === to && span.kind !== 'SERVER' && span.kind !== 'CONSUMER';
  });
}
