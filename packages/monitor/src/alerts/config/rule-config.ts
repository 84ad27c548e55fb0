import type { Matcher } from '../model/matcher.ts';
import type { Template } from '../model/template.ts';

export type Comparison = '>' | '>=' | '<' | '<=' | '==' | '!=';

interface RuleBase {
  readonly name: string;
  readonly severity: string;
  readonly forMs: number;
  readonly keepFiringForMs: number;
  readonly labels: Readonly<Record<string, Template>>;
  readonly annotations: Readonly<Record<string, Template>>;
  /** Most alerts at once. */
  readonly limit: number;
  /** As it was given, to be shown and stored. */
  readonly source: Readonly<Record<string, unknown>>;
}

/** Which records of a topic, and what of them becomes labels: an alert is about one set of these. */
export interface RecordSelection {
  readonly topics: readonly string[];
  /** Paths of fields, `$key` for the record's key. */
  readonly by: readonly string[];
  /** Conditions on fields. */
  readonly where: readonly Matcher[];
}

/** A query that is asked again and again of the part `prometheus`. */
export interface PromqlSource {
  readonly type: 'promql';
  readonly expr: string;
  readonly intervalMs: number;
}

export interface FieldSource extends RecordSelection {
  readonly type: 'field';
  readonly field: string;
}

export interface SystemSource {
  readonly type: 'system';
  readonly measure: 'disk_free_percent' | 'disk_free_bytes' | 'load_per_core';
  readonly path: string;
  readonly intervalMs: number;
}

export interface ThresholdRule extends RuleBase {
  readonly kind: 'threshold';
  readonly from: PromqlSource | FieldSource | SystemSource;
  readonly op: Comparison;
  /** Null: what a PromQL query answers is what is wrong, as in Prometheus' own rules. */
  readonly value: number | string | null;
}

export interface RateRule extends RuleBase, RecordSelection {
  readonly kind: 'rate';
  readonly windowMs: number;
  readonly op: '>' | '>=';
  /** Events in the window. */
  readonly value: number;
}

export interface AbsenceRule extends RuleBase, RecordSelection {
  readonly kind: 'absence';
  readonly withinMs: number;
  /** Values of the first of `by` that are expected from the beginning. */
  readonly keys: readonly string[];
  /** When a thing that stays away is no longer missed. */
  readonly forgetAfterMs: number;
}

export interface LagRule extends RuleBase {
  readonly kind: 'lag';
  readonly group: Matcher;
  readonly topic: Matcher;
  /** Records behind; null: growth alone counts. */
  readonly value: number | null;
  /** By how many records the lag grew in the window; null: the lag alone counts. */
  readonly growth: number | null;
  readonly windowMs: number;
  readonly intervalMs: number;
}

export interface ErrorRatioRule extends RuleBase, RecordSelection {
  readonly kind: 'errorRatio';
  readonly errors: readonly Matcher[];
  readonly windowMs: number;
  readonly minEvents: number;
  /** From 0 to 1. */
  readonly value: number;
}

export interface AnomalyRule extends RuleBase {
  readonly kind: 'anomaly';
  readonly from: PromqlSource | FieldSource;
  readonly seasonMs: number;
  /** How many robust standard deviations are too many. */
  readonly sensitivity: number;
  readonly direction: 'both' | 'up' | 'down';
  /** Values that are learned from before anything is said. */
  readonly minValues: number;
}

export interface SqlRule extends RuleBase {
  readonly kind: 'sql';
  readonly query: string;
  /** The query has EMIT CHANGES: rows come by themselves. */
  readonly isPush: boolean;
  /** Columns that become labels; empty: all columns of text. */
  readonly keys: readonly string[];
  readonly intervalMs: number;
  /** With a push query: when a row that is not said again is over. */
  readonly holdMs: number;
}

export type Rule = ThresholdRule | RateRule | AbsenceRule | LagRule | ErrorRatioRule | AnomalyRule | SqlRule;
export type RuleKind = Rule['kind'];
export const ruleKinds: readonly RuleKind[] = ['threshold', 'rate', 'absence', 'lag', 'errorRatio', 'anomaly', 'sql'];
