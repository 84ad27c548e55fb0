import type { KafkaClient } from '@headwater/client';
import type { Rule } from '../config/rule-config.ts';
import { AbsenceDetector } from './absence-detector.ts';
import { FieldAnomalyDetector, pollAnomalies } from './anomaly-detector.ts';
import type { EventDetector, PollDetector, StreamDetector } from './detector.ts';
import { FieldDetector } from './field-detector.ts';
import { lagDetector } from './lag-detector.ts';
import { promqlDetector } from './promql-detector.ts';
import { pullDetector, pushDetector } from './sql-detector.ts';
import { systemDetector } from './system-detector.ts';
import { WindowDetector } from './window-detector.ts';

/** Where rules find out. Addresses are asked for when they are needed: parts may start later. */
export interface RuleSources {
  readonly client: KafkaClient;
  readonly prometheusUrl: () => string | undefined;
  readonly sqlUrl: () => string | undefined;
  /** The disk that matters. */
  readonly dataDir: string;
}

export type Detection =
  | { readonly type: 'events'; readonly detector: EventDetector }
  | { readonly type: 'poll'; readonly detector: PollDetector }
  | { readonly type: 'stream'; readonly detector: StreamDetector };

/** The one that follows topics, for the kinds of rules that can be tried on the past; null for the others. */
export function eventDetector(rule: Rule, sinceMs: number): EventDetector | null {
  if (rule.kind === 'rate' || rule.kind === 'errorRatio') return new WindowDetector(rule);
  if (rule.kind === 'absence') return new AbsenceDetector(rule, sinceMs);
  if (rule.kind === 'threshold' && rule.from.type === 'field') return new FieldDetector(rule, rule.from);
  if (rule.kind === 'anomaly' && rule.from.type === 'field') return new FieldAnomalyDetector(rule, rule.from);
  return null;
}

export function makeDetector(rule: Rule, sources: RuleSources, nowMs: number): Detection {
  const detector = eventDetector(rule, nowMs);
  if (detector !== null) return { type: 'events', detector };
  switch (rule.kind) {
    case 'lag':
      return { type: 'poll', detector: lagDetector(rule, sources.client) };
    case 'sql':
      if (rule.isPush) return { type: 'stream', detector: pushDetector(rule, sources.sqlUrl()) };
      return { type: 'poll', detector: pullDetector(rule, sources.sqlUrl()) };
    case 'threshold': {
      if (rule.from.type === 'system')
        return { type: 'poll', detector: systemDetector(rule, rule.from, sources.dataDir) };
      const compared = rule.value === null ? null : { op: rule.op, value: Number(rule.value) };
      return { type: 'poll', detector: promqlDetector(promqlOf(rule.from), sources.prometheusUrl(), compared) };
    }
    case 'anomaly':
      return {
        type: 'poll',
        detector: pollAnomalies(rule, promqlDetector(promqlOf(rule.from), sources.prometheusUrl(), null)),
      };
    default:
      throw new TypeError(`rule kind ${rule.kind} follows topics`);
  }
}

function promqlOf<Source extends { type: string }>(source: Source): Extract<Source, { type: 'promql' }> {
  return source as Extract<Source, { type: 'promql' }>;
}
