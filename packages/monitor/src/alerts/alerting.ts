import { randomUUID } from 'node:crypto';
import { createClient, type KafkaClient } from '@headwater/client';
import { type Logger, silentLogger } from '@headwater/logger';
import { AlertError } from './alert-error.ts';
import { type AlertEvent, alertsTopic } from './alert-schema.ts';
import { type AlertingConfig, parseRule } from './config/alerting-config.ts';
import { type ConfigSource, readConfig, watchConfig } from './config/load-config.ts';
import type { Receiver } from './config/receiver-config.ts';
import type { Rule } from './config/rule-config.ts';
import { Deliver, eventsLane, laneOf } from './delivery/deliver.ts';
import { makeMessage } from './delivery/message.ts';
import { Outbox, type Parcel } from './delivery/outbox.ts';
import { Dispatcher, type Integration, type Notification } from './engine/dispatcher.ts';
import type { Notified } from './engine/needs-notification.ts';
import type { Instance } from './engine/rule-instances.ts';
import type { Silence } from './engine/silences.ts';
import { type Alert, isResolved } from './model/alert.ts';
import { type Clock, systemClock } from './model/clock.ts';
import { fingerprintOf, type Labels } from './model/labels.ts';
import { deliveryIdOf, notificationAlert, notificationsTopic } from './notification-alert.ts';
import type { EventRecord } from './rules/event-record.ts';
import { RuleSet } from './rules/rule-set.ts';
import type { Position } from './state/follow-topics.ts';
import { StateLog } from './state/state-log.ts';

export interface AlertingOptions {
  readonly bootstrap: string;
  readonly registryUrl?: string | undefined;
  readonly config?: ConfigSource;
  readonly prometheusUrl?: () => string | undefined;
  readonly sqlUrl?: () => string | undefined;
  /** The disk that shipped rules watch. Default: the working directory's. */
  readonly dataDir?: string | undefined;
  /** What messages link to. */
  readonly externalUrl?: () => string;
  /** A configuration with a mistake is told in the log, and what is shipped is taken until it is mended. Default false: it rejects. */
  readonly isLenient?: boolean;
  /** Told of every change of an alert, for who watches live. */
  readonly onEvent?: (event: AlertEvent) => void;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

const stateTopic = '_headwater-alert-state';
const rulesTopic = '_headwater-alert-rules';
const silencesTopic = '_headwater-alert-silences';
const sweepEveryMs = 5_000;
const openRetryMs = 1_000;
/** How long a caller waits until what it gave is on the log. */
const keptWaitMs = 1_000;
const runtimeRulesMax = 1_000;

/**
 * Alerts: rules that find out, a dispatcher that decides who is told, an outbox that tells them until they have acknowledged it. What has to be known
 * after a restart is on compacted topics, written together with how far the topics were read: what caused an alert is seen again or is kept.
 */
export class Alerting {
  readonly client: KafkaClient;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly startedMs: number;
  readonly dispatcher: Dispatcher;
  readonly outbox: Outbox;
  readonly deliver: Deliver;
  readonly rules: RuleSet;
  config: AlertingConfig;
  /** Why the newest configuration was not taken; null: it was. */
  configError: Error | null = null;
  /** How long causes took to be acknowledged by a receiver, of firing alerts: milliseconds. */
  readonly causeToDelivery = { count: 0, sumMs: 0, maxMs: 0, lastMs: 0 };
  droppedMessages = 0;
  readonly #options: AlertingOptions;
  readonly #state: StateLog;
  readonly #runtimeRules = new Map<string, Rule>();
  readonly #rulesLog: StateLog;
  readonly #silencesLog: StateLog;
  readonly #closing = new AbortController();
  readonly #opened = Promise.withResolvers<void>();
  #isOpen = false;
  #opening: Promise<void> | undefined;
  #changing: Promise<void> = Promise.resolve();
  #watching: { close(): void } | undefined;
  #sweeping: { cancel(): void } | undefined;
  #closed: Promise<void> | undefined;

