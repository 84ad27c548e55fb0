import type { Logger } from '@headwater/logger';
import { LabelSet } from '../labels/label-set.ts';
import { matcher } from '../labels/matcher.ts';
import type { QueryOptions } from '../promql/query.ts';
import { queryInstant } from '../promql/query.ts';
import { SampleBuffer } from '../store/chunk-codec.ts';
import type { SampleStore } from '../store/sample-store.ts';
import type { Series } from '../store/series.ts';
import type { AlertSender } from './alert-sender.ts';
import { type Alert, AlertsOfRule } from './alerts-of-rule.ts';
import type { AlertRule, RecordingRule, RuleGroup } from './read-rule-files.ts';
import type { TemplateContext } from './template.ts';

export interface RuleEngineOptions {
  store: SampleStore;
  queryOptions: QueryOptions;
  externalUrl: string;
  externalLabels: Readonly<Record<string, string>>;
  sender: AlertSender | undefined;
  /** Told of each sample that a rule has made. */
  tell(series: Series, timeMs: number, value: number): void;
  now(): number;
  logger: Logger;
}

/** What is known of a rule besides what it says. */
interface RuleState {
  rule: RecordingRule | AlertRule;
  alerts: AlertsOfRule | undefined;
  health: 'unknown' | 'ok' | 'err';
  lastError: string;
  lastMs: number;
  seconds: number;
  /** Series that the last evaluation has written: those that are not written again have ended. */
  written: Map<string, Series>;
}

interface GroupState {
  group: RuleGroup;
  rules: RuleState[];
  timer: NodeJS.Timeout | undefined;
  lastMs: number;
  seconds: number;
  isRestored: boolean;
}

/** How long ago an alert may have been active to go on with its time after a restart. */
const restoreMaxMs = 3_600_000;

/** Evaluates groups of rules, each in its interval: its rules one after the other, at one and the same time. */
export class RuleEngine {
  evaluations = 0;
  failures = 0;
  missed = 0;
  readonly #options: RuleEngineOptions;
  #groups: GroupState[] = [];
  #isClosed = false;

  constructor(options: RuleEngineOptions) {
    this.#options = options;
  }

  /** Takes these groups instead of those there were; a group that stays as it was keeps its alerts. */
  load(groups: readonly RuleGroup[]): void {
    if (this.#isClosed) return;
    const before = new Map(this.#groups.map((state) => [`${state.group.file} ${state.group.name}`, state]));
    this.#groups = groups.map((group) => {
      const known = before.get(`${group.file} ${group.name}`);
      if (known !== undefined && sameGroup(known.group, group)) {
        before.delete(`${group.file} ${group.name}`);
        return known;
      }
      const rules = group.rules.map((rule, i): RuleState => {
        const old = known?.rules[i];
        const alerts = rule.kind === 'alerting' ? new AlertsOfRule(rule) : undefined;
        if (old?.alerts !== undefined && alerts !== undefined && old.alerts.rule.alert === alerts.rule.alert)
          for (const [key, alert] of old.alerts.active) alerts.active.set(key, alert);
        return {
          rule,
          alerts,
          health: 'unknown',
          lastError: '',
          lastMs: 0,
          seconds: 0,
          written: old?.written ?? new Map(),
        };
      });
      const state: GroupState = {
        group,
        rules,
        timer: undefined,
        lastMs: 0,
        seconds: 0,
        isRestored: known?.isRestored ?? false,
      };
      this.#schedule(state);
      return state;
    });
    for (const gone of before.values()) {
      clearTimeout(gone.timer);
      // What a changed group has in common with the old one goes on with it.
      if (!this.#groups.some(({ group }) => group.file === gone.group.file && group.name === gone.group.name))
        for (const { written } of gone.rules)
          for (const series of written.values()) this.#options.store.appendStale(series, this.#options.now());
    }
  }

  groups(): readonly Readonly<GroupState>[] {
    return this.#groups;
  }

  /** Evaluates a group as of `timeMs`. For tests, and for those who cannot wait. */
  evaluate(timeMs: number): void {
    for (const state of this.#groups) this.#evaluateGroup(state, timeMs);
  }

  /** May be called twice. */
  close(): void {
    this.#isClosed = true;
    for (const { timer } of this.#groups) clearTimeout(timer);
  }

  #schedule(state: GroupState): void {
    const { intervalMs } = state.group;
    const nowMs = this.#options.now();
    const nextMs = Math.floor(nowMs / intervalMs) * intervalMs + intervalMs;
    state.timer = setTimeout(() => {
      if (this.#isClosed) return;
      const lateMs = this.#options.now() - nextMs;
      if (lateMs > intervalMs) this.missed += Math.floor(lateMs / intervalMs);
      this.#evaluateGroup(state, nextMs);
      this.#schedule(state);
    }, nextMs - nowMs);
    state.timer.unref();
  }

  #evaluateGroup(state: GroupState, timeMs: number): void {
    const startedMs = performance.now();
    for (const rule of state.rules) {
      const ruleStartedMs = performance.now();
      this.evaluations += 1;
      try {
        this.#evaluateRule(rule, state, timeMs);
        rule.health = 'ok';
        rule.lastError = '';
      } catch (error) {
        this.failures += 1;
        const { message } = error as Error;
        if (rule.lastError !== message)
          this.#options.logger.warn(
            { group: state.group.name, rule: nameOf(rule.rule), reason: message },
            'a rule cannot be evaluated',
          );
        rule.health = 'err';
        rule.lastError = message;
      }
      rule.lastMs = timeMs;
      rule.seconds = (performance.now() - ruleStartedMs) / 1_000;
    }
    state.isRestored = true;
    state.lastMs = timeMs;
    state.seconds = (performance.now() - startedMs) / 1_000;
    this.#options.store.flush();
  }

  #evaluateRule(state: RuleState, { group, isRestored }: GroupState, timeMs: number): void {
    const { externalLabels, externalUrl, queryOptions, sender, store } = this.#options;
    const { alerts, rule } = state;
    const result = queryInstant(store, rule.expression, timeMs, queryOptions);
    const series =
      result.type === 'vector'
        ? result.series
        : result.type === 'scalar'
          ? [{ labels: LabelSet.empty, timeMs, value: result.value }]
          : fail('the expression of a rule must be a vector or a number');
    const samples = new Map<string, { labels: LabelSet; value: number }>();
    if (rule.kind === 'recording') {
      if (group.limit > 0 && series.length > group.limit)
        fail(`exceeded limit of ${group.limit} with ${series.length} series`);
      for (const { labels: from, value } of series) {
        const labels = LabelSet.fromPairs([...from.pairs(), ...Object.entries(rule.labels), ['__name__', rule.record]]);
        if (samples.has(labels.key)) fail('vector contains metrics with the same labelset after applying rule labels');
        samples.set(labels.key, { labels, value });
      }
    } else {
      const context: Omit<TemplateContext, 'labels' | 'value'> = {
        externalLabels,
        externalUrl,
        query: (query) => {
          const found = queryInstant(store, query, timeMs, queryOptions);
          if (found.type === 'vector')
            return found.series.map(({ labels, value }) => ({ Labels: labels.toObject(), Value: value }));
          return found.type === 'scalar' ? [{ Labels: {}, Value: found.value }] : [];
        },
      };
      const since = (labels: LabelSet): number | undefined =>
        isRestored || rule.forMs === 0 ? undefined : this.#activeBefore(labels, timeMs);
      alerts!.evaluate(series, timeMs, context, since, group.limit);
      for (const alert of alerts!.active.values())
        for (const each of alertSeries(alert)) samples.set(each.labels.key, each);
      sender?.tell([...alerts!.active.values()], rule.query, timeMs, group.intervalMs);
    }
    this.#write(state, samples, timeMs, rule.kind === 'recording');
  }

