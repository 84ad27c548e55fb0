/** What the part `monitor` says of alerts (`/api/monitor/alerts…`), and Alertmanager's own API for silences. */
export type AlertState = 'pending' | 'firing' | 'resolved';

export interface AlertNow {
  fingerprint: string;
  rule: string;
  state: AlertState;
  severity: string;
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  /** What was measured; null: an alert of somebody else, or a value that is no number. */
  value: number | string | null;
  startsMs: number;
  endsMs: number | null;
  causeMs: number | null;
  origin?: string;
  receivers: readonly string[];
  silencedBy: readonly string[];
  inhibitedBy: readonly string[];
}

export interface AlertsNow {
  timestampMs: number;
  /** False: the state is still read from its topic. */
  isReady: boolean;
  alerts: readonly AlertNow[];
}

/** A change of an alert, as it stands on the topic `headwater-alerts`. */
export interface AlertChange extends Omit<AlertNow, 'origin' | 'receivers' | 'silencedBy' | 'inhibitedBy'> {
  timestampMs: number;
}

export interface AlertRule {
  name: string;
  kind: string;
  severity: string;
  state: 'inactive' | 'pending' | 'firing';
  firing: number;
  pending: number;
  /** Alerts that found no place below the rule's limit. */
  overflowed: number;
  health: 'ok' | 'err' | 'unknown';
  lastError: string | null;
  lastEvaluationMs: number | null;
  /** Topics that it waits for. */
  missingTopics: readonly string[];
  /** It stands in the file: what is changed at run time does not change it. */
  isFromConfig: boolean;
  /** As it was written. */
  rule: Readonly<Record<string, unknown>>;
}

export interface PastAlert {
  labels: Readonly<Record<string, string>>;
  annotations: Readonly<Record<string, string>>;
  value: number | string | null;
  activeMs: number;
  firedMs: number;
  /** Null: it had not ended. */
  endsMs: number | null;
}

export interface PastTest {
  fromMs: number;
  toMs: number;
  records: number;
  /** False: there was more than could be looked at. */
  isComplete: boolean;
  missingTopics: readonly string[];
  alerts: readonly PastAlert[];
}

export interface SilenceMatcher {
  name: string;
  value: string;
  isRegex: boolean;
  isEqual: boolean;
}

export interface Silence {
  id: string;
  status: { state: 'active' | 'pending' | 'expired' };
  comment: string;
  createdBy: string;
  startsAt: string;
  endsAt: string;
  updatedAt: string;
  matchers: readonly SilenceMatcher[];
}

const base = '/api/monitor';

export const alertsPath = `${base}/alerts`;
export const alertRulesPath = `${alertsPath}/rules`;
export const alertRulePath = (name: string): string => `${alertRulesPath}/${encodeURIComponent(name)}`;
export const alertTestPath = `${alertsPath}/test`;
export const silencesPath = `${base}/api/v2/silences`;
export const silencePath = (id: string): string => `${base}/api/v2/silence/${encodeURIComponent(id)}`;

export function alertHistoryPath(sinceMs: number, limit: number): string {
  return `${alertsPath}/history?${new URLSearchParams({ sinceMs: String(sinceMs), limit: String(limit) })}`;
}
