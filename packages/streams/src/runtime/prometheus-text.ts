import type { OperatorReading } from '../processor/operator-metrics.ts';
import type { StreamsReading, TaskReading } from './streams-metrics.ts';

const counters: readonly [name: string, help: string, of: (task: TaskReading) => number][] = [
  ['records_in_total', 'Records worked on.', (task) => task.recordsIn],
  ['records_out_total', 'Records written to topics.', (task) => task.recordsOut],
  ['late_records_dropped_total', 'Records that came after their window was closed.', (task) => task.lateRecordsDropped],
  ['records_skipped_total', 'Records without a key or value that an operator needs.', (task) => task.recordsSkipped],
  ['records_failed_total', 'Records that an error policy left out.', (task) => task.recordsFailed],
  ['records_dead_lettered_total', 'Those of them that went to the dead letters.', (task) => task.recordsDeadLettered],
  ['store_failures_total', 'Those of them for which a store had no room on the disk.', (task) => task.storeFailures],
  ['punctuations_total', 'Calls of scheduled functions.', (task) => task.punctuations],
  ['punctuation_seconds_total', 'Time that they took.', (task) => task.punctuationMs / 1000],
];

const operatorCounters: readonly [name: string, help: string, of: (operator: OperatorReading) => number][] = [
  ['operator_records_in_total', 'Records that an operator was given.', (operator) => operator.recordsIn],
  ['operator_late_records_dropped_total', 'Those that came too late.', (operator) => operator.lateRecordsDropped],
  ['operator_records_skipped_total', 'Those that it cannot use.', (operator) => operator.recordsSkipped],
];

/**
 * Metrics in Prometheus' text format 0.0.4, under `headwater_streams_`, labelled by topology and task.
 *
 * @example
 * response.end(prometheusText(streams.metrics));
 */
export function prometheusText({ commits, restores, tasks, topologies }: StreamsReading): string {
  const lines: string[] = [];
  const family = (name: string, type: 'counter' | 'gauge', help: string) => {
    lines.push(`# HELP headwater_streams_${name} ${help}`, `# TYPE headwater_streams_${name} ${type}`);
  };
  const sample = (name: string, labels: Record<string, string | number>, value: number) => {
    const text = Object.entries(labels).map(([key, label]) => `${key}="${escaped(String(label))}"`);
    lines.push(`headwater_streams_${name}${text.length === 0 ? '' : `{${text.join(',')}}`} ${value}`);
  };
  family('topology_up', 'gauge', '1 while the topology runs on this instance, 0 when it failed or has not started.');
  for (const { name, state } of topologies) sample('topology_up', { topology: name }, state === 'running' ? 1 : 0);
  for (const [name, help, of] of counters) {
    family(name, 'counter', help);
    for (const task of tasks) sample(name, labelsOf(task), of(task));
  }
  if (tasks.some(({ operators }) => operators.length > 0)) {
    for (const [name, help, of] of operatorCounters) {
      family(name, 'counter', help);
      for (const task of tasks) {
        for (const operator of task.operators) {
          sample(name, { ...labelsOf(task), operator: operator.name }, of(operator));
        }
      }
    }
  }
  family('stream_time_seconds', 'gauge', 'The greatest timestamp of the task so far.');
  for (const task of tasks)
    if (task.streamTimeMs >= 0) sample('stream_time_seconds', labelsOf(task), task.streamTimeMs / 1000);
  family('lag_records', 'gauge', 'Records of the input that were not worked on yet.');
  for (const task of tasks) {
    for (const { lagRecords, partition, topic } of task.inputs) {
      if (lagRecords >= 0) sample('lag_records', { ...labelsOf(task), topic, partition }, lagRecords);
    }
  }
  family('buffered_bytes', 'gauge', 'Input that was fetched and not worked on.');
  for (const task of tasks) sample('buffered_bytes', labelsOf(task), task.bufferedBytes);
  family('store_rows', 'gauge', 'Rows of a state store, about.');
  for (const task of tasks) {
    for (const { name, rows } of task.stores) sample('store_rows', { ...labelsOf(task), store: name }, rows);
  }
  family('store_bytes', 'gauge', 'What they have, as they are written, about.');
  for (const task of tasks) {
    for (const { bytes, name } of task.stores) sample('store_bytes', { ...labelsOf(task), store: name }, bytes);
  }
  family('restore_records_left', 'gauge', 'Of the changelog of a store that is being filled: what is not read yet.');
  for (const { restored, store, taskId, topology, total } of restores) {
    sample('restore_records_left', { topology, task: taskId, store }, total - restored);
  }
  family('commits_total', 'counter', 'Commits of this instance.');
  sample('commits_total', {}, commits.count);
  family('commit_seconds_total', 'counter', 'Time that commits took.');
  sample('commit_seconds_total', {}, commits.totalMs / 1000);
  return `${lines.join('\n')}\n`;
}

function labelsOf({ taskId, topology }: TaskReading): Record<string, string> {
  return { topology, task: taskId };
}

function escaped(label: string): string {
  return label.replace(/[\\"\n]/g, (found) => (found === '\n' ? '\\n' : `\\${found}`));
}
