import { type Alert, isResolved } from '../model/alert.ts';
import type { Clock } from '../model/clock.ts';
import type { Labels } from '../model/labels.ts';
import { AlertStore } from './alert-store.ts';
import { type InhibitRule, inhibitorsOf } from './inhibition.ts';
import { type Notified, needsNotification } from './needs-notification.ts';
import { groupKeyOf, groupLabelsOf, matchRoutes, type Route } from './route.ts';
import { Silences } from './silences.ts';
import { isInInterval, type TimeInterval } from './time-interval.ts';

/** One way to tell a receiver: its address is known by name and position. */
export interface Integration {
  readonly receiver: string;
  /** `webhook`, `email`, … */
  readonly kind: string;
  /** Position among those of its kind. */
  readonly index: number;
  readonly sendsResolved: boolean;
}

/** One message that is to be delivered. */
export interface Notification {
  readonly integration: Integration;
  readonly groupKey: string;
  readonly groupLabels: Labels;
  /** Those that fire first; the ended ones only where the receiver wants them. */
  readonly alerts: readonly Alert[];
}

export interface DispatcherOptions {
  clock: Clock;
  route: Route;
  integrations: readonly Integration[];
  inhibitRules?: readonly InhibitRule[];
  timeIntervals?: ReadonlyMap<string, readonly TimeInterval[]>;
  silences?: Silences;
  /** Told of all that one flush decides at once, to be kept together. */
  onFlush(decision: { notifications: Notification[]; notified: { key: string; notified: Notified }[] }): void;
}

interface Group {
  readonly key: string;
  readonly route: Route;
  readonly labels: Labels;
  readonly fingerprints: Set<string>;
  hasFlushed: boolean;
  dueMs: number;
  timer: { cancel(): void } | undefined;
}

export interface GroupView {
  readonly key: string;
  readonly receiver: string;
  readonly labels: Labels;
  readonly alerts: readonly Alert[];
}

const groupsMax = 10_000;
/** How long an ended alert can still be looked at. */
const endedKeptMs = 15 * 60_000;

/**
 * Groups alerts by the routes that take them and decides who is told what and when, as Alertmanager does: `group_wait` before the first message of a
 * group, `group_interval` between looks at it, `repeat_interval` when nothing changes; what is silenced, inhibited or muted is left out.
 *
 * One thing is not as there: an alert of our own rules that ends before its group is looked at is told all the same, first as firing and then as
 * ended, because what made it fire is an event that happened.
 */
export class Dispatcher {
  readonly alerts = new AlertStore();
  readonly silences: Silences;
  /** Groups that were not made because there were too many. */
  refusedGroups = 0;
  readonly #clock: Clock;
  readonly #groups = new Map<string, Group>();
  readonly #notified = new Map<string, Notified>();
  #options: DispatcherOptions;
  #isClosed = false;

  constructor(options: DispatcherOptions) {
    this.#options = options;
    this.#clock = options.clock;
    this.silences = options.silences ?? new Silences();
  }

