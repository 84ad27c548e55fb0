import type { IconName } from '../../components/icons.tsx';
import type { FlowEdge, FlowNode, NodeKind } from '../../flow/model.ts';
import { formatCount, formatRate } from '../../format/number.ts';

export const kindNames: Record<NodeKind, string> = {
  source: 'Source',
  topic: 'Topic',
  service: 'Service',
  reader: 'Reader',
  index: 'Index',
};

export const kindIcons: Record<NodeKind, IconName> = {
  source: 'source',
  topic: 'topics',
  service: 'service',
  reader: 'reader',
  index: 'index',
};

/** The second line of a node. */
export function noteOf(node: FlowNode): string {
  if (node.kind === 'topic') return `${formatCount(node.count ?? 0)} records`;
  if (node.kind === 'index') return `${formatCount(node.count ?? 0)} documents`;
  if (node.note !== '') return node.note;
  if (node.health === 'unknown') return 'quiet';
  return node.kind === 'source' ? 'writing' : node.kind === 'reader' ? 'reading' : 'serving';
}

export function unitOf(edge: FlowEdge): string {
  return edge.kind === 'search' ? 'searches' : edge.kind === 'index' ? 'documents' : 'records';
}

const verbs: Record<FlowEdge['kind'], string> = {
  produce: 'writes to',
  consume: 'is read by',
  index: 'indexes into',
  search: 'is searched by',
};

/** `twitter-topic is read by word-count`. */
export function relationOf(edge: FlowEdge, nameOf: (id: string) => string): string {
  return `${nameOf(edge.from)} ${verbs[edge.kind]} ${nameOf(edge.to)}`;
}

/** `twitter-topic is read by word-count: 24 records a second, lag 0`. */
export function sentenceOf(edge: FlowEdge, nameOf: (id: string) => string): string {
  const lag = edge.lagRecords === null ? '' : `, lag ${formatCount(edge.lagRecords)}`;
  return `${relationOf(edge, nameOf)}: ${formatRate(edge.perSecond)} ${unitOf(edge)} a second${lag}`;
}
