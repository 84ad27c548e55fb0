import { type Alert, isResolved } from '../model/alert.ts';
import type { Labels } from '../model/labels.ts';
import { type Matcher, matchesAll } from '../model/matcher.ts';

/** While an alert matches the source, those that match the target and have the same values of `equal` are not told. */
export interface InhibitRule {
  readonly sourceMatchers: readonly Matcher[];
  readonly targetMatchers: readonly Matcher[];
  readonly equal: readonly string[];
}

/**
 * The fingerprints of the alerts that mute this one. As in Alertmanager an alert that matches both sides is not muted by one that does too, so that
 * none mutes itself.
 */
export function inhibitorsOf(
  labels: Labels,
  rules: readonly InhibitRule[],
  alerts: Iterable<Alert>,
  nowMs: number,
): string[] {
  const wanting = rules.filter((rule) => matchesAll(rule.targetMatchers, labels));
  if (wanting.length === 0) return [];
  const found = new Set<string>();
  for (const alert of alerts) {
    if (isResolved(alert, nowMs)) continue;
    for (const rule of wanting) {
      if (!matchesAll(rule.sourceMatchers, alert.labels)) continue;
      if (rule.equal.some((name) => (alert.labels[name] ?? '') !== (labels[name] ?? ''))) continue;
      if (matchesAll(rule.sourceMatchers, labels) && matchesAll(rule.targetMatchers, alert.labels)) continue;
      found.add(alert.fingerprint);
    }
  }
  return [...found];
}