  /** What is known from before: nothing is told again that was told already. */
  restore(alerts: Iterable<Alert>, notified: Iterable<[string, Notified]>): void {
    for (const [key, value] of notified) this.#notified.set(key, value);
    for (const alert of alerts) {
      this.alerts.put(alert, this.#clock.nowMs());
      this.#route(alert);
    }
  }

  /** Other routes and rules: alerts are grouped anew, and what was told stays known. */
  reconfigure(options: Pick<DispatcherOptions, 'route' | 'integrations' | 'inhibitRules' | 'timeIntervals'>): void {
    this.#options = { ...this.#options, inhibitRules: [], timeIntervals: new Map(), ...options };
    for (const group of this.#groups.values()) group.timer?.cancel();
    this.#groups.clear();
    for (const alert of this.alerts.values()) this.#route(alert);
  }

  /** Takes an alert that is new, changed or over. Throws HW_ALERTS_FULL. */
  put(alert: Alert): Alert {
    const merged = this.alerts.put(alert, this.#clock.nowMs());
    this.#route(merged);
    return merged;
  }

  /** Forgets what has been over for long; returns the keys of what is no longer needed. */
  sweep(): { fingerprints: string[]; notifiedKeys: string[] } {
    const nowMs = this.#clock.nowMs();
    const inGroups = new Set<string>();
    for (const group of this.#groups.values()) for (const fingerprint of group.fingerprints) inGroups.add(fingerprint);
    const fingerprints = this.alerts
      .endedBefore(nowMs - endedKeptMs)
      .filter((fingerprint) => !inGroups.has(fingerprint));
    for (const fingerprint of fingerprints) this.alerts.delete(fingerprint);
    const notifiedKeys: string[] = [];
    for (const [key, { atMs, firing }] of this.#notified) {
      // A group that still fires keeps its memory; one that is over needs it no longer than a repeat would take.
      const isOld = firing.length === 0 ? atMs < nowMs - endedKeptMs : atMs < nowMs - 14 * 86_400_000;
      if (!isOld || this.#groups.has(groupOf(key))) continue;
      this.#notified.delete(key);
      notifiedKeys.push(key);
    }
    return { fingerprints, notifiedKeys };
  }

  groups(): GroupView[] {
    return [...this.#groups.values()].map(({ fingerprints, key, labels, route }) => ({
      key,
      labels,
      receiver: route.receiver,
      alerts: [...fingerprints]
        .map((fingerprint) => this.alerts.get(fingerprint))
        .filter((alert) => alert !== undefined),
    }));
  }

  receiversOf(labels: Labels): string[] {
    return [...new Set(matchRoutes(this.#options.route, labels).map(({ receiver }) => receiver))];
  }

  /** Who keeps this alert from being told: ids of silences, fingerprints of alerts. */
  mutedBy(alert: Alert): { silencedBy: string[]; inhibitedBy: string[] } {
    const nowMs = this.#clock.nowMs();
    return {
      silencedBy: this.silences.silencersOf(alert.labels, nowMs),
      inhibitedBy: inhibitorsOf(alert.labels, this.#options.inhibitRules ?? [], this.alerts.values(), nowMs),
    };
  }

  close(): void {
    this.#isClosed = true;
    for (const group of this.#groups.values()) group.timer?.cancel();
  }

  #route(alert: Alert): void {
    const nowMs = this.#clock.nowMs();
    for (const route of matchRoutes(this.#options.route, alert.labels)) {
      const labels = groupLabelsOf(route, alert.labels);
      const key = groupKeyOf(route, labels);
      let group = this.#groups.get(key);
      if (group === undefined) {
        if (isResolved(alert, nowMs) && !this.#isOfInterest(key, route, alert)) continue;
        if (this.#groups.size >= groupsMax) {
          this.refusedGroups++;
          continue;
        }
        group = { key, route, labels, fingerprints: new Set(), hasFlushed: false, dueMs: 0, timer: undefined };
        this.#groups.set(key, group);
        this.#schedule(group, route.groupWaitMs);
      }
      group.fingerprints.add(alert.fingerprint);
      // It has waited elsewhere already.
      if (!group.hasFlushed && alert.startsMs + route.groupWaitMs < nowMs && group.dueMs > nowMs)
        this.#schedule(group, 0);
    }
  }

  /** Whether someone has yet to hear of an alert that is over. */
  #isOfInterest(key: string, route: Route, alert: Alert): boolean {
    return this.#integrationsOf(route).some((integration) => {
      const notified = this.#notified.get(notifiedKey(key, integration));
      return notified === undefined ? alert.origin === 'rule' : notified.firing.includes(alert.fingerprint);
    });
  }

  #schedule(group: Group, delayMs: number): void {
    group.timer?.cancel();
    group.dueMs = this.#clock.nowMs() + delayMs;
    group.timer = this.#clock.schedule(delayMs, () => {
      if (this.#isClosed) return;
      group.hasFlushed = true;
      this.#schedule(group, group.route.groupIntervalMs);
      this.#flush(group);
    });
  }

  #flush(group: Group): void {
    const nowMs = this.#clock.nowMs();
    const { route } = group;
    const integrations = this.#integrationsOf(route);
    const isMuted = this.#isMutedByTime(route, nowMs);
    const { inhibitRules = [] } = this.#options;
    const told: Alert[] = [];
    const held = new Set<string>();
    for (const fingerprint of group.fingerprints) {
      const alert = this.alerts.get(fingerprint);
      if (alert === undefined) {
        group.fingerprints.delete(fingerprint);
        continue;
      }
      if (isMuted || this.silences.silencersOf(alert.labels, nowMs).length > 0) continue;
      if (inhibitorsOf(alert.labels, inhibitRules, this.alerts.values(), nowMs).length > 0) continue;
      const isOver = isResolved(alert, nowMs);
      if (isOver && alert.origin === 'rule' && this.#isUnheardOf(group, integrations, fingerprint)) {
        held.add(fingerprint);
        told.push({ ...alert, endsMs: 0 });
      } else told.push(isOver ? alert : { ...alert, endsMs: 0 });
    }
    told.sort((a, b) => a.startsMs - b.startsMs || (a.fingerprint < b.fingerprint ? -1 : 1));
    this.#tell(group, integrations, told, nowMs);
    for (const fingerprint of group.fingerprints) {
      const alert = this.alerts.get(fingerprint);
      if (alert !== undefined && isResolved(alert, nowMs) && !held.has(fingerprint))
        group.fingerprints.delete(fingerprint);
    }
    if (group.fingerprints.size === 0) {
      group.timer?.cancel();
      this.#groups.delete(group.key);
    }
  }

  #isUnheardOf(group: Group, integrations: readonly Integration[], fingerprint: string): boolean {
    return integrations.some((integration) => {
      const notified = this.#notified.get(notifiedKey(group.key, integration));
      return !notified?.firing.includes(fingerprint) && !notified?.resolved.includes(fingerprint);
    });
  }

  #tell(group: Group, integrations: readonly Integration[], alerts: readonly Alert[], nowMs: number): void {
    if (alerts.length === 0) return;
    const firing = alerts.filter(({ endsMs }) => endsMs === 0);
    const resolved = alerts.filter(({ endsMs }) => endsMs !== 0);
    const firingSet = new Set(firing.map(({ fingerprint }) => fingerprint));
    const resolvedSet = new Set(resolved.map(({ fingerprint }) => fingerprint));
    const notifications: Notification[] = [];
    const notified: { key: string; notified: Notified }[] = [];
    for (const integration of integrations) {
      const key = notifiedKey(group.key, integration);
      const isNeeded = needsNotification({
        notified: this.#notified.get(key),
        firing: firingSet,
        resolved: resolvedSet,
        sendsResolved: integration.sendsResolved,
        repeatIntervalMs: group.route.repeatIntervalMs,
        nowMs,
      });
      if (!isNeeded) continue;
      const entry: Notified = { atMs: nowMs, firing: [...firingSet], resolved: [...resolvedSet] };
      this.#notified.set(key, entry);
      notified.push({ key, notified: entry });
      const sent = integration.sendsResolved ? [...firing, ...resolved] : firing;
      if (sent.length > 0)
        notifications.push({ integration, groupKey: group.key, groupLabels: group.labels, alerts: sent });
    }
    if (notified.length > 0) this.#options.onFlush({ notifications, notified });
  }

  #isMutedByTime(route: Route, nowMs: number): boolean {
    const { timeIntervals } = this.#options;
    const isIn = (name: string): boolean =>
      (timeIntervals?.get(name) ?? []).some((interval) => isInInterval(interval, nowMs));
    if (route.muteTimeIntervals.some(isIn)) return true;
    return route.activeTimeIntervals.length > 0 && !route.activeTimeIntervals.some(isIn);
  }

  #integrationsOf(route: Route): Integration[] {
    return this.#options.integrations.filter(({ receiver }) => receiver === route.receiver);
  }
}

const separator = '\u0000';

function notifiedKey(groupKey: string, { index, kind, receiver }: Integration): string {
  return [groupKey, receiver, kind, index].join(separator);
}

function groupOf(key: string): string {
  return key.slice(0, key.indexOf(separator));
}
