import type { AlertNow, AlertState, SilenceMatcher } from '../../api/alerts.ts';
import type { Health } from '../../flow/health.ts';
import { formatExact } from '../../format/number.ts';

const severities = ['critical', 'error', 'warning', 'info'];

/** The worst first; a severity that is not known stands behind those that are. */
export function severityRank(severity: string): number {
  const at = severities.indexOf(severity.toLowerCase());
  return at === -1 ? severities.length : at;
}

export function severityHealth(severity: string): Health {
  const rank = severityRank(severity);
  return rank <= 1 ? 'bad' : rank === 2 ? 'warning' : 'unknown';
}

export const stateText: Record<AlertState | 'inactive', string> = {
  firing: 'Firing',
  pending: 'Pending',
  resolved: 'Resolved',
  inactive: 'Quiet',
};

export const alertHealth = ({ severity, state }: Pick<AlertNow, 'severity' | 'state'>): Health =>
  state === 'resolved' ? 'good' : state === 'pending' ? 'unknown' : severityHealth(severity);

export const summaryOf = ({ annotations, labels }: Pick<AlertNow, 'annotations' | 'labels'>): string =>
  annotations['summary'] ??
  annotations['description'] ??
  Object.entries(labels)
    .filter(([name]) => name !== 'alertname' && name !== 'severity')
    .map(([name, value]) => `${name}=${value}`)
    .join(' ');

/** Few digits, whatever was measured. */
export function valueText(value: number | string | null): string {
  if (value === null) return '–';
  if (typeof value === 'string' || Number.isInteger(value))
    return typeof value === 'string' ? value : formatExact(value);
  return String(Number(value.toPrecision(4)));
}

/** Firing before pending, the worst before the rest, the newest first. */
export function byUrgency(a: AlertNow, b: AlertNow): number {
  const order = (alert: AlertNow): number => (alert.state === 'firing' ? 0 : alert.state === 'pending' ? 1 : 2);
  return (
    order(a) - order(b) ||
    severityRank(a.severity) - severityRank(b.severity) ||
    b.startsMs - a.startsMs ||
    (a.fingerprint < b.fingerprint ? -1 : 1)
  );
}

export function matcherText({ isEqual, isRegex, name, value }: SilenceMatcher): string {
  return `${name}${isEqual ? '=' : '!'}${isRegex ? '~' : isEqual ? '' : '='}${JSON.stringify(value)}`;
}

/** Whether all matchers hold; expressions that the browser does not know match nothing. */
export function matchesAll(matchers: readonly SilenceMatcher[], labels: Readonly<Record<string, string>>): boolean {
  return matchers.every(({ isEqual, isRegex, name, value }) => {
    const found = labels[name] ?? '';
    return (isRegex ? matchesWhole(value, found) : found === value) === isEqual;
  });
}

function matchesWhole(expression: string, text: string): boolean {
  try {
    return new RegExp(`^(?:${expression})$`).test(text);
  } catch {
    return false;
  }
}
