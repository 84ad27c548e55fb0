import { formatCount, formatRate, plural } from '../format/number.ts';
import type { FlowGraph } from './graph.ts';
import type { Health } from './health.ts';

export interface FlowSummary {
  health: Health;
  /** One sentence: is it well, and if not, what is not. */
  sentence: string;
  /** The node that the sentence is about. */
  aboutId: string | null;
  inPerSecond: number;
  outPerSecond: number;
  indexedPerSecond: number;
  lagRecords: number;
}

/** "Is it well?" out of the graph: the worst thing first. */
export function summarize(graph: FlowGraph): FlowSummary {
  const sum = (kind: string): number =>
    graph.edges.filter((edge) => edge.kind === kind).reduce((total, edge) => total + edge.perSecond, 0);
  const rates = { inPerSecond: sum('produce'), outPerSecond: sum('consume'), indexedPerSecond: sum('index') };
  const consuming = graph.edges.filter((edge) => edge.kind === 'consume' && edge.lagRecords !== null);
  const lagRecords = consuming.reduce((total, edge) => total + (edge.lagRecords ?? 0), 0);
  const facts = { ...rates, lagRecords };

  for (const health of ['bad', 'warning'] as const) {
    const edges = consuming
      .filter((edge) => edge.health === health)
      .sort((a, b) => (b.lagRecords ?? 0) - (a.lagRecords ?? 0));
    const edge = edges[0];
    if (!edge) continue;
    const node = graph.nodes.find((other) => other.id === edge.to);
    const more = edges.length > 1 ? ` and ${edges.length - 1} more` : '';
    const note = node?.health === health ? node.note : 'behind';
    const sentence = `${node?.name ?? edge.to}${more}: ${note}, ${plural(edge.lagRecords ?? 0, 'record')} to go`;
    return { health, sentence, aboutId: edge.to, ...facts };
  }
  if (rates.inPerSecond > 0 || rates.outPerSecond > 0) {
    return {
      health: 'good',
      sentence: `Flowing, ${formatRate(rates.inPerSecond)} records a second`,
      aboutId: null,
      ...facts,
    };
  }
  if (graph.edges.length > 0) {
    return { health: 'unknown', sentence: 'Quiet: nothing was written in the last seconds', aboutId: null, ...facts };
  }
  const topics = graph.quietTopics.length;
  const sentence = topics === 0 ? 'No topics yet' : `${formatCount(topics)} topics, and nobody writes or reads`;
  return { health: 'unknown', sentence, aboutId: null, ...facts };
}
