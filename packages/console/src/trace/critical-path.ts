import type { Trace, TraceNode } from './trace-tree.ts';

export interface PathPart {
  node: TraceNode;
  startUs: number;
  endUs: number;
}

/**
 * What the duration of the trace is made of: at each moment the one span whose end everybody after it waited for. Making any of these parts
 * shorter makes the trace shorter; making anything else shorter does not.
 *
 * Walked backwards from the end of the trace: the child that ended last held its parent up until it began, then the one that had ended before
 * that, and so on; what is left is the parent's own time. Time in a topic belongs to nobody and is left out.
 */
export function criticalPath(trace: Trace): PathPart[] {
  const parts: PathPart[] = [];
  const root = trace.roots.reduce<TraceNode | null>(
    (latest, node) => (latest === null || node.lastEndUs > latest.lastEndUs ? node : latest),
    null,
  );
  if (!root) return parts;
  const stack: { node: TraceNode; untilUs: number }[] = [{ node: root, untilUs: root.lastEndUs }];
  for (let at = stack.pop(); at; at = stack.pop()) {
    const { node, untilUs } = at;
    let cursor = untilUs;
    const children = [...node.children].sort((a, b) => b.lastEndUs - a.lastEndUs);
    for (const child of children) {
      if (child.startUs >= cursor) continue;
      // It was still running when its parent went on without it: nobody waited for it.
      if (child.lastEndUs > cursor) continue;
      add(node, child.lastEndUs, cursor);
      stack.push({ node: child, untilUs: child.lastEndUs });
      cursor = child.startUs;
      if (cursor <= node.startUs) break;
    }
    add(node, node.startUs, cursor);
  }
  return parts.sort((a, b) => a.startUs - b.startUs);

  function add(node: TraceNode, from: number, to: number): void {
    const startUs = Math.max(from, node.startUs);
    const endUs = Math.min(to, node.endUs);
    if (endUs > startUs) parts.push({ node, startUs, endUs });
  }
}