  /** @param config that is to be had at once: a mistake in it is told where it starts */
  constructor(options: AlertingOptions, config: AlertingConfig) {
    const { bootstrap, clock = systemClock, logger = silentLogger, registryUrl } = options;
    this.#options = options;
    this.config = config;
    this.clock = clock;
    this.logger = logger;
    this.startedMs = clock.nowMs();
    const client = createClient({ bootstrap, clientId: 'headwater-alerts', logger });
    this.client = client;
    this.#state = new StateLog({ client, topic: stateTopic, logger });
    this.#rulesLog = new StateLog({ client, topic: rulesTopic, logger });
    this.#silencesLog = new StateLog({ client, topic: silencesTopic, logger });
    this.deliver = new Deliver({
      client,
      registryUrl,
      logger,
      receivers: () => this.config.receivers,
      onConsole: () => {},
    });
    this.outbox = new Outbox({
      clock,
      logger,
      send: async (parcel, signal) => {
        await this.deliver.send(parcel, signal);
        this.#measure(parcel);
      },
      keep: (id, parcel) => this.#state.set(`outbox/${id}`, parcel),
      kept: () => this.#state.flushed(),
      onDropped: () => {
        this.droppedMessages++;
      },
    });
    this.dispatcher = new Dispatcher({ clock, ...dispatching(config), onFlush: (decision) => this.#flush(decision) });
    this.rules = new RuleSet({
      clock,
      client,
      logger,
      sources: {
        client,
        prometheusUrl: options.prometheusUrl ?? (() => undefined),
        sqlUrl: options.sqlUrl ?? (() => undefined),
        dataDir: options.dataDir ?? '.',
      },
      alsoTopics: [notificationsTopic],
      onChange: (instance) => this.#takeInstance(instance),
      onRecord: (record) => this.#takeRecord(record),
      onPosition: (topic, position) => this.#state.set(`position/${topic}`, position, { isLazy: true }),
    });
  }

  /** Begins; Kafka may come later. */
  start(): void {
    this.#opening ??= this.#open();
  }

  get isOpen(): boolean {
    return this.#isOpen;
  }

  /** Resolves when what was known before is known again, and rules run. */
  ready(): Promise<void> {
    return this.#opened.promise;
  }

  /** An alert of somebody else, as Alertmanager's API takes it; resolves when it is kept. Throws HW_ALERTS_FULL. */
  async putAlerts(alerts: readonly Alert[]): Promise<void> {
    for (const alert of alerts) {
      const before = this.dispatcher.alerts.get(alert.fingerprint);
      const merged = this.dispatcher.put(alert);
      this.#state.set(`alert/${merged.fingerprint}`, merged);
      const nowMs = this.clock.nowMs();
      const wasFiring = before !== undefined && !isResolved(before, nowMs);
      const isFiring = !isResolved(merged, nowMs);
      if (wasFiring !== isFiring && (before !== undefined || isFiring))
        this.#tellAlert(merged, isFiring ? 'firing' : 'resolved');
    }
    await this.#within(keptWaitMs, this.#state.flushed());
  }

  /** Takes a silence, which holds at once. Resolves with whether it is on the log: while Kafka is away it is not, and is written later. */
  async putSilence(silence: Silence): Promise<boolean> {
    this.dispatcher.silences.set(silence);
    this.#silencesLog.set(silence.id, silence);
    return await this.#within(keptWaitMs, this.#silencesLog.flushed());
  }

  /** Rules that were made at run time. */
  isRuntimeRule(name: string): boolean {
    return this.#runtimeRules.has(name);
  }

  /** Takes a rule, which has looked once afterwards if that takes no longer than a moment. Resolves with whether it is on the log: while Kafka is away it is not, and is written later. Throws HW_ALERTS_RULE when the configuration has one of this name. */
  async putRule(rule: Rule): Promise<boolean> {
    if (this.config.rules.some(({ name }) => name === rule.name))
      throw new AlertError(
        'HW_ALERTS_RULE',
        `the rule "${rule.name}" is in the configuration: change it there, or choose another name`,
      );
    if (!this.#runtimeRules.has(rule.name) && this.#runtimeRules.size >= runtimeRulesMax)
      throw new AlertError('HW_ALERTS_RULE', `there are ${runtimeRulesMax} rules already: take some away`);
    this.#runtimeRules.set(rule.name, rule);
    this.#rulesLog.set(rule.name, rule.source);
    const isKept = await this.#keepRules();
    if (isKept) await this.#within(keptWaitMs, this.rules.looked(rule.name));
    return isKept;
  }

  async deleteRule(name: string): Promise<boolean> {
    if (!this.#runtimeRules.delete(name)) return false;
    this.#rulesLog.set(name, null);
    await this.#keepRules();
    return true;
  }

  /** Takes another configuration, all of it. */
  async reconfigure(config: AlertingConfig): Promise<void> {
    this.config = config;
    this.dispatcher.reconfigure(dispatching(config));
    await this.#setRules();
  }

  /** Sends a message for a try, once and at once. Rejects with what the receiver says. */
  async testReceiver(
    receiver: Receiver,
    signal: AbortSignal,
  ): Promise<{ integration: string; error: string | null }[]> {
    const nowMs = this.clock.nowMs();
    const labels = { alertname: 'HeadwaterTest', receiver: receiver.name, severity: 'info' };
    const alert: Alert = {
      ...noAlert,
      fingerprint: fingerprintOf(labels),
      labels,
      annotations: { summary: `This is a try: ${receiver.name} hears Headwater's alerts.` },
      startsMs: nowMs,
      updatedMs: nowMs,
    };
    return await Promise.all(
      receiver.integrations.map(async (config, index) => {
        const integration = { receiver: receiver.name, kind: config.kind, index, sendsResolved: config.sendsResolved };
        const message = makeMessage(
          { integration, groupKey: 'test', groupLabels: labels, alerts: [alert] },
          this.#externalUrl(),
        );
        const name = laneOf(receiver.name, config.kind, index);
        try {
          await this.deliver.sendTo(config, message, randomUUID(), signal);
          return { integration: name, error: null };
        } catch (error) {
          return { integration: name, error: (error as Error).message };
        }
      }),
    );
  }

  /** Ends within about three seconds; what is not delivered is kept. May be called twice. */
  close(): Promise<void> {
    this.#closed ??= (async () => {
      this.#closing.abort();
      this.#watching?.close();
      this.#sweeping?.cancel();
      this.dispatcher.close();
      await this.rules.close();
      await this.outbox.close();
      this.deliver.close();
      await Promise.all([this.#state.close(), this.#rulesLog.close(), this.#silencesLog.close()]);
      await this.client.close();
      this.#opened.resolve();
      await this.#opening?.catch(() => {});
    })();
    return this.#closed;
  }

  async #open(): Promise<void> {
    const { signal } = this.#closing;
    for (let attempt = 0; !signal.aborted; attempt++) {
      try {
        await this.#restore();
        break;
      } catch (error) {
        if (signal.aborted) return;
        if (attempt === 0) this.logger.warn({ reason: (error as Error).message }, 'alerts wait for Kafka');
        await new Promise<void>((resolve) => this.clock.schedule(openRetryMs, resolve));
      }
    }
  }

  async #restore(): Promise<void> {
    const alerts: Alert[] = [];
    const instances: Instance[] = [];
    const notified: [string, Notified][] = [];
    const parcels: Parcel[] = [];
    const positions: [string, Position][] = [];
    await this.#state.open((key, value) => {
      if (key.startsWith('alert/')) alerts.push(value as Alert);
      else if (key.startsWith('instance/')) instances.push(value as Instance);
      else if (key.startsWith('notified/')) notified.push([key.slice('notified/'.length), value as Notified]);
      else if (key.startsWith('outbox/')) parcels.push(value as Parcel);
      else if (key.startsWith('position/')) positions.push([key.slice('position/'.length), value as Position]);
    });
    await this.#silencesLog.open((_key, value) => this.dispatcher.silences.set(value as Silence));
    await this.#rulesLog.open((key, value) => {
      try {
        this.#runtimeRules.set(key, parseRule(JSON.stringify(value), `the rule "${key}"`));
      } catch (error) {
        this.logger.error(
          { rule: key, reason: (error as Error).message },
          'a rule is not understood any more and left out',
        );
      }
    });
    if (this.#closing.signal.aborted) return;
    for (const [topic, position] of positions) this.rules.follower.restore(topic, position);
    this.outbox.restore(parcels);
    this.dispatcher.restore(alerts, notified);
    await this.#setRules(instances);
    if (this.#closing.signal.aborted) return;
    const file = this.#options.config?.file;
    if (file !== undefined)
      this.#watching = watchConfig(file, {
        clock: this.clock,
        logger: this.logger,
        onConfig: (config) => void this.reconfigure(config),
        onError: (error) => {
          this.configError = error;
        },
      });
    this.#sweep();
    this.#isOpen = true;
    this.#opened.resolve();
  }

  #setRules(known: readonly Instance[] = []): Promise<void> {
    // One change after the other.
    this.#changing = this.#changing.then(async () => {
      if (this.#closing.signal.aborted) return;
      const configured = new Set(this.config.rules.map(({ name }) => name));
      const runtime = [...this.#runtimeRules.values()].filter(({ name }) => !configured.has(name));
      await this.rules.setRules([...this.config.rules, ...runtime], known);
    });
    return this.#changing;
  }

  /** The rules run as soon as they can; nobody waits for Kafka longer than a moment. */
  async #keepRules(): Promise<boolean> {
    const kept = this.#rulesLog.flushed();
    const running = this.#setRules();
    const isKept = await this.#within(keptWaitMs, kept);
    if (isKept) await this.#within(keptWaitMs, running);
    return isKept;
  }

  /** Resolves with whether it was done in time. */
  async #within(waitMs: number, done: Promise<void>): Promise<boolean> {
    let timer: { cancel(): void } | undefined;
    const late = new Promise<boolean>((resolve) => {
      timer = this.clock.schedule(waitMs, () => resolve(false));
    });
    const isDone = await Promise.race([done.then(() => true), late]);
    timer?.cancel();
    return isDone;
  }

  #takeInstance(instance: Instance): void {
    const { endsMs, state } = instance;
    const key = `instance/${instance.rule}/${instance.key}`;
    const isOver = state === 'resolved' || state === 'inactive';
    this.#state.set(key, isOver ? null : instance);
    if (state === 'inactive') return;
    if (state === 'pending') {
      this.#tell(eventOf(instance, this.clock.nowMs()));
      return;
    }
    const alert: Alert = {
      fingerprint: instance.fingerprint,
      labels: instance.labels,
      annotations: instance.annotations,
      startsMs: instance.firedMs,
      endsMs: state === 'resolved' ? endsMs : 0,
      isTimeout: false,
      updatedMs: this.clock.nowMs(),
      generatorUrl: this.#externalUrl(),
      origin: 'rule',
      value: instance.value,
      causeMs: instance.causeMs,
    };
    const before = this.dispatcher.alerts.get(alert.fingerprint);
    const isNews = before === undefined || before.startsMs !== alert.startsMs || before.endsMs !== alert.endsMs;
    try {
      this.dispatcher.put(alert);
    } catch (error) {
      this.logger.error({ rule: instance.rule, reason: (error as Error).message }, 'an alert found no place');
    }
    this.#state.set(`alert/${alert.fingerprint}`, alert);
    if (isNews) this.#tell(eventOf(instance, this.clock.nowMs()));
  }

  #takeRecord(record: EventRecord): void {
    if (record.topic !== notificationsTopic) return;
    const found = notificationAlert(record, this.clock.nowMs());
    if (found === null) return;
    const { alert, id } = found;
    const { inhibitedBy, silencedBy } = this.dispatcher.mutedBy(alert);
    if (inhibitedBy.length > 0 || silencedBy.length > 0) return;
    for (const name of this.dispatcher.receiversOf(alert.labels)) {
      const receiver = this.config.receivers.find((one) => one.name === name);
      for (const [index, config] of receiver?.integrations.entries() ?? []) {
        // The stream shows notifications by itself.
        if (config.kind === 'console') continue;
        const integration = { receiver: name, kind: config.kind, index, sendsResolved: false };
        const lane = laneOf(name, config.kind, index);
        this.#send(
          { integration, groupKey: `notification/${id}`, groupLabels: alert.labels, alerts: [alert] },
          deliveryIdOf(id, lane),
        );
      }
    }
  }

  #flush({
    notifications,
    notified,
  }: {
    notifications: Notification[];
    notified: { key: string; notified: Notified }[];
  }): void {
    for (const { key, notified: entry } of notified) this.#state.set(`notified/${key}`, entry);
    for (const notification of notifications) if (notification.integration.kind !== 'console') this.#send(notification);
  }

  #send(notification: Notification, id?: string): void {
    const { index, kind, receiver } = notification.integration;
    const causes = notification.alerts.flatMap(({ causeMs, endsMs }) =>
      causeMs === null || endsMs !== 0 ? [] : [causeMs],
    );
    const message = makeMessage(notification, this.#externalUrl());
    const body = causes.length === 0 ? message : { ...message, causeMs: Math.max(...causes) };
    this.outbox.put(laneOf(receiver, kind, index), notification.groupKey, body, id);
  }

  #tellAlert(alert: Alert, state: 'firing' | 'resolved'): void {
    this.#tell({
      timestampMs: this.clock.nowMs(),
      fingerprint: alert.fingerprint,
      rule: alert.labels['alertname'] ?? '',
      state,
      severity: alert.labels['severity'] ?? '',
      labels: alert.labels,
      annotations: alert.annotations,
      value: numberOf(alert.value),
      startsMs: alert.startsMs,
      endsMs: state === 'resolved' ? alert.endsMs : null,
      causeMs: alert.causeMs,
    });
  }

  #tell(event: AlertEvent): void {
    this.outbox.put(eventsLane, event.fingerprint, event);
    this.#options.onEvent?.(event);
  }

  #measure(parcel: Parcel): void {
    const { causeMs } = parcel.body as { causeMs?: number };
    if (causeMs === undefined || parcel.lane === eventsLane) return;
    const tookMs = Math.max(0, this.clock.nowMs() - causeMs);
    const measure = this.causeToDelivery;
    measure.count++;
    measure.sumMs += tookMs;
    measure.lastMs = tookMs;
    measure.maxMs = Math.max(measure.maxMs, tookMs);
  }

  /** What has been over for long is forgotten; alerts of others that nobody repeats are over. */
  #sweep(): void {
    const nowMs = this.clock.nowMs();
    for (const alert of this.dispatcher.alerts.values())
      if (alert.origin === 'api' && alert.endsMs <= nowMs && alert.endsMs > nowMs - sweepEveryMs && alert.isTimeout)
        this.#tellAlert(alert, 'resolved');
    const { fingerprints, notifiedKeys } = this.dispatcher.sweep();
    for (const fingerprint of fingerprints) this.#state.set(`alert/${fingerprint}`, null, { isLazy: true });
    for (const key of notifiedKeys) this.#state.set(`notified/${key}`, null, { isLazy: true });
    for (const id of this.dispatcher.silences.outdated(nowMs)) {
      this.dispatcher.silences.delete(id);
      this.#silencesLog.set(id, null, { isLazy: true });
    }
    this.#sweeping = this.clock.schedule(sweepEveryMs, () => this.#sweep());
  }

  #externalUrl(): string {
    return this.#options.externalUrl?.() ?? '';
  }
}

