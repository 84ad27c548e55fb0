import type { IconName } from '../../components/icons.tsx';
import { type FlowEdge, type FlowNode, gatewayNode, type NodeKind } from '../../flow/graph.ts';
import { formatCount, formatRate, plural } from '../../format/number.ts';

export const kindNames: Record<NodeKind, string> = {
  source: 'Source',
  topic: 'Topic',
  service: 'Service',
  reader: 'Reader',
  index: 'Index',
  database: 'Database',
};

export const kindIcons: Record<NodeKind, IconName> = {
  source: 'source',
  topic: 'topics',
  service: 'service',
  reader: 'reader',
  index: 'index',
  database: 'index',
};

/** What keeps things rather than does them: it flows or is quiet, and is not well or ill. */
export const isStore = ({ kind }: FlowNode): boolean => kind === 'topic' || kind === 'index' || kind === 'database';

/** The second line of a node. */
export function noteOf(node: FlowNode): string {
  if (node.kind === 'topic') return `${formatCount(node.count ?? 0)} records`;
  if (node.kind === 'index') return `${formatCount(node.count ?? 0)} documents`;
  if (node.kind === 'database') return plural(node.count ?? 0, 'connection');
  if (node.note !== '') return node.note;
  if (node.health === 'unknown') return 'quiet';
  return node.kind === 'source' ? 'writing' : node.kind === 'reader' ? 'reading' : 'serving';
}

const units: Record<FlowEdge['kind'], string> = {
  produce: 'records',
  consume: 'records',
  index: 'documents',
  search: 'searches',
  query: 'statements',
  call: 'calls',
};

export function unitOf(edge: FlowEdge): string {
  return units[edge.kind];
}

/** Over what time a rate is taken: calls are counted by services, and scraped; the gateway tells of its own. */
export const spanOf = ({ from, kind }: FlowEdge): string =>
  kind === 'call' && from !== gatewayNode ? 'mean of a minute' : 'smoothed over 3 s';

const verbs: Record<FlowEdge['kind'], string> = {
  produce: 'writes to',
  consume: 'is read by',
  index: 'indexes into',
  search: 'is searched by',
  query: 'asks',
  call: 'calls',
};

/** `twitter-topic is read by streams`. */
export function relationOf(edge: FlowEdge, nameOf: (id: string) => string): string {
  return `${nameOf(edge.from)} ${verbs[edge.kind]} ${nameOf(edge.to)}`;
}

/** `twitter-topic is read by streams: 24 records a second, lag 0`. */
export function sentenceOf(edge: FlowEdge, nameOf: (id: string) => string): string {
  const lag = edge.lagRecords === null ? '' : `, lag ${formatCount(edge.lagRecords)}`;
  return `${relationOf(edge, nameOf)}: ${formatRate(edge.perSecond)} ${unitOf(edge)} a second${lag}`;
}
