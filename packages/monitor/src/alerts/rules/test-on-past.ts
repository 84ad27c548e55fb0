import type { KafkaClient } from '@headwater/client';
import { AlertError } from '../alert-error.ts';
import type { Rule } from '../config/rule-config.ts';
import type { Instance } from '../engine/rule-instances.ts';
import { readLog } from '../state/read-log.ts';
import { type EventRecord, eventRecord } from './event-record.ts';
import { eventDetector } from './make-detector.ts';
import { EventRuleRunner } from './rule-runner.ts';

export interface PastAlert {
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
  readonly value: number | string | null;
  readonly activeMs: number;
  readonly firedMs: number;
  /** Null: it had not ended. */
  readonly endsMs: number | null;
}

export interface PastTest {
  readonly fromMs: number;
  readonly toMs: number;
  readonly records: number;
  /** False: there was more than could be looked at, the newest is missing. */
  readonly isComplete: boolean;
  /** Topics of the rule that are not there. */
  readonly missingTopics: readonly string[];
  readonly alerts: readonly PastAlert[];
}

const recordsMax = 200_000;
const alertsMax = 1_000;

/**
 * When a rule would have fired, by what the log still has: the rule itself is run on the records, moved by their times. Throws HW_ALERTS_RULE for rules that ask
 * others instead of following topics, because what those would have said is not on the log.
 */
export async function testOnPast(
  rule: Rule,
  client: KafkaClient,
  range: { fromMs: number; toMs: number },
  signal: AbortSignal,
): Promise<PastTest> {
  const { fromMs, toMs } = range;
  const detector = eventDetector(rule, fromMs);
  if (detector === null)
    throw new AlertError(
      'HW_ALERTS_RULE',
      `a rule of kind ${rule.kind} that asks a server cannot be tried on the past: only rules that follow topics can`,
    );
  const records: EventRecord[] = [];
  let isComplete = true;
  for (const topic of detector.topics) {
    const isAll = await readLog(
      {
        client,
        topic,
        from: Math.max(0, fromMs - detector.lookbackMs),
        recordsMax: recordsMax - records.length,
        signal,
      },
      (record, partition) => {
        if (record.timestamp <= toMs) records.push(eventRecord(topic, partition, record));
      },
    );
    isComplete &&= isAll;
  }
  // Several partitions and topics come one after the other.
  records.sort((a, b) => a.timestampMs - b.timestampMs);
  const open = new Map<string, PastAlert>();
  const alerts: PastAlert[] = [];
  const onChange = ({ activeMs, annotations, endsMs, firedMs, key, labels, state, value }: Instance): void => {
    if (state === 'firing' && !open.has(key))
      open.set(key, { labels, annotations, value, activeMs, firedMs, endsMs: null });
    else if (state === 'resolved' && open.has(key)) {
      if (alerts.length < alertsMax) alerts.push({ ...open.get(key)!, endsMs });
      open.delete(key);
    }
  };
  const runner = new EventRuleRunner(rule, detector, 0, onChange);
  let isLive = false;
  for (const record of records) {
    if (!isLive && record.timestampMs >= fromMs) {
      isLive = true;
      runner.settle(fromMs);
    }
    if (isLive) runner.onRecord(record, toMs);
    else runner.warmUp(record);
  }
  if (!isLive) runner.settle(fromMs);
  runner.advance(toMs);
  alerts.push(...open.values());
  alerts.sort((a, b) => a.firedMs - b.firedMs);
  const missingTopics = records.length > 0 ? [] : await absent(client, detector.topics, signal);
  return { fromMs, toMs, records: records.length, isComplete, missingTopics, alerts: alerts.slice(0, alertsMax) };
}

/** Why nothing was read, perhaps. */
async function absent(client: KafkaClient, names: readonly string[], signal: AbortSignal): Promise<string[]> {
  const { topics } = await client.metadata(names, { signal });
  return topics.filter(({ partitions }) => partitions.length === 0).map(({ name }) => name);
}
