import type { KafkaClient } from '@headwater/client';
import type { Logger } from '@headwater/logger';
import type { Rule } from '../config/rule-config.ts';
import { type Instance, RuleInstances } from '../engine/rule-instances.ts';
import type { Clock } from '../model/clock.ts';
import { labelsKey } from '../model/labels.ts';
import { FollowTopics, type Position } from '../state/follow-topics.ts';
import { readLog } from '../state/read-log.ts';
import type { PollDetector, StreamDetector } from './detector.ts';
import { type EventRecord, eventRecord } from './event-record.ts';
import { makeDetector, type RuleSources } from './make-detector.ts';
import { EventRuleRunner } from './rule-runner.ts';

export interface RuleHealth {
  health: 'ok' | 'err' | 'unknown';
  lastError: string | null;
  lastEvaluationMs: number | null;
}

export interface RuleSetOptions {
  readonly clock: Clock;
  readonly client: KafkaClient;
  readonly logger: Logger;
  readonly sources: RuleSources;
  /** Topics that are followed besides those of rules. */
  readonly alsoTopics: readonly string[];
  onChange(instance: Instance): void;
  onRecord(record: EventRecord): void;
  /** After the records before were worked on. */
  onPosition(topic: string, position: Position): void;
}

/** A rule as it runs. */
export interface RuleState {
  readonly rule: Rule;
  readonly health: RuleHealth;
  readonly instances: readonly Instance[];
  readonly overflowed: number;
  /** Topics that it waits for. */
  readonly missingTopics: readonly string[];
}

interface Running {
  readonly rule: Rule;
  readonly instances: RuleInstances;
  readonly runner: EventRuleRunner | null;
  readonly health: RuleHealth;
  readonly stop: AbortController;
  /** Once it has looked, or could not. */
  readonly looked: PromiseWithResolvers<void>;
  /** Records that came while the past was looked at; null: it has been. */
  waiting: EventRecord[] | null;
}

const pollTimeoutMs = 10_000;
const streamRetryMs = 2_000;
/** What is looked at of the past when a rule begins. */
const warmUpRecordsMax = 500_000;
const waitingMax = 200_000;
/** Rules are looked at so long after a due time at most, and not more often. */
const tickMinMs = 5;

/** Runs rules: those that follow topics by the records, the others by asking. */
export class RuleSet {
  readonly follower: FollowTopics;
  readonly #options: RuleSetOptions;
  readonly #rules = new Map<string, Running>();
  #timer: { cancel(): void } | undefined;
  #isClosed = false;

  constructor(options: RuleSetOptions) {
    this.#options = options;
    this.follower = new FollowTopics({
      client: options.client,
      logger: options.logger,
      sinceMs: options.clock.nowMs(),
      onRecords: (topic, records, position) => this.#take(topic, records, position),
    });
  }

