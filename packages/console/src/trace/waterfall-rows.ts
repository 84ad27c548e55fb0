import type { Trace, TraceNode, Wait } from './trace-tree.ts';

/** A row of the waterfall: a span, or the time that a message lay in its topic before the consumer below had it. */
export type WaterfallRow =
  | { kind: 'span'; key: string; node: TraceNode; isFolded: boolean }
  | { kind: 'wait'; key: string; wait: Wait; depth: number };

/** The rows in sight: without what is folded away. */
export function waterfallRows(trace: Trace, folded: ReadonlySet<string>): WaterfallRow[] {
  const rows: WaterfallRow[] = [];
  const { nodes } = trace;
  for (let index = 0; index < nodes.length; index += 1) {
    const node = nodes[index]!;
    if (node.wait) rows.push({ kind: 'wait', key: `${node.key}-wait`, wait: node.wait, depth: node.depth });
    const isFolded = folded.has(node.key) && node.children.length > 0;
    rows.push({ kind: 'span', key: node.key, node, isFolded });
    if (isFolded) index += node.descendants;
  }
  return rows;
}

/** Text in the name, the service, a tag or an annotation. */
export function matchesSpan(node: TraceNode, wanted: string): boolean {
  if (wanted === '') return false;
  const { span } = node;
  const texts = [
    span.name ?? '',
    span.localEndpoint?.serviceName ?? '',
    span.id,
    ...Object.entries(span.tags ?? {}).map(([name, value]) => `${name}=${value}`),
    ...(span.annotations ?? []).map(({ value }) => value),
  ];
  return texts.some((text) => text.toLowerCase().includes(wanted));
}
