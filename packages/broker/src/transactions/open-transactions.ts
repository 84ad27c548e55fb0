import type { Logger } from '@headwater/logger';
import type { Clock } from '../clock/clock.ts';
import type { BrokerConfig } from '../config/broker-config.ts';
import type { GroupCoordinator } from '../groups/coordinator.ts';
import { offsetsTopic } from '../groups/offsets-log.ts';
import type { LogStore, TransactionMarker } from '../storage/index.ts';
import { TransactionCoordinator } from './coordinator.ts';
import { TransactionLog } from './transaction-log.ts';

export interface TransactionParts {
  config: BrokerConfig;
  clock: Clock;
  logger: Logger;
  store: LogStore;
  groups: GroupCoordinator;
  rewriteRecordsMin?: number;
}

/** The coordinator as a broker has it. `start()` it after the groups: their offsets wait for its decisions. */
export function openTransactions({ config, clock, logger, store, groups, rewriteRecordsMin }: TransactionParts) {
  const transactionLog = new TransactionLog({
    store,
    clock,
    logger,
    partitions: config.number('transaction.state.log.num.partitions'),
    topicConfigs: { 'cleanup.policy': 'compact', 'segment.bytes': config.text('transaction.state.log.segment.bytes') },
    ...(rewriteRecordsMin === undefined ? {} : { rewriteRecordsMin }),
  });
  const transactions = new TransactionCoordinator({
    clock,
    logger,
    log: transactionLog,
    config: {
      maxTimeoutMs: () => config.number('transaction.max.timeout.ms'),
      expirationMs: () => config.number('transactional.id.expiration.ms'),
      abortIntervalMs: () => config.number('transaction.abort.timed.out.transaction.cleanup.interval.ms'),
      expiryIntervalMs: () => config.number('transaction.remove.expired.transaction.cleanup.interval.ms'),
      maxTransactionalIds: () => config.number('headwater.max.transactional.ids'),
    },
    nextProducerId: () => store.nextProducerId(),
    markers: (topic, partition, marker) => appendMarker(store, groups, topic, partition, marker),
  });
  return { transactions, transactionLog };
}

/**
 * Ends a transaction in one partition, and with one of `__consumer_offsets` lets its offsets count. Null when that may be told at once;
 * a partition that is gone has nothing to end.
 *
 * @throws StorageError
 */
export function appendMarker(
  store: LogStore,
  groups: GroupCoordinator,
  topic: string,
  partition: number,
  marker: TransactionMarker,
): Promise<void> | null {
  const log = store.partition(topic, partition);
  if (log === undefined) return null;
  const { flushed } = log.appendMarker(marker);
  if (topic === offsetsTopic) groups.endTransaction(marker.producerId, partition, marker.isCommit);
  return flushed;
}