  list(): RuleState[] {
    return [...this.#rules.values()].map(({ health, instances, rule, runner }) => ({
      rule,
      health,
      instances: [...instances.values()],
      overflowed: instances.overflowed + (runner?.detector.overflowed ?? 0),
      missingTopics: this.follower.missing(runner?.detector.topics ?? []),
    }));
  }

  /** Resolves when the rule has looked for the first time, or could not; a query that only tells of rows may take for ever. */
  async looked(name: string): Promise<void> {
    await this.#rules.get(name)?.looked.promise;
  }

  get(name: string): Rule | undefined {
    return this.#rules.get(name)?.rule;
  }

  /**
   * These rules run from now on. One that is as it was goes on; one that changed begins anew with the alerts that it has; one that is gone ends its
   * alerts.
   *
   * @param known alerts from before a restart
   */
  async setRules(rules: readonly Rule[], known: readonly Instance[] = []): Promise<void> {
    const { clock, logger } = this.#options;
    const wanted = new Map(rules.map((rule) => [rule.name, rule]));
    const kept = [...known];
    for (const [name, running] of this.#rules) {
      const next = wanted.get(name);
      if (next !== undefined && JSON.stringify(next.source) === JSON.stringify(running.rule.source)) {
        wanted.delete(name);
        continue;
      }
      this.#rules.delete(name);
      running.stop.abort();
      const isSameThing =
        next?.kind === running.rule.kind && JSON.stringify(next?.labels) === JSON.stringify(running.rule.labels);
      if (isSameThing && next.severity === running.rule.severity) kept.push(...running.instances.values());
      else running.instances.end(clock.nowMs());
    }
    // Alerts of rules that were taken away while nothing ran.
    for (const instance of known)
      if (!wanted.has(instance.rule) && !this.#rules.has(instance.rule)) {
        const gone = new RuleInstances({ ...nameOnly(instance.rule) }, this.#options.onChange);
        gone.restore(instance);
        gone.end(clock.nowMs());
      }
    const started = [...wanted.values()].map((rule) =>
      this.#add(
        rule,
        kept.filter((instance) => instance.rule === rule.name),
      ),
    );
    const topics = this.#topics();
    try {
      await this.follower.resolve(topics);
    } catch (error) {
      logger.warn({ reason: (error as Error).message }, 'the topics of rules are not known yet');
    }
    const warming = started.map((running) => this.#warmUp(running));
    this.follower.setTopics(topics);
    await Promise.all(warming);
    this.#tick();
  }

  /** Ends what runs; alerts stay as they are. */
  async close(): Promise<void> {
    this.#isClosed = true;
    this.#timer?.cancel();
    for (const { stop } of this.#rules.values()) stop.abort();
    await this.follower.close();
  }

  #topics(): string[] {
    const topics = [...this.#options.alsoTopics];
    for (const { runner } of this.#rules.values()) topics.push(...(runner?.detector.topics ?? []));
    return topics;
  }

  #add(rule: Rule, kept: readonly Instance[]): Running {
    const { clock, onChange, sources } = this.#options;
    const nowMs = clock.nowMs();
    const detection = makeDetector(rule, sources, nowMs);
    const health: RuleHealth = { health: 'unknown', lastError: null, lastEvaluationMs: null };
    const stop = new AbortController();
    const runner = detection.type === 'events' ? new EventRuleRunner(rule, detection.detector, 0, onChange) : null;
    const instances = runner?.instances ?? new RuleInstances(rule, onChange);
    for (const instance of kept) {
      instances.restore(instance);
      runner?.detector.adopt?.(instance.key, instance.labels);
    }
    const looked = Promise.withResolvers<void>();
    const running: Running = { rule, instances, runner, health, stop, looked, waiting: runner === null ? null : [] };
    this.#rules.set(rule.name, running);
    if (detection.type === 'poll') void this.#poll(running, detection.detector);
    if (detection.type === 'stream') void this.#stream(running, detection.detector);
    return running;
  }

  async #warmUp(running: Running): Promise<void> {
    const { client, clock, logger } = this.#options;
    const { health, rule, runner, stop } = running;
    if (runner === null) return;
    const { lookbackMs, topics } = runner.detector;
    try {
      if (lookbackMs > 0)
        for (const topic of topics) {
          const position = this.follower.position(topic);
          if (position === undefined) continue;
          const isAll = await readLog(
            {
              client,
              topic,
              from: Math.max(0, position.timestampMs - lookbackMs),
              until: position.offsets,
              recordsMax: warmUpRecordsMax,
              signal: stop.signal,
            },
            (record, partition) => runner.warmUp(eventRecord(topic, partition, record)),
          );
          if (!isAll)
            logger.warn(
              { rule: rule.name, topic },
              `a rule begins with ${warmUpRecordsMax} records of the past, not all of them`,
            );
        }
    } catch (error) {
      if (stop.signal.aborted) return;
      logger.warn({ rule: rule.name, reason: (error as Error).message }, 'a rule begins without its past');
    }
    if (stop.signal.aborted) return;
    const waiting = running.waiting ?? [];
    const seenMs = Math.max(0, ...topics.map((topic) => this.follower.position(topic)?.timestampMs ?? 0));
    runner.settle(waiting.length > 0 ? Math.min(waiting[0]!.timestampMs, clock.nowMs()) : seenMs || clock.nowMs());
    running.waiting = null;
    for (const record of waiting) runner.onRecord(record, clock.nowMs());
    health.health = 'ok';
    health.lastEvaluationMs = clock.nowMs();
    running.looked.resolve();
  }

  #take(topic: string, records: readonly EventRecord[], position: Position): void {
    const { clock, logger, onPosition, onRecord } = this.#options;
    const nowMs = clock.nowMs();
    for (const running of this.#rules.values()) {
      const { health, runner } = running;
      if (runner === null || !runner.detector.topics.includes(topic)) continue;
      health.lastEvaluationMs = nowMs;
      if (running.waiting === null) for (const record of records) runner.onRecord(record, nowMs);
      else if (running.waiting.length < waitingMax) running.waiting.push(...records);
      else
        logger.warn(
          { rule: running.rule.name, topic },
          'records came faster than the past could be read: they are not looked at',
        );
    }
    for (const record of records) onRecord(record);
    onPosition(topic, position);
    this.#tick();
  }

  /** Does what time has brought, and sets the timer for what it will bring. */
  #tick(): void {
    const { clock } = this.#options;
    if (this.#isClosed) return;
    this.#timer?.cancel();
    const nowMs = clock.nowMs();
    let dueMs = Infinity;
    for (const { instances, runner, waiting } of this.#rules.values()) {
      if (waiting !== null) continue;
      if (runner === null) {
        instances.advance(nowMs);
        dueMs = Math.min(dueMs, instances.nextDueMs());
      } else if (this.follower.isCaughtUp(runner.detector.topics)) {
        runner.advance(nowMs);
        dueMs = Math.min(dueMs, runner.nextDueMs());
      }
    }
    if (dueMs === Infinity) return;
    this.#timer = clock.schedule(Math.max(tickMinMs, dueMs - nowMs), () => this.#tick());
  }

  async #poll({ health, instances, looked, rule, stop }: Running, detector: PollDetector): Promise<void> {
    const { clock, logger } = this.#options;
    while (!stop.signal.aborted) {
      try {
        const samples = await detector.poll(
          clock.nowMs(),
          AbortSignal.any([stop.signal, AbortSignal.timeout(pollTimeoutMs)]),
        );
        if (stop.signal.aborted) return;
        const nowMs = clock.nowMs();
        const keys = new Set<string>();
        for (const { labels, value } of samples) {
          const key = labelsKey(labels);
          keys.add(key);
          instances.set(key, labels, value, nowMs, nowMs);
        }
        instances.clearAllBut(keys, nowMs);
        if (health.lastError !== null) logger.info({ rule: rule.name }, 'a rule finds out again');
        Object.assign(health, { health: 'ok', lastError: null, lastEvaluationMs: nowMs });
      } catch (error) {
        if (stop.signal.aborted) return;
        this.#failed(rule, health, error);
      }
      looked.resolve();
      this.#tick();
      await pause(clock, detector.intervalMs, stop.signal);
    }
  }

  async #stream({ health, instances, looked, rule, stop }: Running, detector: StreamDetector): Promise<void> {
    const { clock } = this.#options;
    const holds = new Map<string, { cancel(): void }>();
    stop.signal.addEventListener(
      'abort',
      () => {
        for (const timer of holds.values()) timer.cancel();
      },
      { once: true },
    );
    const hold = (key: string): void => {
      holds.get(key)?.cancel();
      holds.set(
        key,
        clock.schedule(detector.holdMs, () => {
          holds.delete(key);
          instances.clear(key, clock.nowMs());
          this.#tick();
        }),
      );
    };
    for (const key of instances.keys()) hold(key);
    while (!stop.signal.aborted) {
      try {
        Object.assign(health, { health: 'ok', lastEvaluationMs: clock.nowMs() });
        await detector.run(({ labels, value }) => {
          const key = labelsKey(labels);
          health.lastError = null;
          instances.set(key, labels, value, clock.nowMs(), clock.nowMs());
          hold(key);
          this.#tick();
        }, stop.signal);
      } catch (error) {
        if (stop.signal.aborted) return;
        this.#failed(rule, health, error);
      }
      looked.resolve();
      await pause(clock, streamRetryMs, stop.signal);
    }
  }

  #failed(rule: Rule, health: RuleHealth, error: unknown): void {
    const { clock, logger } = this.#options;
    const reason = (error as Error).message;
    if (health.lastError === null)
      logger.warn({ rule: rule.name, reason }, 'a rule cannot find out: what it knew stays');
    Object.assign(health, { health: 'err', lastError: reason, lastEvaluationMs: clock.nowMs() });
  }
}

function nameOnly(name: string) {
  return { name, severity: '', forMs: 0, keepFiringForMs: 0, labels: {}, annotations: {}, limit: 1 };
}

function pause(clock: Clock, delayMs: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = (): void => {
      timer.cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.schedule(delayMs, done);
    signal.addEventListener('abort', done, { once: true });
  });
}
