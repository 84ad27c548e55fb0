import type { SinkFigures } from '../running-sink.ts';
import { byPartition, type Family, one } from './connector-metrics.ts';

/** Names as Kafka Connect has them among its sink task metrics. Labels: `connector`, `topic`, and `partition` where it is of one that is held. */
export const sinkFamilies: readonly Family<SinkFigures>[] = [
  {
    name: 'kafka_connect_sink_record_read_total',
    type: 'counter',
    help: 'Records that were read from the topic; those that are read again count again.',
    samples: ({ read }) => one(read),
  },
  {
    name: 'kafka_connect_sink_record_send_total',
    type: 'counter',
    help: 'Records that the store has taken, or had already.',
    samples: ({ sent }) => one(sent),
  },
  {
    name: 'kafka_connect_sink_record_repeats_total',
    type: 'counter',
    help: 'Records that the store had already.',
    samples: ({ repeats }) => one(repeats),
  },
  {
    name: 'kafka_connect_sink_record_skipped_total',
    type: 'counter',
    help: 'Records that can never be stored and were left out, or written to the dead letter topic.',
    samples: ({ poisonous }) => one(poisonous),
  },
  {
    name: 'kafka_connect_sink_deadletterqueue_produce_total',
    type: 'counter',
    help: 'Records that were written to the dead letter topic.',
    samples: ({ deadLettered }) => one(deadLettered),
  },
  {
    name: 'kafka_connect_sink_batches_total',
    type: 'counter',
    help: 'Writes to the store that have ended.',
    samples: ({ batches }) => one(batches),
  },
  {
    name: 'kafka_connect_sink_retries_total',
    type: 'counter',
    help: 'Failures (to write, to read, to ask for offsets) after which it was tried again.',
    samples: ({ retries }) => one(retries),
  },
  {
    name: 'kafka_connect_sink_next_offset',
    type: 'gauge',
    help: 'The offset that comes next, as the store says.',
    samples: ({ positions }) => byPartition(positions),
  },
  {
    name: 'kafka_connect_sink_record_lag',
    type: 'gauge',
    help: 'Records of the partition that are not stored yet.',
    samples: ({ lags }) => byPartition(lags),
  },
];
