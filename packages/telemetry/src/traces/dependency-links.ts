import { isError, remoteServiceOf, type Span, serviceOf } from '../spans/span.ts';

/** Calls from one service to another. */
export interface DependencyLink {
  parent: string;
  child: string;
  callCount: number;
  /** Absent: none. */
  errorCount?: number;
}

interface Node {
  span: Span;
  parent: Node | undefined;
  children: Node[];
}

/** Counts who calls whom, over many traces. */
export class LinkCounter {
  readonly #links = new Map<string, DependencyLink>();

  /** @param spans of one trace, merged */
  addTrace(spans: readonly Span[]): void {
    for (const node of nodesOf(spans)) this.#addNode(node);
  }

  links(): DependencyLink[] {
    return [...this.#links.values()];
  }

  /**
   * One call is counted once, where most is known of it: at the server's side, else at the caller's. Messages are two links, to the
   * broker and from it.
   */
  #addNode(node: Node): void {
    const { span } = node;
    const [local, remote] = [serviceOf(span), remoteServiceOf(span)];
    // Old reporters say no kind: who names another service has called it.
    const kind = span.kind ?? (local !== undefined && remote !== undefined ? 'CLIENT' : undefined);
    if (kind === undefined) return;
    const hasServerSide = kind === 'CLIENT' && node.children.length > 0;
    if (hasServerSide) return;
    if (kind === 'PRODUCER' || kind === 'CONSUMER') {
      const [from, to] = kind === 'PRODUCER' ? [local, remote] : [remote, local];
      this.#add(from, to, isError(span));
      return;
    }
    const isServer = kind === 'SERVER';
    let parent = isServer ? remote : local;
    const child = isServer ? local : remote;
    if (isServer && node.parent === undefined && parent === undefined) return;
    let failed = isError(span);
    const caller = callAbove(node);
    if (caller !== undefined) {
      const callerService = serviceOf(caller.span);
      // The server's span between them was not reported: its caller has called this service.
      if (kind === 'CLIENT' && local !== undefined && callerService !== local) this.#add(callerService, local, false);
      if (isServer || parent === undefined) parent = callerService;
      // Where both sides have a span of their own, the caller may have seen an error that the callee did not.
      if (!failed && caller.span.kind === 'CLIENT' && span.parentId === caller.span.id) failed = isError(caller.span);
    }
    this.#add(parent, child, failed);
  }

  #add(parent: string | undefined, child: string | undefined, failed: boolean): void {
    if (parent === undefined || child === undefined) return;
    const key = `${parent}\n${child}`;
    let link = this.#links.get(key);
    if (link === undefined) {
      link = { parent, child, callCount: 0 };
      this.#links.set(key, link);
    }
    link.callCount += 1;
    if (failed) link.errorCount = (link.errorCount ?? 0) + 1;
  }
}

/** The next call upwards; spans within a service lie between. */
function callAbove(node: Node): Node | undefined {
  for (let above = node.parent; above !== undefined; above = above.parent)
    if (above.span.kind !== undefined) return above;
  return undefined;
}

/**
 * The tree of a trace. A server's half of a B3 span hangs under the caller's half, and what it did itself under it; what has lost its parent hangs under
 * the root, which has called it somehow.
 */
function nodesOf(spans: readonly Span[]): Node[] {
  const nodes: Node[] = spans.map((span) => ({ span, parent: undefined, children: [] }));
  const byId = new Map<string, Node>();
  const shared = new Map<string, Node>();
  let root: Node | undefined;
  for (const node of nodes) {
    const { span } = node;
    if (span.shared) shared.set(sharedKey(span.id, span), node);
    else byId.set(span.id, node);
    if (!span.shared && span.parentId === undefined) root ??= node;
  }
  for (const node of nodes) {
    if (node === root) continue;
    const parent = parentOf(node.span, byId, shared) ?? root;
    // Spans that name one another as parents are no tree.
    if (parent === undefined || isBelow(parent, node)) continue;
    node.parent = parent;
    parent.children.push(node);
  }
  return nodes;
}

function parentOf(span: Span, byId: ReadonlyMap<string, Node>, shared: ReadonlyMap<string, Node>): Node | undefined {
  if (span.shared) return byId.get(span.id);
  if (span.parentId === undefined) return undefined;
  return shared.get(sharedKey(span.parentId, span)) ?? byId.get(span.parentId);
}

/** Several servers may answer under one id: the place tells them apart. */
function sharedKey(id: string, { localEndpoint: place }: Span): string {
  return `${id} ${place?.serviceName} ${place?.ipv4} ${place?.ipv6} ${place?.port}`;
}

function isBelow(node: Node, top: Node): boolean {
  for (let at: Node | undefined = node; at !== undefined; at = at.parent) if (at === top) return true;
  return false;
}