  #write(
    state: RuleState,
    samples: ReadonlyMap<string, { labels: LabelSet; value: number }>,
    timeMs: number,
    isTold: boolean,
  ): void {
    const { store, tell } = this.#options;
    const written = new Map<string, Series>();
    for (const [key, { labels, value }] of samples) {
      const series = store.series(labels);
      if (series === undefined) continue;
      written.set(key, series);
      if (store.append(series, timeMs, value) === 'added' && isTold) tell(series, timeMs, value);
    }
    for (const [key, series] of state.written) if (!written.has(key)) store.appendStale(series, timeMs);
    state.written = written;
  }

  /** `ALERTS_FOR_STATE` of these labels tells since when, if it was told lately. */
  #activeBefore(labels: LabelSet, timeMs: number): number | undefined {
    const { store } = this.#options;
    const wanted = labels.with('__name__', 'ALERTS_FOR_STATE');
    const matchers = [...wanted.pairs()].map(([name, value]) => matcher(name, '=', value));
    const samples = new SampleBuffer();
    for (const series of store.select(matchers, timeMs - restoreMaxMs, timeMs)) {
      if (series.labels.key !== wanted.key) continue;
      store.read(series, timeMs - restoreMaxMs, timeMs, samples);
      if (samples.length === 0 || samples.isStale(samples.length - 1)) return undefined;
      return samples.values[samples.length - 1]! * 1_000;
    }
    return undefined;
  }
}

function fail(message: string): never {
  throw new Error(message);
}

export function nameOf(rule: RecordingRule | AlertRule): string {
  return rule.kind === 'recording' ? rule.record : rule.alert;
}

function alertSeries({ activeMs, labels, state }: Alert): { labels: LabelSet; value: number }[] {
  if (state === 'inactive') return [];
  return [
    { labels: labels.with('__name__', 'ALERTS').with('alertstate', state), value: 1 },
    { labels: labels.with('__name__', 'ALERTS_FOR_STATE'), value: activeMs / 1_000 },
  ];
}

function sameGroup(a: RuleGroup, b: RuleGroup): boolean {
  const text = ({ intervalMs, limit, rules }: RuleGroup): string =>
    JSON.stringify([intervalMs, limit, rules.map(({ expression: _, ...rest }) => rest)]);
  return text(a) === text(b);
}