/** See `openAlerts`. */
export async function startAlerting(options: AlertingOptions): Promise<Alerting> {
  const source = options.config ?? {};
  let config: AlertingConfig;
  let mistake: Error | null = null;
  try {
    config = await readConfig(source);
  } catch (error) {
    if (!options.isLenient) throw error;
    mistake = error as Error;
    options.logger?.error(
      { reason: mistake.message },
      'the configuration of alerting is not taken: what is shipped is used instead',
    );
    config = await readConfig({});
  }
  const alerting = new Alerting(options, config);
  alerting.configError = mistake;
  alerting.start();
  return alerting;
}

const noAlert: Alert = {
  fingerprint: '',
  labels: {} as Labels,
  annotations: {} as Labels,
  startsMs: 0,
  endsMs: 0,
  isTimeout: false,
  updatedMs: 0,
  generatorUrl: '',
  origin: 'api',
  value: null,
  causeMs: null,
};

function dispatching({ inhibitRules, receivers, route, timeIntervals }: AlertingConfig) {
  const integrations: Integration[] = receivers.flatMap(({ integrations: configs, name }) =>
    configs.map(({ kind, sendsResolved }, index) => ({ receiver: name, kind, index, sendsResolved })),
  );
  return { route, integrations, inhibitRules, timeIntervals };
}

function numberOf(value: number | string | null): number | null {
  return typeof value === 'number' ? value : null;
}

function eventOf(instance: Instance, nowMs: number): AlertEvent {
  const { activeMs, annotations, causeMs, endsMs, fingerprint, firedMs, labels, rule, severity, state, value } =
    instance;
  return {
    timestampMs: nowMs,
    fingerprint,
    rule,
    state: state as AlertEvent['state'],
    severity,
    labels,
    annotations,
    value: numberOf(value),
    startsMs: firedMs || activeMs,
    endsMs: endsMs || null,
    causeMs,
  };
}

export { alertsTopic };
