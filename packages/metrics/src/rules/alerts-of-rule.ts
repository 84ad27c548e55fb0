import { LabelSet } from '../labels/label-set.ts';
import { MetricsError } from '../metrics-error.ts';
import { numberText } from '../promql/column.ts';
import type { AlertRule } from './read-rule-files.ts';
import { expandTemplate, type TemplateContext } from './template.ts';

export interface Alert {
  labels: LabelSet;
  annotations: Readonly<Record<string, string>>;
  state: 'pending' | 'firing' | 'inactive';
  value: number;
  activeMs: number;
  firedMs: number | null;
  resolvedMs: number | null;
  keepFiringSinceMs: number | null;
  /** When it was told last. */
  sentMs: number;
}

/** How long an alert that is over is told. */
const resolvedMs = 15 * 60_000;

/** The alerts of one rule, from evaluation to evaluation. */
export class AlertsOfRule {
  readonly rule: AlertRule;
  readonly active = new Map<string, Alert>();

  constructor(rule: AlertRule) {
    this.rule = rule;
  }

  /**
   * Takes the result of the rule's expression.
   * @param activeSince when an alert of these labels became active before a restart
   * @throws HW_METRICS_RULES when two results have the same labels
   */
  evaluate(
    series: readonly { labels: LabelSet; value: number }[],
    timeMs: number,
    context: Omit<TemplateContext, 'labels' | 'value'>,
    activeSince: (labels: LabelSet) => number | undefined,
    limit: number,
  ): void {
    const { rule } = this;
    const found = new Set<string>();
    for (const { labels: from, value } of series) {
      const template: TemplateContext = { ...context, labels: from.withoutName().toObject(), value };
      const labels = LabelSet.fromPairs([
        ...from.withoutName().pairs(),
        ...Object.entries(rule.labels).map(([name, text]): [string, string] => [name, filled(text, template)]),
        ['alertname', rule.alert],
      ]);
      const annotations = Object.fromEntries(
        Object.entries(rule.annotations).map(([name, text]) => [name, filled(text, template)]),
      );
      if (found.has(labels.key))
        throw new MetricsError(
          'HW_METRICS_RULES',
          'vector contains metrics with the same labelset after applying alert labels',
        );
      found.add(labels.key);
      const known = this.active.get(labels.key);
      if (known !== undefined && known.state !== 'inactive') {
        known.value = value;
        known.annotations = annotations;
        known.keepFiringSinceMs = null;
        continue;
      }
      const activeMs = Math.min(activeSince(labels) ?? timeMs, timeMs);
      this.active.set(labels.key, {
        labels,
        annotations,
        state: 'pending',
        value,
        activeMs,
        firedMs: null,
        resolvedMs: null,
        keepFiringSinceMs: null,
        sentMs: 0,
      });
    }
    if (limit > 0 && found.size > limit) {
      this.active.clear();
      throw new MetricsError('HW_METRICS_RULES', `exceeded limit of ${limit} with ${found.size} alerts`);
    }
    for (const [key, alert] of this.active) {
      if (found.has(key)) {
        if (alert.state === 'pending' && timeMs - alert.activeMs >= rule.forMs) {
          alert.state = 'firing';
          alert.firedMs = timeMs;
        }
        continue;
      }
      if (alert.state === 'firing' && rule.keepFiringForMs > 0) {
        alert.keepFiringSinceMs ??= timeMs;
        if (timeMs - alert.keepFiringSinceMs < rule.keepFiringForMs) continue;
      }
      if (alert.state === 'pending' || (alert.resolvedMs !== null && timeMs - alert.resolvedMs > resolvedMs))
        this.active.delete(key);
      else if (alert.state !== 'inactive') {
        alert.state = 'inactive';
        alert.resolvedMs = timeMs;
      }
    }
  }

  state(): 'firing' | 'pending' | 'inactive' {
    const states = new Set([...this.active.values()].map(({ state }) => state));
    return states.has('firing') ? 'firing' : states.has('pending') ? 'pending' : 'inactive';
  }

  /** As in the answers of Prometheus. */
  shown(): object[] {
    return [...this.active.values()]
      .filter(({ state }) => state !== 'inactive')
      .map(({ activeMs, annotations, labels, state, value }) => ({
        labels: labels.toObject(),
        annotations,
        state,
        activeAt: new Date(activeMs).toISOString(),
        value: exponent(value),
      }));
  }
}

function filled(text: string, context: TemplateContext): string {
  try {
    return expandTemplate(text, context);
  } catch (error) {
    return `<error expanding template: ${(error as Error).message}>`;
  }
}

/** Go's `%e` as short as it is. */
function exponent(value: number): string {
  return Number.isFinite(value) ? value.toExponential().replace(/e([+-])(\d)$/, 'e$10$2') : numberText(value);
}
